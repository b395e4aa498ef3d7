/**
 * Whether `text` matches `pattern`, in which `*` stands for any characters, `/` and `:` too, and everything else
 * for itself. Anchored at both ends: without `*` only the very same text matches.
 * Each literal piece is searched once from where the last one ended, so no pattern can make it backtrack.
 */
export const matchesPattern = (pattern: string, text: string): boolean => {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === text;
  const end = text.length - tail.length;
  if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  return piecesFit(rest, text.slice(head.length, end));
};

const piecesFit = (pieces: readonly string[], text: string): boolean => {
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return true;
};

export const matchesAny = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => matchesPattern(pattern, text));
