import type { Change, Plan, StateBefore } from './change.ts';
import type { Resource } from './resource.ts';

export const REMEDIATION_MODES = ['off', 'plan', 'apply'] as const;
export type RemediationMode = (typeof REMEDIATION_MODES)[number];

export const ATTEMPT_OUTCOMES = ['started', 'applied', 'failed', 'contested', 'stopped', 'reverted'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** Record of one remediation attempt: what triggered it, what it changed, and the way back. */
export interface RemediationAttempt {
  readonly id: string;
  readonly findingKey: string;
  readonly revision: number;
  readonly control: string;
  readonly resource: Resource;
  /** A transition key, or the person who approved it. */
  readonly triggeredBy: string;
  readonly plan: Plan;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly outcome: AttemptOutcome;
  /** For `failed`, `contested`, `stopped`: why, in one sentence. */
  readonly detail: string | null;
  /** One entry a change, in order. */
  readonly before: readonly StateBefore[];
  readonly after: readonly StateBefore[];
  readonly changes: readonly Change[];
}
