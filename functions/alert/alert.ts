import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { streamChangeOf } from '../../shared/aws/stream-record.ts';
import { MalformedInputError } from '../../shared/model/errors.ts';
import type { Finding } from '../../shared/model/finding.ts';
import {
  findingToImport,
  importFindings,
  importSince,
  type ImportDependencies,
} from '../../shared/pipeline/import-findings.ts';
import { tell, tellDigests, tellUntold, type TellDependencies } from '../../shared/pipeline/tell.ts';

export interface AlertDependencies extends TellDependencies, ImportDependencies {}

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
    if (request.data.kind === 'redrive') return redrive(request.data.since, deps);
    await tellDigests(deps);
    return undefined;
  };

const redrive = async (since: string, deps: AlertDependencies): Promise<{ readonly told: number }> => {
  const told = await tellUntold(since, deps);
  await importSince(since, deps);
  return { told };
};

const isStreamEvent = (event: unknown): event is DynamoDBStreamEvent =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records);

const tellRecords = async (
  { Records }: DynamoDBStreamEvent,
  deps: AlertDependencies,
): Promise<DynamoDBBatchResponse> => {
  const pending: Pending[] = [];
  let untold: string | null = null;
  for (const record of Records) {
    const position = record.dynamodb?.SequenceNumber ?? '';
    try {
      const change = streamChangeOf(record);
      if (change === null) continue;
      // An attempt has no mark that it was told: nothing before it may be left that brings it again.
      untold = change.kind === 'attempt' ? await importPending(pending, deps) : null;
      if (untold !== null) break;
      await tell(change, deps);
      const finding = deps.importer === null ? null : findingToImport(change);
      if (finding !== null) pending.push({ position, finding });
    } catch (fault) {
      deps.log.error('record not told', { sequenceNumber: position, fault });
      untold = position;
      break;
    }
  }
  const itemIdentifier = (await importPending(pending, deps)) ?? untold;
  return { batchItemFailures: itemIdentifier === null ? [] : [{ itemIdentifier }] };
};

/** A finding whose transition was told, and its record's position in the stream. */
interface Pending {
  readonly position: string;
  readonly finding: Finding;
}

/**
 * Imports what is pending, many findings a call, after the alerts: those wait for no hub. Gives the position from which
 * the stream should go on for another try, or null. Transitions that were told are not told again then.
 */
const importPending = async (pending: Pending[], deps: AlertDependencies): Promise<string | null> => {
  const batch = pending.splice(0);
  const again = await importFindings(
    batch.map(({ finding }) => finding),
    deps,
  );
  return batch.find(({ finding }) => again.some(({ key }) => key === finding.key))?.position ?? null;
};
