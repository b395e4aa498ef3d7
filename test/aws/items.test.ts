import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeepStrictEqual } from 'node:util';
import { findingAttributes, findingOf, fitFinding } from '../../shared/aws/finding-item.ts';
import { cutText, ITEM_BUDGET, MAX_ITEM_BYTES, sizeOf } from '../../shared/aws/item-size.ts';
import { pageFrom, pageToken } from '../../shared/aws/page-token.ts';
import { loadJson, storeJson } from '../../shared/aws/stored-json.ts';
import { openKeys, SHARDS } from '../../shared/aws/table-keys.ts';
import { mapPooled } from '../../shared/aws/pool.ts';
import { askForMany } from '../../shared/aws/ask-for-many.ts';
import { AwsRequestError, MalformedInputError, PermissionError } from '../../shared/model/errors.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { hostileJson } from '../contracts/finding-arbitrary.ts';
import { AT, sampleFinding } from '../contracts/samples.ts';

describe('data in items', () => {
  it('comes back as it was, hostile keys and all', () => {
    fc.assert(fc.property(hostileJson, (data) => isDeepStrictEqual(loadJson(storeJson(data)), data)));
  });

  it('stays a map where a map brings it back', () => {
    expect(storeJson({ actions: ['ecr:*'], count: 3 })).toHaveProperty('data');
    for (const value of [
      JSON.parse('{"__proto__":1}'),
      { constructor: 1 },
      { '': 1 },
      { a: '\ud800' },
      { a: 2 ** 60 },
    ]) {
      expect(storeJson(value)).toHaveProperty('dataJson');
    }
    let deep: object = {};
    for (let i = 0; i < 40; i += 1) deep = { deep };
    expect(storeJson(deep as never)).toHaveProperty('dataJson');
  });
});

describe('a finding too large for an item', () => {
  const violation = (size: number) => ({
    messageId: 'public',
    message: 'any account may pull',
    data: { statement: 'x'.repeat(size) },
  });
  const shapes = {
    'many violations': sampleFinding({ violations: Array.from({ length: 20_000 }, () => violation(10)) }),
    'large violations': sampleFinding({ violations: Array.from({ length: 40 }, () => violation(60_000)) }),
    'large evidence': sampleFinding({
      evidence: { summary: 'y'.repeat(600_000), data: { a: 'ü'.repeat(400_000) } },
    }),
    'one long message': sampleFinding({
      violations: [{ messageId: 'public', message: '😀'.repeat(300_000), data: {} }],
    }),
  };
  it.each(Object.entries(shapes))('%s: is made to fit, and says so', (_, finding) => {
    const fitted = fitFinding(finding);
    expect(sizeOf(fitted)).toBeLessThanOrEqual(ITEM_BUDGET);
    expect(sizeOf(findingAttributes(finding))).toBeLessThan(MAX_ITEM_BYTES);
    expect(fitted.evidence.summary).toMatch(/left out|violations recorded/);
    expect(fitted.violations.length).toBeGreaterThan(0);
    expect(fitted).toMatchObject({ compliance: finding.compliance, revision: finding.revision });
    expect(findingOf(findingAttributes(finding))).toEqual(fitted);
  });

  it('stays untouched below the limit', () => {
    const finding = sampleFinding({ violations: [violation(300_000)] });
    expect(fitFinding(finding)).toBe(finding);
  });

  it('is cut between characters', () => {
    expect(cutText('a😀b', 3)).toBe('a');
    expect(cutText('a😀b', 5)).toBe('a😀');
    expect(cutText('short', 100)).toBe('short');
  });
});

describe('an item that this version did not write', () => {
  it('is refused by the name of the attribute', () => {
    const item = { ...findingAttributes(sampleFinding()), severity: 'EXTREME' };
    expect(() => findingOf(item)).toThrow('`severity`');
    expect(() => findingOf({})).toThrow(AwsRequestError);
  });
});

describe('page tokens', () => {
  it('bring any position back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        (position) => pageFrom(pageToken(position)) === position,
      ),
    );
  });
  it.each(['', '%', 'AAAA====', '_', 'x'.repeat(5_000), '../..'])('refuse %s', (token) => {
    expect(() => pageFrom(token)).toThrow(MalformedInputError);
  });
});

describe('index keys of open findings', () => {
  it('spread over all shards evenly enough', () => {
    const shards = new Map<string, number>();
    for (let i = 0; i < 4_000; i += 1) {
      const keys = openKeys(sampleFinding({ resource: repositoryResource(AT, `team/${i}`) }));
      const shard = keys?.openSeverity ?? '';
      shards.set(shard, (shards.get(shard) ?? 0) + 1);
    }
    expect(shards.size).toBe(SHARDS);
    expect(Math.max(...shards.values())).toBeLessThan((4_000 / SHARDS) * 1.25);
  });
  it('are absent where nothing is open', () => {
    expect(openKeys(sampleFinding({ open: false }))).toBeNull();
  });
});

describe('work in a pool', () => {
  it('keeps the order and never runs more at once than allowed', async () => {
    let [running, most] = [0, 0];
    const results = await mapPooled([5, 1, 4, 2, 3], 2, async (n) => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, n));
      running -= 1;
      return n * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });
  it('starts nothing more after a failure', async () => {
    const started: number[] = [];
    const work = mapPooled([1, 2, 3, 4, 5, 6], 2, async (n) => {
      started.push(n);
      await Promise.resolve();
      if (n === 2) throw new Error('two');
    });
    await expect(work).rejects.toThrow('two');
    expect(started.length).toBeLessThan(6);
  });
});

describe('asking for many names at once', () => {
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
  const asking = (refuse: (part: readonly string[]) => Error | null) => {
    let calls = 0;
    const answers = askForMany<string>(names, {
      ask: async (part) => {
        calls += 1;
        const refusal = refuse(part);
        if (refusal !== null) throw refusal;
        return new Map(part.map((name) => [name, 'ok']));
      },
      refused: () => 'refused',
    });
    return answers.then((map) => ({
      calls,
      refused: [...map].filter(([, a]) => a === 'refused').map(([n]) => n),
    }));
  };

  it('finds the one that is denied by itself', async () => {
    const { calls, refused } = await asking((part) =>
      part.includes('n42') ? new PermissionError('no') : null,
    );
    expect(refused).toEqual(['n42']);
    expect(calls).toBeLessThan(20);
  });
  it('does not ask a hundred times where everything is denied', async () => {
    const { calls, refused } = await asking(() => new PermissionError('no'));
    expect(refused).toHaveLength(100);
    expect(calls).toBeLessThan(60);
  });
  it('asks once where the call itself is unknown', async () => {
    const unknown = new AwsRequestError('no', { data: { unsupported: true } });
    expect((await asking(() => unknown)).calls).toBe(1);
  });
  it('throws what may pass', async () => {
    await expect(asking(() => new Error('bug'))).rejects.toThrow('bug');
  });
});
