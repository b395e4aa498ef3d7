import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/program.ts';
import { capture, runHere } from './run-here.ts';
import { run } from './run.ts';

describe('the program', () => {
  it('lists each command with the words of the command itself', async () => {
    for (const { name, summary, load } of COMMANDS) {
      const command = await load(capture().surroundings);
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
      const { status, stdout: help } = await runHere([...call, '--help']);
      expect([call, status]).toEqual([call, 0]);
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
    const { status, stdout, stderr } = await runHere(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^ecr-warden: /);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('    at ');
  });

  it('shows the stack of an error with --debug only', async () => {
    expect((await runHere(['findings', '--debug'])).stderr).toContain('    at ');
  });

  it('writes usage errors of a real process to standard error, and its version to standard output', async () => {
    const [nothing, version] = await Promise.all([run([]), run(['--version'])]);
    expect([nothing.status, nothing.stdout]).toEqual([2, '']);
    expect(nothing.stderr).toContain('Usage: ecr-warden');
    expect([version.status, version.stderr]).toEqual([0, '']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
