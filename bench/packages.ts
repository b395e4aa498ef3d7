import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import { median, type BenchRow } from './row.ts';

const root = resolve(import.meta.dirname, '..');
const RUNS = 7;

/** What a function needs to be told to start. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-west-1',
  ACCOUNT_ID: '111122223333',
  TABLE_NAME: 'ecr-warden',
  CHANGES_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/changes',
};

const unpack = (archive: string, into: string): number => {
  const files = unzipSync(readFileSync(archive));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(into, name), bytes);
  // What is loaded at the start: the entry and what it shares with modules that are imported when they are needed.
  const eager = Object.entries(files).filter(([name]) => /^(?:index|chunk-\w+)\.mjs$/.test(name));
  return eager.reduce((sum, [, bytes]) => sum + bytes.length, 0);
};

/** Milliseconds from the import of the handler to its being there, in a process of its own. */
const loadTime = (folder: string): number => {
  const script = `const start = performance.now(); const { handler } = await import('./index.mjs');
    if (typeof handler !== 'function') throw new Error('no handler');
    process.stdout.write(String(performance.now() - start));`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env: { ...ENVIRONMENT, LAMBDA_TASK_ROOT: folder },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the packaged function does not load: ${stderr}`);
  return Number(stdout);
};

/** Size and load time of each packaged function. `npm run build` first makes them anew. */
export const run = (): Promise<readonly BenchRow[]> => {
  const built = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  const archives = readdirSync(join(root, 'dist/functions')).filter((name) => name.endsWith('.zip'));
  return Promise.resolve(
    archives.flatMap((archive): BenchRow[] => {
      const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-'));
      try {
        const size = unpack(join(root, 'dist/functions', archive), folder);
        const times = Array.from({ length: RUNS }, () => loadTime(folder));
        const name = archive.replace('.zip', '');
        return [
          { what: `${name}: bundle, minified`, figure: size / 1024, unit: 'KB', atMost: 600 },
          { what: `${name}: time to load, median`, figure: median(times), unit: 'ms', atMost: 100 },
        ];
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
  );
};
