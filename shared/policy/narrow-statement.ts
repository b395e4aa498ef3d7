import { listOf, own, recordOf, type JsonRecord } from './json.ts';
import { splitArn } from './pattern.ts';
import { principalEntriesOf, type PrincipalEntry } from './principals.ts';
import type { AccessInput } from './report.ts';

/** A principal value: what stays as it is (null: nothing), and the entries that are cut out. */
export interface SplitPrincipal {
  readonly kept: unknown;
  readonly cut: readonly PrincipalEntry[];
}

const EVERYONE: PrincipalEntry = { kind: 'everyone', text: '*' };

/** Splits a statement's principal by the texts of the entries that have to go. */
export const splitPrincipal = (statement: JsonRecord, wrong: ReadonlySet<string>): SplitPrincipal => {
  const value = own(statement, 'Principal');
  if (own(statement, 'NotPrincipal') !== undefined || value === undefined)
    return { kept: null, cut: [EVERYONE] };
  const cut = (principalEntriesOf(value) ?? [EVERYONE]).filter((entry) => wrong.has(entry.text));
  const record = recordOf(value);
  if (record === null) return { kept: null, cut };
  const kept = Object.fromEntries(
    Object.entries(record).flatMap(([type, entries]): [string, unknown][] => {
      const texts = listOf(entries).filter((entry) => !wrong.has(entryText(type, entry)));
      return texts.length === 0 ? [] : [[type, texts.length === 1 ? texts[0] : texts]];
    }),
  );
  return { kept: Object.keys(kept).length === 0 ? null : kept, cut };
};

const entryText = (type: string, entry: unknown): string =>
  type === 'CanonicalUser' ? `CanonicalUser ${String(entry)}` : String(entry);

/** A statement's principal with one more condition; without one, the principals are trusted themselves. */
export interface Restriction {
  /** Null: the statement keeps its own. */
  readonly principal: unknown;
  readonly operator: string | null;
  readonly key: string;
  readonly values: readonly string[];
}

/** What remains of cut entries: the trusted among them, by themselves, by organization, or by whom a service acts for. */
export const restrictions = (
  statement: JsonRecord,
  cut: readonly PrincipalEntry[],
  input: AccessInput,
): Restriction[] => {
  if (own(statement, 'NotPrincipal') !== undefined) return withinOthers(input);
  const people = cut.filter(
    (entry) => entry.kind !== 'service' && entry.kind !== 'any-service' && entry.kind !== 'unknown',
  );
  const services = cut.filter((entry) => entry.kind === 'service');
  const everyone = people.some((entry) => entry.kind === 'everyone');
  return [
    ...namedTrust(people, input),
    ...(people.length > 0 ? memberships(principalOf(people), input, 'Principal') : []),
    ...(everyone ? acting('*', input) : []),
    ...(services.length > 0
      ? acting({ Service: oneOrList(services.map((entry) => entry.text)) }, input)
      : []),
  ];
};

/** Who is trusted among everybody but some: their exception stays, conditions pick. */
const withinOthers = (input: AccessInput): Restriction[] => {
  const { ownerAccount, trust } = input;
  const byArn = trust.principals.filter((arn) => splitArn(arn)[2] === 'iam');
  return [
    {
      principal: null,
      operator: 'StringEquals',
      key: 'aws:PrincipalAccount',
      values: [...new Set([ownerAccount, ...trust.accounts])],
    },
    ...(byArn.length > 0
      ? [{ principal: null, operator: 'StringEquals', key: 'aws:PrincipalArn', values: byArn }]
      : []),
    ...memberships(null, input, 'Principal'),
    ...acting(null, input),
  ];
};

const oneOrList = (texts: readonly string[]): unknown => (texts.length === 1 ? texts[0] : texts);

const principalOf = (entries: readonly PrincipalEntry[]): unknown => {
  if (entries.some((entry) => entry.kind === 'everyone')) return '*';
  const providers = entries.filter((entry) => entry.kind === 'provider').map((entry) => entry.text);
  const others = entries
    .filter((entry) => entry.kind !== 'provider' && entry.kind !== 'orphan')
    .map((entry) => entry.text);
  return {
    ...(others.length > 0 ? { AWS: oneOrList(others) } : {}),
    ...(providers.length > 0 ? { Federated: oneOrList(providers) } : {}),
  };
};

/** The owner, trusted accounts and trusted principals that the entries covered. */
const namedTrust = (entries: readonly PrincipalEntry[], input: AccessInput): Restriction[] => {
  const { trust, ownerAccount, partition = 'aws' } = input;
  const accounts = [...new Set([ownerAccount, ...trust.accounts])];
  const everyone = entries.some((entry) => entry.kind === 'everyone' || entry.kind === 'pattern');
  const roots = everyone ? accounts.map((account) => `arn:${partition}:iam::${account}:root`) : [];
  const covered = trust.principals.filter(
    (arn) =>
      !accounts.includes(splitArn(arn)[4] ?? '') && (everyone || entries.some((entry) => covers(entry, arn))),
  );
  const texts = [...roots, ...covered];
  return texts.length === 0
    ? []
    : [{ principal: { AWS: oneOrList(texts) }, operator: null, key: '', values: [] }];
};

const covers = (entry: PrincipalEntry, arn: string): boolean => {
  if (entry.kind === 'account') return splitArn(arn)[4] === entry.account;
  const session = /^(.*):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/u.exec(arn);
  return (
    entry.kind === 'arn' &&
    session !== null &&
    entry.account === session[2] &&
    entry.resource.endsWith(`/${session[3] ?? ''}`)
  );
};

/** The same principals as members of a trusted organization or organizational unit. */
const memberships = (
  principal: unknown,
  { trust }: AccessInput,
  side: 'Principal' | 'Source',
): Restriction[] => {
  const organizations = {
    principal,
    operator: 'StringEquals',
    key: `aws:${side}OrgID`,
    values: trust.organizations,
  };
  const units = {
    principal,
    operator: 'ForAnyValue:StringLike',
    key: `aws:${side}OrgPaths`,
    values: trust.organizationalUnits.map((unit) => `${unit}*`),
  };
  return [organizations, units].filter(({ values }) => values.length > 0);
};

/** Services as far as they say that they act for the owner or somebody trusted. */
const acting = (principal: unknown, input: AccessInput): Restriction[] => {
  const accounts = [...new Set([input.ownerAccount, ...input.trust.accounts])];
  const byAccount = { principal, operator: 'StringEquals', key: 'aws:SourceAccount', values: accounts };
  const byArn = {
    principal,
    operator: 'ArnLike',
    key: 'aws:SourceArn',
    values: accounts.map((account) => `arn:*:*:*:${account}:*`),
  };
  return [byAccount, byArn, ...memberships(principal, input, 'Source')];
};
