import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');

/** Everything of the machine that could reach a real account is left out. */
const BARE = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE00',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The program; default: the source. */
  readonly main?: string;
}

/** Runs `ecr-warden` as a process of its own, with this very Node. */
export const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  new Promise((fulfil, reject) => {
    const child = spawn(process.execPath, [options.main ?? MAIN, ...args], {
      env: { ...BARE, ...options.env },
      cwd: options.cwd ?? import.meta.dirname,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject).on('close', (status) => fulfil({ status, stdout, stderr }));
    child.stdin.on('error', () => undefined).end(options.input ?? '');
  });
