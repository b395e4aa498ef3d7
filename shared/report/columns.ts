/** Text in terminal columns: widths, padding and wrapping of text that has no control characters or colours in it. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** East Asian wide and fullwidth blocks, and emoji: two columns. Source: Unicode, EastAsianWidth (W and F), by block. */
const WIDE =
  /^(?:[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}])/u;

const graphemes = (text: string): readonly string[] =>
  [...segmenter.segment(text)].map(({ segment }) => segment);

const graphemeWidth = (grapheme: string): number => {
  if (/^\p{M}+$/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
};

const ASCII = /^[ -~]*$/;

/** Columns that a line takes. */
export const displayWidth = (text: string): number =>
  ASCII.test(text)
    ? text.length
    : graphemes(text).reduce((width, grapheme) => width + graphemeWidth(grapheme), 0);

/** Filled with spaces up to `width` columns. */
export const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)));

/** Pieces of at most `width` columns (at least one character each); one pass, however long the text. */
const breakWord = (word: string, width: number): readonly string[] => {
  if (displayWidth(word) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  let used = 0;
  for (const grapheme of graphemes(word)) {
    const columns = graphemeWidth(grapheme);
    if (used + columns > width && part !== '') {
      parts.push(part);
      part = '';
      used = 0;
    }
    part += grapheme;
    used += columns;
  }
  return [...parts, part];
};

/** Lines of at most `width` columns (at least 1), broken between words; a longer word is broken inside. */
export const wrap = (text: string, width: number): readonly string[] => {
  const room = Math.max(2, width);
  const lines: string[] = [];
  let line = '';
  for (const piece of text.split(' ').flatMap((word) => breakWord(word, room))) {
    const joined = line === '' ? piece : `${line} ${piece}`;
    if (displayWidth(joined) <= room) {
      line = joined;
    } else {
      lines.push(line);
      line = piece;
    }
  }
  return [...lines, line];
};

/** At most `width` columns; `…` stands for what was cut. */
export const cutTo = (text: string, width: number): string =>
  displayWidth(text) <= width ? text : `${breakWord(text, Math.max(1, width - 1))[0] ?? ''}…`;
