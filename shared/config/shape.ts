import { entryOf, isEmpty, pathText, scalarText, type Located, type Position } from './located.ts';
import { nearest } from './nearest.ts';
import { quoted, type Problem } from './problem.ts';

/** A JSON Schema (2020-12), as far as ours go. */
export type JsonSchema = { readonly [key: string]: unknown };

type Path = readonly (string | number)[];

/** A place in the file under reading. */
export interface Cursor {
  readonly node: Located | undefined;
  readonly path: Path;
  /** Where the entry's key stands, for what is wrong with a value that is not there. */
  readonly keyAt: Position | null;
  readonly problems: Problem[];
}

/** One description from which a value is read, its problems are told and its JSON Schema is made. */
export interface Shape<T> {
  readonly read: (cursor: Cursor) => T;
  readonly schema: JsonSchema;
  /** There is no default: leaving it out is a problem. */
  readonly required?: true;
}

export const report = (cursor: Cursor, message: string, at?: Position | null): void => {
  cursor.problems.push({
    key: pathText(cursor.path),
    message,
    at: at ?? cursor.node?.at ?? cursor.keyAt,
  });
};

const shown = (node: Located): string => {
  if (node.kind === 'scalar') return isEmpty(node) ? 'empty' : quoted(node.source);
  return node.kind === 'list' ? 'a list' : 'a block of keys';
};

const nameOf = ({ path }: Cursor): string => (path.length === 0 ? 'the file' : quoted(pathText(path)));

/** Says what stands where something else was expected. */
const unexpected = (cursor: Cursor, expected: string): void =>
  report(
    cursor,
    `${nameOf(cursor)} is ${cursor.node === undefined ? 'missing' : shown(cursor.node)}: expected ${expected}`,
  );

/** The default for an empty place; a complaint and the default for what `take` cannot read. */
const reader =
  <T>(fallback: T, expected: string, take: (node: Located) => T | undefined) =>
  (cursor: Cursor): T => {
    if (cursor.node === undefined || isEmpty(cursor.node)) return fallback;
    const value = take(cursor.node);
    if (value !== undefined) return value;
    unexpected(cursor, expected);
    return fallback;
  };

export const boolean = (fallback: boolean): Shape<boolean> => ({
  read: reader(fallback, '`true` or `false`', (node) =>
    node.kind === 'scalar' && typeof node.value === 'boolean' ? node.value : undefined,
  ),
  schema: { type: 'boolean', default: fallback },
});

export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

export const integer = (fallback: number, { minimum, maximum }: Range): Shape<number> => ({
  read: reader(fallback, `a whole number from ${minimum} to ${maximum}`, (node) => {
    if (node.kind !== 'scalar' || typeof node.value !== 'number') return undefined;
    const inRange = Number.isSafeInteger(node.value) && node.value >= minimum && node.value <= maximum;
    return inRange ? node.value : undefined;
  }),
  schema: { type: 'integer', minimum, maximum, default: fallback },
});

export const oneOf = <const V extends string, F extends V | null>(
  values: readonly V[],
  fallback: F,
): Shape<V | F> => ({
  read: reader<V | F>(fallback, values.map(quoted).join(', '), (node) =>
    values.find((value) => value === scalarText(node)),
  ),
  schema: { enum: fallback === null ? [...values, null] : values, default: fallback },
});

/** What a text must be like: `accepts` decides, `expected` says it to people. */
export interface TextRule {
  readonly expected: string;
  /** The text to keep, which may be a normalised one, or null. */
  readonly accepts: (text: string) => string | null;
  readonly schema?: JsonSchema;
}

/** Whether the value is no text only for want of quotes. */
const lacksQuotes = (node: Located | undefined, rule: TextRule): boolean =>
  node?.kind === 'scalar' &&
  !isEmpty(node) &&
  scalarText(node) === null &&
  rule.accepts(node.source) !== null;

const textRead = (cursor: Cursor, rule: TextRule): string | null => {
  const given = cursor.node === undefined ? null : scalarText(cursor.node);
  const accepted = given === null ? null : rule.accepts(given);
  if (accepted === null) {
    unexpected(cursor, `${rule.expected}${lacksQuotes(cursor.node, rule) ? ', in quotes' : ''}`);
  }
  return accepted;
};

/** Text that must be there. */
export const text = (rule: TextRule): Shape<string> => ({
  read: (cursor) => textRead(cursor, rule) ?? '',
  schema: { type: 'string', ...rule.schema },
  required: true,
});

export const optionalText = <F extends string | null>(fallback: F, rule: TextRule): Shape<string | F> => ({
  read: (cursor) => (isEmpty(cursor.node) ? fallback : (textRead(cursor, rule) ?? fallback)),
  schema: {
    ...rule.schema,
    type: fallback === null ? ['string', 'null'] : 'string',
    default: fallback,
  },
});

export const list = <T>(item: Shape<T>, fallback: readonly T[] = []): Shape<readonly T[]> => ({
  read: (cursor) => {
    if (cursor.node === undefined || isEmpty(cursor.node)) return fallback;
    if (cursor.node.kind !== 'list') {
      unexpected(cursor, 'a list');
      return fallback;
    }
    return cursor.node.items.map((node, index) =>
      item.read({ ...cursor, node, path: [...cursor.path, index] }),
    );
  },
  schema: { type: 'array', items: item.schema, default: fallback },
});

/** The cursor of a key. */
export const childOf = (cursor: Cursor, key: string): Cursor => {
  const entry = entryOf(cursor.node, key);
  return {
    ...cursor,
    node: entry?.value,
    keyAt: entry?.keyAt ?? cursor.node?.at ?? cursor.keyAt,
    path: [...cursor.path, key],
  };
};

/** Complains about keys that mean nothing, naming the one that was probably meant. */
export const refuseUnknownKeys = (cursor: Cursor, known: readonly string[]): void => {
  if (cursor.node?.kind !== 'map') return;
  for (const { key, keyAt } of cursor.node.entries) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    const hint =
      meant === null ? `known here: ${known.map(quoted).join(', ')}` : `did you mean ${quoted(meant)}?`;
    const unknown = { ...cursor, path: [...cursor.path, key] };
    report(unknown, `unknown key ${quoted(pathText(unknown.path))}; ${hint}`, keyAt);
  }
};

/** Whether there is a block of keys to read; complains about anything else that is not empty. */
export const isBlock = (cursor: Cursor): boolean => {
  if (cursor.node === undefined || isEmpty(cursor.node)) return false;
  if (cursor.node.kind === 'map') return true;
  unexpected(cursor, 'a block of keys');
  return false;
};

type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

/** A block with these keys and no others. */
export const object = <T extends object>(fields: Fields<T>): Shape<T> => {
  const known = Object.entries<Shape<unknown>>(fields);
  const required = known.flatMap(([key, shape]) => (shape.required === true ? [key] : []));
  return {
    read: (cursor) => {
      if (isBlock(cursor)) refuseUnknownKeys(cursor, Object.keys(fields));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every key of T is read by the shape of T[key]
      return Object.fromEntries(known.map(([key, shape]) => [key, shape.read(childOf(cursor, key))])) as T;
    },
    schema: {
      type: 'object',
      properties: Object.fromEntries(known.map(([key, shape]) => [key, shape.schema])),
      additionalProperties: false,
      ...(required.length === 0 ? {} : { required }),
    },
  };
};

/** Adds what the published schema tells about a key. */
export const documented = <T>(description: string, shape: Shape<T>): Shape<T> => ({
  ...shape,
  schema: { description, ...shape.schema },
});

/** What is read, in another form. */
export const mapped = <T, U>(shape: Shape<T>, change: (value: T) => U): Shape<U> => ({
  ...shape,
  read: (cursor) => change(shape.read(cursor)),
});
