import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo } from './child.ts';
import { envelopeOf, logFile, RECORDS } from './records.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecr-warden-events-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileWith = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

interface Line {
  readonly type: string;
  readonly where?: string;
  readonly error?: string;
  readonly alert?: { readonly transition: string; readonly control: { readonly id: string } };
  readonly [key: string]: unknown;
}

const play = async (content: string | Buffer): Promise<{ status: number | null; lines: readonly Line[] }> => {
  const { status, stdout, stderr } = await runDemo([
    '--events',
    fileWith('events', content),
    '--format',
    'json',
  ]);
  expect(stderr).toBe('');
  return {
    status,
    lines: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line),
  };
};

const alertsIn = (lines: readonly Line[]): readonly string[] =>
  lines.flatMap(({ alert }) => (alert === undefined ? [] : `${alert.transition} ${alert.control.id}`)).sort();

const ALERTS = [
  'opened customer-managed-key',
  'opened image-scanning',
  'opened lifecycle-policy',
  'opened public-access',
  'opened untrusted-access',
  'resolved public-access',
  'resolved untrusted-access',
];
const SUMMARY = {
  type: 'summary',
  records: 8,
  unreadable: 0,
  judged: 5,
  late: 1,
  alerts: 7,
  assumedRepositories: 1,
  ignored: { 'other-call': 1, 'failed-call': 1, 'not-judged': 1 },
};

const lines = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join('\n');

describe('npm start -- --events FILE', { timeout: 90_000 }, () => {
  it.each<[string, string | Buffer]>([
    ['a CloudTrail log file, compressed', gzipSync(logFile())],
    ['JSON Lines of EventBridge events', lines(RECORDS.map(envelopeOf))],
  ])(
    '%s: the same alerts, the replayed opening brings nothing back, exit status 1',
    async (_form, content) => {
      const { status, lines: answered } = await play(content);
      expect(alertsIn(answered)).toEqual(ALERTS);
      expect(answered.at(-1)).toMatchObject(SUMMARY);
      expect(status).toBe(1);
    },
  );

  it('one event, over standard input, for people', async () => {
    const { status, stdout } = await runDemo(
      ['--events', '-'],
      JSON.stringify(envelopeOf(RECORDS[0]!), null, 2),
    );
    expect(status).toBe(1);
    expect(stdout).toContain('CreateRepository in 123456789012 ap-south-1');
    expect(stdout).toContain('opened: lifecycle-policy app');
    expect(stdout).toContain('1 record read · 0 ignored · 1 judged · 0 unreadable · 2 alerts');
  });

  it('a record that is broken is named, the rest go on, exit status 2', async () => {
    const { status, lines: answered } = await play(logFile().replace('[', '[{"a":},'));
    const bad = answered.filter(({ type }) => type === 'unreadable');
    expect(bad).toEqual([{ type: 'unreadable', where: 'record 1 (line 1)', error: 'it is not valid JSON' }]);
    expect(alertsIn(answered)).toEqual(ALERTS);
    expect(status).toBe(2);
  });

  it('nothing to report is exit status 0', async () => {
    const { status } = await runDemo(['--events', '-'], lines([RECORDS[1], RECORDS[7]]));
    expect(status).toBe(0);
  });

  it('a compressed file that ends too soon is bad input', async () => {
    const whole = gzipSync(logFile());
    const { status, stderr } = await runDemo([
      '--events',
      fileWith('cut.gz', whole.subarray(0, whole.length - 20)),
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('the compressed input is broken');
  });

  it('names of the language are repositories like any other', async () => {
    const hostile = {
      ...RECORDS[0],
      requestParameters: { repositoryName: '__proto__', imageScanningConfiguration: { scanOnPush: false } },
    };
    const { lines: answered } = await play(lines([hostile]));
    expect(alertsIn(answered)).toContain('opened image-scanning');
  });
});
