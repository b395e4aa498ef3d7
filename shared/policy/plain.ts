import { firstIn, overlaps, type ActionSet } from './actions.ts';
import { isAmong, type AwsConcrete, type Setting } from './callers.ts';
import type { ConcreteCaller } from './concrete-caller.ts';
import { FRESH, freshAccount } from './fresh.ts';
import type { EntryAccess } from './grants.ts';
import type { Findings } from './judge.ts';
import type { Policy } from './parse.ts';
import type { Statement } from './parse-statement.ts';
import type { PrincipalEntry } from './principals.ts';

/**
 * Statements that nothing qualifies: no condition, no resource, no exception, and no Deny about their actions. They let
 * in exactly whom they name, so that no representative callers are needed. Most statements are like that.
 */
export interface PlainCase {
  readonly policy: Policy;
  readonly setting: Setting;
  /** The policy as text. */
  readonly source: string;
  readonly findings: Findings;
}

/** Judges a statement if it is plain. False: it is not, and nothing has been found. */
export const judgePlain = (statement: Statement, at: PlainCase): boolean => {
  const { named } = statement.principal;
  if (named === null || !isPlain(statement, at.policy)) return false;
  for (const entry of named) if (!isSimple(entry, at.setting)) return false;
  const results: EntryAccess[] = [];
  for (const entry of named) {
    const result = judgeEntry(entry, statement.actions, at);
    if (result !== null) results.push(result);
  }
  if (results.length > 0) at.findings.results.set(statement, results);
  return true;
};

const isPlain = ({ tests, resource, principal, actions }: Statement, policy: Policy): boolean => {
  if (tests.length > 0 || resource !== null || principal.excepted !== null) return false;
  for (const deny of policy.denies) if (overlaps(deny.actions, actions)) return false;
  return true;
};

/** Where principals are trusted one by one, a session may be trusted by its role: it takes callers to tell. */
const isSimple = (entry: PrincipalEntry, { trust }: Setting): boolean => {
  switch (entry.kind) {
    case 'everyone':
    case 'account':
    case 'service':
    case 'orphan':
      return true;
    case 'arn':
      return trust.roles.length === 0 || !entry.resource.startsWith('assumed-role/');
    case 'pattern':
    case 'any-service':
    case 'provider':
    case 'unknown':
      return false;
    default:
      return entry satisfies never;
  }
};

const judgeEntry = (entry: PrincipalEntry, actions: ActionSet, at: PlainCase): EntryAccess | null => {
  if (entry.kind === 'orphan') return null;
  const trusted = isTrustedEntry(entry, at);
  const everyone = entry.kind === 'everyone';
  const { findings } = at;
  if (!trusted) {
    findings.untrusted = true;
    findings.untrustedWitness ??= witnessOf(entry, actions, at);
  }
  if (everyone) {
    findings.public = true;
    findings.publicWitness ??= witnessOf(entry, actions, at);
  }
  return { entry, actions, trusted, public: everyone };
};

const isTrustedEntry = (entry: PrincipalEntry, { setting, findings }: PlainCase): boolean => {
  if (entry.kind !== 'account' && entry.kind !== 'arn') return false;
  if (entry.account === setting.ownerAccount) return true;
  findings.external.add(entry.account);
  if (isAmong(setting.trust.accounts, entry.account)) return true;
  return entry.kind === 'arn' && isAmong(setting.trust.principals, entry.text);
};

const witnessOf = (entry: PrincipalEntry, actions: ActionSet, at: PlainCase): Findings['publicWitness'] => ({
  caller: callerFor(entry, at),
  action: firstIn(at.policy.universe, actions),
  context: {},
});

const callerFor = (entry: PrincipalEntry, { setting, source }: PlainCase): ConcreteCaller => {
  if (entry.kind === 'service') return { kind: 'service', service: entry.service };
  if (entry.kind === 'arn') return namedCaller(entry.resource, homeOf(entry.account, entry.partition));
  const home =
    entry.kind === 'account'
      ? homeOf(entry.account, entry.partition ?? setting.partition)
      : homeOf(freshAccount(source), setting.partition);
  return { ...home, kind: 'role-session', path: '/', role: FRESH.role, session: FRESH.session };
};

const homeOf = (account: string, partition: string): { account: string; partition?: string } =>
  partition === 'aws' ? { account } : { account, partition };

/** The caller that a resource field of a principal's ARN names. */
const namedCaller = (resource: string, home: { account: string; partition?: string }): AwsConcrete => {
  const slash = resource.indexOf('/');
  const last = resource.lastIndexOf('/');
  const name = resource.slice(last + 1);
  const path = resource.slice(slash, last + 1);
  switch (resource.slice(0, slash)) {
    case 'user':
      return { ...home, kind: 'user', path, name };
    case 'role':
      return { ...home, kind: 'role-session', path, role: name, session: FRESH.session };
    case 'assumed-role':
      return { ...home, kind: 'role-session', path: '/', role: path.slice(1, -1), session: name };
    default:
      return { ...home, kind: 'federated-user', name };
  }
};
