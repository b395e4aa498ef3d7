import type { Compliance } from '../model/compliance.ts';
import type { Exemption, Finding, RemediationState } from '../model/finding.ts';
import type { RemediationAttempt } from '../model/remediation.ts';
import type { RegistryLocation, Resource } from '../model/resource.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | null;
}

/** `stale`: a finding with a newer (or the same) `observedAt`, or another revision, is already there. Not a fault. */
export type SaveOutcome = 'stored' | 'stale';

export interface OpenFilter {
  readonly by:
    | { readonly severity: Finding['severity'] }
    | { readonly control: string }
    | { readonly account: string; readonly region: string };
  readonly limit?: number;
  readonly pageToken?: string;
}

export interface ComplianceCount {
  readonly account: string;
  readonly region: string;
  readonly control: string;
  readonly compliance: Compliance;
  readonly count: number;
}

export interface HealthRecord {
  /** `EVENTS`, `SWEEP`, `DEAD_LETTERS`, `EVENT_LOSS`. */
  readonly name: string;
  /** `ACCOUNT#REGION`, a queue's name, or `-`. */
  readonly scope: string;
  readonly at: string;
  readonly data: Readonly<Record<string, string | number>>;
}

/** The state of all judgements. The DynamoDB contract is docs/state.md; every adapter passes one contract suite. */
export interface FindingStore {
  /** All findings of a resource, strongly consistent, with the exempt and the closed ones. */
  readonly findingsOf: (resourceArn: string) => Promise<readonly Finding[]>;
  /**
   * Stores the finding if none is stored (`expectedRevision` 0) or the stored one has `expectedRevision`
   * and an older `observedAt`.
   */
  readonly save: (finding: Finding, expectedRevision: number) => Promise<SaveOutcome>;
  /**
   * Records what the resource's findings say now, for counting and for finding resources that are gone.
   * Idempotent; writes only if it differs from `known`. A deleted resource is removed from its registry's list.
   */
  readonly saveSummary: (summary: ResourceSummary) => Promise<void>;
  readonly summaryOf: (resourceArn: string) => Promise<ResourceSummary | null>;
  /** Sets the remediation state if the finding still has this revision. Changes neither revision nor `observedAt`. */
  readonly setRemediation: (
    finding: { readonly resourceArn: string; readonly control: string; readonly revision: number },
    state: RemediationState,
  ) => Promise<SaveOutcome>;
  readonly openFindings: (filter: OpenFilter) => Promise<Page<Finding>>;
  /** Resources of a registry that have findings, by type and name. */
  readonly resourcesOf: (at: RegistryLocation, pageToken?: string) => Promise<Page<ResourceSummary>>;
}

/** Compliance of each control for one resource: one small item, a pure function of the resource's findings. */
export interface ResourceSummary {
  readonly resource: Resource;
  readonly compliances: Readonly<Record<string, Compliance>>;
  readonly observedAt: string;
  readonly deleted: boolean;
  /**
   * Sum of the revisions of the findings that this was made from. It only grows, so that of two summaries made at the
   * same time the one that saw more is kept. Without it, `observedAt` orders them.
   */
  readonly revisions?: number;
}

/** The timeline and what was told of it. */
export interface HistoryStore {
  /** Records a transition (idempotent) and says whether it has been told already. */
  readonly record: (finding: Finding) => Promise<{ readonly told: boolean }>;
  /** Marks the transition as told at this time. */
  readonly markTold: (finding: Finding, at: string) => Promise<void>;
  readonly historyOf: (resourceArn: string, pageToken?: string) => Promise<Page<Finding>>;
  /** Transitions since a time, oldest first. */
  readonly changedSince: (since: string, limit?: number, pageToken?: string) => Promise<Page<Finding>>;
}

export interface AttemptStore {
  readonly saveAttempt: (attempt: RemediationAttempt) => Promise<void>;
  readonly attempt: (id: string) => Promise<RemediationAttempt | null>;
  readonly attemptsOf: (resourceArn: string) => Promise<readonly RemediationAttempt[]>;
}

export interface ExemptionStore {
  readonly putExemption: (exemption: Exemption) => Promise<void>;
  readonly removeExemption: (id: string) => Promise<void>;
  /** Those that have not expired at `now`, the next to expire first. */
  readonly exemptions: (now: string) => Promise<readonly Exemption[]>;
}

export interface HealthStore {
  readonly putHealth: (record: HealthRecord) => Promise<void>;
  readonly health: () => Promise<readonly HealthRecord[]>;
}

export interface DailyCounts {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly account: string;
  readonly region: string;
  readonly counts: readonly ComplianceCount[];
}

export interface CountStore {
  readonly putDailyCounts: (counts: DailyCounts) => Promise<void>;
  readonly dailyCounts: (
    at: RegistryLocation,
    fromDay: string,
    toDay: string,
  ) => Promise<readonly DailyCounts[]>;
}
