import { difference, intersection, isEmptySet, overlaps, union, type ActionSet } from './actions.ts';
import type { Caller } from './callers.ts';
import { slotOf, valueAt, type SlotValues } from './condition-keys.ts';
import { decidedHolds, isDecided, type ConditionTest } from './conditions.ts';
import type { Network } from './ip.ts';
import type { Policy } from './parse.ts';
import type { ResourceElement, Statement } from './parse-statement.ts';
import { matchesPattern } from './pattern.ts';
import { entryCovers } from './principals.ts';
import { solve, type Assignment, type Budget } from './solve.ts';
import type { KeyLookup } from './template.ts';

/** A policy made ready to be asked about callers. */
export interface Decider {
  readonly policy: Policy;
  /** The repository that is asked for; null when no statement looks at it. */
  readonly resource: string | null;
  /** The policy as text. */
  readonly source: string;
  readonly budget: Budget;
  readonly solved: Map<string, Assignment | null>;
}

/** What one caller may do by one Allow statement. */
export interface Access {
  readonly actions: ActionSet;
  /** Some of these actions, and values of the free keys with which they are allowed. */
  readonly sample: ActionSet;
  readonly assignment: Assignment;
}

const NO_KEYS: Assignment = new Map();

/** The values of decided keys, for policy variables. */
export const lookupOf =
  (slots: SlotValues): KeyLookup =>
  (key) => {
    const at = slotOf(key);
    return at < 0 ? null : valueAt(slots, at);
  };

/** Whether a statement's principal covers a caller. What IAM refuses leans to access. */
export const coversCaller = ({ principal, effect }: Statement, caller: Caller): boolean => {
  const lean = effect === 'Allow';
  return either(
    principal,
    (entries, leaning) => entries.some((entry) => entryCovers(entry, caller.identity, leaning)),
    lean,
  );
};

const either = <T>(
  element: { readonly named: readonly T[] | null; readonly excepted: readonly T[] | null },
  includes: (items: readonly T[], lean: boolean) => boolean,
  lean: boolean,
): boolean => {
  const { named, excepted } = element;
  if (excepted === null) return named !== null && includes(named, lean);
  const others = !includes(excepted, !lean);
  if (named === null) return others;
  return lean ? includes(named, lean) || others : includes(named, lean) && others;
};

/** Whether a statement is about the resource; one without `Resource` is about every one. */
export const coversResource = (element: ResourceElement | null, resource: string | null): boolean =>
  element === null ||
  resource === null ||
  either(element, (patterns) => patterns.some((pattern) => matchesPattern(pattern, resource)), true);

const decidedTestsHold = (tests: readonly ConditionTest[], caller: Caller, lookup: KeyLookup): boolean => {
  for (const test of tests) if (isDecided(test) && !decidedHolds(test, caller.slots, lookup)) return false;
  return true;
};

/** The tests that the caller does not settle. */
export const freeTests = (statement: Statement): readonly ConditionTest[] =>
  statement.tests.every(isDecided) ? [] : statement.tests.filter((test) => !isDecided(test));

/** A statement that holds for the caller unless one of its free tests is made to fail. */
export interface Hurdle {
  readonly actions: ActionSet;
  readonly tests: readonly ConditionTest[];
  /** Of the statement. */
  readonly id: number;
}

/** Who asks for what. */
export interface Question {
  readonly statement: Statement;
  readonly caller: Caller;
  /** With values only that the policy names nowhere. */
  readonly strange: boolean;
}

/** More that is asked of the request: what must hold besides, what must not, and which actions it is about. */
export interface Besides {
  readonly hold: readonly ConditionTest[];
  readonly hurdles: readonly Hurdle[];
  readonly actions: ActionSet;
  readonly id: string;
}

/** Whether a statement is about the caller and the resource, as far as the caller decides; its free tests remain. */
export const concerns = (statement: Statement, caller: Caller, decider: Decider): boolean => {
  decider.budget.left -= statement.weight;
  return (
    coversResource(statement.resource, decider.resource) &&
    coversCaller(statement, caller) &&
    decidedTestsHold(statement.tests, caller, lookupOf(caller.slots))
  );
};

/** What a caller may do by an Allow statement, and with which free keys. Null: nothing. */
export const accessOf = (
  decider: Decider,
  question: Question,
  besides: Besides | null = null,
): Access | null => {
  const { statement, caller } = question;
  if (!concerns(statement, caller, decider)) return null;
  let actions = besides === null ? statement.actions : intersection(statement.actions, besides.actions);
  const hurdles: Hurdle[] = besides === null ? [] : [...besides.hurdles];
  for (const deny of decider.policy.denies) {
    if (!overlaps(deny.actions, actions) || !concerns(deny, caller, decider)) continue;
    const tests = freeTests(deny);
    if (tests.length > 0) hurdles.push({ actions: deny.actions, tests, id: deny.id });
    else actions = difference(actions, deny.actions);
  }
  if (isEmptySet(actions)) return null;
  const own = freeTests(statement);
  const hold = besides === null ? own : [...own, ...besides.hold];
  if (hold.length === 0 && hurdles.length === 0) return { actions, sample: actions, assignment: NO_KEYS };
  return overHurdles(decider, { ...question, hold, hurdles, actions, id: besides?.id ?? '' });
};

interface Course extends Question {
  readonly hold: readonly ConditionTest[];
  readonly hurdles: readonly Hurdle[];
  readonly actions: ActionSet;
  readonly id: string;
}

/** Actions that the same hurdles stand before are decided together. */
const overHurdles = (decider: Decider, course: Course): Access | null => {
  let allowed: Access | null = null;
  for (const [actions, hurdles] of byHurdles(course)) {
    const assignment = solveOnce(decider, course, hurdles);
    if (assignment !== null) allowed = addAccess(allowed, { actions, sample: actions, assignment });
    if (decider.budget.left < 0) break;
  }
  return allowed;
};

/** Both accesses together, with the sample of the first. */
export const addAccess = (known: Access | null, more: Access): Access =>
  known === null ? more : { ...known, actions: union(known.actions, more.actions) };

const byHurdles = ({ actions, hurdles }: Course): [ActionSet, readonly Hurdle[]][] => {
  let parts: [ActionSet, readonly Hurdle[]][] = [[actions, []]];
  for (const hurdle of hurdles) {
    parts = parts.flatMap(([part, before]): [ActionSet, readonly Hurdle[]][] => {
      const behind = intersection(part, hurdle.actions);
      if (isEmptySet(behind)) return [[part, before]];
      const beside = difference(part, hurdle.actions);
      return isEmptySet(beside)
        ? [[part, [...before, hurdle]]]
        : [
            [beside, before],
            [behind, [...before, hurdle]],
          ];
    });
  }
  return parts;
};

const solveOnce = (decider: Decider, course: Course, hurdles: readonly Hurdle[]): Assignment | null => {
  const { hold, caller, strange, statement, id } = course;
  if (hold.length === 0 && hurdles.length === 0) return NO_KEYS;
  const service = caller.identity.service !== null;
  const problem = {
    hold,
    break: hurdles.map((hurdle) => hurdle.tests),
    slots: caller.slots,
    service,
    strange,
    networks: strange ? networksOf(decider.policy) : NO_NETWORKS,
    source: decider.source,
    budget: decider.budget,
  };
  // With variables the answer is the caller's own; without, all callers share it.
  if ([...problem.hold, ...problem.break.flat()].some((test) => test.variables.length > 0))
    return solve(problem);
  const key = `${statement.id} ${service} ${strange} ${id} ${hurdles.map((hurdle) => hurdle.id).join()}`;
  const known = decider.solved.get(key);
  if (known !== undefined) return known;
  const found = solve(problem);
  decider.solved.set(key, found);
  return found;
};

const NO_NETWORKS: readonly Network[] = [];

/** Every network that a policy mentions. */
const networksOf = ({ allows, denies }: Policy): Network[] => {
  const networks: Network[] = [];
  for (const { tests } of [...allows, ...denies])
    for (const test of tests)
      for (const value of test.values) if (value.kind === 'network') networks.push(value.network);
  return networks;
};
