import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountsMatching, freshAccount, instancesOf } from '../../shared/policy/fresh.ts';
import { matchesPattern, patternOf } from '../../shared/policy/pattern.ts';

describe('made-up values', () => {
  it('are accounts that the text does not contain', () => {
    const found: string[] = [];
    for (let n = 0; n < 8; n += 1) found.push(freshAccount(found.join(' ')));
    expect(new Set(found).size).toBe(8);
    expect(found.every((account) => /^\d{12}$/u.test(account))).toBe(true);
    expect(found.slice(5)).toEqual(['999999999999', '999999999998', '999999999997']);
    expect(freshAccount('')).toBe('900000000001');
  });

  it.each([
    ['a', ['x'], 64, ['a']],
    ['a?', ['x'], 64, ['a7']],
    ['a*', ['x', ''], 64, ['ax', 'a']],
    ['a**b', ['x', 'y'], 64, ['axb', 'ayb']],
    ['*-*', ['x', 'y'], 4, ['x-x', 'x-y', 'y-x', 'y-y']],
    ['*-*', ['x', 'y'], 3, ['x-x', 'y-x']],
    ['*-*', ['x', 'y'], 1, ['x-x']],
    ['*a*a*a*a*', ['x', 'y'], 2, ['xaxaxaxax', 'yaxaxaxax']],
    ['*a*a*a*a*a*', ['x', 'y'], 64, ['xaxaxaxaxax', 'yayayayayay']],
    ['*a*a*a*a*a*', ['x', 'y'], 1, ['xaxaxaxaxax']],
  ])('from "%s" with %j, at most %i', (pattern, fills, limit, texts) => {
    expect(instancesOf(pattern, fills, limit)).toEqual(texts);
  });

  it.each([
    ['111122223333', ['111122223333']],
    ['11112222333?', ['111122223337']],
    ['1111*', ['111199999999', '111188888888', '111133333333']],
    ['*3333', ['999999993333', '888888883333', '333333333333']],
    [
      '11*33*',
      ['119999999933', '113399999999', '118888888833', '113388888888', '113333333333', '113333333333'],
    ],
    ['111122223333*', ['111122223333']],
    ['1111', []],
    ['1111222233334', []],
    ['1111222233334*', []],
    ['x*', []],
    ['11112222333x', []],
    ['', []],
  ])('are accounts like "%s"', (pattern, accounts) => {
    expect(accountsMatching(pattern)).toEqual(accounts);
  });

  it('match the pattern that they are made from', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', ':', '1', '*', '?'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, (one) => {
        const compiled = patternOf(one);
        for (const text of [...instancesOf(one, ['', 'q7', '1:a']), ...accountsMatching(one)])
          expect(matchesPattern(compiled, text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
