import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arnFieldsOf,
  matchesArn,
  matchesPattern,
  patternOf,
  patternOfFragments,
  splitArn,
  type Fragment,
} from '../../shared/policy/pattern.ts';
import { expand, isVariable, templateOf, textOf } from '../../shared/policy/template.ts';

/** By definition, by trying everything. */
const matchesSlowly = (pattern: string, text: string): boolean => {
  const [head, ...rest] = pattern.split('');
  if (head === undefined) return text === '';
  const tail = rest.join('');
  if (head === '*')
    return matchesSlowly(tail, text) || (text !== '' && matchesSlowly(pattern, text.slice(1)));
  return text !== '' && (head === '?' || head === text[0]) && matchesSlowly(tail, text.slice(1));
};

const fragment = (text: string, quoted = false): Fragment => ({ text, quoted });

describe('patterns', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a', 'A', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['**', 'x', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'acb', false],
    ['a*bb*b', 'abb', false],
    ['a*bb*b', 'abbb', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['a?', 'ab', true],
    ['a?', 'bb', false],
    ['?*', '', false],
    ['?*', 'a', true],
    ['*?', 'abc', true],
    ['*?b', 'b', false],
    ['*?b*', 'xab', true],
    ['*a?c*', 'xaabc', true],
    ['*a?c*', 'xaac', true],
    ['*a?c*', 'xabd', false],
    ['x*a?c*y', 'xabcy', true],
    ['x*?a*y', 'xay', false],
    ['?a?', 'xay', true],
    ['?a?', 'xby', false],
    ['??', 'ab', true],
    ['??', 'a', false],
  ])('"%s" and "%s": %s', (pattern, text, matches) => {
    expect(matchesPattern(patternOf(pattern), text)).toBe(matches);
  });

  it('match as defined', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 9 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 7 });
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        expect(matchesPattern(patternOf(one), other)).toBe(matchesSlowly(one, other));
      }),
      { numRuns: 2000 },
    );
  });

  it('take quoted wildcards for characters', () => {
    const pattern = patternOfFragments([fragment('a*'), fragment('*?', true), fragment('?')]);
    expect(matchesPattern(pattern, 'axx*?y')).toBe(true);
    expect(matchesPattern(pattern, 'axxzzy')).toBe(false);
  });

  it('of no piece match nothing', () => {
    expect(matchesPattern({ pieces: [] }, '')).toBe(false);
  });

  it('leave no list of wildcards where there are none', () => {
    expect(patternOfFragments([fragment('ab*')])).toEqual({
      pieces: [
        { text: 'ab', any: null },
        { text: '', any: null },
      ],
    });
    expect(patternOf('a**b')).toEqual({
      pieces: [
        { text: 'a', any: null },
        { text: 'b', any: null },
      ],
    });
  });
});

describe('ARNs', () => {
  it('are split at the first five colons', () => {
    expect(splitArn('arn:aws:iam::1:role/a:b')).toEqual(['arn', 'aws', 'iam', '', '1', 'role/a:b']);
    expect(splitArn('arn:aws')).toEqual(['arn', 'aws']);
    expect(splitArn('')).toEqual(['']);
  });

  it.each([
    ['arn:aws:iam::1:role/*', 'arn:aws:iam::1:role/a:b', true],
    ['arn:*:role/x', 'arn:aws:iam::1:role/x', null],
    ['arn:aws:iam::*:role/x', 'arn:aws:iam::1:role/y', false],
    ['arn:*:*:*:*:*', 'arn:aws:iam::1', false],
    ['arn:*:*:*:*:*', 'arn:aws:iam::1:', true],
    ['arn:aws:*:1:role/x:y', 'arn:aws:iam::1:role/x:y', false],
  ])('"%s" and "%s": %s', (pattern, arn, matches) => {
    const fields = arnFieldsOf([fragment(pattern)]);
    expect(fields === null ? null : matchesArn(fields, arn)).toBe(matches);
  });

  it('are read over several fragments, colons in values included', () => {
    const fields = arnFieldsOf([
      fragment('arn:aws:iam::'),
      fragment('1', true),
      fragment(':role/'),
      fragment('*', true),
    ]);
    expect(fields).toHaveLength(6);
    expect(fields && matchesArn(fields, 'arn:aws:iam::1:role/*')).toBe(true);
    expect(fields && matchesArn(fields, 'arn:aws:iam::1:role/x')).toBe(false);
    expect(arnFieldsOf([fragment('a:b:'), fragment('c:d:e:f', true)])).toHaveLength(6);
    expect(arnFieldsOf([fragment('a:b:'), fragment('c:d:e', true)])).toBeNull();
  });
});

describe('policy variables', () => {
  it.each([
    ['plain', [fragment('plain')]],
    ['', []],
    ['${aws:UserName}', [{ key: 'aws:username', fallback: null }]],
    ['a${ aws:x }b', [fragment('a'), { key: 'aws:x', fallback: null }, fragment('b')]],
    ["${aws:x, 'd e'}", [{ key: 'aws:x', fallback: 'd e' }]],
    ["${aws:x,'d'}", [{ key: 'aws:x', fallback: 'd' }]],
    ["${aws:x , 'd' }", [{ key: 'aws:x', fallback: 'd' }]],
    ["${aws:x, ''}", [{ key: 'aws:x', fallback: '' }]],
    ['${*}${?}${$}', [fragment('*', true), fragment('?', true), fragment('$', true)]],
    [
      '${a}${b}',
      [
        { key: 'a', fallback: null },
        { key: 'b', fallback: null },
      ],
    ],
    ['${', [fragment('${')]],
    ['${}', [fragment('${}')]],
    ['${a b}', [fragment('${a b}')]],
    ['${a, d}', [fragment('${a, d}')]],
    ['${a', [fragment('${a')]],
    ['{a}', [fragment('{a}')]],
    [`\${${'k'.repeat(128)}}`, [{ key: 'k'.repeat(128), fallback: null }]],
    [`\${${'k'.repeat(129)}}`, [fragment(`\${${'k'.repeat(129)}}`)]],
    [`\${${' '.repeat(8)}k${' '.repeat(8)}}`, [{ key: 'k', fallback: null }]],
    [`\${${' '.repeat(9)}k}`, [fragment(`\${${' '.repeat(9)}k}`)]],
    [`\${k${' '.repeat(9)}}`, [fragment(`\${k${' '.repeat(9)}}`)]],
    [`\${k,${' '.repeat(8)}'d'${' '.repeat(8)}}`, [{ key: 'k', fallback: 'd' }]],
    [`\${k,${' '.repeat(9)}'d'}`, [fragment(`\${k,${' '.repeat(9)}'d'}`)]],
    [`\${k,'d'${' '.repeat(9)}}`, [fragment(`\${k,'d'${' '.repeat(9)}}`)]],
    [`\${k,'${'d'.repeat(256)}'}`, [{ key: 'k', fallback: 'd'.repeat(256) }]],
    [`\${k,'${'d'.repeat(257)}'}`, [fragment(`\${k,'${'d'.repeat(257)}'}`)]],
  ])('in "%s"', (text, parts) => {
    expect(templateOf(text)).toEqual(parts);
  });

  it('are replaced by values, or by their defaults, as characters', () => {
    const template = templateOf("a*${k}${l, 'd*'}");
    expect(expand(template, (key) => (key === 'k' ? 'v*' : null))).toEqual([
      fragment('a*'),
      fragment('v*', true),
      fragment('d*', true),
    ]);
    expect(expand(template, (key) => (key === 'l' ? 'v' : null))).toBeNull();
    expect(textOf(expand(template, () => 'v') ?? [])).toBe('a*vv');
    expect(expand(templateOf("${k, ''}"), () => null)).toEqual([fragment('', true)]);
  });

  it('are told from text', () => {
    expect(templateOf('a${k}').map(isVariable)).toEqual([false, true]);
  });
});
