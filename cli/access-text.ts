import type { AccessGrant, AccessReport, Note, Undecided } from '../shared/policy/report.ts';
import { padTo, wrap } from '../shared/report/columns.ts';
import type { Palette } from '../shared/report/palette.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { witnessWords } from './witness-text.ts';

/** What no resource policy says; every answer says that it was not looked at. */
export const NOT_LOOKED_AT =
  'identity policies of other accounts, service and resource control policies (SCPs, RCPs), VPC endpoint policies';

/** How text is laid out for whoever reads it. */
export interface Layout {
  readonly palette: Palette;
  readonly columns: number;
}

const paragraph = (text: string, indent: string, { columns }: Layout): readonly string[] =>
  wrap(text, Math.max(40, columns - indent.length)).map((line) => `${indent}${line}`);

/** The first line of `paragraph` with a mark where its indent is. */
const item = (mark: string, text: string, layout: Layout): readonly string[] => {
  const [first = '', ...rest] = paragraph(text, '    ', layout);
  return [`  ${mark} ${first.trimStart()}`, ...rest];
};

/** One line: the answer. */
export const accessVerdict = (report: AccessReport, { palette }: Layout): string => {
  if (report.public) return palette.red(palette.bold('✗ PUBLIC: any AWS account gets in'));
  if (report.untrusted) {
    return palette.red(
      palette.bold('✗ UNTRUSTED: somebody gets in who is neither of the owner account nor trusted'),
    );
  }
  const who =
    report.grants.length === 0
      ? 'the policy lets nobody in'
      : 'whoever gets in is of the owner account or trusted';
  return palette.green(palette.bold(`✓ NOTHING TO REPORT: ${who}`));
};

const weight = (grant: AccessGrant): number => (grant.public ? 0 : grant.trusted ? 2 : 1);

/** A paragraph for each grant, the widest open first. */
export const grantLines = (grants: readonly AccessGrant[], layout: Layout): readonly string[] => {
  const { palette } = layout;
  const sorted = grants.toSorted((a, b) => weight(a) - weight(b) || a.statement - b.statement);
  return sorted.flatMap((grant) =>
    item(grant.trusted ? palette.green('✓') : palette.red('✗'), plainText(grant.sentence, 2_000), layout),
  );
};

const witnessLines = ({ witnesses }: AccessReport, layout: Layout): readonly string[] => {
  const witness = witnesses.public ?? witnesses.untrusted;
  if (witness === null) return [];
  const pairs = witnessWords(witness).map(
    ([label, value]) => `    ${layout.palette.dim(padTo(label, 9))} ${value}`,
  );
  return ['  For example, this request gets through:', ...pairs];
};

/** `statement 2` or `the document`: where something is. */
export const placeOf = ({ statement }: { readonly statement: number | null }): string =>
  statement === null ? 'the document' : `statement ${statement}`;

const undecidedLines = (undecided: readonly Undecided[], layout: Layout): readonly string[] =>
  undecided.flatMap((part) =>
    item(layout.palette.yellow('?'), plainText(`${placeOf(part)}: ${part.reason}`, 1_000), layout),
  );

const noteLines = (notes: readonly Note[], layout: Layout): readonly string[] =>
  notes.flatMap((note) => item('-', plainText(`${placeOf(note)}: ${note.message}`, 1_000), layout));

/** A titled part; nothing if it has no lines. */
export const section = (title: string, lines: readonly string[], { palette }: Layout): readonly string[] =>
  lines.length === 0 ? [] : ['', palette.bold(title), ...lines];

/** What stands below the grants: an example, doubts, notes, and what was not looked at. */
export const closingSections = (report: AccessReport, layout: Layout): readonly string[] => [
  ...section('How', witnessLines(report, layout), layout),
  ...section(
    'Could not be decided; the answer errs on reporting',
    undecidedLines(report.undecided, layout),
    layout,
  ),
  ...section('Notes', noteLines(report.notes, layout), layout),
  '',
  ...paragraph(`Not looked at: ${NOT_LOOKED_AT}.`, '', layout).map(layout.palette.dim),
  '',
];

/** A report for people: the verdict, who gets in by which statement, an example, doubts, notes. Ends in a line break. */
export const accessText = (report: AccessReport, layout: Layout): string => {
  const { externalAccounts, grants } = report;
  const named = externalAccounts.length === 0 ? [] : [`  it names ${externalAccounts.join(', ')}`];
  return [
    accessVerdict(report, layout),
    ...named,
    ...section('Who gets in', grantLines(grants, layout), layout),
    ...closingSections(report, layout),
  ].join('\n');
};
