import type { Change, StateBefore } from '../model/change.ts';
import type { Finding } from '../model/finding.ts';
import type { Job } from '../model/job.ts';
import type { Resource, RegistryLocation } from '../model/resource.ts';
import type { Alert } from '../model/alert.ts';

/** Puts work on the `changes` queue. Resolves when the queue has accepted every job; throws otherwise. */
export interface WorkQueue {
  readonly send: (jobs: readonly Job[]) => Promise<void>;
}

/** Publishes one alert in every configured form. Resolves when all have been accepted; throws otherwise. */
export interface AlertPublisher {
  readonly publish: (alert: Alert) => Promise<void>;
}

/** A finding that was not imported, and why: a `TransientAwsError` is worth another try, anything else is not. */
export interface NotImported {
  readonly finding: Finding;
  readonly fault: Error;
}

/**
 * Shows findings as they are now in a hub beside those of other tools. Safe to repeat: an older state never replaces a
 * newer one. Resolves with what was not imported; does not throw for it.
 */
export interface FindingImporter {
  readonly importFindings: (findings: readonly Finding[]) => Promise<readonly NotImported[]>;
}

/** Applies one typed change, after reading the state that it replaces. */
export interface ChangeApplier {
  /** The state of the resource that this change would replace, read now. */
  readonly current: (resource: Resource, change: Change) => Promise<StateBefore>;
  readonly apply: (resource: Resource, change: Change, before: StateBefore) => Promise<StateBefore>;
  /** Puts a recorded state back. */
  readonly restore: (resource: Resource, state: StateBefore) => Promise<void>;
}

/** Mutual exclusion between writers of one registry's rules; the lease ends by itself. */
export interface RegistryLock {
  /** Runs `work` under the lock; null if somebody else holds it. */
  readonly withLock: <T>(at: RegistryLocation, work: () => Promise<T>) => Promise<T | null>;
}

/** Milliseconds and ISO times; injected, so that the simulation owns time. */
export interface Clock {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string;
}

/** Structured log. Never give it a whole event, policy or configuration. */
export interface Log {
  readonly info: (message: string, data?: Readonly<Record<string, unknown>>) => void;
  readonly warn: (message: string, data?: Readonly<Record<string, unknown>>) => void;
  readonly error: (message: string, data?: Readonly<Record<string, unknown>>) => void;
}

export const METRICS = {
  eventsReceived: 'EventsReceived',
  eventsIgnored: 'EventsIgnored',
  recordsMalformed: 'RecordsMalformed',
  resourcesJudged: 'ResourcesJudged',
  findingsWritten: 'FindingsWritten',
  findingsStale: 'FindingsStale',
  eventLag: 'EventLag', // milliseconds from the call to the judgement
  eventLoss: 'EventLoss', // transitions that only a sweep found
  alertsPublished: 'AlertsPublished',
  alertsFailed: 'AlertsFailed',
  findingsImported: 'FindingsImported',
  findingsNotImported: 'FindingsNotImported', // into Security Hub, where the configuration asks for it
  remediationsApplied: 'RemediationsApplied',
  remediationsFailed: 'RemediationsFailed',
  remediationsSkipped: 'RemediationsSkipped',
  sweepStarted: 'SweepStarted',
} as const;
export type MetricName = (typeof METRICS)[keyof typeof METRICS];

export interface Metrics {
  readonly count: (name: MetricName, value?: number, dimensions?: Readonly<Record<string, string>>) => void;
  readonly milliseconds: (name: MetricName, value: number) => void;
}
