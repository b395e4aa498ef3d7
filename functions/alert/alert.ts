import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { streamChangeOf } from '../../shared/aws/stream-record.ts';
import { MalformedInputError } from '../../shared/model/errors.ts';
import { tell, tellDigests, tellUntold, type TellDependencies } from '../../shared/pipeline/tell.ts';
import type { Log } from '../../shared/ports/effects.ts';

export interface AlertDependencies extends TellDependencies {
  readonly log: Log;
}

/** What a rule of serverless.yml, or a person, sends besides the stream. */
const requestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('digest') }),
  z.object({ kind: z.literal('redrive'), since: z.iso.datetime() }),
]);

/**
 * Tells what the table's stream brings, in its order; on each tick the digests that are due; on request what the
 * stream gave up on. The first record that cannot be told ends its batch: the stream goes on from there, so that
 * nothing is told out of order.
 */
export const alertHandler =
  (deps: AlertDependencies) =>
  async (event: unknown): Promise<DynamoDBBatchResponse | { readonly told: number } | undefined> => {
    if (isStreamEvent(event)) return tellRecords(event, deps);
    const request = requestSchema.safeParse(event);
    if (!request.success) {
      throw new MalformedInputError(
        'neither a stream batch nor a request to tell digests or what was not told',
      );
    }
    if (request.data.kind === 'redrive') return { told: await tellUntold(request.data.since, deps) };
    await tellDigests(deps);
    return undefined;
  };

const isStreamEvent = (event: unknown): event is DynamoDBStreamEvent =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records);

const tellRecords = async (
  { Records }: DynamoDBStreamEvent,
  deps: AlertDependencies,
): Promise<DynamoDBBatchResponse> => {
  for (const record of Records) {
    try {
      const change = streamChangeOf(record);
      if (change !== null) await tell(change, deps);
    } catch (fault) {
      deps.log.error('record not told', { sequenceNumber: record.dynamodb?.SequenceNumber, fault });
      return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
    }
  }
  return { batchItemFailures: [] };
};
