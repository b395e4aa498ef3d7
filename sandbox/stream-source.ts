import { lambdaStreamRecord, sequenceText } from './dynamodb-stream.ts';
import type { StreamRecord, TableStream } from './dynamodb-stream.ts';
import { compilePattern } from './event-pattern.ts';
import { reportedFailures } from './lambda.ts';
import type { InvocationOutcome } from './lambda.ts';
import type { SourceDependencies } from './sqs-source.ts';
import type { JsonObject } from './wire.ts';

/** An event source mapping from a table's stream. Source: Lambda developer guide, Using Lambda with DynamoDB. */
export interface StreamMapping {
  readonly function: string;
  readonly streamArn: string;
  /** Default 100. */
  readonly batchSize?: number;
  /** Filter criteria: a record that matches none of them is skipped. */
  readonly filters?: readonly JsonObject[];
  /** Further attempts after the first failure. Default: until the records are a day old. */
  readonly maximumRetryAttempts?: number;
  readonly bisectBatchOnFunctionError?: boolean;
  readonly reportBatchItemFailures?: boolean;
  /** Queue that gets a description of a discarded batch (not its records). */
  readonly onFailureArn?: string;
}

/** The stream forgets records after a day. */
const RETENTION = 86_400_000;
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 60_000;

interface Batch {
  readonly records: readonly StreamRecord[];
  readonly attempt: number;
}

interface Shard {
  readonly index: number;
  /** Batches that are to be tried before anything new is read, the first one first. */
  readonly pending: Batch[];
  position: number;
  isBusy: boolean;
}

/** What is left of a batch after an outcome: nothing, its tail from the first reported failure, or all of it. */
const remaining = (batch: Batch, outcome: InvocationOutcome, reports: boolean): readonly StreamRecord[] => {
  if (outcome.kind === 'returned' && !reports) return [];
  const sequences = batch.records.map(({ sequence }) => sequenceText(sequence));
  const failed = reportedFailures(outcome, new Set(sequences));
  if (failed === null) return batch.records;
  const first = sequences.findIndex((sequence) => failed.includes(sequence));
  return first < 0 ? [] : batch.records.slice(first);
};

const halves = ({ records, attempt }: Batch): readonly Batch[] => {
  const middle = Math.ceil(records.length / 2);
  return [records.slice(0, middle), records.slice(middle)]
    .filter((half) => half.length > 0)
    .map((half) => ({ records: half, attempt }));
};

const failureNotice = (mapping: StreamMapping, batch: Batch, at: string): JsonObject => ({
  version: '1.0',
  timestamp: at,
  requestContext: {
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: batch.attempt + 1,
  },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  DDBStreamBatchInfo: {
    shardId: `shardId-${batch.records[0]?.shard ?? 0}`,
    startSequenceNumber: sequenceText(batch.records[0]?.sequence ?? 0),
    endSequenceNumber: sequenceText(batch.records.at(-1)?.sequence ?? 0),
    approximateArrivalOfFirstRecord: new Date(batch.records[0]?.at ?? 0).toISOString(),
    approximateArrivalOfLastRecord: new Date(batch.records.at(-1)?.at ?? 0).toISOString(),
    batchSize: batch.records.length,
    streamArn: mapping.streamArn,
  },
});

const isSpent = (batch: Batch, mapping: StreamMapping, now: number): boolean =>
  batch.attempt >= (mapping.maximumRetryAttempts ?? Infinity) ||
  (batch.records[0]?.at ?? 0) + RETENTION <= now;

/** What to try after a failure, in order; null where the batch is to be given up. */
const nextTries = (
  batch: Batch,
  left: readonly StreamRecord[],
  { mapping, now }: { readonly mapping: StreamMapping; readonly now: number },
): readonly Batch[] | null => {
  if (mapping.bisectBatchOnFunctionError === true && left.length > 1) {
    return halves({ records: left, attempt: batch.attempt });
  }
  if (isSpent(batch, mapping, now)) return null;
  const progressed = left.length < batch.records.length;
  return [{ records: left, attempt: progressed ? batch.attempt : batch.attempt + 1 }];
};

const pauseAfter = (batch: Batch): number =>
  Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(batch.attempt, 10));

const recordFilter = (stream: TableStream, mapping: StreamMapping): ((record: StreamRecord) => boolean) => {
  const filters = (mapping.filters ?? []).map(compilePattern);
  return (record) =>
    filters.length === 0 || filters.some((matches) => matches(lambdaStreamRecord(stream, record)));
};

/** Reads each shard in order, one batch at a time: a batch that fails holds back all that follow it. */
export const mapStream = (
  { schedule, random, queues, runtime, pollDelay }: SourceDependencies,
  stream: TableStream,
  mapping: StreamMapping,
): void => {
  const { batchSize = 100, reportBatchItemFailures = false } = mapping;
  const passes = recordFilter(stream, mapping);
  runtime.byName(mapping.function);

  const nextBatch = (shard: Shard): Batch | undefined => {
    const waiting = shard.pending.shift();
    if (waiting !== undefined) return waiting;
    const records = (stream.shards[shard.index] ?? []).slice(shard.position, shard.position + batchSize);
    shard.position += records.length;
    return records.length === 0 ? undefined : { records: records.filter(passes), attempt: 0 };
  };
  const invoke = async ({ records }: Batch): Promise<InvocationOutcome> => {
    if (records.length === 0) return { kind: 'returned', value: null };
    const Records = records.map((record) => lambdaStreamRecord(stream, record));
    return runtime.invoke(mapping.function, { Records });
  };
  const discard = (batch: Batch): void => {
    const queue = queues.byArn(mapping.onFailureArn ?? '');
    if (queue === undefined) return;
    queues.send(queue, { body: JSON.stringify(failureNotice(mapping, batch, schedule.iso())) });
  };
  const work = async (shard: Shard): Promise<void> => {
    const batch = nextBatch(shard);
    shard.isBusy = batch !== undefined;
    if (batch === undefined) return;
    const left = remaining(batch, await invoke(batch), reportBatchItemFailures);
    const tries = left.length === 0 ? [] : nextTries(batch, left, { mapping, now: schedule.now() });
    if (tries === null) discard({ ...batch, records: left });
    shard.pending.unshift(...(tries ?? []));
    schedule.after(left.length === 0 ? 0 : pauseAfter(batch), () => void work(shard));
  };
  const wake = (shard: Shard): void => {
    if (shard.isBusy) return;
    shard.isBusy = true;
    schedule.after(random.between(pollDelay), () => void work(shard));
  };
  const shards = stream.shards.map((_, index): Shard => ({ index, pending: [], position: 0, isBusy: false }));
  stream.listeners.add((index) => {
    const shard = shards[index];
    if (shard !== undefined) wake(shard);
  });
  for (const shard of shards) wake(shard);
};
