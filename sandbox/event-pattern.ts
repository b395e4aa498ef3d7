import { isRecord } from './fields.ts';
import { wildcardMatches } from './wildcard.ts';
import type { Json, JsonObject } from './wire.ts';

type Matcher = (value: Json | undefined) => boolean;

/** A matcher of text that one of the operands accepts. */
const onText =
  (operands: readonly string[], accepts: (text: string, operand: string) => boolean): Matcher =>
  (value) =>
    typeof value === 'string' && operands.some((operand) => accepts(value, operand));

const textsOf = (operand: Json, keyword: string): readonly string[] => {
  const values = Array.isArray(operand) ? (operand as readonly Json[]) : [operand];
  return values.map((value) => {
    if (typeof value === 'string') return value;
    throw new TypeError(`event pattern: \`${keyword}\` needs text`);
  });
};

const anythingBut = (operand: Json): Matcher => {
  if (isRecord(operand)) {
    const matches = contentMatcher(operand);
    return (value) => value !== undefined && !matches(value);
  }
  const values: readonly Json[] = Array.isArray(operand) ? (operand as readonly Json[]) : [operand];
  return (value) => value !== undefined && !values.includes(value);
};

/** One content filter of the pattern language, such as `{"prefix": "Put"}`. Source: EventBridge user guide. */
const contentMatcher = (filter: JsonObject): Matcher => {
  const [entry, ...others] = Object.entries(filter);
  if (entry === undefined || others.length > 0)
    throw new TypeError('event pattern: one content filter at a time');
  const [keyword, operand = null] = entry;
  switch (keyword) {
    case 'prefix':
      return onText(textsOf(operand, keyword), (text, prefix) => text.startsWith(prefix));
    case 'suffix':
      return onText(textsOf(operand, keyword), (text, suffix) => text.endsWith(suffix));
    case 'equals-ignore-case':
      return onText(textsOf(operand, keyword), (text, other) => text.toLowerCase() === other.toLowerCase());
    case 'wildcard':
      return onText(textsOf(operand, keyword), (text, pattern) => wildcardMatches(pattern, text));
    case 'anything-but':
      return anythingBut(operand);
    default:
      throw new TypeError(`event pattern: \`${keyword}\` is not supported`);
  }
};

const existence = (filter: Json): boolean | null =>
  isRecord(filter) && typeof filter['exists'] === 'boolean' ? filter['exists'] : null;

const leafMatcher = (filter: Json): Matcher => {
  const exists = existence(filter);
  if (exists !== null) return (value) => (value !== undefined) === exists;
  if (isRecord(filter)) return contentMatcher(filter);
  return (value) => value === filter;
};

const anyLeaf = (filters: readonly Json[]): Matcher => {
  const matchers = filters.map(leafMatcher);
  return (value) => {
    const values: readonly (Json | undefined)[] = Array.isArray(value) ? (value as readonly Json[]) : [value];
    return matchers.some((matches) => (values.length === 0 ? matches(undefined) : values.some(matches)));
  };
};

const either = (alternatives: Json): ((event: JsonObject) => boolean) => {
  if (!Array.isArray(alternatives)) throw new TypeError('event pattern: `$or` needs a list');
  const matchers = (alternatives as readonly Json[]).map((alternative) => compilePattern(alternative));
  return (event) => matchers.some((matches) => matches(event));
};

const fieldMatcher = (key: string, expected: Json): ((event: JsonObject) => boolean) => {
  if (key === '$or') return either(expected);
  const valueOf = (event: JsonObject): Json | undefined =>
    Object.hasOwn(event, key) ? event[key] : undefined;
  if (Array.isArray(expected)) {
    const matches = anyLeaf(expected as readonly Json[]);
    return (event) => matches(valueOf(event));
  }
  const matches = compilePattern(expected);
  return (event) => {
    const value = valueOf(event);
    // A list of structures matches if one of them does; a missing structure only where `exists: false` asks for it.
    const candidates = Array.isArray(value) ? (value as readonly Json[]) : [value];
    return candidates.some((candidate) => matches(isRecord(candidate) ? candidate : {}));
  };
};

/**
 * A predicate from an event pattern: exact values, `prefix`, `suffix`, `equals-ignore-case`, `wildcard`, `exists`,
 * `anything-but` and `$or`. Throws TypeError on a pattern that EventBridge would refuse or that is not supported.
 */
export const compilePattern = (pattern: unknown): ((event: JsonObject) => boolean) => {
  if (!isRecord(pattern)) throw new TypeError('event pattern: a field needs a list of values or a structure');
  const matchers = Object.entries(pattern).map(([key, expected]) => fieldMatcher(key, expected ?? null));
  return (event) => matchers.every((matches) => matches(event));
};
