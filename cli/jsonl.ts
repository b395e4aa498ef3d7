import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { MalformedInputError } from '../shared/model/errors.ts';

/** Where a command reads and writes. `process` has this shape; tests pass their own streams. */
export interface CommandIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  exitCode?: number | string | null | undefined;
}

/** The answer to one line; `reported` when it says something that the exit status must tell. */
export interface LineAnswer {
  readonly answer: object;
  readonly reported: boolean;
}

/** What came of a JSON Lines stream: lines answered, lines that could not be read, answers with something to report. */
export interface JsonlTally {
  readonly read: number;
  readonly errors: number;
  readonly reported: number;
}

/** Exit status of every check command: 0 nothing to report, 1 something to report, 2 bad usage or input. */
export const exitStatusOf = (tally: Pick<JsonlTally, 'errors' | 'reported'>): 0 | 1 | 2 => {
  if (tally.errors > 0) return 2;
  return tally.reported > 0 ? 1 : 0;
};

/** Bytes; a longer line is answered with an error and skipped, so that memory stays bounded. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Bytes of answers that wait for one write. */
const FLUSH_AT = 64 * 1024;
const LINE_FEED = 0x0a;

/** A line's bytes, or null for one that was too long. */
type RawLine = Buffer | null;

/**
 * Lines of a byte stream, split at line feeds only: a JSON string may hold U+2028, where `readline` would split.
 * Yields the lines of each chunk together; a last line needs no line feed.
 */
async function* linesOf(input: Readable): AsyncGenerator<readonly RawLine[]> {
  let parts: Buffer[] = [];
  let length = 0;
  const add = (bytes: Buffer): void => {
    length += bytes.length;
    if (length <= MAX_LINE_BYTES) parts.push(bytes);
    else parts = [];
  };
  const finish = (): RawLine => {
    const line = length > MAX_LINE_BYTES ? null : Buffer.concat(parts);
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of input) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), 'utf8');
    const lines: RawLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      add(bytes.subarray(start, end));
      lines.push(finish());
      start = end + 1;
    }
    add(bytes.subarray(start));
    yield lines;
  }
  if (length > 0) yield [finish()];
}

/** Strict UTF-8; strips a byte order mark. */
const decode = (line: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch (cause) {
    throw new MalformedInputError('the line is not valid UTF-8', { cause });
  }
};

/**
 * Parses JSON text from outside; throws `MalformedInputError`.
 * `__proto__` becomes an ordinary own key, as `JSON.parse` makes it: read foreign objects by own keys only.
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new MalformedInputError('the text is not valid JSON', { cause });
  }
};

/** The `id` of a line's object, if it has one. */
const idOf = (value: unknown): { readonly id?: unknown } =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'id') && 'id' in value
    ? { id: value.id }
    : {};

/** The error to answer with, or null for a fault that is ours and must not be hidden. */
const messageOf = (error: unknown): string | null => {
  if (error instanceof MalformedInputError) return error.message;
  // A value nested so deeply that some recursion over it ran out of stack.
  return error instanceof RangeError ? 'the value is too deeply nested or too large' : null;
};

type Handle = (value: unknown) => LineAnswer | Promise<LineAnswer>;
type Answered = { readonly text: string; readonly outcome: 'clean' | 'reported' | 'error' };

/** The answer to one line; null for a blank one. */
const answerLine = async (line: RawLine, handle: Handle): Promise<Answered | null> => {
  let value: unknown;
  try {
    if (line === null) throw new MalformedInputError(`the line is longer than ${MAX_LINE_BYTES} bytes`);
    const text = decode(line);
    if (text.trim() === '') return null;
    value = parseJson(text);
    const { answer, reported } = await handle(value);
    return { text: `${JSON.stringify(answer)}\n`, outcome: reported ? 'reported' : 'clean' };
  } catch (error) {
    const message = messageOf(error);
    if (message === null) throw error;
    return { text: `${JSON.stringify({ ...idOf(value), error: message })}\n`, outcome: 'error' };
  }
};

interface LineSink {
  /** False once the reader at the other end has gone: nothing more needs to be done. */
  readonly write: (text: string) => Promise<boolean>;
  readonly release: () => void;
}

/** Writes with back-pressure. A closed pipe (`| head`) ends the work quietly; other write errors are thrown. */
const sinkOf = (output: Writable): LineSink => {
  const broken = new AbortController();
  let fault: NodeJS.ErrnoException | null = null;
  const onError = (error: NodeJS.ErrnoException): void => {
    fault = error;
    broken.abort();
  };
  const onClose = (): void => broken.abort();
  output.on('error', onError).on('close', onClose);
  const gone = (): boolean => {
    if (fault !== null && fault.code !== 'EPIPE' && fault.code !== 'ERR_STREAM_DESTROYED') throw fault;
    return fault !== null || broken.signal.aborted || output.destroyed;
  };
  return {
    write: async (text) => {
      if (gone()) return false;
      if (!output.write(text)) await once(output, 'drain', { signal: broken.signal }).catch(() => undefined);
      return !gone();
    },
    // The error listener stays: an EPIPE may arrive after the last write and must not crash the process.
    release: () => void output.off('close', onClose),
  };
};

/**
 * Answers each line of JSON with one line of JSON, in order, in constant memory and with back-pressure.
 * A line that cannot be read, or for which `handle` throws `MalformedInputError`, is answered with
 * `{"id"?,"error"}` and the rest go on; blank lines are skipped; any other error of `handle` is thrown.
 */
export const processJsonl = async (
  input: Readable,
  output: Writable,
  handle: Handle,
): Promise<JsonlTally> => {
  const tally = { read: 0, errors: 0, reported: 0 };
  const sink = sinkOf(output);
  try {
    for await (const lines of linesOf(input)) {
      let pending = '';
      for (const line of lines) {
        const answered = await answerLine(line, handle);
        if (answered === null) continue;
        tally.read += 1;
        if (answered.outcome === 'error') tally.errors += 1;
        if (answered.outcome === 'reported') tally.reported += 1;
        pending += answered.text;
        if (pending.length < FLUSH_AT) continue;
        if (!(await sink.write(pending))) return tally;
        pending = '';
      }
      if (pending !== '' && !(await sink.write(pending))) return tally;
    }
  } finally {
    sink.release();
  }
  return tally;
};

/** `processJsonl` between a command's standard streams; sets its exit status. */
export const runJsonl = async (io: CommandIo, handle: Handle): Promise<void> => {
  io.exitCode = exitStatusOf(await processJsonl(io.stdin, io.stdout, handle));
};
