import { createHash } from 'node:crypto';
import { POSITIONAL_DATA, type Json, type JsonObject, type Violation } from '../model/verdict.ts';

type Identity = Pick<Violation, 'messageId' | 'data'>;

/** Text of a value that is the same for equal values: keys sorted, lists as sets. */
const canonical = (value: Json): string => {
  if (Array.isArray(value))
    return `[${[...new Set(value.map((item: Json) => canonical(item)))].sort().join(',')}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(Object.entries(value));
  return JSON.stringify(value);
};

const canonicalObject = (entries: readonly (readonly [string, Json])[]): string =>
  `{${entries
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .sort()
    .join(',')}}`;

/** The data that makes a violation the one it is: without where it stands and the example given of it. */
const essentials = (data: JsonObject): [string, Json][] =>
  Object.entries(data).filter(([key]) => !POSITIONAL_DATA.has(key));

/** One violation's identity as text, equal exactly for the same message with the same essential data. */
const violationIdentity = ({ messageId, data }: Identity): string =>
  `${messageId} ${canonicalObject(essentials(data))}`;

/**
 * Fingerprint of a set of violations: 64 hexadecimal digits, independent of their order, of repetitions, of wording
 * and of positions. What an exemption binds to.
 */
export const violationsDigest = (violations: readonly Identity[]): string =>
  createHash('sha256')
    .update(JSON.stringify([...new Set(violations.map(violationIdentity))].sort()))
    .digest('hex');

const isPart = (now: Json, before: Json | undefined): boolean => {
  if (before === undefined) return false;
  if (!Array.isArray(now) || !Array.isArray(before)) return canonical(now) === canonical(before);
  const known = new Set(before.map((item: Json) => canonical(item)));
  return now.every((item: Json) => known.has(canonical(item)));
};

const isCoveredBy = (violation: Identity, before: Identity): boolean => {
  if (violation.messageId !== before.messageId) return false;
  const then = new Map(essentials(before.data));
  const data = essentials(violation.data);
  return data.length === then.size && data.every(([key, value]) => isPart(value, then.get(key)));
};

/** Whether every violation was there before, or is a part of one that was: the same or fewer principals, actions, … */
export const noneIsNew = (violations: readonly Identity[], before: readonly Identity[]): boolean =>
  violations.every((violation) => before.some((known) => isCoveredBy(violation, known)));
