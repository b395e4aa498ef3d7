import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { COMMANDS, runProgram } from '../../cli/program.ts';
import type { CliSurroundings } from '../../cli/surroundings.ts';
import { run } from './run.ts';

interface Captured {
  readonly surroundings: CliSurroundings;
  readonly out: () => string;
  readonly err: () => string;
}

const captured = (): Captured => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  return {
    surroundings: {
      io: { stdin, stdout, stderr },
      environment: { defaultRegion: null, emulated: false, table: null, debug: false },
      clock: { now: () => '2026-01-01T00:00:00.000Z' },
    },
    out: () => String(stdout.read() ?? ''),
    err: () => String(stderr.read() ?? ''),
  };
};

describe('the program', () => {
  it('lists each command with the words of the command itself', async () => {
    for (const { name, summary, load } of COMMANDS) {
      const command = await load(captured().surroundings);
      expect([command.name(), command.description()]).toEqual([name, summary]);
    }
  });

  it('has examples and exit statuses in the help of every command that does something', async () => {
    const calls = [
      ...['scan', 'explain', 'compare', 'findings', 'remediate', 'remediations'].map((name) => [name]),
      ['check', 'policy'],
      ['check', 'event'],
      ['config', 'check'],
    ];
    for (const call of calls) {
      const { surroundings, out } = captured();
      await runProgram([...call, '--help'], surroundings);
      const help = out();
      expect([call, surroundings.io.exitCode]).toEqual([call, 0]);
      expect(help).toContain('Examples:');
      expect(help).toContain('Exit status: 0');
    }
  });

  it.each([
    [['scna'], "unknown command 'scna'"],
    [['scan', '--regoin', 'eu-west-1'], "unknown option '--regoin'"],
    [['scan', '--region', 'Frankfurt'], '`Frankfurt` is not the name of a Region'],
    [['scan', '--format', 'xml'], 'Allowed choices are table, json, sarif'],
    [['scan', '--control', 'publik-access'], 'did you mean `public-access`?'],
    [['scan', '--config', '/nonexistent.yml'], 'no such file'],
    [['scan'], 'no Region is set'],
    [['findings'], 'which table?'],
    [['remediate'], 'name a finding'],
    [['remediate', 'a/b', '--apply'], '--yes approves'],
    [['explain', 'Not A Name'], 'neither a file nor the name'],
    [['check', 'policy', '-'], '--owner-account is needed'],
    [['check', 'policy', '-', '--owner-account', '12'], '`12` is not an account id of 12 digits'],
    [['check', 'policy', '-', '--trust-ou', 'o-a/ou-b'], 'with the last slash'],
    [['check', 'policy', '-', '--now', '2026-13-01'], 'is no time of any day'],
  ])('refuses %j with status 2 and one clear sentence', async (args, sentence) => {
    const { surroundings, out, err } = captured();
    await runProgram(args, surroundings);
    const said = err();
    expect([surroundings.io.exitCode, out()]).toEqual([2, '']);
    expect(said).toMatch(/^ecr-warden: /);
    expect(said).toContain(sentence);
    expect(said).not.toContain('    at ');
  });

  it('shows the stack of an error with --debug only', async () => {
    const { surroundings, err } = captured();
    await runProgram(['findings', '--debug'], surroundings);
    expect(err()).toContain('    at ');
  });

  it('writes usage errors of a real process to standard error, and its version to standard output', async () => {
    const [nothing, version] = await Promise.all([run([]), run(['--version'])]);
    expect([nothing.status, nothing.stdout]).toEqual([2, '']);
    expect(nothing.stderr).toContain('Usage: ecr-warden');
    expect([version.status, version.stderr]).toEqual([0, '']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
