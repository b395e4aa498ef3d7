import { describe, expect, it } from 'vitest';
import { operatorOf, type BaseOperator } from '../../shared/policy/operators.ts';

/** Every operator of the IAM user guide, with what it asks and whether it is negated. */
const DOCUMENTED: readonly (readonly [string, BaseOperator, boolean])[] = [
  ['StringEquals', 'stringequals', false],
  ['StringNotEquals', 'stringequals', true],
  ['StringEqualsIgnoreCase', 'stringequalsignorecase', false],
  ['StringNotEqualsIgnoreCase', 'stringequalsignorecase', true],
  ['StringLike', 'stringlike', false],
  ['StringNotLike', 'stringlike', true],
  ['ArnEquals', 'arnlike', false],
  ['ArnNotEquals', 'arnlike', true],
  ['ArnLike', 'arnlike', false],
  ['ArnNotLike', 'arnlike', true],
  ['NumericEquals', 'numericequals', false],
  ['NumericNotEquals', 'numericequals', true],
  ['NumericLessThan', 'numericlessthan', false],
  ['NumericLessThanEquals', 'numericlessthanequals', false],
  ['NumericGreaterThan', 'numericgreaterthan', false],
  ['NumericGreaterThanEquals', 'numericgreaterthanequals', false],
  ['DateEquals', 'dateequals', false],
  ['DateNotEquals', 'dateequals', true],
  ['DateLessThan', 'datelessthan', false],
  ['DateLessThanEquals', 'datelessthanequals', false],
  ['DateGreaterThan', 'dategreaterthan', false],
  ['DateGreaterThanEquals', 'dategreaterthanequals', false],
  ['Bool', 'bool', false],
  ['BinaryEquals', 'binaryequals', false],
  ['IpAddress', 'ipaddress', false],
  ['NotIpAddress', 'ipaddress', true],
];

const PREFIXES = [
  ['', 'none'],
  ['ForAnyValue:', 'any'],
  ['ForAllValues:', 'all'],
] as const;

describe('condition operators', () => {
  describe.each(PREFIXES)('with the prefix "%s"', (prefix, set) => {
    it.each(DOCUMENTED)('%s', (name, base, negated) => {
      const plain = { base, negated, ifExists: false, set };
      const lenient = { base, negated, ifExists: true, set };
      for (const spell of [
        String,
        (text: string) => text.toLowerCase(),
        (text: string) => text.toUpperCase(),
      ]) {
        expect(operatorOf(spell(`${prefix}${name}`))).toEqual(plain);
        expect(operatorOf(spell(`${prefix}${name}IfExists`))).toEqual(lenient);
      }
    });
  });

  it('know Null, which takes neither prefix nor IfExists', () => {
    expect(operatorOf('Null')).toEqual({ base: 'null', negated: false, ifExists: false, set: 'none' });
    expect(operatorOf('NullIfExists')).toBeNull();
    expect(operatorOf('ForAnyValue:Null')).toBeNull();
  });

  it.each([
    '',
    'String',
    'StringEquals ',
    'NotBool',
    'ForSomeValue:StringEquals',
    'IfExists',
    '__proto__',
    'constructor',
  ])('know no `%s`', (name) => {
    expect(operatorOf(name)).toBeNull();
  });
});
