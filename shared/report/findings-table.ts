import type { Compliance } from '../model/compliance.ts';
import { SEVERITIES, severityRank } from '../model/compliance.ts';
import { cutTo, displayWidth, padTo, wrap } from './columns.ts';
import type { ReportedFinding } from './findings-json.ts';
import { isExempt, summaryOf } from './findings-json.ts';
import type { Palette } from './palette.ts';
import { compliancePaint, severityPaint } from './palette.ts';
import { accountPhrase, counted } from './phrases.ts';
import { plainText } from './sanitise.ts';

export interface TableOptions {
  readonly palette: Palette;
  /** Of the terminal. Below 80 each finding takes lines of its own instead of columns. */
  readonly columns: number;
  readonly accountAliases?: Readonly<Record<string, string>>;
  /** Whether COMPLIANT and NOT_APPLICABLE ones are listed; they are always counted. */
  readonly showCompliant?: boolean;
}

const NARROW = 80;
const GAP = '  ';
const MAX_WHY_LINES = 3;

const COMPLIANCE_WORDS: { readonly [C in Compliance]: string } = {
  NON_COMPLIANT: '✗ non-compliant',
  INSUFFICIENT_DATA: '? cannot tell',
  COMPLIANT: '✓ compliant',
  NOT_APPLICABLE: '- not applicable',
};
const EXEMPT_WORD = '~ exempt';
const COMPLIANCE_ORDER: readonly Compliance[] = [
  'NON_COMPLIANT',
  'INSUFFICIENT_DATA',
  'COMPLIANT',
  'NOT_APPLICABLE',
];

const words = (text: string): string => plainText(text, 1_000).replaceAll('`', '');

const exemptionWords = ({ exemption }: ReportedFinding): string => {
  if (exemption === undefined || exemption === null) return '';
  const { id, owner, reason, expiresAt } = exemption;
  return `exempt until ${expiresAt.slice(0, 10)} by ${id} (${owner}: ${reason}): `;
};

const whyOf = (finding: ReportedFinding): string => {
  const why =
    finding.violations.length === 0
      ? finding.evidence.summary
      : finding.violations.map((violation) => violation.message).join('; ');
  return words(isExempt(finding) ? `${exemptionWords(finding)}${why}` : why);
};

const complianceWord = (finding: ReportedFinding): string =>
  isExempt(finding) ? EXEMPT_WORD : COMPLIANCE_WORDS[finding.compliance];

const paintOf = (finding: ReportedFinding, palette: Palette): ((text: string) => string) =>
  isExempt(finding) ? palette.dim : compliancePaint(finding.compliance, palette);

/** Wrong ones first, gravest first, then by resource and control; exempt ones after all that are not. */
const inOrder = (findings: readonly ReportedFinding[]): readonly ReportedFinding[] =>
  [...findings].sort(
    (a, b) =>
      Number(isExempt(a)) - Number(isExempt(b)) ||
      COMPLIANCE_ORDER.indexOf(a.compliance) - COMPLIANCE_ORDER.indexOf(b.compliance) ||
      severityRank(b.severity) - severityRank(a.severity) ||
      (a.resource.arn < b.resource.arn ? -1 : a.resource.arn > b.resource.arn ? 1 : 0) ||
      (a.control < b.control ? -1 : 1),
  );

const widest = (texts: readonly string[], min: number, max: number): number =>
  Math.min(max, Math.max(min, ...texts.map(displayWidth)));

interface Widths {
  readonly compliance: number;
  readonly severity: number;
  readonly control: number;
  readonly resource: number;
  readonly why: number;
}

/** Columns as wide as their content, within shares of the terminal; what is left goes to the reason. */
const widthsFor = (findings: readonly ReportedFinding[], columns: number): Widths => {
  const compliance = widest(Object.values(COMPLIANCE_WORDS), 8, 16);
  const severity = widest(
    findings.map((finding) => finding.severity),
    8,
    13,
  );
  const control = widest(
    findings.map((finding) => words(finding.control)),
    7,
    Math.floor(columns * 0.22),
  );
  const resource = widest(
    findings.map((finding) => words(finding.resource.name)),
    8,
    Math.floor(columns * 0.28),
  );
  const why = columns - compliance - severity - control - resource - GAP.length * 4;
  return { compliance, severity, control, resource, why };
};

const whyLines = (finding: ReportedFinding, width: number): readonly string[] => {
  const lines = wrap(whyOf(finding), width);
  if (lines.length <= MAX_WHY_LINES) return lines;
  const last = `${lines[MAX_WHY_LINES - 1] ?? ''} …`;
  return [...lines.slice(0, MAX_WHY_LINES - 1), cutTo(last, width)];
};

const tableRow = (finding: ReportedFinding, widths: Widths, palette: Palette): readonly string[] => {
  const names = wrap(words(finding.resource.name), widths.resource);
  const controls = wrap(words(finding.control), widths.control);
  const whys = whyLines(finding, widths.why);
  const height = Math.max(names.length, controls.length, whys.length);
  return Array.from({ length: height }, (_, line) => {
    const first = line === 0;
    return [
      paintOf(finding, palette)(padTo(first ? complianceWord(finding) : '', widths.compliance)),
      severityPaint(finding.severity, palette)(padTo(first ? finding.severity : '', widths.severity)),
      padTo(controls[line] ?? '', widths.control),
      palette.bold(padTo(names[line] ?? '', widths.resource)),
      whys[line] ?? '',
    ]
      .join(GAP)
      .trimEnd();
  });
};

const headerRow = (widths: Widths, palette: Palette): string =>
  palette.dim(
    [
      padTo('COMPLIANCE', widths.compliance),
      padTo('SEVERITY', widths.severity),
      padTo('CONTROL', widths.control),
      padTo('RESOURCE', widths.resource),
      'WHY',
    ].join(GAP),
  );

const stacked = (finding: ReportedFinding, columns: number, palette: Palette): readonly string[] => [
  paintOf(
    finding,
    palette,
  )(cutTo(`${complianceWord(finding)} ${finding.severity} ${words(finding.control)}`, columns)),
  ...wrap(words(finding.resource.name), columns - 2).map((line) => `  ${palette.bold(line)}`),
  ...wrap(whyOf(finding), columns - 2).map((line) => `  ${line}`),
];

const groupTitle = (finding: ReportedFinding, aliases: Readonly<Record<string, string>>): string =>
  words(`${accountPhrase(finding.resource.account, aliases)} ${finding.resource.region}`);

const groupsOf = (
  findings: readonly ReportedFinding[],
  aliases: Readonly<Record<string, string>>,
): readonly (readonly [string, readonly ReportedFinding[]])[] => {
  const groups = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const title = groupTitle(finding, aliases);
    const group = groups.get(title);
    if (group === undefined) groups.set(title, [finding]);
    else group.push(finding);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
};

/** The last line: how much was judged, how much of it is wrong, how much could not be read. */
const summaryLine = (findings: readonly ReportedFinding[], palette: Palette): string => {
  const { resources, byCompliance, bySeverity, exempt } = summaryOf(findings);
  const wrong = SEVERITIES.reduce((sum, severity) => sum + bySeverity[severity], 0);
  const unread = findings.filter(
    (finding) => finding.compliance === 'INSUFFICIENT_DATA' && !isExempt(finding),
  ).length;
  const grave = [...SEVERITIES]
    .reverse()
    .filter((severity) => bySeverity[severity] > 0)
    .map((severity) => severityPaint(severity, palette)(`${bySeverity[severity]} ${severity}`))
    .join(', ');
  return [
    `${counted(resources, 'resource')}, ${counted(findings.length, 'verdict')}: `,
    palette.bold(`${wrong} non-compliant`),
    grave === '' ? '' : ` (${grave})`,
    `, ${unread} cannot tell, ${byCompliance.COMPLIANT} compliant`,
    exempt === 0 ? '' : `, ${exempt} exempt`,
  ].join('');
};

const isListed = (finding: ReportedFinding, showCompliant: boolean): boolean =>
  showCompliant || finding.compliance === 'NON_COMPLIANT' || finding.compliance === 'INSUFFICIENT_DATA';

/**
 * Findings for a terminal, by account and Region, gravest first, ending in a line of counts. No line of the table is
 * wider than `columns`. Text of theirs has lost every control character.
 */
export const findingsTable = (findings: readonly ReportedFinding[], options: TableOptions): string => {
  const { palette } = options;
  const columns = Math.max(40, options.columns);
  const listed = findings.filter((finding) => isListed(finding, options.showCompliant ?? false));
  const widths = widthsFor(listed, columns);
  const narrow = columns < NARROW;
  const groups = groupsOf(inOrder(listed), options.accountAliases ?? {}).map(([title, group]) =>
    [
      palette.bold(cutTo(title, columns)),
      ...(narrow ? [] : [headerRow(widths, palette)]),
      ...group.flatMap((finding) =>
        narrow ? stacked(finding, columns, palette) : tableRow(finding, widths, palette),
      ),
    ].join('\n'),
  );
  return [...groups, summaryLine(findings, palette)].join('\n\n');
};
