import { union, universeOf, type ActionSet, type ActionUniverse } from './actions.ts';
import { indexTrust, type Caller, type Setting } from './callers.ts';
import { callersFor } from './candidates.ts';
import type { ConditionTest } from './conditions.ts';
import {
  accessOf,
  coversResource,
  exceptsSomebody,
  sampleAction,
  type Access,
  type Decider,
} from './decide.ts';
import { GRANTABLE_ACTIONS, type PolicyScope } from './ecr-actions.ts';
import { identifies } from './external.ts';
import { grantOf, type EntryAccess } from './grants.ts';
import { mentionsOf, type Mentions } from './mentions.ts';
import { parsePolicy, type Policy } from './parse.ts';
import type { Statement } from './parse-statement.ts';
import type { PrincipalEntry } from './principals.ts';
import type { AccessGrant, AccessInput, AccessReport, Note, Undecided, Witness } from './report.ts';
import { resourcesFor } from './resources.ts';
import type { KeyLookup } from './template.ts';

export type { AccessGrant, AccessInput, AccessReport, Note, Undecided, Witness } from './report.ts';

const UNIVERSES: Readonly<Record<PolicyScope, ActionUniverse>> = {
  repository: universeOf(GRANTABLE_ACTIONS.repository),
  'registry-v1': universeOf(GRANTABLE_ACTIONS['registry-v1']),
  'registry-v2': universeOf(GRANTABLE_ACTIONS['registry-v2']),
};

/** Work units of one analysis; about 30 ms at worst. Reaching it is said in `undecided` and leans to access. */
const BUDGET = 150_000;

const scopeOf = (input: AccessInput): PolicyScope => {
  if (input.scope !== 'registry') return 'repository';
  return input.registryScope === 'V1' ? 'registry-v1' : 'registry-v2';
};

const settingOf = (input: AccessInput): Setting => ({
  ownerAccount: input.ownerAccount,
  partition: input.partition ?? 'aws',
  now: input.now,
  epoch: String(Math.floor(Date.parse(input.now) / 1000)),
  trust: indexTrust(input.trust),
});

const constantsOf =
  (setting: Setting): KeyLookup =>
  (key) => {
    if (key === 'aws:resourceaccount') return setting.ownerAccount;
    if (key === 'aws:currenttime') return setting.now;
    return key === 'aws:epochtime' ? setting.epoch : null;
  };

/**
 * Who gets in by a resource policy. Pure, never throws, in bounded time; an invalid or undecidable document errs on
 * reporting access and says so in `undecided`.
 * Not looked at: identity policies of other accounts, service and resource control policies, VPC endpoint policies.
 */
export const analyzeAccess = (input: AccessInput): AccessReport => {
  const setting = settingOf(input);
  const constants = constantsOf(setting);
  const policy = parsePolicy(input.document, { universe: UNIVERSES[scopeOf(input)], constants });
  if ('unreadable' in policy) return unreadableReport(policy.unreadable);
  const source = typeof input.document === 'string' ? input.document : (JSON.stringify(input.document) ?? '');
  return reportOn({ policy, setting, constants, source, resourceArn: input.resourceArn ?? null });
};

const unreadableReport = (reason: string): AccessReport => ({
  public: true,
  untrusted: true,
  externalAccounts: [],
  grants: [],
  undecided: [{ statement: null, sid: null, reason }],
  notes: [{ statement: null, code: 'invalid-document', message: reason }],
  witnesses: { public: null, untrusted: null },
});

interface Subject {
  readonly policy: Policy;
  readonly setting: Setting;
  readonly constants: KeyLookup;
  readonly source: string;
  readonly resourceArn: string | null;
}

interface Findings {
  public: boolean;
  untrusted: boolean;
  readonly external: Set<string>;
  readonly grants: AccessGrant[];
  readonly undecided: Undecided[];
  readonly notes: Note[];
  publicWitness: Witness | null;
  untrustedWitness: Witness | null;
}

const reportOn = (subject: Subject): AccessReport => {
  const { policy } = subject;
  const findings: Findings = {
    public: false,
    untrusted: false,
    external: new Set(),
    grants: [],
    undecided: [...policy.undecided],
    notes: [...policy.notes],
    publicWitness: null,
    untrustedWitness: null,
  };
  const budget = { left: BUDGET };
  const networks = networksOf(policy);
  for (const resource of resourcesFor(policy, subject)) {
    const decider: Decider = {
      policy,
      resource,
      source: subject.source,
      networks,
      budget,
      solved: new Map(),
    };
    for (const statement of policy.allows)
      if (coversResource(statement.resource, resource)) judge(decider, statement, { subject, findings });
  }
  if (budget.left < 0) exhausted(findings);
  return {
    public: findings.public,
    untrusted: findings.untrusted,
    externalAccounts: [...findings.external].sort(),
    grants: findings.grants,
    undecided: findings.undecided,
    notes: findings.notes,
    witnesses: { public: findings.publicWitness, untrusted: findings.untrustedWitness },
  };
};

const exhausted = (findings: Findings): void => {
  findings.public = true;
  findings.untrusted = true;
  findings.undecided.push({
    statement: null,
    sid: null,
    reason: 'too many combinations of conditions to decide in bounded time',
  });
};

const networksOf = (policy: Policy) =>
  [...policy.allows, ...policy.denies].flatMap((statement) =>
    statement.tests.flatMap((test: ConditionTest) =>
      test.values.flatMap((value) => (value.kind === 'network' ? [value.network] : [])),
    ),
  );

interface Court {
  readonly subject: Subject;
  readonly findings: Findings;
}

/** Decides one Allow statement, entry by entry. */
const judge = (decider: Decider, statement: Statement, court: Court): void => {
  const { subject, findings } = court;
  const relevant = decider.policy.denies.filter((deny) => coversResource(deny.resource, decider.resource));
  const entries = entriesOf(statement);
  const telling = [
    ...(statement.principal.excepted ?? []),
    ...(statement.principal.named ?? []).filter((entry) => entry.kind === 'pattern'),
    ...relevant.flatMap(principalEntries),
  ];
  const mentions = mentionsOf([statement, ...relevant], telling, subject.constants);
  const results: EntryAccess[] = [];
  for (const entry of entries) {
    const result = judgeEntry(decider, { statement, entry, mentions }, court);
    if (result !== null) results.push(result);
  }
  if (results.length > 0) findings.grants.push(...grantOf(statement, results, decider.policy.universe));
};

const principalEntries = ({ principal }: Statement): PrincipalEntry[] => [
  ...(principal.named ?? []),
  ...(principal.excepted ?? []),
];

const EVERYONE: PrincipalEntry = { kind: 'everyone', text: '*' };

/** The entries that are judged one by one; everybody but the excepted ones is one entry. */
const entriesOf = ({ principal }: Statement): readonly PrincipalEntry[] => {
  if (!exceptsSomebody(principal)) return principal.named ?? [];
  return [EVERYONE];
};

interface Case {
  readonly statement: Statement;
  readonly entry: PrincipalEntry;
  readonly mentions: Mentions;
}

const judgeEntry = (
  decider: Decider,
  { statement, entry, mentions }: Case,
  court: Court,
): EntryAccess | null => {
  const { subject, findings } = court;
  if (entry.kind === 'unknown') return judgeUnknown(statement, entry, findings);
  const casting = { mentions, setting: subject.setting, source: subject.source };
  let actions: ActionSet | null = null;
  let untrusted = false;
  let open = false;
  for (const caller of callersFor(entry, casting)) {
    if (decider.budget.left < 0) break;
    const access = accessOf(decider, statement, caller, false);
    if (access === null) continue;
    actions = actions === null ? access.actions : union(actions, access.actions);
    if (!caller.trusted) {
      untrusted = true;
      findings.untrusted = true;
      findings.untrustedWitness ??= witnessOf(decider, caller, access);
    }
    if (
      caller.account !== null &&
      caller.account !== subject.setting.ownerAccount &&
      !findings.external.has(caller.account)
    )
      if (identifies(decider, statement, caller, access)) findings.external.add(caller.account);
    if (caller.stranger && !open) open = judgeStranger(decider, { statement, caller, access }, findings);
  }
  return actions === null ? null : { entry, actions, trusted: !untrusted, public: open };
};

interface Entrance {
  readonly statement: Statement;
  readonly caller: Caller;
  readonly access: Access;
}

const judgeStranger = (
  decider: Decider,
  { statement, caller, access }: Entrance,
  findings: Findings,
): boolean => {
  const strange = access.assignment.size === 0 ? access : accessOf(decider, statement, caller, true);
  if (strange === null) return false;
  findings.public = true;
  findings.publicWitness ??= witnessOf(decider, caller, strange);
  return true;
};

/** Somebody who cannot be told: reported, unless a Deny of everyone takes everything away. */
const judgeUnknown = (
  statement: Statement,
  entry: PrincipalEntry,
  findings: Findings,
): EntryAccess | null => {
  findings.untrusted = true;
  return { entry, actions: statement.actions, trusted: false, public: false };
};

const witnessOf = (decider: Decider, caller: Caller, access: Access): Witness => ({
  caller: caller.concrete,
  action: sampleAction(decider, access.sample),
  ...(decider.resource === null ? {} : { resource: decider.resource }),
  context: Object.fromEntries(
    [...access.assignment].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values]),
  ),
});
