import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MalformedInputError } from '../../shared/model/errors.ts';

/** One JSON value of a stream, unparsed. `bytes` is null for one that is too long to be read. */
export interface Piece {
  readonly bytes: Buffer | null;
  /** Where it stands, as a message says it: `line 3`, `record 7 (line 212)`. */
  readonly where: string;
}

/** Bytes of one record. CloudTrail's are at most 256 KB; whatever is longer is skipped, so that memory stays bounded. */
export const MAX_PIECE_BYTES = 4 * 1024 * 1024;
/** Bytes from which the form of a stream is told. */
const SNIFF_BYTES = 64 * 1024;

/** How a stream holds its values: one a line, one after another, in an array, or in the array of a container. */
type Form = 'lines' | 'values' | 'array' | 'container';

const CONTAINER = /^\s*\{\s*"(?:Records|Events)"\s*:\s*\[/;
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Tells the form by how the text begins. A first line that is broken is a broken line, not another form. */
const formOf = (head: string): Form => {
  const text = head.trimStart();
  if (text.startsWith('[')) return 'array';
  if (CONTAINER.test(text)) return 'container';
  const [first = '', second = ''] = text.split('\n', 2);
  // Inside a value that somebody laid out over several lines, the second one does not begin like a value.
  return isJson(first) || second === '' || second.startsWith('{') ? 'lines' : 'values';
};

/** Brackets around each value. */
const DEPTH: Readonly<Record<Exclude<Form, 'lines'>, number>> = { values: 0, array: 1, container: 2 };

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]);
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, LINE_FEED, 0x0d]);

/** Keeps the bytes of a value that spans chunks, up to a bound. */
const createKeeper = (): {
  readonly add: (bytes: Buffer) => void;
  readonly take: () => Buffer | null;
} => {
  let parts: Buffer[] = [];
  let length = 0;
  return {
    add: (bytes) => {
      length += bytes.length;
      if (length <= MAX_PIECE_BYTES) parts.push(bytes);
      else parts = [];
    },
    take: () => {
      const taken = length > MAX_PIECE_BYTES ? null : Buffer.concat(parts);
      parts = [];
      length = 0;
      return taken;
    },
  };
};

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const keeper = createKeeper();
  let line = 1;
  let pending = false;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      keeper.add(chunk.subarray(start, end));
      yield { bytes: keeper.take(), where: `line ${line}` };
      line += 1;
      start = end + 1;
    }
    pending = start < chunk.length || (pending && start === 0);
    keeper.add(chunk.subarray(start));
  }
  if (pending) yield { bytes: keeper.take(), where: `line ${line}` };
}

interface Cut {
  /** Offset of the first byte of a value, or after its last. */
  readonly at: number;
  readonly kind: 'start' | 'end';
  readonly line: number;
}

/** Finds where values begin and end by counting brackets outside strings; says nothing about what is in them. */
const createScanner = (base: number): ((chunk: Buffer) => readonly Cut[]) => {
  let depth = 0;
  let line = 1;
  let inString = false;
  let escaped = false;
  let inside = false;
  const cutAt = (byte: number, at: number, cuts: Cut[]): void => {
    if (OPENING.has(byte)) {
      if (depth === base && !inside) {
        inside = true;
        cuts.push({ at, kind: 'start', line });
      }
      depth += 1;
      return;
    }
    if (CLOSING.has(byte)) depth = Math.max(0, depth - 1);
    else if (depth === base && !inside && !BLANK.has(byte) && byte !== COMMA) {
      inside = true;
      cuts.push({ at, kind: 'start', line });
      return;
    }
    const closes = CLOSING.has(byte) && depth === base;
    const leaves = depth < base || (depth === base && (byte === COMMA || BLANK.has(byte)));
    if (!inside || (!closes && !leaves)) return;
    inside = false;
    cuts.push({ at: closes ? at + 1 : at, kind: 'end', line });
  };
  return (chunk) => {
    const cuts: Cut[] = [];
    // By index: an iterator over each byte costs ten times as much.
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else {
        cutAt(byte, at, cuts);
        if (byte === QUOTE) inString = true;
      }
      if (byte === LINE_FEED) line += 1;
    }
    return cuts;
  };
};

async function* bracketed(chunks: AsyncIterable<Buffer>, base: number): AsyncGenerator<Piece> {
  const scan = createScanner(base);
  const keeper = createKeeper();
  let record = 0;
  let where = '';
  let inside = false;
  for await (const chunk of chunks) {
    let start = 0;
    for (const { at, kind, line } of scan(chunk)) {
      if (kind === 'start') {
        record += 1;
        where = `record ${record} (line ${line})`;
        start = at;
      } else {
        keeper.add(chunk.subarray(start, at));
        yield { bytes: keeper.take(), where };
      }
      inside = kind === 'start';
    }
    if (inside) keeper.add(chunk.subarray(start));
  }
  if (inside) yield { bytes: keeper.take(), where };
}

async function* bytesOf(input: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of input as AsyncIterable<string | Uint8Array>) {
    yield typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : Buffer.from(chunk);
  }
}

/** The first bytes, and all of them. */
const peek = async (
  chunks: AsyncGenerator<Buffer>,
  wanted: number,
): Promise<{ readonly head: Buffer; readonly all: AsyncGenerator<Buffer> }> => {
  const first: Buffer[] = [];
  let length = 0;
  while (length < wanted) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    first.push(value);
    length += value.length;
  }
  const head = Buffer.concat(first);
  const all = async function* (): AsyncGenerator<Buffer> {
    yield head;
    yield* chunks;
  };
  return { head, all: all() };
};

const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b;

const isZlibError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');

/** Throws `MalformedInputError` where the compressed stream is broken or ends too soon. */
async function* inflated(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // An error of either stream ends the other one; it is thrown where the bytes are read.
  pipeline(Readable.from(chunks), gunzip, () => undefined);
  try {
    yield* bytesOf(gunzip);
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    throw new MalformedInputError(`the compressed input is broken: ${cause.message}`, { cause });
  }
}

/** Bytes of a byte order mark. */
const markLength = (head: Buffer): number =>
  head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;

async function* withoutMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    yield first ? chunk.subarray(markLength(chunk)) : chunk;
    first = false;
  }
}

/**
 * The JSON values of a stream, whatever holds them: a value a line, values one after another, an array, or
 * `{"Records":[…]}`; gzip or not. Reads on while values are taken; keeps one value at a time.
 */
export async function* jsonPieces(input: Readable): AsyncGenerator<Piece> {
  const raw = await peek(bytesOf(input), 2);
  const plain = withoutMark(isGzip(raw.head) ? inflated(raw.all) : raw.all);
  const { head, all } = await peek(plain, SNIFF_BYTES);
  const form = formOf(head.toString('utf8'));
  yield* form === 'lines' ? lines(all) : bracketed(all, DEPTH[form]);
}
