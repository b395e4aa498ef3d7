import { isOpen, severityRank, type Severity } from '../model/compliance.ts';
import type { Plan } from '../model/change.ts';
import {
  findingKey,
  type AppliedExemption,
  type Cause,
  type Exemption,
  type Finding,
  type RemediationState,
  type TransitionKind,
} from '../model/finding.ts';
import type { Resource } from '../model/resource.ts';
import type { Settings } from '../model/settings.ts';
import type { Verdict } from '../model/verdict.ts';
import { exemptionFor, isInForce } from './exemption.ts';
import { noneIsNew, violationsDigest } from './violations.ts';

export interface TransitionInput {
  readonly stored: Finding | null;
  /** Null: the resource no longer exists. */
  readonly verdict: Verdict | null;
  readonly resource: Resource;
  readonly control: string;
  /** ISO 8601, of the snapshot that was judged. */
  readonly observedAt: string;
  /** ISO 8601. */
  readonly now: string;
  readonly cause: Cause;
  readonly exemptions: readonly Exemption[];
  readonly owner: string | null;
  readonly configVersion: string;
  /** What remediation would do about a NON_COMPLIANT verdict, so that the alert can say how to fix it. */
  readonly plan?: Plan | null;
}

/** What counts of a verdict when two are compared: neither wording nor evidence nor configuration. */
interface Standing {
  readonly compliance: Verdict['compliance'];
  readonly severity: Severity;
  readonly violations: Verdict['violations'];
  readonly exemption: AppliedExemption | null;
  readonly open: boolean;
}

/**
 * The next record of a finding, or null if there is nothing to write: nothing that counts has changed, or the
 * snapshot is not newer than the one the stored finding was judged by, or a resource never seen is gone.
 */
export const transition = (input: TransitionInput): Finding | null => {
  const { stored, verdict } = input;
  if (stored !== null && isStale(stored, input.observedAt)) return null;
  if (verdict === null) return stored === null || stored.resourceDeleted ? null : goneFinding(input, stored);
  const standing = standingOf(verdict, input);
  const before = stored === null || stored.resourceDeleted ? null : stored;
  const kind = before === null ? firstKind(standing) : nextKind(before, standing, input);
  return kind === null ? null : record(input, standing, { kind, evidence: verdict.evidence });
};

/** Whether a snapshot shows nothing newer than the stored finding knows. Not a fault: events come late and twice. */
const isStale = (stored: Pick<Finding, 'observedAt'>, observedAt: string): boolean =>
  Date.parse(observedAt) <= Date.parse(stored.observedAt);

const standingOf = (verdict: Verdict, input: TransitionInput): Standing => {
  const { compliance, severity, violations } = verdict;
  const { control, resource, exemptions, now } = input;
  const exemption = exemptionFor(exemptions, { control, resource, verdict }, now);
  return { compliance, severity, violations, exemption, open: isOpen(compliance) && exemption === null };
};

const firstKind = ({ open, exemption }: Standing): TransitionKind => {
  if (open) return 'opened';
  return exemption === null ? 'recorded' : 'exempted';
};

const nextKind = (before: Finding, after: Standing, input: TransitionInput): TransitionKind | null => {
  if (isUnchanged(before, after)) return null;
  if (after.open) return openKind(before, after, input.now);
  if (after.exemption !== null) return before.exemption === null ? 'exempted' : 'changed';
  if (!isOpen(before.compliance)) return 'recorded';
  return isOwnDoing(input.cause) ? 'remediated' : 'resolved';
};

const openKind = (before: Finding, after: Standing, now: string): TransitionKind => {
  if (before.open) return isWorse(before, after) ? 'worsened' : 'changed';
  if (before.exemption === null) return 'opened';
  // An exemption bound to a fingerprint is broken by other violations while its time still runs: that is news.
  const broken = isInForce(before.exemption, now) && !isSameVerdict(before, after);
  return broken ? 'opened' : 'exemption-expired';
};

const isWorse = (before: Standing, after: Standing): boolean =>
  before.compliance !== after.compliance ||
  severityRank(after.severity) > severityRank(before.severity) ||
  !noneIsNew(after.violations, before.violations);

/** The severity of what is not open says nothing about the resource. */
const isSameVerdict = (before: Standing, after: Standing): boolean =>
  before.compliance === after.compliance &&
  (!isOpen(after.compliance) || before.severity === after.severity) &&
  violationsDigest(before.violations) === violationsDigest(after.violations);

const isUnchanged = (before: Standing, after: Standing): boolean =>
  isSameVerdict(before, after) && isSameExemption(before.exemption, after.exemption);

const isSameExemption = (a: AppliedExemption | null, b: AppliedExemption | null): boolean => {
  if (a === null || b === null) return a === b;
  return a.id === b.id && a.owner === b.owner && a.reason === b.reason && a.expiresAt === b.expiresAt;
};

/** Whether our own remediation brought this about. */
const isOwnDoing = (cause: Cause): boolean =>
  cause.kind === 'remediation' || (cause.kind === 'event' && cause.actor.own);

const goneFinding = (input: TransitionInput, stored: Finding): Finding => {
  const gone: Standing = {
    compliance: 'NOT_APPLICABLE',
    severity: stored.severity,
    violations: [],
    exemption: null,
    open: false,
  };
  const summary = `the ${input.resource.type} no longer exists`;
  const kind = stored.open ? 'resolved' : 'closed';
  const finding = record(input, gone, { kind, evidence: { summary, data: {} } });
  return { ...finding, owner: stored.owner ?? input.owner, resourceDeleted: true };
};

interface News {
  readonly kind: TransitionKind;
  readonly evidence: Verdict['evidence'];
}

const record = (input: TransitionInput, standing: Standing, { kind, evidence }: News): Finding => {
  const { stored, resource, control, now } = input;
  const closes = kind === 'resolved' || kind === 'remediated';
  return {
    ...standing,
    key: findingKey(resource.arn, control),
    resource,
    control,
    // A closing goes to whoever was told of the opening: subscriptions filter by severity.
    severity: closes && stored !== null ? stored.severity : standing.severity,
    evidence,
    owner: input.owner,
    cause: input.cause,
    transition: kind,
    previousCompliance: stored?.compliance ?? null,
    revision: (stored?.revision ?? 0) + 1,
    firstSeenAt: stored?.firstSeenAt ?? now,
    changedAt: now,
    openedAt: standing.open ? (stored?.openedAt ?? now) : null,
    observedAt: input.observedAt,
    configVersion: input.configVersion,
    resourceDeleted: false,
    remediation: closes ? remediationAfter(stored) : proposal(standing, input.plan),
  };
};

/** What remediation did stays to be seen in the finding that it closed. */
const remediationAfter = (stored: Finding | null): RemediationState =>
  stored?.remediation.status === 'applied' ? stored.remediation : { status: 'none' };

/** An open finding is decided about anew: until then its plan is a proposal. */
const proposal = ({ open }: Standing, plan: Plan | null | undefined): RemediationState =>
  open && plan !== null && plan !== undefined ? { status: 'proposed', plan } : { status: 'none' };

/** Which transitions are told at all. */
const TOLD: Record<TransitionKind, boolean> = {
  recorded: false,
  opened: true,
  worsened: true,
  changed: false,
  resolved: true,
  remediated: true,
  exempted: true,
  'exemption-expired': true,
  closed: false,
};

/**
 * Whether a transition is told: of a kind that is, and severe enough. `before` is the record it replaced: what was
 * told as open is told as closed or exempt too, whatever its severity has become.
 */
export const alertable = (
  finding: Finding,
  before: Finding | null,
  alerts: Pick<Settings['alerts'], 'minimumSeverity'>,
): boolean => {
  if (!TOLD[finding.transition]) return false;
  const least = severityRank(alerts.minimumSeverity);
  if (severityRank(finding.severity) >= least) return true;
  return before !== null && before.open && severityRank(before.severity) >= least;
};
