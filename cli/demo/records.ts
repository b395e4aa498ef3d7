import type { Readable } from 'node:stream';
import { parseEnvelope, type Envelope } from '../../shared/events/envelope.ts';
import { isForeignObject, listOf, own, textOf, type ForeignObject } from '../../shared/events/foreign.ts';
import { API_CALL } from '../../shared/events/interpret.ts';
import { jsonPieces, MAX_PIECE_BYTES, type Piece } from './split.ts';

/** One event of somebody's own, as EventBridge would deliver it, or why it is none. */
export type EventRecord =
  | { readonly ok: true; readonly where: string; readonly envelope: Envelope; readonly raw: ForeignObject }
  | { readonly ok: false; readonly where: string; readonly error: string };

type Read =
  { readonly ok: true; readonly raw: ForeignObject } | { readonly ok: false; readonly error: string };

const bad = (error: string): Read => ({ ok: false, error });

/** Whose trail holds the record; the caller's account where an old record does not say. */
const accountOf = (record: ForeignObject): string | null =>
  textOf(own(record, 'recipientAccountId')) ?? textOf(own(own(record, 'userIdentity'), 'accountId'));

const SERVICE = /^([a-z0-9.-]{1,100})\.amazonaws\.com$/;

/** The EventBridge event of a CloudTrail record. Source: EventBridge user guide, AWS service events via CloudTrail. */
const wrapped = (record: ForeignObject): Read => {
  const service = SERVICE.exec(textOf(own(record, 'eventSource')) ?? '')?.[1];
  const account = accountOf(record);
  const region = textOf(own(record, 'awsRegion'));
  if (service === undefined) return bad('the record has no `eventSource` of AWS');
  if (account === null) return bad('the record does not say whose account it is');
  if (region === null) return bad('the record has no `awsRegion`');
  const isCall = (textOf(own(record, 'eventType')) ?? 'AwsApiCall') === 'AwsApiCall';
  return {
    ok: true,
    raw: {
      version: '0',
      id: textOf(own(record, 'eventID')) ?? '',
      'detail-type': isCall ? API_CALL : 'AWS Service Event via CloudTrail',
      source: `aws.${service}`,
      account,
      time: textOf(own(record, 'eventTime')) ?? '',
      region,
      resources: [],
      detail: record,
    },
  };
};

/** `aws cloudtrail lookup-events` gives the record as text inside another one. */
const unwrapped = (value: ForeignObject): unknown => {
  const text = textOf(own(value, 'CloudTrailEvent'));
  return text === null ? value : parsed(text);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** Reads one value of a file or a request: an EventBridge event, or a CloudTrail record to be wrapped into one. */
const readEvent = (given: unknown): Read => {
  const value = isForeignObject(given) ? unwrapped(given) : undefined;
  if (!isForeignObject(value)) return bad('it is not a JSON object');
  if (Object.hasOwn(value, 'detail-type')) return { ok: true, raw: value };
  if (Object.hasOwn(value, 'eventName')) return wrapped(value);
  return bad('it is neither an EventBridge event nor a CloudTrail record');
};

const asRecord = (value: unknown, where: string): EventRecord => {
  const read = readEvent(value);
  if (!read.ok) return { ...read, where };
  const envelope = parseEnvelope(read.raw);
  return envelope.ok
    ? { ok: true, where, envelope: envelope.envelope, raw: read.raw }
    : { ok: false, where, error: envelope.error };
};

const decoder = new TextDecoder('utf-8', { fatal: true });

const textOfPiece = (bytes: Buffer): string | null => {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
};

/** Line by line each may be a whole log file: files put together. */
const recordsOfPiece = ({ bytes, where }: Piece): readonly EventRecord[] => {
  if (bytes === null) return [{ ok: false, where, error: `it is longer than ${MAX_PIECE_BYTES} bytes` }];
  const text = textOfPiece(bytes);
  if (text === null) return [{ ok: false, where, error: 'it is not UTF-8' }];
  if (text.trim() === '') return [];
  const value = parsed(text);
  if (value === undefined) return [{ ok: false, where, error: 'it is not valid JSON' }];
  const inner = own(value, 'Records');
  if (Array.isArray(inner)) {
    return listOf(inner).map((item, index) => asRecord(item, `${where}, record ${index + 1}`));
  }
  return [asRecord(value, where)];
};

/**
 * The events of a CloudTrail log file, of JSON Lines of records or events, of one event or an array of them; gzip or
 * not. One at a time; one that cannot be read is a value with its place. Throws only what reading the bytes throws.
 */
export async function* eventRecords(input: Readable): AsyncGenerator<EventRecord> {
  for await (const piece of jsonPieces(input)) yield* recordsOfPiece(piece);
}
