import type { Json } from '../model/verdict.ts';

/** Where something stands in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface LocatedEntry {
  readonly key: string;
  readonly keyAt: Position | null;
  readonly value: Located;
}

/** A value of a configuration file that still knows where it stands. Read from YAML or from JSON. */
export type Located =
  | {
      readonly kind: 'scalar';
      readonly value: string | number | boolean | null;
      /** The text as written: an unquoted account id keeps its leading zero here. */
      readonly source: string;
      readonly at: Position | null;
    }
  | { readonly kind: 'list'; readonly items: readonly Located[]; readonly at: Position | null }
  | { readonly kind: 'map'; readonly entries: readonly LocatedEntry[]; readonly at: Position | null };

/** A JSON value as a located one, without positions. */
export const locatedJson = (json: unknown): Located => {
  if (Array.isArray(json)) return { kind: 'list', items: json.map(locatedJson), at: null };
  if (typeof json === 'object' && json !== null) {
    const entries = Object.entries(json).map(([key, value]) => ({
      key,
      keyAt: null,
      value: locatedJson(value),
    }));
    return { kind: 'map', entries, at: null };
  }
  const value =
    typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? json : null;
  return { kind: 'scalar', value, source: String(value), at: null };
};

export const isEmpty = (node: Located | undefined): boolean =>
  node === undefined || (node.kind === 'scalar' && node.value === null);

export const entryOf = (node: Located | undefined, key: string): LocatedEntry | undefined =>
  node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined;

type Path = readonly (string | number)[];

/** The position of what a path leads to, or of the nearest thing above it. An entry stands where its key does. */
export const positionOf = (node: Located, [step, ...rest]: Path): Position | null => {
  if (step === undefined) return node.at;
  if (node.kind === 'list' && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? node.at : (positionOf(item, rest) ?? node.at);
  }
  const entry = entryOf(node, String(step));
  if (entry === undefined) return node.at;
  return rest.length === 0 ? entry.keyAt : (positionOf(entry.value, rest) ?? entry.keyAt);
};

/** `trust.accounts[0]`. */
export const pathText = (path: Path): string =>
  path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');

const ACCOUNT_ID = /^\d{12}$/;

/**
 * The text that a scalar means where text is wanted; null if it is none. A number of 12 digits can only be an
 * account id, and is taken as it is written: YAML would read `012345678901` as another number.
 */
export const scalarText = (node: Located): string | null => {
  if (node.kind !== 'scalar') return null;
  if (typeof node.value === 'string') return node.value;
  return typeof node.value === 'number' && ACCOUNT_ID.test(node.source) ? node.source : null;
};

/** The plain JSON value; numbers that JSON has not (`.nan`, `.inf`) become null. */
export const toJson = (node: Located): Json => {
  switch (node.kind) {
    case 'list':
      return node.items.map(toJson);
    case 'map':
      // `fromEntries` defines own properties: a key `__proto__` stays a key.
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toJson(value)]));
    case 'scalar':
      if (typeof node.value === 'number' && !Number.isFinite(node.value)) return null;
      return scalarText(node) ?? node.value;
  }
};
