import { TransientAwsError } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import { METRICS, type FindingImporter, type Log, type Metrics } from '../ports/effects.ts';
import type { HistoryStore } from '../ports/finding-store.ts';
import type { StateChange } from '../ports/state-change.ts';

export interface ImportDependencies {
  /** Null: findings are imported nowhere. */
  readonly importer: FindingImporter | null;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * The finding to import after this record of the stream, or null. Every transition counts, told or not, but for
 * resources that nobody ever had to look at: found in order, and perhaps deleted later.
 */
export const findingToImport = (change: StateChange): Finding | null => {
  if (change.kind !== 'transition') return null;
  const { finding, before } = change;
  if (before?.revision === finding.revision || isFirstAndFine(finding)) return null;
  return before !== null && finding.transition === 'closed' && isFirstAndFine(before) ? null : finding;
};

const isFirstAndFine = ({ transition, revision }: Finding): boolean =>
  transition === 'recorded' && revision === 1;

/**
 * Imports findings, of several revisions only the last. Gives those that are worth another try. A lasting refusal is
 * logged and counted, and holds nothing up: the finding's next transition tries again.
 */
export const importFindings = async (
  findings: readonly Finding[],
  { importer, log, metrics }: ImportDependencies,
): Promise<readonly Finding[]> => {
  if (importer === null || findings.length === 0) return [];
  const latest = [...new Map(findings.map((finding) => [finding.key, finding])).values()];
  const failed = await importer.importFindings(latest);
  metrics.count(METRICS.findingsImported, latest.length - failed.length);
  if (failed.length > 0) metrics.count(METRICS.findingsNotImported, failed.length);
  for (const { finding, fault } of failed) {
    log.error('finding not imported', { finding: finding.key, revision: finding.revision, fault });
  }
  return failed.flatMap(({ finding, fault }) => (fault instanceof TransientAwsError ? [finding] : []));
};

/**
 * Imports what has changed since a time: what the stream gave up on, or all that was found before the import was turned
 * on. Throws `TransientAwsError` if some of it is worth another try. Safe to repeat.
 */
export const importSince = async (
  since: string,
  deps: ImportDependencies & { readonly history: HistoryStore },
): Promise<void> => {
  if (deps.importer === null) return;
  let token: string | undefined;
  let again = 0;
  do {
    const page = await deps.history.changedSince(since, undefined, token);
    const worthIt = page.items.filter((finding) => !isFirstAndFine(finding));
    again += (await importFindings(worthIt, deps)).length;
    token = page.nextToken ?? undefined;
  } while (token !== undefined);
  if (again > 0) throw new TransientAwsError(`${again} findings were not imported`);
};
