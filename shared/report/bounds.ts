/** Length in bytes of UTF-8, as SNS and DynamoDB count. */
export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

const withoutHalfPair = (text: string): string => text.replace(/[\uD800-\uDBFF]$/, '');

/** At most `max` UTF-16 units; what was cut is marked by `…`. Never splits a surrogate pair. */
export const clip = (text: string, max: number): string =>
  text.length <= max ? text : `${withoutHalfPair(text.slice(0, Math.max(0, max - 1)))}…`;

/** At most `max` bytes of UTF-8, ending in `marker` if something was cut. */
export const clipBytes = (text: string, max: number, marker = '…'): string => {
  if (utf8Bytes(text) <= max) return text;
  const room = Math.max(0, max - utf8Bytes(marker));
  const bytes = new TextEncoder().encode(text).subarray(0, room);
  // `stream` leaves out a character that the cut has split.
  return new TextDecoder().decode(bytes, { stream: true }) + marker;
};

/** At most `max` lines; says how many are left out. */
export const clipLines = (text: string, max: number): string => {
  const lines = text.split('\n');
  if (lines.length <= max) return text;
  const kept = Math.max(0, max - 1);
  return [...lines.slice(0, kept), `… ${lines.length - kept} more lines`].join('\n');
};
