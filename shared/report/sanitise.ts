import { clip } from './bounds.ts';

/**
 * Names, tags, user agents and policy texts are somebody else's input. Each destination has its own function here;
 * nothing of theirs reaches a message but through one of them.
 */

/** Longest untrusted value that is shown in one line, in UTF-16 units. An ECR ARN has at most about 320. */
const MAX_VALUE = 600;

/**
 * What does not show, or changes how other text shows: control and format characters (bidirectional overrides,
 * zero-width, tags), lone surrogates, private use, default ignorable ones. Source: Unicode 16, UAX #44; CVE-2021-42574.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;
/** Any white space, line and paragraph separators and the tab included. */
const SPACES = /[\s\u0085]+/gu;
/** SNS refuses a subject of 100 characters. Source: SNS API reference, Publish. */
const MAX_SUBJECT = 99;
/** More than two marks on one character climb over the lines above and below. */
const PILED_MARKS = /(\p{M}{2})\p{M}+/gu;

/** One line of text: no control, bidirectional or invisible character, no line break. Each such one shows as `�`. */
const oneLine = (value: string): string =>
  value.replace(SPACES, ' ').replace(UNSEEN, '\uFFFD').replace(PILED_MARKS, '$1').trim();

const withoutSchemes = (text: string): string =>
  text.replaceAll('://', '[:]//').replace(/www\./giu, (match) => `${match.slice(0, -1)}[.]`);

/** For text messages and terminals: one line, no address that a mail program would make a link. */
export const plainText = (value: string, max = MAX_VALUE): string =>
  clip(withoutSchemes(oneLine(value)), max);

/** For code that is to be copied (a command, a snippet): line breaks stay, everything unseen shows as `�`. */
export const plainBlock = (value: string): string =>
  value
    .replace(/\r\n?|[\u0085\u2028\u2029]/gu, '\n')
    .replaceAll('\t', '  ')
    .split('\n')
    .map((line) => line.replace(UNSEEN, '\uFFFD').trimEnd())
    .join('\n')
    .trim();

/**
 * For a mail subject: printable ASCII, one line, at most `max` characters (SNS: under 100).
 * Only what names, ARNs and numbers consist of is kept; the rest shows as `?`.
 */
export const subjectText = (value: string, max = MAX_SUBJECT): string =>
  oneLine(value)
    .replaceAll('://', ':')
    .replace(/www\./giu, 'www-')
    .replace(/[^A-Za-z0-9 ._/:,()=+@'-]/gu, '?')
    .slice(0, max)
    .trim();

/** A subject in which the name, if it is too long, is shortened in its middle, so that what stands after it is told. */
export const subjectAround = (before: string, name: string, after: string): string => {
  const [head, tail] = [subjectText(before, MAX_SUBJECT), subjectText(after, MAX_SUBJECT)];
  const room = MAX_SUBJECT - head.length - tail.length - 2;
  const middle = subjectText(name, Number.POSITIVE_INFINITY);
  const half = Math.floor((room - 2) / 2);
  const fits = middle.length <= room || half < 8;
  const shown = fits ? middle : `${middle.slice(0, half)}..${middle.slice(-half)}`;
  return subjectText(`${head} ${shown} ${tail}`, MAX_SUBJECT);
};

/** Look-alikes that no chat program reads as markup, mention or channel. */
const HARMLESS: ReadonlyMap<string, string> = new Map([
  ['<', '‹'],
  ['>', '›'],
  ['&', '＆'],
  ['*', '∗'],
  ['~', '∼'],
  ['[', '［'],
  [']', '］'],
  ['|', '¦'],
  ['#', '＃'],
  ['@', '＠'],
  ['\\', '＼'],
  ['`', "'"],
]);
const MARKUP = /[<>&*~[\]|#@\\`]/gu;
/** An underscore marks emphasis only at the edge of a word; inside one (`my_app`) it is plain. */
const EDGE_UNDERSCORES = /(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu;

const withoutMarkup = (text: string): string =>
  text
    .replace(MARKUP, (found) => HARMLESS.get(found) ?? '?')
    .replace(EDGE_UNDERSCORES, (found) => '＿'.repeat(found.length));

/** `:name:` would show as an emoji. */
const EMOJI_COLON = /:(?=[\w+'-]*[A-Za-z][\w+'-]*:)/gu;
/** The dot of a host name, which chat programs link without being asked. */
const HOST_DOT = /(?<=[\p{L}\p{N}])[.\u3002\uFF0E\uFF61](?=\p{L}{2})/gu;

/** Words for a chat message: no markup, mention, emoji or link of theirs is left in them. */
const chatWords = (text: string): string =>
  withoutSchemes(withoutMarkup(text)).replace(EMOJI_COLON, '∶').replace(HOST_DOT, '[.]');

/** A bare name for a chat message's metadata. */
export const chatValue = (value: string, max = MAX_VALUE): string =>
  withoutSchemes(withoutMarkup(clip(oneLine(value), max)));

/** A name for a chat message, as inline code, so that it can be copied. Empty for an empty name. */
export const chatName = (value: string, max = MAX_VALUE): string => {
  const name = chatValue(value, max);
  return name === '' ? '' : `\`${name}\``;
};

/**
 * Prose for a chat message, in which `names` between backticks become inline code.
 * Whoever puts a backtick into a name only moves the border between two texts that are both harmless.
 */
export const chatText = (value: string, max = MAX_VALUE): string => {
  const parts = clip(oneLine(value), max).split('`');
  const unclosed = parts.length % 2 === 0 ? parts.length - 1 : -1;
  return parts
    .map((part, index) => {
      if (index % 2 === 0) return chatWords(part);
      return index === unclosed ? `'${chatWords(part)}` : chatName(part);
    })
    .join('');
};

/**
 * A command or snippet as it may stand in a chat's code block; null if something in it would have to be altered,
 * for an altered command must not be run. The text message has it whole.
 */
export const chatCode = (value: string): string | null => {
  const block = plainBlock(value);
  const unsafe = block !== value.trim() || /[<>&`@\\]|:\/\/|www\./iu.test(block);
  return unsafe ? null : block;
};

const HTML_ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
  ['`', '&#96;'],
]);

/** For HTML text and quoted attribute values. */
export const escapeHtml = (value: string): string =>
  value
    .replace(/[^\S\n ]/gu, ' ')
    .replace(UNSEEN, (found) => (found === '\n' ? found : '\uFFFD'))
    .replace(/[&<>"'`]/gu, (found) => HTML_ENTITIES.get(found) ?? '');
