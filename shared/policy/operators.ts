export type BaseOperator =
  | 'stringequals'
  | 'stringequalsignorecase'
  | 'stringlike'
  | 'arnlike'
  | 'numericequals'
  | 'numericlessthan'
  | 'numericlessthanequals'
  | 'numericgreaterthan'
  | 'numericgreaterthanequals'
  | 'dateequals'
  | 'datelessthan'
  | 'datelessthanequals'
  | 'dategreaterthan'
  | 'dategreaterthanequals'
  | 'bool'
  | 'binaryequals'
  | 'ipaddress'
  | 'null';

/** A condition operator taken apart. */
export interface Operator {
  readonly base: BaseOperator;
  readonly negated: boolean;
  readonly ifExists: boolean;
  /** `ForAnyValue:`, `ForAllValues:` or neither. */
  readonly set: 'none' | 'any' | 'all';
}

const BASES: readonly (readonly [string, BaseOperator, boolean])[] = [
  ['stringequals', 'stringequals', false],
  ['stringnotequals', 'stringequals', true],
  ['stringequalsignorecase', 'stringequalsignorecase', false],
  ['stringnotequalsignorecase', 'stringequalsignorecase', true],
  ['stringlike', 'stringlike', false],
  ['stringnotlike', 'stringlike', true],
  ['arnequals', 'arnlike', false],
  ['arnnotequals', 'arnlike', true],
  ['arnlike', 'arnlike', false],
  ['arnnotlike', 'arnlike', true],
  ['numericequals', 'numericequals', false],
  ['numericnotequals', 'numericequals', true],
  ['numericlessthan', 'numericlessthan', false],
  ['numericlessthanequals', 'numericlessthanequals', false],
  ['numericgreaterthan', 'numericgreaterthan', false],
  ['numericgreaterthanequals', 'numericgreaterthanequals', false],
  ['dateequals', 'dateequals', false],
  ['datenotequals', 'dateequals', true],
  ['datelessthan', 'datelessthan', false],
  ['datelessthanequals', 'datelessthanequals', false],
  ['dategreaterthan', 'dategreaterthan', false],
  ['dategreaterthanequals', 'dategreaterthanequals', false],
  ['bool', 'bool', false],
  ['binaryequals', 'binaryequals', false],
  ['ipaddress', 'ipaddress', false],
  ['notipaddress', 'ipaddress', true],
];

const PREFIXES = [
  ['', 'none'],
  ['foranyvalue:', 'any'],
  ['forallvalues:', 'all'],
] as const;

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['null', { base: 'null', negated: false, ifExists: false, set: 'none' } satisfies Operator],
  ...PREFIXES.flatMap(([prefix, set]) =>
    BASES.flatMap(([name, base, negated]): [string, Operator][] => [
      [`${prefix}${name}`, { base, negated, ifExists: false, set }],
      [`${prefix}${name}ifexists`, { base, negated, ifExists: true, set }],
    ]),
  ),
]);

/** As people write them, so that most lookups need no lower-casing. */
const USUAL: ReadonlyMap<string, Operator | undefined> = new Map(
  [
    'StringEquals',
    'StringNotEquals',
    'StringLike',
    'StringNotLike',
    'ArnLike',
    'ArnEquals',
    'ArnNotLike',
    'Bool',
    'IpAddress',
    'NotIpAddress',
    'StringEqualsIfExists',
    'StringNotEqualsIfExists',
    'ForAnyValue:StringLike',
    'ForAnyValue:StringEquals',
    'ForAllValues:StringEquals',
    'ForAllValues:StringLike',
  ].map((name) => [name, OPERATORS.get(name.toLowerCase())]),
);

/** Reads an operator in any case; null when IAM knows none of that name. Source: IAM user guide, condition operators. */
export const operatorOf = (name: string): Operator | null =>
  USUAL.get(name) ?? OPERATORS.get(name.toLowerCase()) ?? null;
