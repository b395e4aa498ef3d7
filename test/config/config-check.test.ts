import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { configCommand } from '../../cli/config-check.ts';
import type { CommandIo } from '../../cli/jsonl.ts';
import { configJsonSchema } from '../../shared/config/load.ts';
import { defaultSettings } from '../../shared/config/read-settings.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';

const textIn = (stream: PassThrough): string => String(stream.read() ?? '');

const run = async (args: readonly string[], input = '') => {
  const stdout = new PassThrough({ highWaterMark: 1024 * 1024 });
  const stderr = new PassThrough();
  const io: CommandIo = { stdin: Readable.from([input]), stdout, stderr };
  const now = (): string => '2026-11-21T00:00:00Z';
  await configCommand({ io, now }).parseAsync([...args], { from: 'user' });
  return { out: textIn(stdout), err: textIn(stderr), status: io.exitCode };
};

describe('config check', () => {
  it('shows what holds, as YAML that is valid again', async () => {
    const { out, status } = await run(['check', '-'], 'trust: { accounts: [012345678901] }\n');
    const { version } = defaultSettings(CATALOGUE);
    expect(out).toMatch(/^standard input: valid, version [0-9a-f]{12}, 0 warnings\n/);
    expect(out).not.toContain(version);
    expect(status).toBe(0);
    const shown = out.slice(out.indexOf('# Effective'));
    expect(parse(shown)).toMatchObject({
      trust: { accounts: ['012345678901'] },
      state: { historyDays: 400 },
    });
    expect((await run(['check', '-'], shown)).out).toBe(out);
  });

  it('shows problems with their lines, and what is probably not meant', async () => {
    const bad = await run(['check', '-'], 'trsut: {}\nstate: 7\n');
    expect(bad.out).toBe(
      'standard input:1:1: unknown key `trsut`; did you mean `trust`?\n' +
        'standard input:2:8: `state` is `7`: expected a block of keys\n' +
        'standard input: 2 problems\n',
    );
    expect(bad.status).toBe(2);
    const odd = await run(['check', '-'], 'registries: { approved: [docker.io] }');
    expect(odd.out).toContain('valid, version ');
    expect(odd.out).toContain(
      '\nstandard input:1:26: warning: `docker.io` is approved, its other name `registry-1.docker.io` is not\n',
    );
    expect(odd.status).toBe(0);
  });

  it('answers in JSON', async () => {
    const bad = await run(['check', '-', '--format', 'json'], 'trsut: {}\n');
    expect(JSON.parse(bad.out)).toEqual({
      file: 'standard input',
      valid: false,
      version: null,
      problems: [{ key: 'trsut', message: 'unknown key `trsut`; did you mean `trust`?', line: 1, column: 1 }],
      warnings: [],
      settings: null,
    });
    const good = await run(['check', '-', '--format', 'json'], '');
    const settings = defaultSettings(CATALOGUE);
    expect(JSON.parse(good.out)).toEqual({
      file: 'standard input',
      valid: true,
      version: settings.version,
      problems: [],
      warnings: [],
      settings,
    });
  });

  it('reads files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'ecr-warden.yml');
    writeFileSync(path, 'state: {}\n');
    expect((await run(['check', path])).status).toBe(0);
    const missing = await run(['check', join(folder, 'other.yml')]);
    expect(missing.err).toContain('ENOENT');
    expect(missing.status).toBe(2);
  });

  it('prints the schema', async () => {
    expect(JSON.parse((await run(['schema'])).out)).toEqual(configJsonSchema(CATALOGUE));
  });
});
