import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../shared/report/columns.ts';
import { runDemo } from './child.ts';

describe('npm start', { timeout: 90_000 }, () => {
  it('plays the story to its end: every step turns out as it says', async () => {
    const { status, stdout, stderr } = await runDemo([]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    for (const line of [
      '6 findings opened and told in one digest, not in 6 alerts',
      'opened, repaired and told as remediated in the same thread',
      'CRITICAL · opened',
      'assumed-role/developer/bob',
      'nothing to tell: 444455556666 is under trust in the configuration',
      'one alert, and it names 999988887777',
      'nothing was flipped: the rules are as eve left them',
      'nothing told twice, no old verdict back',
      'counted as event loss: 1',
      'what was open is told as resolved',
      '15 resources, ',
      '1 repair · 1 lost event ·',
    ]) {
      expect(stdout).toContain(line);
    }
    expect(stdout).not.toContain('✗ expected');
    expect(stdout).not.toContain('\u001B');
    const widest = Math.max(...stdout.split('\n').map((line) => displayWidth(line)));
    expect(widest).toBeLessThanOrEqual(120);
  });

  it('tells the same as data, with another seed', async () => {
    const { status, stdout } = await runDemo(['--format', 'json', '--seed', '4242']);
    expect(status).toBe(0);
    const story = JSON.parse(stdout) as {
      passed: boolean;
      seed: number;
      steps: { number: number; checks: { holds: boolean }[]; alerts: { kind: string }[] }[];
      figures: { eventLoss: number; repairs: number };
    };
    expect(story).toMatchObject({ passed: true, seed: 4242, figures: { eventLoss: 1, repairs: 1 } });
    expect(story.steps).toHaveLength(8);
    expect(story.steps.every(({ checks }) => checks.length > 0 && checks.every(({ holds }) => holds))).toBe(
      true,
    );
    expect(story.steps[0]?.alerts.map(({ kind }) => kind)).toEqual(['digest']);
  });

  it('says what did not turn out, and exits 1, under a configuration in which the stranger is trusted', async () => {
    const { status, stdout } = await runDemo(['--config', 'test/demo/trusting.yml', '--fast']);
    expect(status).toBe(1);
    expect(stdout).toContain('expected: one alert, and it names 999988887777; but: nothing was told');
    expect(stdout).toContain('did not turn out as the story says');
  });

  it.each([
    [['--bogus'], 'unknown option'],
    [['--seed', 'x'], 'a seed is a whole number'],
    [['--events', 'x', '--serve'], 'cannot be used with'],
    [['--config', 'no-such.yml'], 'no-such.yml'],
    [['--events', 'no-such.json'], 'no-such.json'],
  ])('%j is bad usage', async (args, message) => {
    const { status, stderr } = await runDemo(args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  it('helps, with examples and exit statuses', async () => {
    const { status, stdout } = await runDemo(['--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('npm start -- --events');
    expect(stdout).toContain('Exit status of --events');
  });
});
