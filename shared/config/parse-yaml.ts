import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { Located, LocatedEntry, Position } from './located.ts';
import type { Problem } from './problem.ts';

/** Characters; a configuration is a page or two. */
const MAX_LENGTH = 1024 * 1024;
const MAX_DEPTH = 32;

export type ParsedYaml =
  | { readonly ok: true; readonly root: Located }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface Walk {
  readonly lines: LineCounter;
  readonly problems: Problem[];
}

const positionAt = (lines: LineCounter, offset: number | undefined): Position | null => {
  if (offset === undefined) return null;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
};

const startOf = (walk: Walk, node: unknown): Position | null =>
  positionAt(
    walk.lines,
    isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined,
  );

const refuse = (walk: Walk, node: unknown, message: string): Located => {
  const at = startOf(walk, node);
  walk.problems.push({ key: '', message, at });
  return { kind: 'scalar', value: null, source: '', at };
};

const scalar = (walk: Walk, node: unknown): Located => {
  const at = startOf(walk, node);
  if (!isScalar(node)) return { kind: 'scalar', value: null, source: '', at };
  const { value, source = '' } = node;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { kind: 'scalar', value, source: source === '' ? String(value) : source, at };
  }
  return value === null || value === undefined
    ? { kind: 'scalar', value: null, source: '', at }
    : refuse(walk, node, 'a value of this kind has no meaning here');
};

const keyText = (key: unknown): string | null => {
  if (!isScalar(key)) return null;
  // An account id as a key keeps its leading zero.
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
};

const entry = (
  walk: Walk,
  pair: { readonly key: unknown; readonly value: unknown },
  depth: number,
): LocatedEntry[] => {
  const key = keyText(pair.key);
  if (key !== null) return [{ key, keyAt: startOf(walk, pair.key), value: locate(walk, pair.value, depth) }];
  refuse(walk, pair.key, 'a key must be plain text');
  return [];
};

const locate = (walk: Walk, node: unknown, depth: number): Located => {
  // Also what defuses "billion laughs": there is nothing to expand.
  if (isAlias(node)) return refuse(walk, node, 'anchors and aliases are not supported: repeat the value');
  if (depth > MAX_DEPTH) return refuse(walk, node, `nested deeper than ${MAX_DEPTH} levels`);
  const at = startOf(walk, node);
  if (isSeq(node))
    return { kind: 'list', items: node.items.map((item) => locate(walk, item, depth + 1)), at };
  if (isMap(node)) {
    return { kind: 'map', entries: node.items.flatMap((pair) => entry(walk, pair, depth + 1)), at };
  }
  return scalar(walk, node);
};

const syntaxProblems = (document: Document, lines: LineCounter): readonly Problem[] =>
  [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    key: '',
    // The library's sentence, as far as it is one: position and excerpt follow behind it.
    message: (message.split(/ at line \d+|\n/)[0] ?? message).replace(/^./, (first) => first.toLowerCase()),
    at: positionAt(lines, pos[0]),
  }));

const failed = (message: string): ParsedYaml => ({ ok: false, problems: [{ key: '', message, at: null }] });

const parse = (text: string): ParsedYaml => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', prettyErrors: false });
  const problems: Problem[] = [...syntaxProblems(document, lines)];
  if (problems.length > 0) return { ok: false, problems };
  const root = locate({ lines, problems }, document.contents, 0);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, root };
};

/**
 * Reads YAML 1.2 (or JSON, which is YAML) into values that know where they stand. Refused, each with its line:
 * duplicate keys, several documents, anchors and aliases, unknown tags, keys that are no text, extreme size or depth.
 */
export const parseYaml = (text: string): ParsedYaml => {
  if (text.length > MAX_LENGTH) return failed(`longer than ${MAX_LENGTH} characters`);
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) return failed('nested too deeply');
    throw error;
  }
};
