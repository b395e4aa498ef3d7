import { createHash } from 'node:crypto';
import type { JsonObject } from './wire.ts';

/** A DynamoDB item in wire form. */
export type Item = JsonObject;

export interface StreamRecord {
  readonly shard: number;
  readonly sequence: number;
  readonly eventId: string;
  /** Milliseconds. */
  readonly at: number;
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly keys: Item;
  readonly before: Item | null;
  readonly after: Item | null;
  /** Set where DynamoDB itself removed an expired item. */
  readonly expired: boolean;
}

export interface TableStream {
  readonly arn: string;
  readonly shards: readonly StreamRecord[][];
  readonly listeners: Set<(shard: number) => void>;
}

export interface ItemChange {
  readonly keys: Item;
  readonly before: Item | null;
  readonly after: Item | null;
  readonly expired?: boolean;
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );

/** Whether two items are the same, whatever the order of their attributes. */
const sameItem = (a: Item | null, b: Item | null): boolean => canonical(a) === canonical(b);

const shardOf = (partitionKey: unknown, shards: number): number =>
  createHash('sha256').update(canonical(partitionKey)).digest().readUInt32BE(0) % shards;

const kindOf = ({ before, after }: ItemChange): StreamRecord['kind'] => {
  if (before === null) return 'INSERT';
  return after === null ? 'REMOVE' : 'MODIFY';
};

export const createTableStream = (arn: string, shards: number): TableStream => ({
  arn,
  shards: Array.from({ length: shards }, () => []),
  listeners: new Set(),
});

/** Puts a change on the stream. A write that changed nothing leaves no record, as in DynamoDB. */
export const appendChange = (
  stream: TableStream,
  change: ItemChange,
  stamp: { readonly partitionKey: string; readonly sequence: number; readonly at: number },
): void => {
  if (sameItem(change.before, change.after)) return;
  const shard = shardOf(change.keys[stamp.partitionKey], stream.shards.length);
  const { keys, before, after, expired = false } = change;
  const eventId = createHash('md5').update(`${stream.arn}/${stamp.sequence}`).digest('hex');
  const { sequence, at } = stamp;
  stream.shards[shard]?.push({
    shard,
    sequence,
    eventId,
    at,
    kind: kindOf(change),
    keys,
    before,
    after,
    expired,
  });
  for (const listener of stream.listeners) listener(shard);
};

/** Sequence numbers as the stream writes them: digits that sort as numbers do. */
export const sequenceText = (sequence: number): string => `1000${String(sequence).padStart(21, '0')}`;

/** A record as a Lambda function gets it. Source: DynamoDB Streams API, Record. */
export const lambdaStreamRecord = (stream: TableStream, record: StreamRecord): JsonObject => ({
  eventID: record.eventId,
  eventName: record.kind,
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: stream.arn.split(':')[3] ?? '',
  dynamodb: {
    ApproximateCreationDateTime: Math.floor(record.at / 1000),
    Keys: record.keys,
    ...(record.after === null ? {} : { NewImage: record.after }),
    ...(record.before === null ? {} : { OldImage: record.before }),
    SequenceNumber: sequenceText(record.sequence),
    SizeBytes: JSON.stringify([record.keys, record.before, record.after]).length,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
  eventSourceARN: stream.arn,
  ...(record.expired ? { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } } : {}),
});
