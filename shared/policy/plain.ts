import { overlaps } from './actions.ts';
import { isAmong, type Setting, type TrustIndex } from './callers.ts';
import type { Policy } from './parse.ts';
import type { Statement } from './parse-statement.ts';
import type { PrincipalEntry } from './principals.ts';

/** What a statement lets in, as far as the verdict goes. */
export interface PlainVerdict {
  public: boolean;
  untrusted: boolean;
  readonly external: Set<string>;
}

/**
 * Whether nothing qualifies a statement: no condition, no resource, no exception, and no Deny about its actions.
 * Then it lets in exactly whom it names.
 */
export const isPlain = (statement: Statement, policy: Policy): boolean => {
  const { tests, resource, principal, actions } = statement;
  if (tests.length > 0 || resource !== null || principal.excepted !== null) return false;
  for (const deny of policy.denies) if (overlaps(deny.actions, actions)) return false;
  return (principal.named ?? []).every(isSimple);
};

const isSimple = ({ kind }: PrincipalEntry): boolean =>
  kind === 'everyone' || kind === 'account' || kind === 'service' || kind === 'orphan' || kind === 'arn';

/** Adds what a plain statement lets in. False: it takes representative callers to tell. */
export const judgePlain = (statement: Statement, setting: Setting, verdict: PlainVerdict): boolean => {
  for (const entry of statement.principal.named ?? []) if (!judgeEntry(entry, setting, verdict)) return false;
  return true;
};

const judgeEntry = (
  entry: PrincipalEntry,
  { ownerAccount, trust }: Setting,
  verdict: PlainVerdict,
): boolean => {
  switch (entry.kind) {
    case 'everyone':
      verdict.public = true;
      verdict.untrusted = true;
      return true;
    case 'service':
      verdict.untrusted = true;
      return true;
    case 'orphan':
      return true;
    case 'account':
    case 'arn': {
      if (entry.account === ownerAccount) return true;
      verdict.external.add(entry.account);
      if (isAmong(trust.accounts, entry.account)) return true;
      if (entry.kind === 'arn' && trust.roles.length > 0) return judgePrincipal(entry, trust, verdict);
      verdict.untrusted = true;
      return true;
    }
    case 'pattern':
    case 'any-service':
    case 'provider':
    case 'unknown':
      return false;
    default:
      return entry satisfies never;
  }
};

/** A session may be trusted by its role too, so it takes callers to tell; others are trusted by their own ARN. */
const judgePrincipal = (
  entry: Extract<PrincipalEntry, { kind: 'arn' }>,
  trust: TrustIndex,
  verdict: PlainVerdict,
): boolean => {
  if (entry.resource.startsWith('assumed-role/')) return false;
  if (!isAmong(trust.principals, entry.text)) verdict.untrusted = true;
  return true;
};
