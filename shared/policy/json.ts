export type JsonRecord = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON object as such, anything else null. Read own members only. */
export const recordOf = (value: unknown): JsonRecord | null => (isRecord(value) ? value : null);

/** An own member; what a prototype has does not count. */
export const own = (record: JsonRecord, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** A value, or several in an array, as an array. */
export const listOf = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) return [value];
  const items: readonly unknown[] = value;
  return items;
};
