import { reportedFailures } from './lambda.ts';
import type { FunctionRuntime } from './lambda.ts';
import type { Random, Range } from './random.ts';
import type { Cancel, Schedule } from './schedule.ts';
import { lambdaRecord } from './services/sqs-state.ts';
import type { Queue, QueueMessage, Queues } from './services/sqs-state.ts';

/** An event source mapping from a queue to a function. Source: Lambda developer guide, Using Lambda with SQS. */
export interface SqsMapping {
  readonly function: string;
  readonly queueArn: string;
  /** Default 10. */
  readonly batchSize?: number;
  /** Default 5. */
  readonly maximumConcurrency?: number;
  /** Whether the function's `batchItemFailures` count. Default true. */
  readonly reportBatchItemFailures?: boolean;
}

export interface SourceDependencies {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly queues: Queues;
  readonly runtime: FunctionRuntime;
  /** Milliseconds until a poller sees new work. */
  readonly pollDelay: Range;
}

const settleBatch = (
  queue: Queue,
  batch: readonly QueueMessage[],
  failed: readonly string[] | null,
): void => {
  if (failed === null) return;
  const kept = new Set(failed);
  for (const message of batch) if (!kept.has(message.id)) queue.messages.delete(message.id);
};

/** Polls the queue when something may be visible; failed messages come back after their visibility timeout. */
export const mapSqs = (dependencies: SourceDependencies, mapping: SqsMapping): void => {
  const { schedule, random, queues, runtime, pollDelay } = dependencies;
  const { batchSize = 10, maximumConcurrency = 5, reportBatchItemFailures = true } = mapping;
  const queue = queues.byArn(mapping.queueArn);
  if (queue === undefined) throw new RangeError(`there is no queue \`${mapping.queueArn}\``);
  runtime.byName(mapping.function);
  let inFlight = 0;
  let next: { readonly time: number; readonly cancel: Cancel } | null = null;

  const wakeAt = (time: number): void => {
    if (next !== null && next.time <= time) return;
    next?.cancel();
    const cancel = schedule.at(time, () => {
      next = null;
      poll();
    });
    next = { time, cancel };
  };
  const wakeFor = (visibleAt: number): void =>
    wakeAt(Math.max(visibleAt, schedule.now()) + random.between(pollDelay));
  const plan = (): void => {
    const visibleAt = queues.nextVisibleAt(queue);
    if (visibleAt === undefined) {
      next?.cancel();
      next = null;
      return;
    }
    wakeFor(visibleAt);
  };
  const deliver = async (batch: readonly QueueMessage[]): Promise<void> => {
    const event = { Records: batch.map((message) => lambdaRecord(queue, message)) };
    const outcome = await runtime.invoke(mapping.function, event);
    const ids = new Set(batch.map(({ id }) => id));
    const failed =
      reportBatchItemFailures || outcome.kind !== 'returned' ? reportedFailures(outcome, ids) : [];
    settleBatch(queue, batch, failed);
    inFlight -= 1;
    plan();
  };
  const poll = (): void => {
    while (inFlight < maximumConcurrency) {
      const batch = queues.receive(queue, batchSize);
      if (batch.length === 0) break;
      inFlight += 1;
      void deliver(batch);
    }
    if (inFlight < maximumConcurrency) plan();
  };
  queue.listeners.add((visibleAt) => {
    if (inFlight < maximumConcurrency) wakeFor(visibleAt);
  });
  plan();
};
