import {
  cardinalityOf,
  isIdentityOnly,
  isNetworkName,
  isVpcKey,
  slotOf,
  valueAt,
  SOURCE_IP,
  type SlotValues,
} from './condition-keys.ts';
import { holdsAbsent, holdsFor, quantifierOf, testHolds, type ConditionTest } from './conditions.ts';
import { isNetworkKey, valuesFor } from './free-values.ts';
import { inRanges, isNarrow, rangesOf, readAddress, type Network } from './ip.ts';
import { splitArn } from './pattern.ts';
import type { KeyLookup } from './template.ts';

/** What is left of the work that one analysis may do. */
export interface Budget {
  left: number;
}

/** Free keys of a request; a key that is not there is absent. */
export type Assignment = ReadonlyMap<string, readonly string[]>;

/**
 * Find values of the free keys so that every test of `hold` holds, and of each list in `break` at least one does not.
 */
export interface Problem {
  readonly hold: readonly ConditionTest[];
  readonly break: readonly (readonly ConditionTest[])[];
  readonly slots: SlotValues;
  readonly service: boolean;
  /** Only values that are named nowhere in the policy: no named VPC, no address in a narrow network. */
  readonly strange: boolean;
  readonly networks: readonly Network[];
  readonly source: string;
  readonly budget: Budget;
}

/** What is still possible for one key. */
interface Domain {
  readonly values: readonly string[];
  readonly absent: boolean;
  /** Of each list, the key must have a value. Only for keys that hold lists. */
  readonly needs: readonly (readonly string[])[];
  readonly many: boolean;
}

type Domains = ReadonlyMap<string, Domain>;

/** Solves a problem; null when there is no such request. Null with the budget at zero says nothing. */
export const solve = (problem: Problem): Assignment | null => {
  const tests = [...problem.hold, ...problem.break.flat()];
  const keys = [...new Set(tests.filter((test) => test.slot < 0).map((test) => test.key))];
  const pins = [...new Set(tests.flatMap((test) => test.variables.filter((key) => slotOf(key) < 0)))];
  for (const mode of modesFor([...keys, ...pins], problem.service)) {
    const found = solvePinned({ problem, tests, keys, mode }, pins, new Map());
    if (found !== null) return found;
  }
  return null;
};

/** How a request comes: over the internet, through a VPC endpoint, or (a service) neither. */
type Mode = 'internet' | 'endpoint' | 'neither' | 'any';

const modesFor = (keys: readonly string[], service: boolean): readonly Mode[] => {
  if (!keys.some(isNetworkKey)) return ['any'];
  return service ? ['neither', 'internet', 'endpoint'] : ['internet', 'endpoint'];
};

interface Task {
  readonly problem: Problem;
  readonly tests: readonly ConditionTest[];
  readonly keys: readonly string[];
  readonly mode: Mode;
}

/** Policy variables over free keys are tried value by value, so that every test is about one key only. */
const solvePinned = (
  task: Task,
  pins: readonly string[],
  pinned: Map<string, string | null>,
): Assignment | null => {
  const [pin, ...rest] = pins;
  if (pin === undefined) return solveDomains(task, pinned);
  for (const value of pinValues(task, pin, pinned)) {
    task.problem.budget.left -= 1;
    if (task.problem.budget.left < 0) return null;
    const found = solvePinned(task, rest, new Map([...pinned, [pin, value]]));
    if (found !== null) return found;
  }
  return null;
};

const lookupIn =
  (slots: SlotValues, pinned: ReadonlyMap<string, string | null>): KeyLookup =>
  (key) => {
    const at = slotOf(key);
    return at >= 0 ? valueAt(slots, at) : (pinned.get(key) ?? null);
  };

/** Values worth trying for a variable: what its own tests mention, what it is compared with, and absence. */
const pinValues = (
  task: Task,
  pin: string,
  pinned: ReadonlyMap<string, string | null>,
): (string | null)[] => {
  const { slots } = task.problem;
  const lookup = lookupIn(slots, pinned);
  const own = valuesFor(
    pin,
    task.tests.filter((test) => test.key === pin && test.slot < 0),
    { lookup },
  );
  const compared = task.tests
    .filter((test) => test.variables.includes(pin) && test.slot < 0)
    .flatMap((test) =>
      valuesFor(
        test.key,
        task.tests.filter((other) => other.key === test.key && other !== test),
        { lookup },
      ),
    );
  const caller = slots.flatMap((value) => (value === null ? [] : partsOf(value)));
  return [null, ...new Set([...own, ...compared, ...caller])];
};

/** A value, and the parts of it that a variable inside a longer text may stand for. */
const partsOf = (value: string): string[] => {
  const resource = splitArn(value)[5] ?? '';
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  const path = resource.slice(resource.indexOf('/') + 1);
  const pieces = value.split('/').filter((part) => part !== '');
  return [...new Set([value, name, path, resource, ...pieces])].filter((part) => part !== '');
};

const solveDomains = (task: Task, pinned: ReadonlyMap<string, string | null>): Assignment | null => {
  const { problem } = task;
  const lookup = lookupIn(problem.slots, pinned);
  const start = startDomains(task, pinned, lookup);
  if (start === null) return null;
  const domains = new Map(start);
  for (const test of problem.hold) {
    const narrowed = restrict(domains, test, { wanted: true, lookup, problem });
    if (narrowed === null) return null;
    if (test.slot < 0) domains.set(test.key, narrowed);
  }
  const solved = breakAll(problem.break, domains, { lookup, problem });
  return solved === null ? null : assignmentOf(solved);
};

const startDomains = (
  task: Task,
  pinned: ReadonlyMap<string, string | null>,
  lookup: KeyLookup,
): Domains | null => {
  const domains = new Map<string, Domain>();
  for (const key of new Set([...task.keys, ...pinned.keys()])) {
    const domain = startDomain(key, task, lookup);
    const pin = pinned.get(key);
    const fixed =
      pin === undefined
        ? domain
        : pin === null
          ? { ...domain, values: [] }
          : { ...domain, values: allowed(key, [pin], task.problem), absent: false };
    if (!viable(fixed)) return null;
    domains.set(key, fixed);
  }
  return domains;
};

const NO_NETWORKS: readonly Network[] = [];

const startDomain = (key: string, task: Task, lookup: KeyLookup): Domain => {
  const { problem, mode } = task;
  const tests = task.tests.filter((test) => test.slot < 0 && test.key === key);
  const known = cardinalityOf(key);
  const many =
    known === 'many' || (known === 'unknown' && tests.some((test) => test.operator.set !== 'none'));
  const nowhere: Domain = { values: [], absent: true, needs: [], many };
  if (problem.service && isIdentityOnly(key)) return nowhere;
  const vpc = isVpcKey(key);
  if (key === SOURCE_IP ? mode === 'endpoint' || mode === 'neither' : vpc && mode !== 'endpoint')
    return nowhere;
  const edges = key === SOURCE_IP ? problem.networks : NO_NETWORKS;
  const values = allowed(key, valuesFor(key, tests, { lookup, edges }), problem);
  return { values, absent: !(vpc || key === SOURCE_IP), needs: [], many };
};

/** For a stranger's request, only values that name no network of the policy. */
const allowed = (key: string, values: readonly string[], problem: Problem): readonly string[] => {
  if (!problem.strange) return values;
  if (isNetworkName(key)) return values.filter((value) => !problem.source.includes(value));
  if (key !== SOURCE_IP) return values;
  const named = rangesOf(problem.networks.filter(isNarrow));
  return values.filter((value) => {
    const address = readAddress(value);
    return address !== null && !problem.source.includes(value) && !inRanges(address, named);
  });
};

const viable = (domain: Domain): boolean => domain.absent || domain.values.length > 0;

interface Ask {
  readonly wanted: boolean;
  readonly lookup: KeyLookup;
  readonly problem: Problem;
}

const DECIDED: Domain = { values: [], absent: true, needs: [], many: false };

/** What remains of the test's key where the test has the wanted outcome; null when nothing does. */
const restrict = (domains: Domains, test: ConditionTest, ask: Ask): Domain | null => {
  const { budget, slots } = ask.problem;
  budget.left -= 1;
  if (test.slot >= 0)
    return testHolds(test, valueAt(slots, test.slot), ask.lookup) === ask.wanted ? DECIDED : null;
  const domain = domains.get(test.key);
  if (domain === undefined) return null;
  budget.left -=
    domain.values.length * (test.literals === null && test.ranges === null ? test.values.length : 1);
  if (budget.left < 0) return null;
  const narrowed = narrow(domain, test, ask);
  return viable(narrowed) ? narrowed : null;
};

const narrow = (domain: Domain, test: ConditionTest, { wanted, lookup }: Ask): Domain => {
  const absent = domain.absent && holdsAbsent(test) === wanted;
  const fitting = domain.values.filter((value) => holdsFor(test, value, lookup) === wanted);
  const some =
    domain.many && (quantifierOf(test.operator) === 'some') === wanted && test.operator.base !== 'null';
  if (some)
    return fitting.length === 0
      ? { ...domain, values: [], absent }
      : { ...domain, absent, needs: [...domain.needs, fitting] };
  const needs = domain.needs.map((list) => list.filter((value) => fitting.includes(value)));
  const values = needs.some((list) => list.length === 0) ? [] : fitting;
  return { ...domain, values, absent, needs };
};

/** Breaks the lists one after another, taking back what does not lead on. */
const breakAll = (
  lists: readonly (readonly ConditionTest[])[],
  domains: Domains,
  at: { readonly lookup: KeyLookup; readonly problem: Problem },
): Domains | null => {
  const cannotHold = (test: ConditionTest): boolean =>
    restrict(domains, test, { ...at, wanted: true }) === null;
  const first = lists.findIndex((tests) => !tests.some(cannotHold));
  const tests = lists[first];
  if (tests === undefined) return domains;
  const rest = lists.slice(first + 1);
  for (const test of tests) {
    if (at.problem.budget.left < 0) return null;
    const broken = restrict(domains, test, { ...at, wanted: false });
    if (broken === null) continue;
    const solved = breakAll(rest, test.slot < 0 ? new Map(domains).set(test.key, broken) : domains, at);
    if (solved !== null) return solved;
  }
  return null;
};

const assignmentOf = (domains: Domains): Assignment => {
  const chosen = new Map<string, readonly string[]>();
  for (const [key, domain] of domains) {
    const [first] = domain.values;
    if (domain.absent || first === undefined) continue;
    const needed = domain.needs.flatMap((list) => list.slice(0, 1));
    chosen.set(key, needed.length > 0 ? [...new Set(needed)] : [first]);
  }
  return chosen;
};
