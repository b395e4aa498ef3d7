import type { AlertBody, Item, Section } from './alert-model.ts';
import { displayWidth, padTo, wrap } from './columns.ts';
import type { Palette } from './palette.ts';
import { severityPaint } from './palette.ts';
import { plainBlock, plainText } from './sanitise.ts';

/** A terminal that is wider does not make an alert easier to read. */
const MAX_COLUMNS = 100;
const MIN_COLUMNS = 40;
const LABEL = 12;
const MAX_CODE_LINES = 12;

/** One line inside the box; `paint` colours it after its width has been counted. */
interface Line {
  readonly text: string;
  readonly paint: (text: string) => string;
}

interface Layout {
  readonly palette: Palette;
  /** Columns between label and right border. */
  readonly room: number;
}

const asIs = (text: string): string => text;
const words = (text: string): string => plainText(text, 1_000).replaceAll('`', '');

const codeLines = (code: string, { palette, room }: Layout): readonly Line[] => {
  const lines = plainBlock(code).split('\n');
  const shown = lines.slice(0, MAX_CODE_LINES).flatMap((line) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    return wrap(line.slice(indent.length), room - indent.length).map((part) => indent + part);
  });
  const left = lines.length - MAX_CODE_LINES;
  return [...shown, ...(left > 0 ? [`… ${left} more lines in the mail`] : [])].map((text) => ({
    text,
    paint: palette.cyan,
  }));
};

const itemLines = (item: Item, layout: Layout): readonly Line[] => {
  switch (item.kind) {
    case 'point':
      return wrap(words(item.text), layout.room - 2).map((text, index) => ({
        text: (index === 0 ? '• ' : '  ') + text,
        paint: asIs,
      }));
    case 'code':
      return codeLines(item.code, layout);
    case 'link':
      return wrap(item.url, layout.room).map((text) => ({ text, paint: layout.palette.dim }));
    case 'row':
      return wrap(`${words(item.label)}: ${words(item.text)}`, layout.room).map((text) => ({
        text,
        paint: asIs,
      }));
  }
};

/** Short rows share a line, so that where, who and when are two or three lines each. */
const joinedRows = (items: readonly Item[], room: number): readonly Item[] => {
  const joined: Item[] = [];
  for (const item of items) {
    const last = joined.at(-1);
    if (item.kind !== 'row' || last?.kind !== 'row') {
      joined.push(item);
      continue;
    }
    const text = `${last.text} · ${item.label}: ${item.text}`;
    if (displayWidth(words(`${last.label}: ${text}`)) > room) joined.push(item);
    else joined[joined.length - 1] = { ...last, text };
  }
  return joined;
};

const sectionLines = (section: Section, layout: Layout): readonly string[] =>
  joinedRows(section.items, layout.room)
    .flatMap((item) => itemLines(item, layout))
    .map(({ text, paint }, index) => {
      const label = padTo(index === 0 ? section.title.slice(0, LABEL - 1) : '', LABEL);
      return layout.palette.dim(label) + paint(padTo(text, layout.room));
    });

/** What a reader at the terminal wants; the rest is in the mail. */
const GLANCE_TITLES: ReadonlyMap<string, string> = new Map([
  ['What', 'What'],
  ['Before and after', 'Change'],
  ['Where', 'Where'],
  ['Who', 'Who'],
  ['When', 'When'],
  ['Open for', 'Open for'],
  ['How to fix', 'Fix'],
  ['Remediation', 'Remediation'],
  ['Way back', 'Way back'],
  ['By control', 'Controls'],
  ['By account and Region', 'Accounts'],
  ['Gravest first', 'Findings'],
]);

/** Said elsewhere in the box, or of no use at a glance. */
const LEFT_OUT: ReadonlySet<string> = new Set(['Evidence', 'First seen', 'Show the plan', 'Triggered by']);

const isShown = (item: Item): boolean =>
  item.kind === 'point' || (item.kind !== 'link' && !LEFT_OUT.has(item.label));

const glance = (sections: readonly Section[]): readonly Section[] =>
  sections.flatMap((section) => {
    const title = GLANCE_TITLES.get(section.title);
    return title === undefined ? [] : [{ ...section, title, items: section.items.filter(isShown) }];
  });

/**
 * An alert as a person sees it in a terminal: boxed, in the colour of its severity, at most 100 columns wide.
 * Untrusted text has lost every control character before a colour is added.
 */
export const terminalAlert = (
  body: AlertBody,
  options: { readonly palette: Palette; readonly columns: number },
): string => {
  const { palette } = options;
  const { content } = body;
  const width = Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, options.columns));
  const inner = width - 4;
  const paint = content.tone === 'closed' ? palette.green : severityPaint(content.severity, palette);
  const kind = [body.attributes.transition].flat().join(', ').replaceAll('-', ' ');
  const title = ` ${words(content.tone === 'open' ? `${content.severity} · ${kind}` : kind)} `;
  const rule = (left: string, right: string): string => paint(`${left}${'─'.repeat(width - 2)}${right}`);
  const framed = (text: string): string => `${paint('│')} ${text} ${paint('│')}`;
  return [
    paint(`╭─${title}${'─'.repeat(Math.max(0, width - 3 - displayWidth(title)))}╮`),
    ...wrap(words(content.headline), inner).map((line) => framed(palette.bold(padTo(line, inner)))),
    rule('├', '┤'),
    ...glance(content.sections)
      .flatMap((section) => sectionLines(section, { palette, room: inner - LABEL }))
      .map(framed),
    rule('╰', '╯'),
  ].join('\n');
};
