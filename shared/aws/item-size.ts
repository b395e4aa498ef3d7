import type { Json } from '../model/verdict.ts';

/** DynamoDB's limit of an item, and what we leave for keys and for attributes that are added later. */
export const MAX_ITEM_BYTES = 400 * 1024;
export const ITEM_BUDGET = 350 * 1024;

/** Source: DynamoDB developer guide, "Item sizes and formats". Numbers are counted at their longest. */
const NUMBER_BYTES = 21;
const CONTAINER_BYTES = 3;
const ENTRY_BYTES = 1;

const textBytes = (value: string): number => Buffer.byteLength(value, 'utf8');
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Upper bound of the bytes that a value takes in an item. */
export const sizeOf = (value: unknown): number => {
  if (value === undefined) return 0;
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return NUMBER_BYTES;
  if (value === null || typeof value !== 'object') return 1;
  if (isList(value)) {
    return value.reduce<number>((sum, entry) => sum + sizeOf(entry) + ENTRY_BYTES, CONTAINER_BYTES);
  }
  return Object.entries(value).reduce(
    (sum, [key, entry]) => sum + textBytes(key) + sizeOf(entry) + ENTRY_BYTES,
    CONTAINER_BYTES,
  );
};

/** A text of at most `bytes` UTF-8 bytes, cut between characters. */
export const cutText = (value: string, bytes: number): string => {
  if (textBytes(value) <= bytes) return value;
  const cut = Buffer.from(value, 'utf8').subarray(0, bytes).toString('utf8');
  return cut.replace(/\uFFFD+$/u, '');
};

/** What stands in the place of data that was too large. */
export const truncatedNote = (data: Json): { readonly truncated: string } => ({
  truncated: `${sizeOf(data)} bytes left out: more than a record holds`,
});
