import type { Fragment } from './pattern.ts';

/** One policy variable: `${aws:username}` or `${aws:username, 'default'}`. */
export interface Variable {
  /** Lower-case key name. */
  readonly key: string;
  readonly fallback: string | null;
}

/** A value with policy variables in it. */
export type Template = readonly (Fragment | Variable)[];

/** Bounded, so that a text full of openings is read in linear time. */
const VARIABLE = /\$\{\s{0,8}([^},\s]{1,128})\s{0,8}(?:,\s{0,8}'([^']{0,256})'\s{0,8})?\}/gu;

/** Reads the variables of a value; `${*}`, `${?}` and `${$}` are those characters themselves. */
export const templateOf = (text: string): Template => {
  const parts: (Fragment | Variable)[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), quoted: false });
    const name = match[1] ?? '';
    parts.push(
      name === '*' || name === '?' || name === '$'
        ? { text: name, quoted: true }
        : { key: name.toLowerCase(), fallback: match[2] ?? null },
    );
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), quoted: false });
  return parts;
};

export const isVariable = (part: Fragment | Variable): part is Variable => 'key' in part;

/** Looks up the single value of a lower-case condition key; null when it has none. */
export type KeyLookup = (key: string) => string | null;

/** Replaces the variables. Null: one has neither value nor default, so that the whole matches nothing. */
export const expand = (template: Template, lookup: KeyLookup): Fragment[] | null => {
  const fragments: Fragment[] = [];
  for (const part of template) {
    if (!isVariable(part)) fragments.push(part);
    else {
      const value = lookup(part.key) ?? part.fallback;
      if (value === null) return null;
      fragments.push({ text: value, quoted: true });
    }
  }
  return fragments;
};

/** The fragments as one text. */
export const textOf = (fragments: readonly Fragment[]): string =>
  fragments.map((fragment) => fragment.text).join('');
