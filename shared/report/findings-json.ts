import { isOpen, type Compliance, type Severity } from '../model/compliance.ts';
import type { Finding } from '../model/finding.ts';
import type { Evidence, Violation } from '../model/verdict.ts';

/** What a report needs of a judgement; a `Finding` has it, and so has what a scan makes without a store. */
export type ReportedFinding = Pick<
  Finding,
  'resource' | 'control' | 'compliance' | 'severity' | 'violations' | 'evidence'
> & { readonly exemption?: Finding['exemption'] };

interface FindingJson {
  readonly resourceArn: string;
  readonly resourceType: string;
  readonly account: string;
  readonly region: string;
  readonly control: string;
  readonly compliance: Compliance;
  readonly severity: Severity;
  readonly violations: readonly Violation[];
  readonly evidence: Evidence;
}

export interface FindingsSummary {
  readonly resources: number;
  readonly findings: number;
  /** Exempt ones among them. */
  readonly byCompliance: { readonly [C in Compliance]: number };
  /** An exemption covers them; they ask for nobody's attention. */
  readonly exempt: number;
  /** NON_COMPLIANT ones that are not exempt. */
  readonly bySeverity: { readonly [S in Severity]: number };
  /** NON_COMPLIANT ones that are not exempt, by control id; controls that have none are there with 0. */
  readonly byControl: Readonly<Record<string, number>>;
}

export interface FindingsJson {
  readonly findings: readonly FindingJson[];
  readonly summary: FindingsSummary;
}

const ordinal = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By account, Region, ARN, control: the same findings make the same report whatever their order. */
const inOrder = (findings: readonly ReportedFinding[]): readonly ReportedFinding[] =>
  [...findings].sort(
    (a, b) =>
      ordinal(a.resource.account, b.resource.account) ||
      ordinal(a.resource.region, b.resource.region) ||
      ordinal(a.resource.arn, b.resource.arn) ||
      ordinal(a.control, b.control),
  );

const countOf = <T>(values: readonly T[], wanted: T): number =>
  values.filter((value) => value === wanted).length;

const complianceCounts = (all: readonly Compliance[]): FindingsSummary['byCompliance'] => ({
  COMPLIANT: countOf(all, 'COMPLIANT'),
  NON_COMPLIANT: countOf(all, 'NON_COMPLIANT'),
  NOT_APPLICABLE: countOf(all, 'NOT_APPLICABLE'),
  INSUFFICIENT_DATA: countOf(all, 'INSUFFICIENT_DATA'),
});

const severityCounts = (all: readonly Severity[]): FindingsSummary['bySeverity'] => ({
  INFORMATIONAL: countOf(all, 'INFORMATIONAL'),
  LOW: countOf(all, 'LOW'),
  MEDIUM: countOf(all, 'MEDIUM'),
  HIGH: countOf(all, 'HIGH'),
  CRITICAL: countOf(all, 'CRITICAL'),
});

/** Whether an exemption covers what would otherwise ask for somebody's attention. */
export const isExempt = ({ compliance, exemption = null }: ReportedFinding): boolean =>
  exemption !== null && isOpen(compliance);

/** What a report ends with. */
export const summaryOf = (findings: readonly ReportedFinding[]): FindingsSummary => {
  const wrong = findings.filter((finding) => finding.compliance === 'NON_COMPLIANT' && !isExempt(finding));
  const byControl = new Map(findings.map((finding) => [finding.control, 0]));
  for (const { control } of wrong) byControl.set(control, (byControl.get(control) ?? 0) + 1);
  return {
    resources: new Set(findings.map((finding) => finding.resource.arn)).size,
    findings: findings.length,
    byCompliance: complianceCounts(findings.map((finding) => finding.compliance)),
    exempt: findings.filter(isExempt).length,
    bySeverity: severityCounts(wrong.map((finding) => finding.severity)),
    // `fromEntries` defines own properties, so a control named `__proto__` is a key like any other.
    byControl: Object.fromEntries([...byControl].sort(([a], [b]) => ordinal(a, b))),
  };
};

/** The document of `ecr-warden scan --format json`: every resource and control, compliant ones too. */
export const findingsJson = (findings: readonly ReportedFinding[]): FindingsJson => ({
  findings: inOrder(findings).map(({ resource, control, compliance, severity, violations, evidence }) => ({
    resourceArn: resource.arn,
    resourceType: resource.type,
    account: resource.account,
    region: resource.region,
    control,
    compliance,
    severity,
    violations,
    evidence,
  })),
  summary: summaryOf(findings),
});
