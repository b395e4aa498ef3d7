/** Characters that no POSIX shell treats specially anywhere in a word. `=` and `~` are not among them (zsh, sh). */
const PLAIN_WORD = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * One shell word that a POSIX shell reads back as exactly `value`, whatever it contains.
 * A NUL, which no argument can hold, becomes U+FFFD. Source: POSIX Shell Command Language, 2.2.2 Single-Quotes.
 */
export const shellQuote = (value: string): string =>
  PLAIN_WORD.test(value) ? value : `'${value.replaceAll('\0', '\uFFFD').replaceAll("'", String.raw`'\''`)}'`;

/** A command line from its words, each quoted where it must be. */
export const shellLine = (words: readonly string[]): string => words.map(shellQuote).join(' ');
