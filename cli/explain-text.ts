import type { AccessGrant, AccessReport } from '../shared/policy/report.ts';
import { cutTo, displayWidth, padTo, wrap } from '../shared/report/columns.ts';
import type { Palette } from '../shared/report/palette.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { accessVerdict, closingSections, type Layout } from './access-text.ts';
import { CAPABILITIES, capabilitiesOf } from './capabilities.ts';

interface Row {
  readonly who: string;
  readonly grant: AccessGrant;
}

const whoOf = (principal: string, grant: AccessGrant): string => {
  const name = plainText(principal, 200);
  if (name !== '*') return name;
  return grant.public ? '* (any AWS account)' : '* (within the conditions)';
};

const weight = ({ grant }: Row): number => (grant.public ? 0 : grant.trusted ? 2 : 1);

/** A row for each principal of each grant; the widest open first, then by principal. */
const rowsOf = ({ grants }: AccessReport): readonly Row[] =>
  grants
    .flatMap((grant) => grant.principals.map((principal) => ({ who: whoOf(principal, grant), grant })))
    .toSorted((a, b) => weight(a) - weight(b) || (a.who < b.who ? -1 : a.who > b.who ? 1 : 0));

const EXTENT_MARKS = { all: '✓', some: '~' } as const;

const statementWords = ({ origin, statement, sid }: AccessGrant): string => {
  const policy = origin === 'registry' ? 'registry policy' : 'repository policy';
  return `${policy}, statement ${statement}${sid === null ? '' : ` ${plainText(sid, 100)}`}`;
};

const byWords = (grant: AccessGrant): string => {
  const conditions = grant.conditions.map((condition) => plainText(condition, 300)).join(' and ');
  return conditions === '' ? statementWords(grant) : `${statementWords(grant)}, if ${conditions}`;
};

const GAP = '  ';
const MAX_WHO = 60;

const marksOf = (grant: AccessGrant): string => {
  const capabilities = capabilitiesOf(grant);
  return CAPABILITIES.map((capability) => {
    const extent = capabilities.get(capability);
    return padTo(extent === undefined ? '-' : EXTENT_MARKS[extent], capability.length);
  }).join(GAP);
};

const rowLines = ({ who, grant }: Row, width: number, { palette, columns }: Layout): readonly string[] => {
  const paint = grant.trusted ? palette.green : palette.red;
  const head = `${paint(grant.trusted ? '✓' : '✗')} ${padTo(cutTo(who, width), width)}${GAP}${marksOf(grant)}${GAP}`;
  const taken = 2 + width + GAP.length * 2 + displayWidth(marksOf(grant));
  const by = wrap(byWords(grant), Math.max(30, columns - taken));
  return by.map((line, index) => (index === 0 ? `${head}${line}` : `${' '.repeat(taken)}${line}`));
};

const header = (width: number, palette: Palette): string =>
  palette.dim(
    ['  ' + padTo('WHO', width), ...CAPABILITIES.map((each) => each.toUpperCase()), 'BY'].join(GAP),
  );

const legend = (rows: readonly Row[]): readonly string[] => {
  const partial = rows.some(({ grant }) => [...capabilitiesOf(grant).values()].includes('some'));
  return partial ? ['', '~ only some of the calls that it takes'] : [];
};

/** Who can do what, by which statement: a table by principal. Ends in a line break. */
export const explainText = (report: AccessReport, owner: string, layout: Layout): string => {
  const rows = rowsOf(report);
  const width = Math.min(MAX_WHO, Math.max(10, ...rows.map(({ who }) => displayWidth(who))));
  const table = [header(width, layout.palette), ...rows.flatMap((row) => rowLines(row, width, layout))];
  return [
    accessVerdict(report, layout),
    '',
    ...(rows.length === 0 ? ['No policy lets anybody in.'] : table),
    ...legend(rows),
    '',
    `Identities of the owner account ${owner} also get in by identity policies of their own.`,
    ...closingSections(report, layout),
  ].join('\n');
};
