import { PassThrough, Readable, Writable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exitStatusOf,
  MAX_LINE_BYTES,
  processJsonl,
  runJsonl,
  type CommandIo,
  type LineAnswer,
} from '../../cli/jsonl.ts';
import { MalformedInputError } from '../../shared/model/errors.ts';

const collect = (): { readonly output: Writable; readonly lines: () => unknown[] } => {
  const chunks: string[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString('utf8'));
      done();
    },
  });
  return {
    output,
    lines: () =>
      chunks
        .join('')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown),
  };
};

const echo = (value: unknown): LineAnswer => ({ answer: { value }, reported: false });

const refuse = (): never => {
  throw new MalformedInputError('no good');
};

const broken = (): never => {
  throw new TypeError('a defect');
};

const run = async (
  chunks: readonly (string | Buffer)[],
  handle: (value: unknown) => LineAnswer | Promise<LineAnswer> = echo,
) => {
  const { output, lines } = collect();
  const tally = await processJsonl(Readable.from(chunks), output, handle);
  return { tally, lines: lines() };
};

describe('JSON Lines', () => {
  it('answers each line in order and skips blank ones', async () => {
    const { lines, tally } = await run(['{"a":1}\n\n  \r\n2\n', '"x"\r\n', 'null']);
    expect(lines).toEqual([{ value: { a: 1 } }, { value: 2 }, { value: 'x' }, { value: null }]);
    expect(tally).toEqual({ read: 4, errors: 0, reported: 0 });
  });

  it('does not depend on where the chunks end, in the middle of a character too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.json(), { maxLength: 6 }),
        fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 20 }),
        async (texts, sizes) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''), 'utf8');
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < bytes.length; i += 1) {
            const size = (sizes[i % sizes.length] ?? 0) + 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          const { lines } = await run(chunks);
          expect(lines).toEqual(texts.map((text) => ({ value: JSON.parse(text) as unknown })));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('splits at line feeds only: U+2028 and a lone carriage return belong to the line', async () => {
    const { lines } = await run(['"a\u2028b"\n', '[1,\r2]\n']);
    expect(lines).toEqual([{ value: 'a\u2028b' }, { value: [1, 2] }]);
  });

  it('answers an unreadable line with an error and goes on', async () => {
    const { lines, tally } = await run(['{"id":1}\n{broken\n', Buffer.from([0xff, 0x0a]), '{"id":2}\n']);
    expect(lines).toEqual([
      { value: { id: 1 } },
      { error: 'the text is not valid JSON' },
      { error: 'the line is not valid UTF-8' },
      { value: { id: 2 } },
    ]);
    expect(tally).toEqual({ read: 4, errors: 2, reported: 0 });
  });

  it('gives back the id of a line that the handler refuses, whatever the id is', async () => {
    const { lines } = await run(['{"id":"a"}\n{"id":{"x":1}}\n{}\n[]\n{"__proto__":{"id":"b"}}\n'], refuse);
    expect(lines).toEqual([
      { id: 'a', error: 'no good' },
      { id: { x: 1 }, error: 'no good' },
      { error: 'no good' },
      { error: 'no good' },
      { error: 'no good' },
    ]);
  });

  it('answers a value that exhausts the stack with an error', async () => {
    const depth = (value: unknown): number => (Array.isArray(value) ? 1 + depth(value[0]) : 0);
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const { lines, tally } = await run([`${deep}\n1\n`], (value) => ({
      answer: { depth: depth(value) },
      reported: false,
    }));
    expect(lines.at(-1)).toEqual({ depth: 0 });
    expect(tally).toEqual({ read: 2, errors: 1, reported: 0 });
  });

  it('throws what is no fault of the input', async () => {
    await expect(run(['1\n'], broken)).rejects.toThrow('a defect');
  });

  it('refuses a line over the limit without keeping it', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const chunks = [...Array.from({ length: MAX_LINE_BYTES / chunk.length }, () => chunk), ' \n', '7\n'];
    const { lines, tally } = await run(chunks);
    expect(lines).toEqual([{ error: `the line is longer than ${MAX_LINE_BYTES} bytes` }, { value: 7 }]);
    expect(tally.errors).toBe(1);
  });

  it('waits for a slow reader', async () => {
    let waiting = 0;
    let most = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        setImmediate(() => {
          waiting -= 1;
          done();
        });
      },
    });
    const counting = new Proxy(slow, {
      get: (target, key) => {
        if (key === 'write')
          return (text: string): boolean => {
            waiting += 1;
            most = Math.max(most, waiting);
            return target.write(text);
          };
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const chunks = Array.from({ length: 50 }, (_, i) => `${i}\n`);
    const tally = await processJsonl(Readable.from(chunks), counting, echo);
    expect(tally.read).toBe(50);
    expect(most).toBe(1);
  });

  it('stops quietly when the reader has gone', async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const chunks = Array.from({ length: 10_000 }, (_, i) => `${i}\n`);
    const tally = await processJsonl(Readable.from(chunks), output, echo);
    expect(tally.read).toBeLessThan(10_000);
  });

  it('throws a write error that is no closed pipe', async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('disk full'), { code: 'ENOSPC' }));
      },
    });
    const chunks = Array.from({ length: 1000 }, (_, i) => `${i}\n`);
    await expect(processJsonl(Readable.from(chunks), output, echo)).rejects.toThrow('disk full');
  });

  it('tells by the exit status what there was', async () => {
    expect(exitStatusOf({ errors: 0, reported: 0 })).toBe(0);
    expect(exitStatusOf({ errors: 0, reported: 3 })).toBe(1);
    expect(exitStatusOf({ errors: 1, reported: 3 })).toBe(2);
    const io: CommandIo = {
      stdin: Readable.from(['1\n2\n']),
      stdout: collect().output,
      stderr: new PassThrough(),
    };
    await runJsonl(io, (value) => ({ answer: {}, reported: value === 2 }));
    expect(io.exitCode).toBe(1);
  });
});
