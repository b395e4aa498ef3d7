import { isRecord, text } from '../fields.ts';
import type { Json, JsonObject } from '../wire.ts';
import { repositoryArn } from './ecr-state.ts';
import type { Call, Operation } from './service.ts';

type Trail = NonNullable<Operation['trail']>;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** A time as ECR's records write it: `Jul 11, 2018 10:17:44 PM`. Source: ECR user guide, CloudTrail log entries. */
const trailTime = (seconds: number): string => {
  const at = new Date(seconds * 1000);
  const hours = at.getUTCHours();
  const day = `${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()}, ${at.getUTCFullYear()}`;
  const clock = `${hours % 12 === 0 ? 12 : hours % 12}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  return `${day} ${clock} ${hours < 12 ? 'AM' : 'PM'}`;
};

const TIMES: ReadonlySet<string> = new Set(['createdAt', 'lastEvaluatedAt']);

const lowerFirst = (key: string): string => key.slice(0, 1).toLowerCase() + key.slice(1);

/** Fields as CloudTrail writes them: first letters in lower case, times as text. */
const asTrail = (value: Json): Json => {
  if (Array.isArray(value)) return value.map((item: Json) => asTrail(item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      lowerFirst(key),
      TIMES.has(key) && typeof child === 'number' ? trailTime(child) : asTrail(child ?? null),
    ]),
  );
};

const asTrailObject = (value: JsonObject): JsonObject | null => {
  const fields = asTrail(value);
  return isRecord(fields) && Object.keys(fields).length > 0 ? fields : null;
};

/** The record of a call; `defaults` are parameters that the service writes although the caller left them out. */
export const trailOf =
  (resourceArns: (call: Call) => readonly string[], defaults: JsonObject = {}): Trail =>
  (call, output) => ({
    requestParameters: asTrailObject({ ...defaults, ...call.input }),
    responseElements: output === null ? null : asTrailObject(output),
    resourceArns: resourceArns(call),
  });

/** The record of a call that names a repository. */
export const repositoryTrail = (defaults: JsonObject = {}): Trail =>
  trailOf(({ input, account, region }) => {
    const name = text(input, 'repositoryName');
    return name === undefined ? [] : [repositoryArn(account, region, name)];
  }, defaults);
