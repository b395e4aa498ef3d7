import { listOf, recordOf } from './json.ts';
import { matchesPattern, patternOf, splitArn, type Pattern } from './pattern.ts';

/** One entry of a `Principal` or `NotPrincipal`. */
export type PrincipalEntry =
  | { readonly kind: 'everyone'; readonly text: string }
  /** `partition` null: a bare account id, good in every partition. */
  | {
      readonly kind: 'account';
      readonly text: string;
      readonly account: string;
      readonly partition: string | null;
    }
  | {
      readonly kind: 'arn';
      readonly text: string;
      readonly account: string;
      readonly partition: string;
      readonly resource: string;
    }
  | { readonly kind: 'pattern'; readonly text: string; readonly pattern: Pattern }
  | { readonly kind: 'service'; readonly text: string; readonly service: string }
  | { readonly kind: 'any-service'; readonly text: string }
  | {
      readonly kind: 'provider';
      readonly text: string;
      readonly account: string | null;
      readonly partition: string | null;
    }
  /** The unique id of a deleted user or role: nobody. */
  | { readonly kind: 'orphan'; readonly text: string }
  /** Somebody, but it cannot be told who. */
  | { readonly kind: 'unknown'; readonly text: string; readonly reason: string };

/** Who a caller is, as principals are compared with it. */
export interface PrincipalIdentity {
  /** Null for a service. */
  readonly account: string | null;
  /** The caller's own ARNs: its account's root, itself, its session. */
  readonly arns: readonly string[];
  readonly service: string | null;
  readonly provider: string | null;
}

const ACCOUNT = /^\d{12}$/u;
const ORPHAN = /^A(?:IDA|ROA|GPA|IPA|NPA|NVA|SCA|SIA|BIA|CCA|KIA|PKA)[A-Z0-9]{8,}$/u;
/** Paths may hold any visible character, even a colon. Source: IAM and STS API references. */
const IAM_RESOURCE =
  /^(?:(?:user|role)\/(?:[\u0021-\u007E]{1,510}\/)?|assumed-role\/[\w+=,.@-]{1,64}\/|federated-user\/)[\w+=,.@-]{1,64}$/u;

const awsText = (text: string): PrincipalEntry => {
  if (text === '*') return { kind: 'everyone', text };
  if (ACCOUNT.test(text)) return { kind: 'account', text, account: text, partition: null };
  if (text.startsWith('arn:')) return arnEntry(text);
  if (ORPHAN.test(text)) return { kind: 'orphan', text };
  return { kind: 'unknown', text, reason: 'it is no account, ARN or unique id' };
};

const PRINCIPAL_ARN = /^arn:([^:]*):(iam|sts)::(\d{12}):(.+)$/su;

const ROOT_SUFFIX = ':root';
const ROOT_LENGTH = 'arn:aws:iam::111122223333:root'.length;

const arnEntry = (text: string): PrincipalEntry => {
  if (text.length === ROOT_LENGTH && text.startsWith('arn:aws:iam::') && text.endsWith(ROOT_SUFFIX)) {
    const account = text.slice(13, 25);
    if (ACCOUNT.test(account)) return { kind: 'account', text, account, partition: 'aws' };
  }
  if (text.includes('*') || text.includes('?')) return { kind: 'pattern', text, pattern: patternOf(text) };
  const [, partition, service, account, resource] = PRINCIPAL_ARN.exec(text) ?? NONE;
  if (partition === undefined || account === undefined || resource === undefined)
    return { kind: 'unknown', text, reason: 'it is no ARN of a principal' };
  if (resource === 'root' && service === 'iam') return { kind: 'account', text, account, partition };
  if (IAM_RESOURCE.test(resource)) return { kind: 'arn', text, account, partition, resource };
  return { kind: 'unknown', text, reason: 'it is no ARN of a principal' };
};

const NONE: readonly undefined[] = [];

/** What stands where a text should; the value itself may be of any size. */
const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;

const awsEntry = (value: unknown): PrincipalEntry => {
  if (typeof value === 'string') return awsText(value);
  if (typeof value === 'number') return awsText(String(value));
  return { kind: 'unknown', text: kindOf(value), reason: 'it is no text' };
};

const serviceEntry = (value: unknown): PrincipalEntry => {
  if (typeof value !== 'string') return { kind: 'unknown', text: kindOf(value), reason: 'it is no text' };
  return value === '*'
    ? { kind: 'any-service', text: value }
    : { kind: 'service', text: value, service: value };
};

const providerEntry = (value: unknown): PrincipalEntry => {
  if (typeof value !== 'string') return { kind: 'unknown', text: kindOf(value), reason: 'it is no text' };
  const [head, partition, service, , account, resource] = splitArn(value);
  const inAccount = head === 'arn' && service === 'iam' && account !== undefined && ACCOUNT.test(account);
  return inAccount && resource !== undefined && partition !== undefined
    ? { kind: 'provider', text: value, account, partition }
    : { kind: 'provider', text: value, account: null, partition: null };
};

const typedEntries = (type: string, value: unknown): PrincipalEntry[] => {
  const items = listOf(value);
  switch (type) {
    case 'AWS':
      return items.map(awsEntry);
    case 'Service':
      return items.map(serviceEntry);
    case 'Federated':
      return items.map(providerEntry);
    case 'CanonicalUser':
      return items.map((item) => ({
        kind: 'unknown' as const,
        text: `CanonicalUser ${typeof item === 'string' ? item : kindOf(item)}`,
        reason: 'a canonical user id hides its account',
      }));
    default:
      return [{ kind: 'unknown', text: type, reason: 'IAM knows no such type of principal' }];
  }
};

/** The entries of a `Principal` or `NotPrincipal` value; null when it is no principal at all. */
export const principalEntriesOf = (value: unknown): readonly PrincipalEntry[] | null => {
  if (typeof value === 'string') return [awsText(value)];
  if (Array.isArray(value)) return listOf(value).map(awsEntry);
  const record = recordOf(value);
  if (record === null) return null;
  const types = Object.keys(record);
  const [only] = types;
  if (only !== undefined && types.length === 1) return typedEntries(only, record[only]);
  return types.flatMap((type) => typedEntries(type, record[type]));
};

/**
 * Whether an entry covers a caller. IAM refuses wildcards inside an ARN and for services: such an entry covers whom it
 * seems to where that leans to access, and nobody elsewhere.
 */
export const entryCovers = (entry: PrincipalEntry, caller: PrincipalIdentity, lean: boolean): boolean => {
  switch (entry.kind) {
    case 'everyone':
      return true;
    case 'account':
      return (
        entry.account === caller.account && (entry.partition === null || caller.arns.includes(entry.text))
      );
    case 'arn':
      return entry.account === caller.account && caller.arns.includes(entry.text);
    case 'pattern':
      return lean && caller.arns.some((arn) => matchesPattern(entry.pattern, arn));
    case 'service':
      return entry.service === caller.service;
    case 'any-service':
      return lean && caller.service !== null;
    case 'provider':
      return entry.text === caller.provider;
    case 'orphan':
    case 'unknown':
      return false;
    default:
      return entry satisfies never;
  }
};
