import type { ContextKeys } from './concrete-caller.ts';

/**
 * Conditions of one statement over one concrete request context.
 * Plain and slow on purpose: it is what the analysis is held against.
 * Source: IAM user guide, condition operators, multivalued context keys, policy variables.
 */

/** What a part that IAM would refuse counts as: in an Allow it holds, in a Deny it does not. */
export interface ConditionMode {
  readonly lean: boolean;
  /** Policy variables exist since version 2012-10-17. */
  readonly variables: boolean;
}

interface Operator {
  readonly set: 'none' | 'all' | 'any';
  readonly base: string;
  readonly negated: boolean;
  readonly ifExists: boolean;
}

/** true, false, or undefined: the policy's value cannot be read. */
type Match = boolean | undefined;
type Compare = (actual: string, expected: string, context: ValueContext) => Match;
interface ValueContext {
  readonly keys: ContextKeys;
  readonly variables: boolean;
  /** What a value with a variable that has no value counts as: it matches nothing, and excludes nothing either. */
  readonly unresolved: Match;
}

/** `Object.entries` of a JSON object, or null for anything else. */
const entriesOf = (value: unknown): [string, unknown][] | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null;

/** Whether every condition of a `Condition` element holds. An absent element holds. */
export const conditionsHold = (condition: unknown, keys: ContextKeys, mode: ConditionMode): boolean => {
  if (condition === undefined) return true;
  const operators = entriesOf(condition);
  if (operators === null) return mode.lean;
  return operators.every(([name, tests]) => {
    const operator = parseOperator(name);
    const pairs = entriesOf(tests);
    if (operator === null || pairs === null) return mode.lean;
    return pairs.every(([key, expected]) => testHolds({ operator, key, expected }, keys, mode));
  });
};

/** One condition key under one operator. */
export interface Test {
  readonly operator: Operator;
  readonly key: string;
  readonly expected: unknown;
}

/** The single tests of a `Condition` element; unreadable ones are left out. */
export const testsOf = (condition: unknown): Test[] =>
  (entriesOf(condition) ?? []).flatMap(([name, tests]) => {
    const operator = parseOperator(name);
    if (operator === null) return [];
    return (entriesOf(tests) ?? []).map(([key, expected]) => ({ operator, key, expected }));
  });

const parseOperator = (name: string): Operator | null => {
  const parts = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/u.exec(name.toLowerCase());
  if (parts === null) return null;
  const [, prefix, written, suffix] = parts;
  const base = (written ?? '').replace(/^(string|numeric|date|arn)not/u, '$1').replace(/^notip/u, 'ip');
  if (base !== 'null' && !COMPARES.has(base)) return null;
  if (base !== written && base.includes('than')) return null;
  if (base === 'null' && (prefix !== undefined || suffix !== undefined)) return null;
  const set = prefix === undefined ? 'none' : prefix === 'forallvalues' ? 'all' : 'any';
  return { set, base, negated: base !== written, ifExists: suffix !== undefined };
};

/** The expected values as IAM reads them; null when one is no scalar. */
export const expectedValues = (expected: unknown): string[] | null => {
  const list: unknown[] = Array.isArray(expected) ? expected : [expected];
  const texts = list.map((item) =>
    typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean' ? String(item) : null,
  );
  return texts.every((text) => text !== null) ? texts : null;
};

/** Whether one test holds for the request. */
export const testHolds = (test: Test, keys: ContextKeys, mode: ConditionMode): boolean => {
  const { operator, key } = test;
  const expected = expectedValues(test.expected);
  if (expected === null) return mode.lean;
  const actual = keys.get(key.toLowerCase());
  if (operator.base === 'null') return nullHolds(actual, expected, mode);
  if (actual === undefined) return absentHolds(operator, mode);
  const holdsFor = (value: string): boolean =>
    operator.negated !== matchesAny(value, expected, { keys, mode, operator });
  // Without a set operator: a positive test wants one value that matches, a negated one wants none.
  if (operator.set === 'any' || (operator.set === 'none' && !operator.negated)) return actual.some(holdsFor);
  return actual.every(holdsFor);
};

const nullHolds = (
  actual: readonly string[] | undefined,
  expected: readonly string[],
  mode: ConditionMode,
): boolean => {
  const absent = actual === undefined || actual.length === 0;
  return expected.some((text) => {
    const wanted = text.toLowerCase();
    return wanted === 'true' ? absent : wanted === 'false' ? !absent : mode.lean;
  });
};

const absentHolds = (operator: Operator, mode: ConditionMode): boolean => {
  // The guide says IfExists holds, users have seen ForAnyValue win: undecided.
  if (operator.set === 'any') return operator.ifExists && mode.lean;
  return operator.ifExists || operator.set === 'all' || operator.negated;
};

const matchesAny = (
  actual: string,
  expected: readonly string[],
  at: { keys: ContextKeys; mode: ConditionMode; operator: Operator },
): boolean => {
  const compare = COMPARES.get(at.operator.base);
  if (compare === undefined) return false;
  const { negated } = at.operator;
  const unreadable = negated ? !at.mode.lean : at.mode.lean;
  const context = { keys: at.keys, variables: at.mode.variables, unresolved: negated ? undefined : false };
  return expected.some((text) => compare(actual, text, context) ?? unreadable);
};

/** A pattern character: itself, or a wildcard. */
export type PatternChar = string | typeof ANY_RUN | typeof ANY_ONE;
const ANY_RUN = Symbol('*');
const ANY_ONE = Symbol('?');

const VARIABLE = /\$\{\s*([^},\s]+)\s*(?:,\s*'([^']*)'\s*)?\}/uy;

/** A policy value as pattern characters, its variables replaced. Undefined: a variable has no value. */
export const patternOf = (
  text: string,
  context: Pick<ValueContext, 'keys' | 'variables'>,
): PatternChar[] | undefined => {
  const pattern: PatternChar[] = [];
  let at = 0;
  while (at < text.length) {
    VARIABLE.lastIndex = at;
    const variable = context.variables ? VARIABLE.exec(text) : null;
    if (variable === null) {
      const char = text.charAt(at);
      pattern.push(char === '*' ? ANY_RUN : char === '?' ? ANY_ONE : char);
      at += 1;
    } else {
      const value = variableValue(variable[1] ?? '', variable[2], context.keys);
      if (value === undefined) return undefined;
      pattern.push(...value.split(''));
      at = VARIABLE.lastIndex;
    }
  }
  return pattern;
};

const variableValue = (name: string, fallback: string | undefined, keys: ContextKeys): string | undefined => {
  if (name === '*' || name === '?' || name === '$') return name;
  const values = keys.get(name.toLowerCase());
  return values?.length === 1 ? values[0] : fallback;
};

/** Whether the whole text matches the pattern. */
export const wildcardMatches = (pattern: readonly PatternChar[], text: string): boolean => {
  let reachable = new Set([0]);
  for (const part of pattern) {
    const next = new Set<number>();
    for (const at of reachable) {
      if (part === ANY_RUN) for (let end = at; end <= text.length; end += 1) next.add(end);
      else if (at < text.length && (part === ANY_ONE || part === text.charAt(at))) next.add(at + 1);
    }
    reachable = next;
  }
  return reachable.has(text.length);
};

/** A literal of the policy with its variables replaced and no wildcards. */
const literalOf = (text: string, context: ValueContext): string | undefined => {
  const pattern = patternOf(text, context);
  return pattern?.map((char) => (char === ANY_RUN ? '*' : char === ANY_ONE ? '?' : char)).join('');
};

/** Splits on the first five colons; an ARN has six fields. */
const fieldsOf = <T extends PatternChar>(chars: readonly T[]): T[][] => {
  const fields: T[][] = [[]];
  for (const char of chars) {
    if (char === ':' && fields.length < 6) fields.push([]);
    else fields.at(-1)?.push(char);
  }
  return fields;
};

/** ARN operators compare field by field, so that a wildcard never spans a colon of the first five. */
const arnMatches: Compare = (actual, expected, context) => {
  const pattern = patternOf(expected, context);
  if (pattern === undefined) return context.unresolved;
  const wanted = fieldsOf(pattern);
  if (wanted.length < 6) return undefined;
  const fields = fieldsOf(actual.split(''));
  return (
    fields.length === 6 && wanted.every((field, n) => wildcardMatches(field, (fields[n] ?? []).join('')))
  );
};

const likeMatches: Compare = (actual, expected, context) => {
  const pattern = patternOf(expected, context);
  return pattern === undefined ? context.unresolved : wildcardMatches(pattern, actual);
};

const equals =
  (fold: (text: string) => string): Compare =>
  (actual, expected, context) => {
    const literal = literalOf(expected, context);
    return literal === undefined ? context.unresolved : fold(literal) === fold(actual);
  };

const ordered =
  (read: (text: string) => number, holds: (actual: number, expected: number) => boolean): Compare =>
  (actual, expected) => {
    const [left, right] = [read(actual), read(expected)];
    if (Number.isNaN(right)) return undefined;
    return !Number.isNaN(left) && holds(left, right);
  };

const readNumber = (text: string): number =>
  /^[+-]?\d+(?:\.\d+)?$/u.test(text.trim()) ? Number(text) : Number.NaN;
/** ISO 8601 or seconds since 1970, to milliseconds. */
const readDate = (text: string): number => (/^\d{9,}$/u.test(text) ? Number(text) * 1000 : Date.parse(text));

const RELATIONS: readonly [string, (actual: number, expected: number) => boolean][] = [
  ['equals', (a, b) => a === b],
  ['lessthan', (a, b) => a < b],
  ['lessthanequals', (a, b) => a <= b],
  ['greaterthan', (a, b) => a > b],
  ['greaterthanequals', (a, b) => a >= b],
];

const boolMatches: Compare = (actual, expected) => {
  const wanted = expected.toLowerCase();
  return wanted === 'true' || wanted === 'false' ? actual.toLowerCase() === wanted : undefined;
};

const ipMatches: Compare = (actual, expected) => {
  const network = readCidr(expected);
  const address = readAddress(actual);
  if (network === null) return undefined;
  if (address === null || address.bits !== network.bits) return false;
  const shift = BigInt(network.bits - network.prefix);
  return address.value >> shift === network.value >> shift;
};

const COMPARES: ReadonlyMap<string, Compare> = new Map<string, Compare>([
  ['stringequals', equals((text) => text)],
  ['stringequalsignorecase', equals((text) => text.toLowerCase())],
  ['stringlike', likeMatches],
  ['arnequals', arnMatches],
  ['arnlike', arnMatches],
  ['bool', boolMatches],
  ['binaryequals', (actual, expected) => actual === expected],
  ['ipaddress', ipMatches],
  ...RELATIONS.map(([name, holds]): [string, Compare] => [`numeric${name}`, ordered(readNumber, holds)]),
  ...RELATIONS.map(([name, holds]): [string, Compare] => [`date${name}`, ordered(readDate, holds)]),
]);

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

const readAddress = (text: string): Address | null => {
  const parts = text.split('.');
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/u.test(part) && Number(part) < 256))
    return { bits: 32, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  const halves = text.split('::');
  if (!text.includes(':') || text.includes(':::') || halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = 8 - head.length - tail.length;
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return null;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail];
  if (!groups.every((group) => /^[\da-f]{1,4}$/iu.test(group))) return null;
  return { bits: 128, value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
};

/** A CIDR block; an address alone is a block of itself. Null when it is neither. */
export const readCidr = (text: string): (Address & { readonly prefix: number }) | null => {
  const [address = '', prefix, ...rest] = text.split('/');
  const read = readAddress(address);
  if (read === null || rest.length > 0) return null;
  if (prefix === undefined) return { ...read, prefix: read.bits };
  return /^\d{1,3}$/u.test(prefix) && Number(prefix) <= read.bits
    ? { ...read, prefix: Number(prefix) }
    : null;
};

/** Whether an address lies in a CIDR block. */
export const inCidr = (address: string, cidr: string): boolean =>
  ipMatches(address, cidr, { keys: new Map(), variables: false, unresolved: false }) === true;
