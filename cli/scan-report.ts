import { CATALOGUE } from '../shared/controls/catalogue.ts';
import { SEVERITIES, severityRank, type Severity } from '../shared/model/compliance.ts';
import type { ScannedFinding } from '../shared/pipeline/scan.ts';
import { findingsJson, isExempt } from '../shared/report/findings-json.ts';
import { findingsTable } from '../shared/report/findings-table.ts';
import { severityPaint, type Palette } from '../shared/report/palette.ts';
import { counted } from '../shared/report/phrases.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { findingsToSarif } from '../shared/report/sarif.ts';
import type { Layout } from './access-text.ts';
import { EXIT } from './failure.ts';
import { registryName, type RegistryOutcome } from './scan-registries.ts';
import { VERSION } from './version.ts';

export type ScanFormat = 'table' | 'json' | 'sarif';

export interface ScanReport {
  readonly outcomes: readonly RegistryOutcome[];
  readonly accountAliases: Readonly<Record<string, string>>;
  /** List compliant ones, too. */
  readonly all: boolean;
}

const isWrong = (finding: ScannedFinding): boolean =>
  finding.compliance === 'NON_COMPLIANT' && !isExempt(finding);

const isUnread = (finding: ScannedFinding): boolean =>
  finding.compliance === 'INSUFFICIENT_DATA' && !isExempt(finding);

const findingsOf = ({ outcomes }: Pick<ScanReport, 'outcomes'>): readonly ScannedFinding[] =>
  outcomes.flatMap(({ findings }) => findings);

/** A definite violation outweighs what could not be read; only what was read and found right is clean. */
export const scanStatus = (outcomes: readonly RegistryOutcome[]): number => {
  const findings = findingsOf({ outcomes });
  if (findings.some(isWrong)) return EXIT.reported;
  const unread = findings.some(isUnread) || outcomes.some(({ fault }) => fault !== null);
  return unread ? EXIT.unread : EXIT.clean;
};

const json = (report: ScanReport): string => {
  const findings = findingsOf(report);
  const { findings: listed, summary } = findingsJson(findings);
  const exemptions = findings
    .filter(isExempt)
    .map(({ resource, control, exemption }) => ({ resourceArn: resource.arn, control, exemption }));
  const unreadRegistries = report.outcomes.flatMap(({ at, fault }) =>
    fault === null ? [] : [{ ...at, reason: fault }],
  );
  const document = { findings: listed, summary: { ...summary, exemptions, unreadRegistries } };
  return `${JSON.stringify(document, null, 2)}\n`;
};

interface Worst {
  readonly name: string;
  readonly severities: readonly Severity[];
}

const WORST_SHOWN = 5;

/** By the gravest finding, then by how many there are. */
const byWeight = (a: Worst, b: Worst): number => {
  for (const severity of SEVERITIES.toReversed()) {
    const count = ({ severities }: Worst): number => severities.filter((each) => each === severity).length;
    if (count(a) !== count(b)) return count(b) - count(a);
  }
  return a.name < b.name ? -1 : 1;
};

const worstOf = (findings: readonly ScannedFinding[]): readonly Worst[] =>
  [...Map.groupBy(findings.filter(isWrong), ({ resource }) => resource.arn).values()]
    .flatMap(([first, ...rest]) =>
      first === undefined
        ? []
        : [
            {
              name: `${first.resource.name} (${first.resource.type}, ${first.resource.region})`,
              severities: [first, ...rest].map(({ severity }) => severity),
            },
          ],
    )
    .sort(byWeight)
    .slice(0, WORST_SHOWN);

const severityCounts = (severities: readonly Severity[], palette: Palette): string =>
  [...Map.groupBy(severities, (severity) => severity)]
    .sort(([a], [b]) => severityRank(b) - severityRank(a))
    .map(([severity, each]) => severityPaint(severity, palette)(`${each.length} ${severity}`))
    .join(', ');

const byControl = (findings: readonly ScannedFinding[]): string =>
  [...Map.groupBy(findings.filter(isWrong), ({ control }) => control)]
    .sort(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
    .map(([control, each]) => `${each.length} ${control}`)
    .join(', ');

/** What to remember of a scan, worst first. Several lines; ends in a line break. */
export const closingSummary = ({ outcomes }: ScanReport, { palette }: Layout): string => {
  const findings = findingsOf({ outcomes });
  const worst = worstOf(findings);
  const unread = outcomes.filter(({ fault }) => fault !== null);
  const notEnabled = outcomes.filter((outcome) => outcome.notEnabled).length;
  const lines = [
    ...(worst.length === 0 ? [] : [`By control: ${byControl(findings)}`, palette.bold('Worst first:')]),
    ...worst.map(({ name, severities }) => `  ${plainText(name)}: ${severityCounts(severities, palette)}`),
    ...unread.map(({ at, fault }) =>
      palette.yellow(`Could not be read: ${registryName(at)}: ${plainText(fault ?? '')}`),
    ),
    ...(notEnabled === 0
      ? []
      : [`Passed over: ${counted(notEnabled, 'Region')} that the account has not enabled`]),
    ...(worst.length === 0 && unread.length === 0 && !findings.some(isUnread)
      ? [palette.green('Nothing to report.')]
      : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
};

/** The answer of a scan in one of its forms; ends in a line break. */
export const renderScan = (report: ScanReport, format: ScanFormat, layout: Layout): string => {
  switch (format) {
    case 'json':
      return json(report);
    case 'sarif': {
      const guides = new Map(CATALOGUE.map((control) => [control.id, control]));
      return `${JSON.stringify(findingsToSarif(findingsOf(report), guides, VERSION), null, 2)}\n`;
    }
    case 'table': {
      const { accountAliases, all } = report;
      const table = findingsTable(findingsOf(report), { ...layout, accountAliases, showCompliant: all });
      return `${table}\n${closingSummary(report, layout)}`;
    }
  }
};
