import type { Plan } from '../model/change.ts';
import type { Fact, FactValues } from '../model/facts.ts';
import type { Exemption, Finding } from '../model/finding.ts';
import type { RemediationAttempt, RemediationMode } from '../model/remediation.ts';
import type { Settings } from '../model/settings.ts';
import type { Verdict } from '../model/verdict.ts';
import { exemptionFor } from './exemption.ts';
import { scopeIncludes } from './scope.ts';

/** Everything that the decision may look at, read at the moment of the decision. */
export interface RemediationCase {
  /** The stored finding whose transition asks for a decision. */
  readonly finding: Finding;
  /** Judged again, just now; null: the resource is gone. */
  readonly verdict: Verdict | null;
  /** Planned again, just now. */
  readonly plan: Plan | null;
  readonly mode: RemediationMode;
  /** Of the repository, just read; a missing fact counts as unreadable. Other types of resource have none. */
  readonly tags: Fact<FactValues['tags']> | undefined;
  readonly exemptions: readonly Exemption[];
  readonly settings: Settings['remediation'];
  /** Earlier attempts on this resource and account, for the guards that count. */
  readonly attempts: readonly RemediationAttempt[];
  /** Who approved this very plan; null for unattended remediation. */
  readonly approvedBy: string | null;
  /** ISO 8601. */
  readonly now: string;
}

export interface RemediationDecision {
  readonly do: 'apply' | 'propose' | 'skip';
  /** One sentence; of the guard that objected, or why the plan is only proposed. */
  readonly reason: string;
  readonly plan: Plan | null;
}

/** Says why nothing may be done, or null for no objection. */
export interface Guard {
  readonly name: string;
  readonly objects: (subject: RemediationCase) => string | null;
}

const modeOff: Guard = {
  name: 'mode',
  objects: ({ mode }) => (mode === 'off' ? 'remediation of this control is off' : null),
};

const onlyNonCompliant: Guard = {
  name: 'compliance',
  objects: ({ verdict }) => {
    if (verdict === null) return 'the resource no longer exists';
    return verdict.compliance === 'NON_COMPLIANT' ? null : `read again, it is ${verdict.compliance}`;
  },
};

const exempt: Guard = {
  name: 'exemption',
  objects: ({ finding, verdict, exemptions, now }) => {
    if (verdict === null) return null;
    const { control, resource } = finding;
    const exemption = exemptionFor(exemptions, { control, resource, verdict }, now);
    return exemption === null ? null : `exemption \`${exemption.id}\` of ${exemption.owner} applies`;
  },
};

/** With any value but `false` the tag opts out. Tags that cannot be read may hold it. */
const optedOut: Guard = {
  name: 'opt-out tag',
  objects: ({ finding, tags, settings }) => {
    if (finding.resource.type !== 'repository') return null;
    if (tags?.status !== 'known') return 'the tags could not be read, so it may have opted out';
    const tag = tags.value.find(({ key }) => key === settings.optOutTag);
    return tag === undefined || tag.value.trim().toLowerCase() === 'false'
      ? null
      : `the tag \`${tag.key}\` opts it out`;
  },
};

/** A person who approves may well approve after our own call. */
const ownCall: Guard = {
  name: 'own call',
  objects: ({ finding, approvedBy }) => {
    const own =
      finding.cause.kind === 'remediation' || (finding.cause.kind === 'event' && finding.cause.actor.own);
    return own && approvedBy === null
      ? 'remediation itself made the change, and does not answer itself'
      : null;
  },
};

const outOfScope: Guard = {
  name: 'scope',
  objects: ({ finding, settings }) =>
    scopeIncludes(settings.scope, finding.resource) ? null : 'it is outside the scope of remediation',
};

/** Asked in this order; the first that objects decides. */
export const REMEDIATION_GUARDS: readonly Guard[] = [
  modeOff,
  onlyNonCompliant,
  exempt,
  ownCall,
  outOfScope,
  optedOut,
];

/** Doubt means do not act: a guard that cannot be evaluated objects. */
const objectionOf = (guard: Guard, subject: RemediationCase): string | null => {
  try {
    return guard.objects(subject);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `the guard \`${guard.name}\` could not be evaluated: ${text}`;
  }
};

/**
 * What to do about a finding: apply the plan, propose it, or leave the resource alone. Only plans made of automatic
 * changes are applied unattended; others need somebody's approval. Nothing is applied but in mode `apply`.
 */
export const decideRemediation = (
  subject: RemediationCase,
  guards: readonly Guard[] = REMEDIATION_GUARDS,
): RemediationDecision => {
  for (const guard of guards) {
    const objection = objectionOf(guard, subject);
    if (objection !== null) return { do: 'skip', reason: objection, plan: null };
  }
  const { plan, mode, approvedBy } = subject;
  if (plan === null) return { do: 'skip', reason: 'there is nothing to propose', plan };
  if (plan.changes.length === 0) return { do: 'propose', reason: plan.reason, plan };
  if (mode !== 'apply') return { do: 'propose', reason: 'remediation of this control only plans', plan };
  if (plan.automatic) return { do: 'apply', reason: plan.reason, plan };
  if (approvedBy !== null) return { do: 'apply', reason: `approved by ${approvedBy}`, plan };
  return { do: 'propose', reason: plan.reason, plan };
};
