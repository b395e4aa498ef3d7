import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const ROOT = resolve(import.meta.dirname, '../..');
const DEMO = join(ROOT, 'cli/demo.ts');

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export const startDemo = (args: readonly string[]): Child =>
  spawn(process.execPath, [DEMO, ...args], { stdio: ['pipe', 'pipe', 'pipe'], cwd: ROOT });

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const gather = (stream: Readable): (() => string) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
};

/** Runs `npm start -- ARGS` to its end, as a process of its own. */
export const runDemo = async (args: readonly string[], input: string | Buffer = ''): Promise<Run> => {
  const child = startDemo(args);
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const status = await new Promise<number | null>((done) => child.once('close', done));
  return { status, stdout: stdout(), stderr: stderr() };
};

/** What the process has printed once it matches; throws when it ends before. */
export const printed = async (child: Child, pattern: RegExp): Promise<string> => {
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (pattern.test(text)) return text;
  }
  throw new Error(`it ended without ${String(pattern)}: ${text}`);
};
