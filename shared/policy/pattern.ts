/**
 * A text with wildcards: `*` for any run of characters, `?` for exactly one.
 * Kept as the pieces between the `*`; one piece means that there was none.
 */
export interface Pattern {
  readonly pieces: readonly Piece[];
}

/** Plain text, with the offsets at which any character will do. */
interface Piece {
  readonly text: string;
  readonly any: readonly number[] | null;
}

/** Text whose wildcards count, or (quoted) are characters like any other: the value of a variable. */
export interface Fragment {
  readonly text: string;
  readonly quoted: boolean;
}

/** Compiles text in which every `*` and `?` is a wildcard. */
export const patternOf = (text: string): Pattern =>
  text.includes('?')
    ? patternOfFragments([{ text, quoted: false }])
    : { pieces: text.split(/\*+/u).map((piece) => ({ text: piece, any: null })) };

/** Compiles a sequence of fragments. */
export const patternOfFragments = (fragments: readonly Fragment[]): Pattern => {
  const pieces: Piece[] = [];
  let text = '';
  let any: number[] = [];
  const flush = (): void => {
    pieces.push({ text, any: any.length > 0 ? any : null });
    text = '';
    any = [];
  };
  for (const fragment of fragments) {
    if (fragment.quoted) text += fragment.text;
    else
      for (const char of fragment.text.split('')) {
        if (char === '*') flush();
        else {
          if (char === '?') any.push(text.length);
          text += char;
        }
      }
  }
  flush();
  return { pieces };
};

/** Whether `piece` stands in `text` at this offset. */
const standsAt = (piece: Piece, text: string, at: number): boolean => {
  if (piece.any === null) return text.startsWith(piece.text, at);
  if (at < 0 || at + piece.text.length > text.length) return false;
  let next = 0;
  for (let offset = 0; offset < piece.text.length; offset += 1) {
    if (piece.any[next] === offset) next += 1;
    else if (piece.text.charCodeAt(offset) !== text.charCodeAt(at + offset)) return false;
  }
  return true;
};

const findFrom = (piece: Piece, text: string, from: number): number => {
  if (piece.any === null) return text.indexOf(piece.text, from);
  for (let at = from; at + piece.text.length <= text.length; at += 1)
    if (standsAt(piece, text, at)) return at;
  return -1;
};

/** Whether the whole text matches. Taking each piece at its first place is enough, so nothing is tried twice. */
export const matchesPattern = (pattern: Pattern, text: string): boolean => {
  const { pieces } = pattern;
  const first = pieces[0];
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) return false;
  if (!standsAt(first, text, 0)) return false;
  if (pieces.length === 1) return first.text.length === text.length;
  let at = first.text.length;
  for (let n = 1; n < pieces.length - 1; n += 1) {
    const piece = pieces[n];
    if (piece === undefined) return false;
    const found = findFrom(piece, text, at);
    if (found < 0) return false;
    at = found + piece.text.length;
  }
  const end = text.length - last.text.length;
  return end >= at && standsAt(last, text, end);
};

/** Splits fragments at the first five colons: the six fields of an ARN. Null when there are fewer. */
export const arnFieldsOf = (fragments: readonly Fragment[]): Pattern[] | null => {
  const fields: Fragment[][] = [[]];
  for (const fragment of fragments) {
    let rest = fragment.text;
    for (let colon = rest.indexOf(':'); colon >= 0 && fields.length < 6; colon = rest.indexOf(':')) {
      fields.at(-1)?.push({ text: rest.slice(0, colon), quoted: fragment.quoted });
      fields.push([]);
      rest = rest.slice(colon + 1);
    }
    fields.at(-1)?.push({ text: rest, quoted: fragment.quoted });
  }
  return fields.length < 6 ? null : fields.map(patternOfFragments);
};

/** Splits text at the first five colons. */
export const splitArn = (text: string): string[] => {
  const fields: string[] = [];
  let from = 0;
  while (fields.length < 5) {
    const colon = text.indexOf(':', from);
    if (colon < 0) break;
    fields.push(text.slice(from, colon));
    from = colon + 1;
  }
  fields.push(text.slice(from));
  return fields;
};

/** Compares field by field, so that a wildcard never spans one of the first five colons. */
export const matchesArn = (fields: readonly Pattern[], text: string): boolean => {
  const actual = splitArn(text);
  return (
    actual.length === 6 &&
    fields.every((field, n) => {
      const value = actual[n];
      return value !== undefined && matchesPattern(field, value);
    })
  );
};
