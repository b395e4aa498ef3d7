import type { Compliance, Severity } from '../model/compliance.ts';
import { SEVERITIES, severityRank } from '../model/compliance.ts';
import type { Finding } from '../model/finding.ts';
import type { AlertContent, AlertContext, Item, Section } from './alert-model.ts';
import { accountPhrase, counted, quoted, resourcePhrase } from './phrases.ts';

/** Findings that a digest lists in words; the JSON form has more of them. */
const MAX_LISTED = 50;

/** Distinct values in a stable order. */
export const distinct = <T extends string>(values: readonly T[]): readonly T[] => [...new Set(values)].sort();

/** The gravest severity of some findings; `INFORMATIONAL` for none. */
const gravest = (findings: readonly Finding[]): Severity =>
  findings.reduce<Severity>(
    (worst, { severity }) => (severityRank(severity) > severityRank(worst) ? severity : worst),
    'INFORMATIONAL',
  );

/** Gravest first, then by key: the same findings make the same message whatever their order. */
export const bySeverity = (findings: readonly Finding[]): readonly Finding[] =>
  [...findings].sort(
    (a, b) =>
      severityRank(b.severity) - severityRank(a.severity) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );

/** How many times each value occurs, most frequent first, then by name. */
const tally = (values: readonly string[]): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
};

const severityCounts = (findings: readonly Finding[]): string =>
  [...SEVERITIES]
    .reverse()
    .map((severity) => ({ severity, count: findings.filter((f) => f.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`)
    .join(', ');

const complianceNote = (compliance: Compliance): string =>
  compliance === 'INSUFFICIENT_DATA' ? 'cannot be judged: ' : '';

const findingPoint = (finding: Finding): Item => ({
  kind: 'point',
  text:
    `${finding.severity} ${quoted(finding.control)} ${resourcePhrase(finding.resource)} ` +
    `(${finding.resource.account} ${finding.resource.region}): ${complianceNote(finding.compliance)}` +
    (finding.violations[0]?.message ?? finding.evidence.summary),
});

const tallySection = (title: string, values: readonly string[]): Section => ({
  title,
  items: tally(values)
    .slice(0, MAX_LISTED)
    .map(([label, count]) => ({ kind: 'row', label: String(count), text: label })),
});

/** What is said of all findings that one sweep, or one new configuration, opened. */
export const digestContent = (
  alert: { readonly digestId: string; readonly findings: readonly Finding[]; readonly toldAt: string },
  context: AlertContext,
): AlertContent => {
  const { findings } = alert;
  const severity = gravest(findings);
  const places = findings.map(
    ({ resource }) => `${accountPhrase(resource.account, context.accountAliases)} ${resource.region}`,
  );
  const summary = `${counted(findings.length, 'finding')} opened (${severityCounts(findings)})`;
  const listed = bySeverity(findings).slice(0, MAX_LISTED);
  const left = findings.length - listed.length;
  return {
    headline: `${severity}: ${summary} in ${counted(distinct(places).length, 'registry').replace('registrys', 'registries')}`,
    subject: `${severity} digest: ${summary}`,
    severity,
    tone: 'open',
    sections: [
      tallySection(
        'By control',
        findings.map((finding) => quoted(finding.control)),
      ),
      tallySection('By account and Region', places),
      {
        title: 'Gravest first',
        items: [
          ...listed.map(findingPoint),
          ...(left > 0 ? [{ kind: 'point', text: `… and ${counted(left, 'more finding')}` } as const] : []),
        ],
      },
      {
        title: 'Reference',
        items: [
          { kind: 'row', label: 'Digest', text: quoted(alert.digestId) },
          { kind: 'row', label: 'Told', text: alert.toldAt },
        ],
      },
    ],
    nextSteps: [
      'Start with the gravest; each finding has its own evidence and way to fix it in the findings table',
    ],
    keywords: [severity, 'digest', ...distinct(findings.map((finding) => finding.control))].slice(0, 8),
  };
};
