import { slotOf, valueAt, type SlotValues } from './condition-keys.ts';
import { inNetwork, inRanges, rangesOf, readAddress, readNetwork, type Network, type Ranges } from './ip.ts';
import type { Operator } from './operators.ts';
import {
  arnFieldsOf,
  matchesArn,
  matchesPattern,
  patternOf,
  patternOfFragments,
  type Pattern,
} from './pattern.ts';
import { expand, isVariable, templateOf, textOf, type KeyLookup, type Template } from './template.ts';

/** A value of a condition, read as its operator reads it. */
export type Expected =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'folded'; readonly text: string }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'arn'; readonly fields: readonly Pattern[] }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'unreadable' };

/** One condition key under one operator. */
export interface ConditionTest {
  /** As the policy writes them. */
  readonly operatorText: string;
  readonly keyText: string;
  readonly texts: readonly string[];
  readonly operator: Operator;
  /** Lower-case. */
  readonly key: string;
  /** Slot of a decided key, -1 for a free one. */
  readonly slot: number;
  readonly values: readonly Expected[];
  /** What a part that cannot be read counts as: holding in an Allow, not holding in a Deny. */
  readonly lean: boolean;
  /** For long lists: the literal values, or the networks, to be asked at once. */
  readonly literals: ReadonlySet<string> | null;
  readonly ranges: readonly Ranges[] | null;
  /** Lower-case keys of the policy variables in the values. */
  readonly variables: readonly string[];
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?$/u;
const EPOCH = /^\d{9,}$/u;

const readNumber = (text: string): number => (NUMBER.test(text.trim()) ? Number(text) : Number.NaN);

/** ISO 8601, or seconds since 1970; in milliseconds. NaN when it is neither. */
export const readDate = (text: string): number => (EPOCH.test(text) ? Number(text) * 1000 : Date.parse(text));

const numberOr = (value: number): Expected =>
  Number.isNaN(value) ? { kind: 'unreadable' } : { kind: 'number', value };

const expectedArn = (template: Template): Expected => {
  const fields = arnFieldsOf(template.flatMap((part) => (isVariable(part) ? [] : [part])));
  return fields === null ? { kind: 'unreadable' } : { kind: 'arn', fields };
};

/** Reads one value. Variables exist for string and ARN operators, and only in version 2012-10-17. */
export const expectedOf = (operator: Operator, text: string, variables: boolean): Expected => {
  const { base } = operator;
  const takesVariables = base.startsWith('string') || base === 'arnlike';
  if (variables && takesVariables && text.includes('${')) {
    const template = templateOf(text);
    return template.some(isVariable) ? { kind: 'template', template } : resolve(operator, template);
  }
  switch (base) {
    case 'stringequals':
    case 'binaryequals':
      return { kind: 'text', text };
    case 'stringequalsignorecase':
      return { kind: 'folded', text: text.toLowerCase() };
    case 'stringlike':
      return text.includes('*') || text.includes('?')
        ? { kind: 'pattern', pattern: patternOf(text) }
        : { kind: 'text', text };
    case 'arnlike':
      return expectedArn([{ text, quoted: false }]);
    case 'null':
    case 'bool': {
      const flag = text.toLowerCase();
      return flag === 'true' || flag === 'false' ? { kind: 'folded', text: flag } : { kind: 'unreadable' };
    }
    case 'ipaddress': {
      const network = readNetwork(text);
      return network === null ? { kind: 'unreadable' } : { kind: 'network', network };
    }
    case 'numericequals':
    case 'numericlessthan':
    case 'numericlessthanequals':
    case 'numericgreaterthan':
    case 'numericgreaterthanequals':
      return numberOr(readNumber(text));
    case 'dateequals':
    case 'datelessthan':
    case 'datelessthanequals':
    case 'dategreaterthan':
    case 'dategreaterthanequals':
      return numberOr(readDate(text));
    default:
      return base satisfies never;
  }
};

/** A list longer than this is asked at once. */
const LONG = 8;

/** The literals of a long list of nothing else. */
export const literalsOf = (values: readonly Expected[]): ReadonlySet<string> | null => {
  if (values.length <= LONG) return null;
  const texts = new Set<string>();
  for (const value of values) {
    if (value.kind !== 'text') return null;
    texts.add(value.text);
  }
  return texts;
};

/** The ranges of a long list of networks and nothing else. */
export const networkRangesOf = (values: readonly Expected[]): readonly Ranges[] | null => {
  if (values.length <= LONG) return null;
  const networks: Network[] = [];
  for (const value of values) {
    if (value.kind !== 'network') return null;
    networks.push(value.network);
  }
  return rangesOf(networks);
};

/** The value with its variables replaced; unreadable when one has no value. */
const resolve = (operator: Operator, template: Template, lookup: KeyLookup = () => null): Expected => {
  const fragments = expand(template, lookup);
  if (fragments === null) return { kind: 'unreadable' };
  const { base } = operator;
  if (base === 'stringlike') return { kind: 'pattern', pattern: patternOfFragments(fragments) };
  if (base === 'arnlike') return expectedArn(fragments);
  return base === 'stringequalsignorecase'
    ? { kind: 'folded', text: textOf(fragments).toLowerCase() }
    : { kind: 'text', text: textOf(fragments) };
};

/** A value as it reads in one request. Null: a variable has no value there. */
export const valueIn = (test: ConditionTest, expected: Expected, lookup: KeyLookup): Expected | null => {
  if (expected.kind !== 'template') return expected;
  return expand(expected.template, lookup) === null
    ? null
    : resolve(test.operator, expected.template, lookup);
};

const compareNumbers = (base: Operator['base'], actual: number, expected: number): boolean => {
  if (Number.isNaN(actual)) return false;
  if (base.endsWith('lessthan')) return actual < expected;
  if (base.endsWith('lessthanequals')) return actual <= expected;
  if (base.endsWith('greaterthan')) return actual > expected;
  if (base.endsWith('greaterthanequals')) return actual >= expected;
  return actual === expected;
};

const matchesExpected = (test: ConditionTest, expected: Expected, actual: string): boolean | 'unreadable' => {
  switch (expected.kind) {
    case 'text':
      return expected.text === actual;
    case 'folded':
      return expected.text === actual.toLowerCase();
    case 'pattern':
      return matchesPattern(expected.pattern, actual);
    case 'arn':
      return matchesArn(expected.fields, actual);
    case 'number': {
      const { base } = test.operator;
      return compareNumbers(
        base,
        base.startsWith('date') ? readDate(actual) : readNumber(actual),
        expected.value,
      );
    }
    case 'network': {
      const address = readAddress(actual);
      return address !== null && inNetwork(address, expected.network);
    }
    case 'template':
    case 'unreadable':
      return 'unreadable';
    default:
      return expected satisfies never;
  }
};

/** Whether one of the values matches. What cannot be read counts so that the whole test leans its way. */
export const matchesAny = (test: ConditionTest, actual: string, lookup: KeyLookup): boolean => {
  if (test.literals !== null) return test.literals.has(actual);
  if (test.ranges !== null) {
    const address = readAddress(actual);
    return address !== null && inRanges(address, test.ranges);
  }
  const leaning = test.operator.negated ? !test.lean : test.lean;
  for (const expected of test.values) {
    const value = valueIn(test, expected, lookup);
    // A variable without a value matches nothing; what a negation makes of that cannot be decided.
    const outcome =
      value === null ? (test.operator.negated ? leaning : false) : matchesExpected(test, value, actual);
    if (outcome === 'unreadable' ? leaning : outcome) return true;
  }
  return false;
};

/** Whether a test holds for one present value of its key. */
export const holdsFor = (test: ConditionTest, actual: string, lookup: KeyLookup): boolean =>
  test.operator.base === 'null'
    ? nullHolds(test, false)
    : matchesAny(test, actual, lookup) !== test.operator.negated;

/** Whether a test holds when its key is absent. */
export const holdsAbsent = (test: ConditionTest): boolean => {
  const { base, set, ifExists, negated } = test.operator;
  if (base === 'null') return nullHolds(test, true);
  // Documented: IfExists holds. Seen in practice: ForAnyValue fails. So it cannot be relied on.
  if (set === 'any') return ifExists && test.lean;
  return ifExists || set === 'all' || negated;
};

const nullHolds = (test: ConditionTest, absent: boolean): boolean =>
  test.texts.some((text) => {
    const wanted = text.toLowerCase();
    return wanted === 'true' ? absent : wanted === 'false' ? !absent : test.lean;
  });

/** Whether a test holds for a key that has one value or none. */
export const testHolds = (test: ConditionTest, actual: string | null, lookup: KeyLookup): boolean =>
  actual === null ? holdsAbsent(test) : holdsFor(test, actual, lookup);

/** Whether a test on a decided key holds for a request. */
export const decidedHolds = (test: ConditionTest, slots: SlotValues, lookup: KeyLookup): boolean =>
  testHolds(test, valueAt(slots, test.slot), lookup);

/** Whether the request's decided keys alone settle a test: its own key, and those of its variables. */
export const isDecided = (test: ConditionTest): boolean =>
  test.slot >= 0 && test.variables.every((key) => slotOf(key) >= 0);

/** Over a list of values: whether one value that satisfies the test is enough, or each must. */
export const quantifierOf = ({ set, negated }: Operator): 'some' | 'every' =>
  set === 'any' || (set === 'none' && !negated) ? 'some' : 'every';
