import type { Json, JsonObject } from '../model/verdict.ts';

/** JSON data as an item keeps it: as a map that queries can look into, or as text where a map would change it. */
export type StoredJson = { readonly data: JsonObject } | { readonly dataJson: string };

/** DynamoDB nests 32 levels deep; the data itself is some levels down in its item. */
const MAX_DEPTH = 20;
/** DynamoDB's numbers have 38 digits and exponents to ±125, the document client refuses unsafe integers. */
const MIN_MAGNITUDE = 1e-100;
/** Own keys that the document client or plain assignment takes for something else. */
const HOSTILE_KEYS = new Set(['__proto__', 'constructor']);

const numberSurvives = (value: number): boolean =>
  Number.isFinite(value) &&
  !Object.is(value, -0) &&
  Math.abs(value) <= Number.MAX_SAFE_INTEGER &&
  (value === 0 || Math.abs(value) >= MIN_MAGNITUDE);

/** DynamoDB has no empty attribute names, nor any above 64 KiB. */
const MAX_KEY_LENGTH = 16_384;
const keySurvives = (key: string): boolean =>
  key !== '' && key.length <= MAX_KEY_LENGTH && !HOSTILE_KEYS.has(key) && key.isWellFormed();

/** Whether the value comes back from the table exactly as it went in. */
const survives = (value: Json, depth: number): boolean => {
  if (depth > MAX_DEPTH) return false;
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return numberSurvives(value);
  if (value === null || typeof value === 'boolean') return true;
  if (isList(value)) return value.every((entry) => survives(entry, depth + 1));
  return Object.entries(value).every(([key, entry]) => keySurvives(key) && survives(entry, depth + 1));
};

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/**
 * Keys, texts and numbers in evidence come from policies that somebody else wrote: `__proto__` as a key, a lone
 * surrogate, a number beyond DynamoDB's. Such data is kept as JSON text, which brings back exactly what was given.
 */
export const storeJson = (data: JsonObject): StoredJson =>
  survives(data, 0) ? { data } : { dataJson: JSON.stringify(data) };

/** The data of a stored form. Throws `SyntaxError` if the text is not JSON. */
export const loadJson = (stored: StoredJson): JsonObject => {
  if ('data' in stored) return stored.data;
  const data: JsonObject = JSON.parse(stored.dataJson);
  return data;
};
