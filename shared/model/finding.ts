import type { Compliance, Severity } from './compliance.ts';
import type { Plan } from './change.ts';
import type { Resource } from './resource.ts';
import type { Evidence, Violation } from './verdict.ts';

/** Who made a call, from CloudTrail's `userIdentity`. Strings are somebody else's input: sanitise before showing. */
export interface Actor {
  readonly type: string;
  readonly arn: string | null;
  readonly accountId: string | null;
  readonly sessionIssuerArn: string | null;
  readonly userName: string | null;
  /** The AWS service through which the call came, if any (`invokedBy`). */
  readonly invokedBy: string | null;
  readonly sourceIp: string | null;
  readonly userAgent: string | null;
  readonly mfa: boolean | null;
  /** True when the call was made by the remediation role, recognised by role ARN and account. */
  readonly own: boolean;
}

/** Why a resource was judged. */
export type Cause =
  | {
      readonly kind: 'event';
      readonly eventId: string;
      readonly eventName: string;
      /** ISO 8601, when the call was made. */
      readonly eventTime: string;
      readonly actor: Actor;
    }
  | {
      readonly kind: 'sweep';
      readonly sweepId: string;
      /** After a deployment the configuration may explain a change; on schedule only a lost event does. */
      readonly trigger: 'schedule' | 'deploy';
    }
  | { readonly kind: 'remediation'; readonly attemptId: string }
  | { readonly kind: 'scan' };

/** A dated, owned, reasoned exception. `resources` and `controls` are patterns: `*` any characters, else exact. */
export interface Exemption {
  readonly id: string;
  readonly controls: readonly string[];
  readonly resources: readonly string[];
  readonly owner: string;
  readonly reason: string;
  /** ISO 8601; from then on it no longer holds. */
  readonly expiresAt: string;
  /**
   * If set, the exemption covers only a verdict with this fingerprint of violations: a broadened policy breaks it.
   */
  readonly violationsDigest?: string;
}

export interface AppliedExemption {
  readonly id: string;
  readonly owner: string;
  readonly reason: string;
  readonly expiresAt: string;
}

export const TRANSITION_KINDS = [
  'recorded', // first judged, nothing to report: stored, not told
  'opened',
  'worsened',
  'changed', // still open, but not worse: stored, not told
  'resolved',
  'remediated', // resolved by our own remediation
  'exempted',
  'exemption-expired',
  'closed', // the resource is gone and nothing was open: stored, not told
] as const;
export type TransitionKind = (typeof TRANSITION_KINDS)[number];

export type RemediationState =
  | { readonly status: 'none' }
  | { readonly status: 'proposed'; readonly plan: Plan }
  | { readonly status: 'skipped'; readonly reason: string; readonly at: string }
  | { readonly status: 'applied' | 'failed'; readonly attemptId: string; readonly at: string };

/** The stored record of (resource, control). One item; written once a transition. */
export interface Finding {
  /** `findingKey(resource.arn, control)`. */
  readonly key: string;
  readonly resource: Resource;
  readonly control: string;
  readonly compliance: Compliance;
  readonly severity: Severity;
  readonly violations: readonly Violation[];
  readonly evidence: Evidence;
  readonly exemption: AppliedExemption | null;
  /** Open: NON_COMPLIANT or INSUFFICIENT_DATA, and not exempt. */
  readonly open: boolean;
  readonly owner: string | null;
  readonly cause: Cause;
  readonly transition: TransitionKind;
  readonly previousCompliance: Compliance | null;
  /** 1 for the first record, one more each transition. `key@revision` names a transition. */
  readonly revision: number;
  readonly firstSeenAt: string;
  readonly changedAt: string;
  /** When it was last opened; null while not open. */
  readonly openedAt: string | null;
  readonly observedAt: string;
  readonly configVersion: string;
  /** The resource no longer exists; the finding is kept until it expires. */
  readonly resourceDeleted: boolean;
  readonly remediation: RemediationState;
}

/** The key of a finding, stable over its life: `CONTROL/RESOURCE-ARN`. */
export const findingKey = (resourceArn: string, control: string): string => `${control}/${resourceArn}`;

/** The stable key of one transition; what an alert's receiver may drop repeats by. */
export const transitionKey = (finding: { readonly key: string; readonly revision: number }): string =>
  `${finding.key}@${finding.revision}`;

/**
 * Whether an event should have brought this and did not: a sweep on schedule found it, on a resource that was judged
 * before. What an exemption or its end explains was no event to begin with.
 */
export const isLostEvent = ({ cause, previousCompliance, transition }: Finding): boolean =>
  cause.kind === 'sweep' &&
  cause.trigger === 'schedule' &&
  previousCompliance !== null &&
  transition !== 'exempted' &&
  transition !== 'exemption-expired';
