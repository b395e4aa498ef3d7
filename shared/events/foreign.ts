/** A JSON object of somebody else: read by own keys only, since a key may be `__proto__` or `constructor`. */
export type ForeignObject = { readonly [key: string]: unknown };

export const isForeignObject = (value: unknown): value is ForeignObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value under an own key; `undefined` for anything else. */
export const own = (value: unknown, key: string): unknown =>
  isForeignObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** The value at the end of a path of own keys. */
export const ownPath = (value: unknown, path: readonly string[]): unknown => path.reduce(own, value);

/** A non-empty string, or null. */
export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
