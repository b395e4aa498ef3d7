import type { Compliance } from '../model/compliance.ts';
import { isLostEvent, type Finding } from '../model/finding.ts';
import type { RemediationAttempt } from '../model/remediation.ts';
import type { Settings } from '../model/settings.ts';
import { METRICS, type AlertPublisher, type Clock, type Metrics } from '../ports/effects.ts';
import type { DigestStore } from '../ports/digest-store.ts';
import type { FindingStore, HealthStore, HistoryStore } from '../ports/finding-store.ts';
import type { StateChange } from '../ports/state-change.ts';
import { alertable } from '../engine/transition.ts';

export interface TellDependencies {
  readonly settings: Settings;
  readonly findings: FindingStore;
  readonly history: HistoryStore;
  readonly digests: DigestStore;
  readonly health: HealthStore;
  readonly publisher: AlertPublisher;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** How long after a sweep's first transition its digest is told, in minutes: a sweep is done by then. */
const DIGEST_DELAY_MINUTES = 10;

/**
 * Tells one record: history first, then the alert, then the mark that it was told. A repeated record is told again
 * only if the mark is missing, under the same key; a record that was not told is never marked.
 */
export const tell = async (change: StateChange, deps: TellDependencies): Promise<void> => {
  switch (change.kind) {
    case 'transition':
      return tellTransition(change.finding, change.before, deps);
    case 'attempt':
      return tellAttempt(change.attempt, change.before, deps);
  }
};

const tellTransition = async (
  finding: Finding,
  before: Finding | null,
  deps: TellDependencies,
): Promise<void> => {
  // Remediation state is written into the same item: no transition, nothing to tell.
  if (before !== null && before.revision === finding.revision) return;
  const { told } = await deps.history.record(finding);
  await summarise(finding, deps);
  await noteEvent(finding, deps);
  if (isLostEvent(finding)) deps.metrics.count(METRICS.eventLoss);
  if (told || !alertable(finding, before, deps.settings.alerts)) return;
  if (finding.cause.kind === 'sweep') return putAside(finding, finding.cause.sweepId, deps);
  await publish(finding, before, deps);
};

const putAside = (finding: Finding, sweepId: string, { digests, clock }: TellDependencies): Promise<void> => {
  const dueAt = new Date(Date.parse(clock.now()) + DIGEST_DELAY_MINUTES * 60_000).toISOString();
  return digests.add(finding, { digestId: sweepId, dueAt });
};

const publish = async (finding: Finding, before: Finding | null, deps: TellDependencies): Promise<void> => {
  const { publisher, history, clock } = deps;
  await published(deps, () =>
    publisher.publish({ kind: 'transition', finding, before, toldAt: clock.now() }),
  );
  await history.markTold(finding, clock.now());
};

/** Counts both ways, and lets the fault through: the stream tries again, and after that the failure queue keeps it. */
const published = async ({ metrics }: TellDependencies, publishing: () => Promise<void>): Promise<void> => {
  try {
    await publishing();
  } catch (fault) {
    metrics.count(METRICS.alertsFailed);
    throw fault;
  }
  metrics.count(METRICS.alertsPublished);
};

/** What the resource's findings say now, in one item: made anew each time, so that repeats and disorder do no harm. */
const summarise = async ({ resource }: Finding, { findings }: TellDependencies): Promise<void> => {
  const current = await findings.findingsOf(resource.arn);
  const compliances = new Map<string, Compliance>(
    current.map(({ control, compliance }) => [control, compliance]),
  );
  await findings.saveSummary({
    resource,
    compliances: Object.fromEntries(compliances),
    observedAt: current.map(({ observedAt }) => observedAt).reduce((a, b) => (a > b ? a : b), ''),
    deleted: current.every(({ resourceDeleted }) => resourceDeleted),
    revisions: current.reduce((sum, { revision }) => sum + revision, 0),
  });
};

/** The last event that changed something, for whoever watches that events arrive at all. */
const noteEvent = async ({ cause, resource }: Finding, { health }: TellDependencies): Promise<void> => {
  if (cause.kind !== 'event') return;
  const { eventId, eventName, eventTime } = cause;
  const scope = `${resource.account}#${resource.region}`;
  await health.putHealth({ name: 'EVENTS', scope, at: eventTime, data: { eventId, eventName } });
};

/** Outcomes that somebody must hear of. What was applied is heard as the finding's `remediated`. */
const TOLD_OUTCOMES: ReadonlySet<RemediationAttempt['outcome']> = new Set(['failed', 'contested', 'stopped']);

const tellAttempt = async (
  attempt: RemediationAttempt,
  before: RemediationAttempt | null,
  deps: TellDependencies,
): Promise<void> => {
  if (before?.outcome === attempt.outcome || !TOLD_OUTCOMES.has(attempt.outcome)) return;
  await published(deps, () =>
    deps.publisher.publish({ kind: 'remediation', attempt, toldAt: deps.clock.now() }),
  );
};

/**
 * Tells what sweeps put aside and is due: one digest a sweep, or single alerts where there are few. A finding that
 * has moved on since was told by its later transition and is left out.
 */
export const tellDigests = async (deps: TellDependencies): Promise<void> => {
  for (const digest of await deps.digests.due(deps.clock.now())) {
    const current = await stillCurrent(digest.entries, deps);
    if (current.length > deps.settings.alerts.digestAbove) {
      await publishDigest(digest.digestId, current, deps);
    } else {
      for (const finding of current) await publish(finding, null, deps);
    }
    await deps.digests.remove(digest);
  }
};

const publishDigest = async (
  digestId: string,
  findings: readonly Finding[],
  deps: TellDependencies,
): Promise<void> => {
  const { publisher, history, clock } = deps;
  await published(deps, () => publisher.publish({ kind: 'digest', digestId, findings, toldAt: clock.now() }));
  for (const finding of findings) await history.markTold(finding, clock.now());
};

/** The entries that are still the last word on their finding and were not told by an earlier, broken-off try. */
const stillCurrent = async (
  entries: readonly Finding[],
  { findings, history }: TellDependencies,
): Promise<readonly Finding[]> => {
  const current: Finding[] = [];
  for (const [arn, ofResource] of Map.groupBy(entries, ({ resource }) => resource.arn)) {
    const stored = await findings.findingsOf(arn);
    for (const entry of ofResource) {
      const last = stored.some(({ key, revision }) => key === entry.key && revision === entry.revision);
      if (last && !(await history.record(entry)).told) current.push(entry);
    }
  }
  return current;
};

/**
 * Tells what should have been told since a time and was not: whatever the stream gave up on. Only the last word on each
 * finding is told, and nothing that waits for its digest. Safe to repeat.
 */
export const tellUntold = async (since: string, deps: TellDependencies): Promise<number> => {
  let token: string | undefined;
  let count = 0;
  do {
    const page = await deps.history.changedSince(since, undefined, token);
    const due = page.items.filter((finding) => isOverdue(finding, deps));
    for (const finding of await stillCurrent(due, deps)) {
      await publish(finding, null, deps);
      count += 1;
    }
    token = page.nextToken ?? undefined;
  } while (token !== undefined);
  return count;
};

const isOverdue = (finding: Finding, { settings, clock }: TellDependencies): boolean => {
  const waits = finding.cause.kind === 'sweep' ? 2 * DIGEST_DELAY_MINUTES * 60_000 : 0;
  const age = Date.parse(clock.now()) - Date.parse(finding.changedAt);
  return alertable(finding, null, settings.alerts) && age >= waits;
};
