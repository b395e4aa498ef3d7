import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseJob } from '../../shared/aws/job-message.ts';
import { parseEnvelope } from '../../shared/events/envelope.ts';
import { interpretEvent } from '../../shared/events/interpret.ts';
import { MalformedInputError } from '../../shared/model/errors.ts';
import type { Job } from '../../shared/model/job.ts';
import { nameWork } from '../../shared/pipeline/name-work.ts';
import { runJob, type JobDependencies } from '../../shared/pipeline/run-job.ts';
import { METRICS } from '../../shared/ports/effects.ts';

export interface EvaluateDependencies extends JobDependencies {
  /** Roles under which remediation makes its calls, to recognise them. */
  readonly ownRoleArns: readonly string[];
}

/**
 * Takes a batch from the `changes` queue: EventBridge envelopes and our own jobs. Each record stands for itself: one
 * that fails goes back to the queue, and to the dead-letter queue in the end; the others are done.
 */
export const evaluateHandler =
  (deps: EvaluateDependencies) =>
  async (batch: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    for (const record of batch.Records) {
      if (!(await succeeds(record, deps))) failed.push(record.messageId);
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };

const succeeds = async (record: SQSRecord, deps: EvaluateDependencies): Promise<boolean> => {
  try {
    for (const job of jobsOf(record.body, deps)) await runJob(job, deps);
    return true;
  } catch (fault) {
    if (fault instanceof MalformedInputError) deps.metrics.count(METRICS.recordsMalformed);
    deps.log.error('record not judged', { messageId: record.messageId, fault });
    return false;
  }
};

const jobsOf = (body: string, deps: EvaluateDependencies): readonly Job[] => {
  const job = parseJob(body);
  if (job !== null) return [job];
  const parsed = parseEnvelope(body);
  if (!parsed.ok) throw new MalformedInputError(parsed.error);
  const change = interpretEvent(parsed.envelope, { ownRoleArns: deps.ownRoleArns });
  deps.metrics.count(METRICS.eventsReceived);
  if (change.action === 'ignore') {
    deps.metrics.count(METRICS.eventsIgnored, 1, { reason: change.because });
    return [];
  }
  return nameWork(change, deps.controls);
};
