import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { streamChangeOf } from '../../shared/aws/stream-record.ts';
import { MalformedInputError } from '../../shared/model/errors.ts';
import { tell, tellDigests, type TellDependencies } from '../../shared/pipeline/tell.ts';
import type { Log } from '../../shared/ports/effects.ts';

export interface AlertDependencies extends TellDependencies {
  readonly log: Log;
}

/**
 * Tells what the table's stream brings, in its order, and on each tick the digests that are due. The first record
 * that cannot be told ends the batch: the stream goes on from there, so that nothing is told out of order.
 */
export const alertHandler =
  (deps: AlertDependencies) =>
  async (event: unknown): Promise<DynamoDBBatchResponse | undefined> => {
    if (isStreamEvent(event)) return tellRecords(event, deps);
    if (!isDigestTick(event)) throw new MalformedInputError('neither a stream batch nor a digest tick');
    await tellDigests(deps);
    return undefined;
  };

const isStreamEvent = (event: unknown): event is DynamoDBStreamEvent =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records);

const isDigestTick = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'kind' in event && event.kind === 'digest';

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
