import { difference, firstIn, union, type ActionSet } from './actions.ts';
import type { Caller, Setting } from './callers.ts';
import { visitCallers } from './candidates.ts';
import { coversResource, type Access, type Decider, type Question } from './decide.ts';
import { grantsOf, type EntryAccess } from './grants.ts';
import { mentionsOf, type Mentions } from './mentions.ts';
import type { Policy } from './parse.ts';
import type { Casting } from './casting.ts';
import type { Statement } from './parse-statement.ts';
import type { PrincipalEntry } from './principals.ts';
import type { AccessGrant, Witness } from './report.ts';
import type { KeyLookup } from './template.ts';

/** What is found while statements are judged. */
export interface Findings {
  public: boolean;
  untrusted: boolean;
  readonly external: Set<string>;
  readonly results: Map<Statement, readonly EntryAccess[]>;
  /** Statements about other resources than the policy is for. */
  readonly unused: Statement[];
  publicWitness: Witness | null;
  untrustedWitness: Witness | null;
  /** The first request that got in, whoever makes it. */
  anyWitness: Witness | null;
}

export const noFindings = (): Findings => ({
  public: false,
  untrusted: false,
  external: new Set(),
  results: new Map(),
  unused: [],
  publicWitness: null,
  untrustedWitness: null,
  anyWitness: null,
});

/** The evidence found, in the order of the statements. */
export const grantsIn = ({ results }: Findings, policy: Policy): AccessGrant[] =>
  policy.allows.flatMap((statement) => {
    const found = results.get(statement);
    return found === undefined ? [] : grantsOf(statement, found, policy.universe);
  });

/** How statements are judged. */
export interface Court {
  /** One for each resource that matters. */
  readonly deciders: readonly Decider[];
  readonly setting: Setting;
  readonly constants: KeyLookup;
  /** Other statements whose values tell callers apart. */
  readonly others: readonly Statement[];
  /** What they mention. */
  readonly mentioned: () => Mentions;
  /** What a caller may do. */
  readonly ask: (decider: Decider, question: Question) => Access | null;
  /** Whether the policy identifies a caller's account; null when nobody wants to know. */
  readonly identify: ((decider: Decider, question: Question, access: Access) => boolean) | null;
  /** Callers to leave out. */
  readonly ignore: ((caller: Caller) => boolean) | null;
  readonly findings: Findings;
}

/** Judges one Allow statement, entry by entry, and adds to the findings. */
export const judge = (court: Court, statement: Statement): void => {
  if (!court.deciders.some((decider) => coversResource(statement.resource, decider.resource))) {
    court.findings.unused.push(statement);
    return;
  }
  const mentions = mentionsFor(statement, court);
  const source = court.deciders[0]?.source ?? '';
  const casting: Casting = {
    mentions,
    setting: court.setting,
    source,
    statement,
    accounts: null,
    places: null,
  };
  const results: EntryAccess[] = [];
  for (const entry of entriesOf(statement)) {
    let result: EntryAccess | null = null;
    for (const decider of court.deciders)
      if (coversResource(statement.resource, decider.resource))
        result = merge(result, judgeEntry(decider, { statement, entry, casting }, court));
    if (result !== null) results.push(result);
  }
  if (results.length > 0) court.findings.results.set(statement, results);
};

const merge = (known: EntryAccess | null, more: EntryAccess | null): EntryAccess | null => {
  if (known === null || more === null) return known ?? more;
  return {
    entry: known.entry,
    actions: union(known.actions, more.actions),
    trusted: known.trusted && more.trusted,
    public: known.public || more.public,
  };
};

/** A statement without conditions and exceptions adds nothing to what the others mention. */
const mentionsFor = (statement: Statement, court: Court): Mentions => {
  const { principal, tests } = statement;
  const own = (principal.named ?? []).filter((entry) => entry.kind === 'pattern');
  if (tests.length === 0 && principal.excepted === null && own.length === 0) return court.mentioned();
  const entries = [...own, ...(principal.excepted ?? []), ...tellingEntries(court.others)];
  return mentionsOf([statement, ...court.others], entries, court.constants);
};

/** Every entry of the statements. */
export const tellingEntries = (statements: readonly Statement[]): PrincipalEntry[] => {
  const entries: PrincipalEntry[] = [];
  for (const { principal } of statements) {
    if (principal.named !== null) entries.push(...principal.named);
    if (principal.excepted !== null) entries.push(...principal.excepted);
  }
  return entries;
};

/** What other statements mention, worked out once. */
export const mentionedBy = (others: readonly Statement[], constants: KeyLookup): (() => Mentions) => {
  let known: Mentions | null = null;
  return () => (known ??= mentionsOf(others, tellingEntries(others), constants));
};

const EVERYONE: readonly PrincipalEntry[] = [{ kind: 'everyone', text: '*' }];

/** The entries that are judged one by one; everybody but the excepted ones is one entry. */
const entriesOf = ({ principal }: Statement): readonly PrincipalEntry[] =>
  principal.excepted === null ? (principal.named ?? []) : EVERYONE;

interface Case {
  readonly statement: Statement;
  readonly entry: PrincipalEntry;
  readonly casting: Casting;
}

const judgeEntry = (
  decider: Decider,
  { statement, entry, casting }: Case,
  court: Court,
): EntryAccess | null => {
  if (entry.kind === 'unknown') return judgeUnknown(decider, statement, { entry, court });
  const tally: Tally = { actions: null, untrusted: false, public: false };
  visitCallers(entry, casting, (caller) => {
    if (court.ignore?.(caller) !== true)
      count(tally, { decider, question: { statement, caller, strange: false } }, court);
    return decider.budget.left >= 0;
  });
  return tally.actions === null
    ? null
    : { entry, actions: tally.actions, trusted: !tally.untrusted, public: tally.public };
};

interface Tally {
  actions: ActionSet | null;
  untrusted: boolean;
  public: boolean;
}

interface Hearing {
  readonly decider: Decider;
  readonly question: Question;
}

const count = (tally: Tally, { decider, question }: Hearing, court: Court): void => {
  const { findings } = court;
  const { caller } = question;
  const access = court.ask(decider, question);
  if (access === null) return;
  tally.actions = tally.actions === null ? access.actions : union(tally.actions, access.actions);
  findings.anyWitness ??= witnessOf(decider, caller, access);
  if (!caller.trusted) {
    tally.untrusted = true;
    findings.untrusted = true;
    findings.untrustedWitness ??= witnessOf(decider, caller, access);
  }
  if (isForeign(caller, court) && court.identify?.(decider, question, access) === true)
    findings.external.add(caller.account ?? '');
  if (caller.stranger && !tally.public) {
    const strange =
      access.assignment.size === 0 ? access : court.ask(decider, { ...question, strange: true });
    if (strange === null) return;
    tally.public = true;
    findings.public = true;
    findings.publicWitness ??= witnessOf(decider, caller, strange);
  }
};

const isForeign = ({ account }: Caller, { setting, findings }: Court): boolean =>
  account !== null && account !== setting.ownerAccount && !findings.external.has(account);

/** Somebody who cannot be told is reported, less what is denied to everyone in every request. */
const judgeUnknown = (
  decider: Decider,
  statement: Statement,
  { entry, court }: { readonly entry: PrincipalEntry; readonly court: Court },
): EntryAccess | null => {
  if (court.ignore !== null) return null;
  let { actions } = statement;
  for (const deny of decider.policy.denies)
    if (deniesEveryone(deny, decider)) actions = difference(actions, deny.actions);
  if (actions.every((word) => word === 0)) return null;
  court.findings.untrusted = true;
  return { entry, actions, trusted: false, public: false };
};

const deniesEveryone = ({ principal, tests, resource }: Statement, decider: Decider): boolean =>
  tests.length === 0 &&
  principal.excepted === null &&
  coversResource(resource, decider.resource) &&
  (principal.named ?? []).some((entry) => entry.kind === 'everyone');

/** The request written out. */
const witnessOf = (
  { policy, resource }: Decider,
  { concrete }: Caller,
  { sample, assignment }: Access,
): Witness => ({
  caller: concrete,
  action: firstIn(policy.universe, sample),
  ...(resource === null ? {} : { resource }),
  context:
    assignment.size === 0
      ? {}
      : Object.fromEntries(
          [...assignment].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values]),
        ),
});
