import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { streamChangeOf } from '../../shared/aws/stream-record.ts';
import { remediate, type RemediateDependencies } from '../../shared/pipeline/remediate.ts';

/**
 * Decides about each finding that the table's stream shows as newly open, in its order. The first record that fails
 * ends the batch: the stream goes on from there, and a started attempt is continued.
 */
export const remediateHandler =
  (deps: RemediateDependencies) =>
  async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    for (const record of Records) {
      try {
        const change = streamChangeOf(record);
        if (change?.kind !== 'transition') continue;
        const { before, finding } = change;
        // The state that remediation writes into the finding comes back through the stream: it is no transition.
        if (before?.revision === finding.revision || finding.compliance !== 'NON_COMPLIANT') continue;
        await remediate(finding, deps);
      } catch (fault) {
        deps.log.error('finding not decided', { sequenceNumber: record.dynamodb?.SequenceNumber, fault });
        return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
      }
    }
    return { batchItemFailures: [] };
  };
