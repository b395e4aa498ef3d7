import { difference as subtract, intersection, isEmptySet } from './actions.ts';
import type { Caller } from './callers.ts';
import {
  accessOf,
  addAccess,
  concerns,
  freeTests,
  type Access,
  type Besides,
  type Decider,
  type Hurdle,
  type Question,
} from './decide.ts';
import { analyzeAccess } from './access.ts';
import { orgOfPath } from './fresh.ts';
import { grantsIn, judge, mentionedBy, noFindings, type Findings } from './judge.ts';
import type { Statement } from './parse-statement.ts';
import type { AccessGrant, AccessInput, AccessReport, Undecided, Witness } from './report.ts';
import {
  decidersOf,
  freshBudget,
  readPolicy,
  sharing,
  sourceOf,
  surroundingsOf,
  type Surroundings,
} from './subject.ts';

/** Two versions of a policy. Null: no policy. */
export interface ComparisonInput extends Omit<AccessInput, 'document'> {
  readonly before: unknown;
  readonly after: unknown;
}

/** What a change of a policy lets in and shuts out. */
export interface PolicyComparison {
  readonly before: AccessReport;
  readonly after: AccessReport;
  /** Access that some request gets by the new version and did not get by the old one; by statements of the new one. */
  readonly gained: readonly AccessGrant[];
  /** The other way round, by statements of the old one. */
  readonly lost: readonly AccessGrant[];
  readonly newlyPublic: boolean;
  readonly newlyUntrusted: boolean;
  /** Accounts that the new version identifies and lets in, and the old one did not. */
  readonly newExternalAccounts: readonly string[];
  /** A request that only the new version lets through: an untrusted one if there is one. */
  readonly witness: Witness | null;
  readonly undecided: readonly Undecided[];
}

const NO_POLICY = { Version: '2012-10-17', Statement: [] };

/** What a change newly lets in, request by request: not which text differs. */
export const comparePolicies = (input: ComparisonInput): PolicyComparison => {
  const around = surroundingsOf(input);
  const [old, current] = [input.before ?? NO_POLICY, input.after ?? NO_POLICY];
  const before = analyzeAccess({ ...input, document: old });
  const after = analyzeAccess({ ...input, document: current });
  const gained = difference({ of: current, without: old }, around, EVERYBODY);
  const lost = difference({ of: old, without: current }, around, EVERYBODY);
  return {
    before,
    after,
    gained: gained.grants,
    lost: lost.grants,
    newlyPublic: after.public && !before.public,
    newlyUntrusted: after.untrusted && !before.untrusted,
    newExternalAccounts: after.externalAccounts.filter(
      (account) => !before.externalAccounts.includes(account),
    ),
    witness: gained.findings.untrustedWitness ?? gained.findings.anyWitness,
    undecided: gained.undecided,
  };
};

/** Whether some trusted request that `old` lets through is not let through by `current`, or it cannot be told. */
export const losesTrusted = (old: unknown, current: unknown, around: Surroundings): boolean => {
  const telling = { ignore: (caller: Caller) => !caller.trusted || isOdd(caller), also: trustedOnes(around) };
  const { grants, undecided } = difference({ of: old, without: current }, around, telling);
  return grants.length > 0 || undecided.length > 0;
};

/** Whether `current` lets any request through that `old` does not, or it cannot be told. */
export const gainsAny = (old: unknown, current: unknown, around: Surroundings): boolean => {
  const { grants, undecided } = difference({ of: current, without: old }, around, EVERYBODY);
  return grants.length > 0 || undecided.length > 0;
};

/** Services that pass on an organization path pass on the organization too. */
const isOdd = ({ concrete }: Caller): boolean =>
  concrete.kind === 'service' && concrete.sourceOrgPath !== undefined && concrete.sourceOrg === undefined;

/** A statement that mentions everybody trusted, so that they are told apart from others. */
const trustedOnes = (around: Surroundings): readonly Statement[] => {
  const { ownerAccount, trust } = around.setting;
  const accounts = [ownerAccount, ...trust.accounts.list];
  const organizations = [...trust.organizations.list, ...trust.units.map(orgOfPath)];
  const units = trust.units.map((unit) => `${unit}*`);
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: [...accounts, ...trust.roles] },
    Action: '*',
    Condition: {
      StringEquals: {
        'aws:SourceAccount': accounts,
        ...(organizations.length > 0
          ? { 'aws:PrincipalOrgID': organizations, 'aws:SourceOrgID': organizations }
          : {}),
      },
      ArnLike: { 'aws:SourceArn': accounts.map((account) => `arn:aws:*:*:${account}:*`) },
      StringLike: units.length > 0 ? { 'aws:PrincipalOrgPaths': units, 'aws:SourceOrgPaths': units } : {},
    },
  };
  const policy = readPolicy({ Statement: statement }, around);
  return 'unreadable' in policy ? [] : policy.allows;
};

/** Which callers are looked at, and statements that tell them apart besides the documents' own. */
interface Telling {
  readonly ignore: ((caller: Caller) => boolean) | null;
  readonly also: readonly Statement[];
}

const EVERYBODY: Telling = { ignore: null, also: [] };

interface Documents {
  readonly of: unknown;
  readonly without: unknown;
}

interface Difference {
  readonly grants: readonly AccessGrant[];
  readonly findings: Findings;
  readonly undecided: readonly Undecided[];
}

const UNREADABLE: Undecided = { statement: null, sid: null, reason: 'one of the two versions is no policy' };
const EXHAUSTED: Undecided = {
  statement: null,
  sid: null,
  reason: 'too many combinations to compare in bounded time',
};

/** What requests get by the one document and not by the other. */
const difference = (documents: Documents, around: Surroundings, { ignore, also }: Telling): Difference => {
  const findings = noFindings();
  const shared = sharing(around, [documents.of, documents.without]);
  const of = readPolicy(documents.of, shared);
  const without = readPolicy(documents.without, shared, 'other');
  if ('unreadable' in of || 'unreadable' in without) return { grants: [], findings, undecided: [UNREADABLE] };
  const budget = freshBudget();
  const source = `${sourceOf(documents.of)} ${sourceOf(documents.without)}`;
  const others = [...of.denies, ...without.allows, ...without.denies, ...also];
  const ask = (decider: Decider, question: Question): Access | null =>
    gainOf(decider, { ...decider, policy: without }, question);
  const asking = { ...of, denies: others };
  const deciders = decidersOf(asking, source, { around, budget }).map(({ resource, solved }): Decider => ({
    policy: of,
    source,
    resource,
    budget,
    solved,
  }));
  const court = {
    deciders,
    setting: around.setting,
    constants: around.constants,
    others,
    mentioned: mentionedBy(others, around.constants),
    ask,
    identify: null,
    ignore,
    findings,
  };
  for (const statement of of.allows) judge(court, statement);
  return { grants: grantsIn(findings, of), findings, undecided: budget.left < 0 ? [EXHAUSTED] : [] };
};

/**
 * What a caller gets by a statement and not by another policy. That one lets a request through unless either none of
 * its Allow statements holds, or one of its Deny statements does.
 */
const gainOf = (decider: Decider, other: Decider, question: Question): Access | null => {
  const { caller, statement } = question;
  let gained: Access | null = null;
  for (const besides of [
    notAllowed(other, caller, statement.actions),
    ...denied(other, caller, statement.actions),
  ]) {
    const access = besides === null ? null : accessOf(decider, question, besides);
    if (access !== null) gained = addAccess(gained, access);
  }
  return gained;
};

const NONE: readonly never[] = [];

const notAllowed = (other: Decider, caller: Caller, actions: Besides['actions']): Besides | null => {
  let open = actions;
  const hurdles: Hurdle[] = [];
  for (const allow of other.policy.allows) {
    if (!concerns(allow, caller, other)) continue;
    const tests = freeTests(allow);
    if (tests.length > 0) hurdles.push({ actions: allow.actions, tests, id: allow.id });
    else open = subtract(open, allow.actions);
  }
  return isEmptySet(open) ? null : { hold: NONE, hurdles, actions: open, id: 'not allowed' };
};

const denied = (other: Decider, caller: Caller, actions: Besides['actions']): Besides[] =>
  other.policy.denies.flatMap((deny) => {
    const both = intersection(actions, deny.actions);
    if (isEmptySet(both) || !concerns(deny, caller, other)) return [];
    return [{ hold: freeTests(deny), hurdles: NONE, actions: both, id: `denied ${deny.id}` }];
  });
