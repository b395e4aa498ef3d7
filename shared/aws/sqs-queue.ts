import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AwsRequestError, MalformedInputError, TransientAwsError } from '../model/errors.ts';
import type { Job } from '../model/job.ts';
import type { WorkQueue } from '../ports/effects.ts';
import { callAws } from './faults.ts';
import { jobMessage } from './job-message.ts';

/** Limits of `SendMessageBatch`. A single message stays at 256 KiB, which every queue takes. */
const MESSAGES_PER_BATCH = 10;
const BYTES_PER_BATCH = 1024 * 1024;
const BYTES_PER_MESSAGE = 256 * 1024;
/** Tries of the messages that a batch refused; milliseconds before the first repeat, doubled each time. */
const TRIES = 4;
const FIRST_PAUSE = 50;

export interface SqsQueueOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Waits between tries; tests and the sandbox pass their own. */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/** The `changes` queue. Partial failures are tried again; what still fails is thrown, and the caller's work repeated. */
export const sqsWorkQueue = ({ client, queueUrl, pause = sleep }: SqsQueueOptions): WorkQueue => ({
  send: async (jobs) => {
    for (const batch of batchesOf(jobs.flatMap(bodiesOf)))
      await sendBatch({ client, queueUrl, pause }, batch);
  },
});

const bytesOf = (body: string): number => Buffer.byteLength(body, 'utf8');

/** A job's message; a judge job too large for one is halved. */
const bodiesOf = (job: Job): string[] => {
  const body = jobMessage(job);
  if (bytesOf(body) <= BYTES_PER_MESSAGE) return [body];
  if (job.kind !== 'judge' || job.resources.length < 2) {
    throw new MalformedInputError('a job is too large for a message', {
      data: { kind: job.kind, at: job.at },
    });
  }
  const half = Math.ceil(job.resources.length / 2);
  return [
    ...bodiesOf({ ...job, resources: job.resources.slice(0, half) }),
    ...bodiesOf({ ...job, resources: job.resources.slice(half) }),
  ];
};

const batchesOf = (bodies: readonly string[]): string[][] => {
  const batches: string[][] = [];
  let batch: string[] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = bytesOf(body);
    if (batch.length === MESSAGES_PER_BATCH || bytes + size > BYTES_PER_BATCH) {
      batches.push(batch);
      [batch, bytes] = [[], 0];
    }
    batch.push(body);
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
};

const sendBatch = async (queue: Required<SqsQueueOptions>, bodies: readonly string[]): Promise<void> => {
  let left = bodies;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) await queue.pause(FIRST_PAUSE * 2 ** (attempt - 1));
    left = await refusedOf(queue, left);
    if (left.length === 0) return;
  }
  throw new TransientAwsError(`sqs accepted ${bodies.length - left.length} of ${bodies.length} messages`, {
    data: { service: 'sqs', operation: 'SendMessageBatch' },
  });
};

/** The messages that the queue did not take and might take next time. */
const refusedOf = async (
  { client, queueUrl }: SqsQueueOptions,
  bodies: readonly string[],
): Promise<readonly string[]> => {
  const answer = await callAws({ service: 'sqs', operation: 'SendMessageBatch' }, () =>
    client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
      }),
    ),
  );
  const accepted = new Set(answer.Successful?.map(({ Id }) => Id));
  const ours = answer.Failed?.find(({ SenderFault }) => SenderFault === true);
  if (ours !== undefined) {
    throw new AwsRequestError(`sqs refused a message: ${ours.Code ?? 'no code'}`, {
      data: { service: 'sqs', operation: 'SendMessageBatch', name: ours.Code ?? null },
    });
  }
  return bodies.filter((_, index) => !accepted.has(String(index)));
};
