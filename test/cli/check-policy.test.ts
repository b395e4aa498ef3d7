import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const OWNER = '111122223333';
const PULL = { Effect: 'Allow', Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'] };
const OPEN = {
  Version: '2012-10-17',
  Statement: [
    { ...PULL, Sid: 'Ours', Principal: { AWS: OWNER } },
    { ...PULL, Sid: 'Open', Principal: '*' },
  ],
};
const PARTNER = { Version: '2012-10-17', Statement: { ...PULL, Principal: { AWS: '444455556666' } } };

const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const check = (args: readonly string[], input?: string) =>
  run(['check', 'policy', ...args], { cwd: folder, ...(input === undefined ? {} : { input }) });

describe('check policy FILE', () => {
  it('answers with the verdict first, the statement, an example, and what it does not look at', async () => {
    const ran = await check([fileOf('open.json', JSON.stringify(OPEN)), '--owner-account', OWNER]);
    expect([ran.status, ran.stderr]).toEqual([1, '']);
    const [first] = ran.stdout.split('\n');
    expect(first).toBe('open.json: ✗ PUBLIC: any AWS account gets in');
    expect(ran.stdout).toContain('statement 1 `Open`');
    expect(ran.stdout).toMatch(/For example, this request gets through:\n\s+caller\s+arn:aws:/);
    expect(ran.stdout).toContain('Not looked at: identity policies of other accounts');
  });

  it.each([
    [[], 1, true],
    [['--trust-account', '444455556666'], 0, false],
    [['--trust-principal', 'arn:aws:iam::444455556666:role/other'], 1, true],
    [['--trust-account', '000000000000', '--trust-account', '444455556666'], 0, false],
  ])('with trust %j ends with %i', async (trust, status, untrusted) => {
    const ran = await check(
      ['-', '--owner-account', OWNER, '--format', 'json', ...trust],
      JSON.stringify(PARTNER),
    );
    const answer = JSON.parse(ran.stdout) as Record<string, unknown>;
    expect([ran.status, answer['untrusted'], answer['public']]).toEqual([status, untrusted, false]);
    expect(answer['externalAccounts']).toEqual(['444455556666']);
  });

  it('compares date conditions with --now', async () => {
    const Condition = { DateLessThan: { 'aws:CurrentTime': '2026-06-01T00:00:00Z' } };
    const text = JSON.stringify({ Version: '2012-10-17', Statement: { ...PULL, Principal: '*', Condition } });
    const at = (now: string) => check(['-', '--owner-account', OWNER, '--now', now], text);
    const [before, after] = await Promise.all([at('2026-05-31'), at('2026-06-02T00:00:00Z')]);
    expect([before.status, after.status]).toEqual([1, 0]);
  });

  it('points SARIF at the line of the statement', async () => {
    const name = fileOf('lines.json', JSON.stringify(OPEN, null, 2));
    const ran = await check([name, '--owner-account', OWNER, '--format', 'sarif']);
    const [result] = JSON.parse(ran.stdout).runs[0].results;
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    const starts = JSON.stringify(OPEN, null, 2)
      .split('\n')
      .flatMap((text, index) => (text === '    {' ? [index + 1] : []));
    expect([result.ruleId, artifactLocation.uri]).toEqual(['public-access', 'lines.json']);
    expect(region.startLine).toBe(starts[1]);
  });

  it.each([
    ['not JSON', 'is not JSON'],
    ['', 'is not JSON'],
  ])('refuses %j as input with status 2', async (text, sentence) => {
    const ran = await check(['-', '--owner-account', OWNER], text);
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(sentence);
  });

  it('reports a document that is JSON and no policy, rather than calling it clean', async () => {
    const ran = await check(['-', '--owner-account', OWNER], '{"Statemnt": []}');
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain('Could not be decided; the answer errs on reporting');
  });

  it('shows no terminal escape that a policy brings along', async () => {
    const Sid = '\u001b]0;owned\u0007\u001b[31m';
    const ran = await check(
      ['-', '--owner-account', OWNER],
      JSON.stringify({ Statement: { ...PULL, Sid, Principal: { AWS: `x\u001b[2J` } } }),
    );
    expect(ran.stdout).not.toContain('\u001b');
  });
});

describe('check policy --jsonl', () => {
  it('answers each line with exactly these fields in this order, and survives broken ones', async () => {
    const lines = [
      JSON.stringify({ id: 1, ownerAccount: OWNER, trust: {}, policy: OPEN }),
      'not json',
      JSON.stringify({ id: 'no-owner', policy: OPEN }),
      JSON.stringify({ id: 'bad-owner', ownerAccount: '12', policy: OPEN }),
      JSON.stringify({ id: 'no-policy', ownerAccount: OWNER }),
      JSON.stringify({ id: 'text', ownerAccount: OWNER, policy: JSON.stringify(PARTNER) }),
      JSON.stringify({
        id: 'trusted',
        ownerAccount: OWNER,
        trust: { accounts: ['444455556666'] },
        now: '2026-01-01T00:00:00Z',
        policy: PARTNER,
      }),
      JSON.stringify({ id: 'broken', ownerAccount: OWNER, policy: '{"Statement":' }),
    ];
    const ran = await check(['--jsonl'], `${lines.join('\n')}\n`);
    const answers = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers).toHaveLength(lines.length);
    expect(Object.keys(answers[0]!)).toEqual([
      'id',
      'public',
      'untrusted',
      'externalAccounts',
      'undecided',
      'grants',
      'notes',
    ]);
    expect(
      answers.map(({ id, error, public: open, untrusted }) => [id, typeof error, open, untrusted]),
    ).toEqual([
      [1, 'undefined', true, true],
      [undefined, 'string', undefined, undefined],
      ['no-owner', 'string', undefined, undefined],
      ['bad-owner', 'string', undefined, undefined],
      ['no-policy', 'string', undefined, undefined],
      ['text', 'undefined', false, true],
      ['trusted', 'undefined', false, false],
      ['broken', 'undefined', true, true],
    ]);
    expect([ran.status, ran.stderr]).toEqual([2, '']);
  });

  it('answers 10,000 lines in seconds and in order', async () => {
    const lines = Array.from({ length: 10_000 }, (_, id) =>
      JSON.stringify({ id, ownerAccount: OWNER, policy: id % 2 === 0 ? OPEN : PARTNER }),
    );
    const started = performance.now();
    const ran = await check(['--jsonl'], lines.join('\n'));
    const seconds = (performance.now() - started) / 1000;
    const answers = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; public: boolean });
    expect(answers.map(({ id }) => id)).toEqual(lines.map((_, id) => id));
    expect(answers.every(({ id, public: open }) => open === (id % 2 === 0))).toBe(true);
    expect(seconds).toBeLessThan(15);
    expect(ran.status).toBe(1);
  });

  it('ends quietly when its reader has seen enough', async () => {
    const main = resolve(import.meta.dirname, '../../cli/main.ts');
    const child = spawn(process.execPath, [main, 'check', 'policy', '--jsonl']);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined);
    const line = `${JSON.stringify({ id: 1, ownerAccount: OWNER, policy: OPEN })}\n`;
    child.stdin.end(line.repeat(20_000));
    child.stdout.once('data', () => child.stdout.destroy());
    await new Promise((closed) => child.on('close', closed));
    expect(stderr).toBe('');
  });
});

describe('explain and compare', () => {
  const before = () => fileOf('before.json', JSON.stringify(PARTNER));
  const after = () => fileOf('after.json', JSON.stringify(OPEN));

  it('explains a file by principal and capability', async () => {
    const ran = await run(['explain', after(), '--owner-account', OWNER], { cwd: folder });
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(
      /✗ \* \(any AWS account\)\s+✓\s+-\s+-\s+-\s+-\s+repository policy, statement 1 Open/,
    );
    expect(ran.stdout).toMatch(/✓ 111122223333\s+✓\s+-/);
  });

  it('says as JSON which capability each grant gives', async () => {
    const ran = await run(['explain', '-', '--owner-account', OWNER, '--format', 'json'], {
      cwd: folder,
      input: JSON.stringify({
        Statement: { Effect: 'Allow', Principal: { AWS: OWNER }, Action: 'ecr:PutImage' },
      }),
    });
    const { grants } = JSON.parse(ran.stdout) as { grants: { policy: string; capabilities: object }[] };
    expect(grants.map(({ policy, capabilities }) => [policy, capabilities])).toEqual([
      ['repository', { push: 'some' }],
    ]);
  });

  it('tells what a change newly lets in, and nothing when only the order changed', async () => {
    const call = (one: string, other: string) =>
      run(['compare', one, other, '--owner-account', OWNER, '--trust-account', '444455556666'], {
        cwd: folder,
      });
    const reordered = fileOf(
      'reordered.json',
      JSON.stringify({ ...OPEN, Statement: OPEN.Statement.toReversed() }),
    );
    const [opened, same, closed] = await Promise.all([
      call(before(), after()),
      call(after(), reordered),
      call(after(), before()),
    ]);
    expect([opened.status, same.status, closed.status]).toEqual([1, 0, 0]);
    expect(opened.stdout).toContain('NEWLY PUBLIC');
    expect(same.stdout).toContain('nobody newly gets anything');
    expect(closed.stdout).toContain('No longer gets in');
  });
});
