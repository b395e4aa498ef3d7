import type { AlertContent, Item, Section } from './alert-model.ts';
import { clipBytes, clipLines } from './bounds.ts';
import { plainBlock, plainText } from './sanitise.ts';

/** Evidence longer than this is cut, visibly; the JSON form has it. */
const MAX_CODE_LINES = 200;
const MAX_PROSE = 2_000;
/** SNS allows 262,144 bytes with the attributes; the rest is theirs. Source: SNS API reference, Publish. */
export const MAX_BODY_BYTES = 240_000;
const CUT =
  '\n… cut here: the whole message is longer than SNS carries; the table and the JSON alert have the rest\n';

const LABEL_WIDTH = 14;

/** A value that is one name and nothing else needs no backticks to be told from prose, and is easier to copy. */
const bare = (text: string): string => /^`([^`]*)`$/.exec(text)?.[1] ?? text;

/** The lines of one item, indented under its section's title. */
const itemLines = (item: Item): readonly string[] => {
  switch (item.kind) {
    case 'row':
      return [
        `  ${`${plainText(item.label)}:`.padEnd(LABEL_WIDTH)} ${plainText(bare(item.text), MAX_PROSE)}`,
      ];
    case 'point':
      return [`  - ${plainText(item.text, MAX_PROSE)}`];
    case 'link':
      return [`  ${`${item.label}:`.padEnd(LABEL_WIDTH)} ${item.url}`];
    case 'code':
      return [
        `  ${item.label}:`,
        ...clipLines(plainBlock(item.code), MAX_CODE_LINES)
          .split('\n')
          .map((line) => `    ${line}`.trimEnd()),
      ];
  }
};

const sectionText = (section: Section): string =>
  [section.title.toUpperCase(), ...section.items.flatMap(itemLines)].join('\n');

/** The mail: headline, then the sections. At most `MAX_BODY_BYTES` bytes; what is cut is said. */
export const alertText = (content: AlertContent): string =>
  clipBytes(
    `${[plainText(content.headline, MAX_PROSE), ...content.sections.map(sectionText)].join('\n\n')}\n`,
    MAX_BODY_BYTES,
    CUT,
  );
