import { describe, expect, it } from 'vitest';
import {
  decidedHolds,
  holdsAbsent,
  isDecided,
  literalsOf,
  matchesAny,
  networkRangesOf,
  quantifierOf,
  readDate,
  testHolds,
  type ConditionTest,
} from '../../shared/policy/conditions.ts';
import {
  cardinalityOf,
  epochOf,
  isIdentityOnly,
  SLOTS,
  slot,
  slotOf,
  valueAt,
} from '../../shared/policy/condition-keys.ts';
import { operatorOf } from '../../shared/policy/operators.ts';
import { parseCondition } from '../../shared/policy/parse-condition.ts';

const NOBODY = () => null;
const NOTHING = { tests: [], unreadable: [], partial: false, duplicates: [] };

const parse = (condition: unknown, lean = true, variables = true) =>
  parseCondition(condition, { lean, variables });

const testOf = (
  operator: string,
  values: unknown,
  { lean = true, variables = true, key = 'ecr:x' } = {},
): ConditionTest => {
  const [test] = parse({ [operator]: { [key]: values } }, lean, variables).tests;
  if (test === undefined) throw new Error(`no test: ${operator}`);
  return test;
};

const holds = (operator: string, value: unknown, actual: string | null, more = {}): boolean =>
  testHolds(testOf(operator, value, more), actual, NOBODY);

describe('numbers', () => {
  const ORDER = [
    ['NumericEquals', false, true, false],
    ['NumericNotEquals', true, false, true],
    ['NumericLessThan', true, false, false],
    ['NumericLessThanEquals', true, true, false],
    ['NumericGreaterThan', false, false, true],
    ['NumericGreaterThanEquals', false, true, true],
  ] as const;

  it.each(ORDER)('%s: less %s, equal %s, greater %s', (operator, less, equal, greater) => {
    expect([4, 5, 6].map((actual) => holds(operator, '5', String(actual)))).toEqual([less, equal, greater]);
    expect([-2, -1.5, -1].map((actual) => holds(operator, -1.5, String(actual)))).toEqual([
      less,
      equal,
      greater,
    ]);
    expect(['9', '10', '11'].map((actual) => holds(operator, ' +10 ', actual))).toEqual([
      less,
      equal,
      greater,
    ]);
  });

  it.each(ORDER)('%s: what is no number is not equal to one', (operator) => {
    for (const actual of ['', 'x', '5x', 'x5', '5.', '.5', '0x5', '1e3', '5 5', 'Infinity', '--5', '5.5.5'])
      expect(holds(operator, '5', actual)).toBe(operator === 'NumericNotEquals');
  });

  it.each(['', 'x', '5x', 'x5', '5.', '.5', '0x5', '1e3', '--5', 'NaN', '5.5.5'])(
    '"%s" cannot be read',
    (text) => {
      expect(parse({ NumericLessThan: { 'ecr:x': text } }).unreadable).toHaveLength(1);
      for (const lean of [true, false])
        for (const operator of ['NumericEquals', 'NumericNotEquals', 'NumericLessThan'])
          expect(holds(operator, text, '1', { lean })).toBe(lean);
    },
  );

  it.each(['5', '55', '5.25', '55.55', '+5', '-5', ' 5 ', 5, 0])('"%s" can', (text) => {
    expect(parse({ NumericEquals: { 'ecr:x': text } }).unreadable).toEqual([]);
    expect(holds('NumericEquals', text, String(Number(text)))).toBe(true);
  });
});

describe('dates', () => {
  it.each([
    ['DateEquals', false, true, false],
    ['DateNotEquals', true, false, true],
    ['DateLessThan', true, false, false],
    ['DateLessThanEquals', true, true, false],
    ['DateGreaterThan', false, false, true],
    ['DateGreaterThanEquals', false, true, true],
  ] as const)('%s: before %s, at %s, after %s', (operator, before, at, after) => {
    const times = ['2026-05-31T23:59:59Z', '2026-06-01T00:00:00Z', '2026-06-01T00:00:01Z'];
    for (const value of ['2026-06-01T00:00:00Z', '2026-06-01', '2026-06-01T02:00:00+02:00', '1780272000'])
      expect(times.map((time) => holds(operator, value, time))).toEqual([before, at, after]);
    const seconds = ['1780271999', '1780272000', '1780272001'];
    expect(seconds.map((time) => holds(operator, '2026-06-01T00:00:00Z', time))).toEqual([before, at, after]);
  });

  it('in seconds have nine digits or more, and nothing else', () => {
    expect(readDate('123456789')).toBe(123_456_789_000);
    expect(readDate('1780272000')).toBe(1_780_272_000_000);
    expect(readDate('1780272000x')).toBeNaN();
    expect(readDate('x1780272000')).toBeNaN();
    expect(readDate('2026')).toBe(Date.UTC(2026, 0, 1));
    expect(readDate('12345678')).not.toBe(12_345_678_000);
  });

  it('that cannot be read lean', () => {
    for (const lean of [true, false]) {
      expect(holds('DateLessThan', 'soon', '2026-06-01T00:00:00Z', { lean })).toBe(lean);
      expect(holds('DateNotEquals', 'soon', '2026-06-01T00:00:00Z', { lean })).toBe(lean);
    }
    expect(holds('DateLessThan', '2026-06-01', 'soon')).toBe(false);
  });
});

describe('texts', () => {
  it.each([
    ['StringEquals', 'a', 'a', true],
    ['StringEquals', 'a', 'A', false],
    ['StringEquals', 'a*', 'ab', false],
    ['StringEquals', 'a*', 'a*', true],
    ['StringNotEquals', 'a', 'b', true],
    ['StringNotEquals', 'a', 'a', false],
    ['StringEqualsIgnoreCase', 'aB', 'Ab', true],
    ['StringEqualsIgnoreCase', 'a*', 'ab', false],
    ['StringNotEqualsIgnoreCase', 'aB', 'Ab', false],
    ['StringLike', 'a', 'a', true],
    ['StringLike', 'a', 'b', false],
    ['StringLike', 'a*', 'ab', true],
    ['StringLike', 'a?', 'ab', true],
    ['StringLike', 'a?', 'abc', false],
    ['StringNotLike', 'a*', 'ab', false],
    ['StringNotLike', 'a*', 'b', true],
    ['BinaryEquals', 'YQ==', 'YQ==', true],
    ['BinaryEquals', 'YQ==', 'yq==', false],
    ['Bool', 'TRUE', 'true', true],
    ['Bool', true, 'True', true],
    ['Bool', 'false', 'true', false],
    ['Bool', false, 'false', true],
    ['ArnLike', 'arn:aws:s3:::b', 'arn:aws:s3:::b', true],
    ['ArnEquals', 'arn:aws:s3:::*', 'arn:aws:s3:::b', true],
    ['ArnNotLike', 'arn:aws:s3:::*', 'arn:aws:s3:::b', false],
    ['ArnNotEquals', 'arn:aws:s3:::c', 'arn:aws:s3:::b', true],
    ['IpAddress', '203.0.113.0/24', '203.0.113.9', true],
    ['IpAddress', '203.0.113.0/24', '203.0.114.9', false],
    ['IpAddress', '203.0.113.0/24', 'somewhere', false],
    ['NotIpAddress', '203.0.113.0/24', '203.0.113.9', false],
    ['NotIpAddress', '203.0.113.0/24', 'somewhere', true],
  ])('%s "%s": "%s" %s', (operator, value, actual, wanted) => {
    expect(holds(operator, value, actual)).toBe(wanted);
    expect(holds(operator, ['other', value], actual, { lean: operator.includes('Not') })).toBe(wanted);
  });

  it.each([
    ['Bool', 'yes', 'NotBool'],
    ['IpAddress', '203.0.113.0/33', 'NotIpAddress'],
    ['ArnLike', 'arn:aws:s3', 'ArnNotLike'],
    ['ArnLike', '*', 'ArnNotEquals'],
  ])('%s "%s" cannot be read, and leans', (operator, value, negated) => {
    for (const lean of [true, false]) {
      expect(holds(operator, value, 'arn:aws:s3:::b', { lean })).toBe(lean);
      if (operatorOf(negated) !== null) expect(holds(negated, value, 'arn:aws:s3:::b', { lean })).toBe(lean);
    }
    expect(parse({ [operator]: { 'ecr:x': [value] } }).unreadable).toEqual([
      `a value of \`ecr:x\` cannot be read by \`${operator}\``,
    ]);
  });

  it('an empty list matches nothing', () => {
    expect(holds('StringEquals', [], 'a')).toBe(false);
    expect(holds('StringNotEquals', [], 'a')).toBe(true);
  });
});

describe('policy variables', () => {
  const lookup = (key: string) => (key === 'aws:username' ? 'An*a' : null);
  const withName = (operator: string, value: string, actual: string, more = {}) =>
    matchesAny(testOf(operator, value, more), actual, lookup);

  it.each([
    ['StringEquals', 'u-${aws:username}', 'u-An*a', true],
    ['StringEquals', 'u-${aws:username}', 'u-an*a', false],
    ['StringEqualsIgnoreCase', 'U-${aws:username}', 'u-aN*A', true],
    ['StringEqualsIgnoreCase', 'U-${aws:username}', 'u-anna', false],
    ['StringLike', '${aws:username}-*', 'An*a-x', true],
    ['StringLike', '${aws:username}-*', 'Anna-x', false],
    ['StringLike', '${*}', '*', true],
    ['StringLike', '${*}', 'x', false],
    ['StringEquals', '${$}{x}', '${x}', true],
    ['StringEqualsIgnoreCase', '${?}A', '?a', true],
    ['ArnLike', 'arn:aws:iam::1:user/${aws:username}', 'arn:aws:iam::1:user/An*a', true],
    ['ArnLike', 'arn:aws:iam::1:user/${aws:username}', 'arn:aws:iam::1:user/Anna', false],
    ['ArnLike', 'arn:aws:iam::*:user/${*}', 'arn:aws:iam::1:user/*', true],
    ['StringEquals', "${aws:x, 'd'}", 'd', true],
    ['StringEquals', '${aws:x}', '${aws:x}', false],
    ['StringEquals', '${aws:x}', '', false],
  ])('%s "%s": "%s" %s', (operator, value, actual, wanted) => {
    expect(withName(operator, value, actual)).toBe(wanted);
    expect(withName(operator, value, actual, { lean: false })).toBe(wanted);
  });

  it('that have no value lean in a negation, and match nothing elsewhere', () => {
    expect(testHolds(testOf('StringNotEquals', '${aws:x}'), 'a', lookup)).toBe(true);
    expect(testHolds(testOf('StringNotEquals', '${aws:x}', { lean: false }), 'a', lookup)).toBe(false);
    expect(testHolds(testOf('StringEquals', ['${aws:x}', 'a']), 'a', lookup)).toBe(true);
  });

  it('with too few fields around them make no ARN', () => {
    for (const lean of [true, false])
      expect(withName('ArnLike', 'arn:${aws:username}', 'arn:aws:iam::1:user/x', { lean })).toBe(lean);
  });

  it('exist for texts and ARNs of the newer language only', () => {
    expect(testOf('StringEquals', '${aws:username}').variables).toEqual(['aws:username']);
    expect(testOf('StringEquals', '${aws:username}', { variables: false }).variables).toEqual([]);
    expect(withName('StringEquals', '${aws:username}', '${aws:username}', { variables: false })).toBe(true);
    expect(withName('StringEquals', '${aws:username}', 'An*a', { variables: false })).toBe(false);
    expect(withName('BinaryEquals', '${aws:username}', '${aws:username}')).toBe(true);
    expect(testOf('NumericEquals', '${aws:username}').values).toEqual([{ kind: 'unreadable' }]);
    expect(testOf('StringEquals', 'plain').values).toEqual([{ kind: 'text', text: 'plain' }]);
    expect(testOf('StringEquals', ['${a}x${B}', 'plain', '${*}${c}']).variables).toEqual(['a', 'b', 'c']);
  });
});

describe('absent keys', () => {
  it.each([
    ['StringEquals', false],
    ['StringNotEquals', true],
    ['StringEqualsIfExists', true],
    ['StringNotEqualsIfExists', true],
    ['ForAllValues:StringEquals', true],
    ['ForAllValues:StringNotEquals', true],
    ['ForAllValues:StringEqualsIfExists', true],
    ['ForAnyValue:StringEquals', false],
    ['ForAnyValue:StringNotEquals', false],
    ['Bool', false],
  ])('%s: %s', (operator, wanted) => {
    for (const lean of [true, false]) {
      expect(holdsAbsent(testOf(operator, 'true', { lean }))).toBe(wanted);
      expect(holds(operator, 'true', null, { lean })).toBe(wanted);
    }
  });

  it.each(['ForAnyValue:StringEqualsIfExists', 'ForAnyValue:StringNotEqualsIfExists'])(
    '%s leans',
    (operator) => {
      for (const lean of [true, false]) expect(holds(operator, 'x', null, { lean })).toBe(lean);
    },
  );

  it.each([
    ['true', true, false],
    ['TRUE', true, false],
    [true, true, false],
    ['false', false, true],
    ['False', false, true],
    [false, false, true],
    [['true', 'false'], true, true],
    [[], false, false],
  ])('Null %s: absent %s, present %s', (value, absent, present) => {
    for (const lean of [true, false]) {
      expect(holds('Null', value, null, { lean })).toBe(absent);
      expect(holds('Null', value, 'x', { lean })).toBe(present);
    }
  });

  it('Null of anything else leans', () => {
    for (const lean of [true, false]) {
      expect(holds('Null', 'maybe', null, { lean })).toBe(lean);
      expect(holds('Null', 'maybe', 'x', { lean })).toBe(lean);
    }
    expect(parse({ Null: { 'ecr:x': 'maybe' } }).unreadable).toHaveLength(1);
  });
});

describe('lists of values', () => {
  it.each([
    ['StringEquals', 'some'],
    ['StringNotEquals', 'every'],
    ['ForAnyValue:StringEquals', 'some'],
    ['ForAnyValue:StringNotEquals', 'some'],
    ['ForAllValues:StringEquals', 'every'],
    ['ForAllValues:StringNotEquals', 'every'],
  ])('%s: %s', (operator, quantifier) => {
    expect(quantifierOf(testOf(operator, 'a').operator)).toBe(quantifier);
  });

  const names = (count: number) => Array.from({ length: count }, (_, n) => `n${n}`);
  const blocks = (count: number) => Array.from({ length: count }, (_, n) => `198.51.${n}.0/24`);

  it('are asked at once when they are long and of one kind', () => {
    expect(testOf('StringEquals', names(8)).literals).toBeNull();
    expect(testOf('StringEquals', names(9)).literals).toEqual(new Set(names(9)));
    expect(testOf('StringLike', [...names(9), 'x*']).literals).toBeNull();
    expect(testOf('IpAddress', blocks(8)).ranges).toBeNull();
    expect(testOf('IpAddress', blocks(9)).ranges).toHaveLength(2);
    expect(testOf('IpAddress', [...blocks(9), 'x']).ranges).toBeNull();
    expect(literalsOf(testOf('IpAddress', blocks(9)).values)).toBeNull();
    expect(networkRangesOf(testOf('StringEquals', names(9)).values)).toBeNull();
  });

  it.each([8, 9])('of %i answer alike', (count) => {
    expect(holds('StringEquals', names(count), 'n7')).toBe(true);
    expect(holds('StringEquals', names(count), 'x')).toBe(false);
    expect(holds('StringNotEquals', names(count), 'n7')).toBe(false);
    expect(holds('StringNotEquals', names(count), 'x')).toBe(true);
    expect(holds('IpAddress', blocks(count), '198.51.7.1')).toBe(true);
    expect(holds('IpAddress', blocks(count), '198.51.9.1')).toBe(false);
    expect(holds('IpAddress', blocks(count), 'x')).toBe(false);
    expect(holds('NotIpAddress', blocks(count), 'x')).toBe(true);
    expect(holds('NotIpAddress', blocks(count), '198.51.7.1')).toBe(false);
    expect(holds('StringLike', [...names(count), 'x*'], 'xy')).toBe(true);
  });
});

describe('the Condition element', () => {
  it('may be missing', () => {
    expect(parse(undefined)).toEqual(NOTHING);
    expect(parse({})).toEqual(NOTHING);
  });

  it.each([null, 'x', 5, [], true])('%j is none', (value) => {
    expect(parse(value)).toEqual({
      ...NOTHING,
      partial: true,
      unreadable: ['the condition is not an object'],
    });
  });

  it('leaves out what it cannot read, and says so', () => {
    const read = parse({
      StringAlike: { 'ecr:x': 'a' },
      StringEquals: 'x',
      StringLike: { 'ecr:a': null, 'ecr:b': {}, 'ecr:c': ['x', null], 'ecr:d': [['x']], 'ecr:e': [1, true] },
    });
    expect(read.partial).toBe(true);
    expect(read.tests.map(({ keyText, texts }) => [keyText, texts])).toEqual([['ecr:e', ['1', 'true']]]);
    expect(read.unreadable).toEqual([
      'unknown condition operator `StringAlike`',
      'the keys under `StringEquals` are not an object',
      'the values of `ecr:a` are not plain values',
      'the values of `ecr:b` are not plain values',
      'the values of `ecr:c` are not plain values',
      'the values of `ecr:d` are not plain values',
    ]);
  });

  it('notes keys written twice under one operator', () => {
    expect(parse({ StringEquals: { 'AWS:X': 'a', 'aws:x': 'b', 'aws:y': 'c' } }).duplicates).toEqual([
      'StringEquals',
    ]);
    expect(
      parse({ StringEquals: { 'aws:x': 'b', 'aws:y': 'c' }, StringLike: { 'aws:x': 'b' } }).duplicates,
    ).toEqual([]);
  });

  it('keeps what the policy writes, and reads keys in any case', () => {
    expect(testOf('stringEQUALS', 'A', { key: 'AWS:PrincipalAccount' })).toMatchObject({
      operatorText: 'stringEQUALS',
      keyText: 'AWS:PrincipalAccount',
      texts: ['A'],
      key: 'aws:principalaccount',
      slot: 0,
      lean: true,
    });
  });
});

describe('condition keys', () => {
  it('that the caller, the repository or the clock decide have slots', () => {
    for (const [at, key] of SLOTS.entries()) {
      expect(slotOf(key)).toBe(at);
      expect(slot(key)).toBe(at);
    }
    expect(slotOf('aws:sourceip')).toBe(-1);
    expect(slotOf('constructor')).toBe(-1);
    expect(new Set(SLOTS)).toEqual(
      new Set(
        'principalaccount principalarn principalorgid principalorgpaths principaltype principalisawsservice principalservicename principalservicenameslist sourceaccount sourcearn sourceorgid sourceorgpaths username federatedprovider resourceaccount currenttime epochtime'
          .split(' ')
          .map((name) => `aws:${name}`),
      ),
    );
  });

  it('have values, the epoch by the clock', () => {
    const slots = SLOTS.map((key) =>
      key === 'aws:currenttime' ? '2026-06-01T00:00:00.999Z' : key === 'aws:username' ? 'x' : null,
    );
    expect(valueAt(slots, slot('aws:epochtime'))).toBe('1780272000');
    expect(valueAt(slots, slot('aws:username'))).toBe('x');
    expect(valueAt(slots, slot('aws:sourcearn'))).toBeNull();
    expect(valueAt([], slot('aws:sourcearn'))).toBeNull();
    expect(valueAt([], slot('aws:epochtime'))).toBeNull();
    expect(
      valueAt(
        SLOTS.map(() => null),
        slot('aws:epochtime'),
      ),
    ).toBeNull();
    expect(epochOf('1970-01-01T00:01:01.5Z')).toBe('61');
    expect(decidedHolds(testOf('NumericEquals', '1780272000', { key: 'aws:EpochTime' }), slots, NOBODY)).toBe(
      true,
    );
    expect(decidedHolds(testOf('StringEquals', 'x', { key: 'aws:sourcearn' }), slots, NOBODY)).toBe(false);
  });

  it('settle a test alone when its variables have slots too', () => {
    expect(isDecided(testOf('StringEquals', 'x', { key: 'aws:PrincipalArn' }))).toBe(true);
    expect(isDecided(testOf('StringEquals', 'x', { key: 'aws:PrincipalAccount' }))).toBe(true);
    expect(isDecided(testOf('StringEquals', 'x', { key: 'aws:SourceIp' }))).toBe(false);
    expect(isDecided(testOf('StringEquals', '${aws:PrincipalAccount}', { key: 'aws:PrincipalArn' }))).toBe(
      true,
    );
    expect(isDecided(testOf('StringEquals', '${aws:SourceIp}', { key: 'aws:PrincipalArn' }))).toBe(false);
    expect(
      isDecided(testOf('StringEquals', '${aws:username}${aws:SourceIp}', { key: 'aws:PrincipalArn' })),
    ).toBe(false);
  });

  const SINGLE =
    'sourceip sourcevpc sourcevpce vpcsourceip userid useragent referer securetransport multifactorauthpresent multifactorauthage tokenissuetime requestedregion viaawsservice calledviafirst calledvialast sourceidentity resourceorgid principaltag/team requesttag/x resourcetag/x';
  it('hold one value or many', () => {
    for (const name of SINGLE.split(' '))
      expect([name, cardinalityOf(`aws:${name}`)]).toEqual([name, 'single']);
    expect(cardinalityOf('ecr:resourcetag/x')).toBe('single');
    for (const name of ['tagkeys', 'calledvia', 'resourceorgpaths', 'vpceorgpaths'])
      expect([name, cardinalityOf(`aws:${name}`)]).toEqual([name, 'many']);
    for (const key of [
      'aws:other',
      'ecr:principaltag/x',
      'xaws:principaltag/x',
      'aws:principaltag',
      'xecr:resourcetag/',
    ])
      expect([key, cardinalityOf(key)]).toEqual([key, 'unknown']);
  });

  it('are of an identity', () => {
    expect(['aws:userid', 'aws:sourceidentity', 'aws:principaltag/x'].every(isIdentityOnly)).toBe(true);
    expect(['aws:sourceip', 'aws:principaltag', 'x:aws:principaltag/'].some(isIdentityOnly)).toBe(false);
  });
});
