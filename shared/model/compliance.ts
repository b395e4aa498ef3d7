/** What a control can say of a resource. The values of AWS Config, so that dashboards and Security Hub read them as they are. */
export const COMPLIANCES = ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE', 'INSUFFICIENT_DATA'] as const;
export type Compliance = (typeof COMPLIANCES)[number];

/** Security Hub's severity labels, ascending. */
export const SEVERITIES = ['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Rank for comparison: 0 is `INFORMATIONAL`, 4 is `CRITICAL`. */
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

export const maxSeverity = (a: Severity, b: Severity): Severity =>
  severityRank(a) >= severityRank(b) ? a : b;

/** Whether a finding with this compliance asks for somebody's attention. What could not be read stays open. */
export const isOpen = (compliance: Compliance): boolean =>
  compliance === 'NON_COMPLIANT' || compliance === 'INSUFFICIENT_DATA';
