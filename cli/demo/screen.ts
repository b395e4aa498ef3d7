import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import ora from 'ora';
import type { Finding } from '../../shared/model/finding.ts';
import type { AlertBody, Item } from '../../shared/report/alert-model.ts';
import { terminalAlert } from '../../shared/report/alert-terminal.ts';
import { wrap } from '../../shared/report/columns.ts';
import { severityPaint, type Palette } from '../../shared/report/palette.ts';
import { changePhrase, duration } from '../../shared/report/phrases.ts';
import { plainText } from '../../shared/report/sanitise.ts';
import { isTerminal, paletteFor } from '../terminal.ts';
import type { Told } from './told.ts';

/** Of output that is kept in a file or shown on a page. */
const PAGE_COLUMNS = 100;
const MIN_COLUMNS = 80;
const MAX_COLUMNS = 120;
const MARGIN = '     ';

/** Where a run is shown to people. */
export interface Screen {
  readonly palette: Palette;
  /** Between 80 and 120. */
  readonly columns: number;
  /** Prints one line as it is. */
  readonly line: (text?: string) => void;
  /** Prints text of ours or theirs under a mark, wrapped and indented; control characters are gone. */
  readonly item: (item: MarkedText) => void;
  /** An alert as a person gets it. */
  readonly alert: (told: Told) => void;
  /** Does the work behind a spinner, where somebody looks. */
  readonly during: <T>(what: string, work: () => Promise<T>) => Promise<T>;
  /** Leaves time to read, where somebody looks and did not ask to be fast. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

export interface MarkedText {
  readonly mark: string;
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const columnsFor = (out: Writable): number => {
  const columns =
    isTerminal(out) && 'columns' in out && typeof out.columns === 'number' ? out.columns : PAGE_COLUMNS;
  return Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns));
};

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => MARGIN + line)
    .join('\n');

const same = (text: string): string => text;

export const createScreen = (out: Writable, { fast }: { readonly fast: boolean }): Screen => {
  const palette = paletteFor(out);
  const columns = columnsFor(out);
  const looksOn = isTerminal(out);
  const line = (text = ''): void => void out.write(`${text}\n`);
  return {
    palette,
    columns,
    line,
    item: ({ mark, text, paint = same }) => {
      const room = columns - MARGIN.length - mark.length - 1;
      for (const [index, part] of wrap(plainText(text, 2_000), room).entries()) {
        line(`${MARGIN}${index === 0 ? paint(mark) : ' '.repeat(mark.length)} ${paint(part)}`);
      }
    },
    alert: ({ body }) =>
      line(indented(terminalAlert(glance(body), { palette, columns: columns - MARGIN.length }))),
    during: async (what, work) => {
      if (!looksOn) return work();
      const spinner = ora({ text: what, stream: process.stdout, indent: MARGIN.length }).start();
      try {
        return await work();
      } finally {
        spinner.stop();
      }
    },
    pause: async (milliseconds) => {
      if (looksOn && !fast) await setTimeout(milliseconds);
    },
  };
};

const wordOf = ({ json }: Told): string =>
  json.kind === 'transition' ? json.transition.replaceAll('-', ' ') : json.kind;

const lagOf = ({ json }: Told): string => {
  const cause = json.kind === 'transition' ? json.cause : null;
  if (cause?.kind !== 'event' || cause.toldAfterMilliseconds === null) return '';
  return `, ${duration(cause.toldAfterMilliseconds)} after the call`;
};

const proposalOf = (finding: Finding): string | null =>
  finding.open && finding.remediation.status === 'proposed' && finding.remediation.plan.changes.length > 0
    ? `fix: ${finding.remediation.plan.changes.map(changePhrase).join(', ')}`
    : null;

const firstLine = (told: Told): string => {
  const { json, body, findings } = told;
  const [finding] = findings;
  if (json.kind !== 'transition' || finding === undefined) return body.content.headline;
  const severity = finding.open ? `${finding.severity} ` : '';
  return `${severity}${wordOf(told)}: ${finding.control} ${finding.resource.name} (${finding.resource.region})${lagOf(told)}`;
};

/** An alert in two or three lines: how grave, what happened, why, and what can be done by itself. */
export const alertItems = (told: Told, palette: Palette): readonly MarkedText[] => {
  const { content } = told.body;
  const closed = content.tone === 'closed';
  const paint = closed ? palette.green : severityPaint(content.severity, palette);
  const [finding] = told.json.kind === 'transition' ? told.findings : [];
  const details = finding === undefined ? [] : [finding.evidence.summary, proposalOf(finding)];
  return [
    { mark: closed ? '▼' : '▲', text: firstLine(told), paint },
    ...details
      .filter((text) => text !== null)
      .map((text) => ({ mark: ' ', text: text.replaceAll('`', ''), paint: palette.dim })),
  ];
};

/** Characters of a command that a reader takes in at a glance; longer ones are in the mail. */
const SHORT_COMMAND = 160;
const NOT_AT_A_GLANCE: ReadonlySet<string> = new Set(['User agent', 'ARN', 'Requirement', 'Judged']);

const isGlanced = (item: Item): boolean =>
  item.kind === 'code'
    ? !item.code.includes('\n') && item.code.length <= SHORT_COMMAND
    : item.kind !== 'row' || !NOT_AT_A_GLANCE.has(item.label);

/** The alert without what takes a screen of its own. */
const glance = (body: AlertBody): AlertBody => ({
  ...body,
  content: {
    ...body.content,
    sections: body.content.sections.map((section) => ({
      ...section,
      items: section.items.filter(isGlanced),
    })),
  },
});
