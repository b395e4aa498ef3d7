/** Documents made to be slow. ECR stores at most 10,240 characters; larger ones can still come from a file. */
export interface HostileDocument {
  readonly name: string;
  readonly document: unknown;
}

const LIMIT = 10_240;

const document = (...statements: unknown[]) => ({ Version: '2012-10-17', Statement: statements });
const allow = (parts: Record<string, unknown>) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 'ecr:*',
  ...parts,
});
const deny = (parts: Record<string, unknown>) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: 'ecr:*',
  ...parts,
});

/** As many items as still fit into a document of the limit. */
const filled = (
  make: (items: unknown[]) => unknown,
  item: (n: number) => unknown,
  limit = LIMIT,
): unknown => {
  const items: unknown[] = [];
  let size = JSON.stringify(make([])).length;
  for (let n = 0; ; n += 1) {
    const next = item(n);
    size += JSON.stringify(next).length + 1;
    if (size > limit) return make(items);
    items.push(next);
  }
};

const account = (n: number) => String(200_000_000_000 + n);
const arn = (n: number) => `arn:aws:iam::${account(n)}:role/r${n}`;
const stars = (n: number) => `${'*a'.repeat(n)}*`;

const OPERATORS = ['StringEquals', 'StringLike', 'StringNotEquals', 'StringNotLike', 'StringEqualsIfExists'];
const KEYS = [
  'aws:PrincipalAccount',
  'aws:PrincipalOrgID',
  'aws:SourceVpc',
  'aws:SourceVpce',
  'aws:PrincipalTag/a',
  'aws:PrincipalTag/b',
  'aws:username',
  'aws:SourceAccount',
];

const spread = (n: number) => ({
  [OPERATORS[n % 5] ?? '']: { [KEYS[n % 8] ?? '']: [account(n % 3), 'x*', `o-${n % 4}`] },
});

/** Sizes that fit ECR's limit, then the same shapes ten times larger. */
export const hostileDocuments = (): HostileDocument[] =>
  [LIMIT, LIMIT * 10].flatMap((limit) =>
    [wildcards, manyValues, manyStatements, nesting].flatMap((make) => make(limit)),
  );

const wildcards = (limit: number): HostileDocument[] => [
  { name: 'one action of wildcards', document: document(allow({ Action: `ecr:${stars(limit / 2 - 100)}` })) },
  {
    name: 'one value of wildcards',
    document: document(allow({ Condition: { StringLike: { 'aws:PrincipalArn': stars(limit / 2 - 150) } } })),
  },
  {
    name: 'one ARN of wildcards',
    document: document(
      allow({
        Condition: {
          ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${'*'.repeat(500)}:${stars(limit / 2 - 500)}` },
        },
      }),
    ),
  },
  {
    name: 'question marks and stars',
    document: document(
      allow({ Condition: { StringLike: { 'aws:PrincipalAccount': '?*'.repeat(limit / 2 - 150) } } }),
    ),
  },
  {
    name: 'wildcards against wildcards',
    document: document(
      allow({ Condition: { StringLike: { 'aws:PrincipalTag/x': stars(limit / 6) } } }),
      deny({ Condition: { StringNotLike: { 'aws:PrincipalTag/x': `${'a*'.repeat(limit / 6)}b` } } }),
    ),
  },
  {
    name: 'short wildcard actions',
    document: filled(
      (items) => document(allow({ Action: items })),
      (n) => `ecr:*${'abcdefghij'[n % 10]}*`,
      limit,
    ),
  },
  {
    name: 'short wildcard values, negated',
    document: filled(
      (items) => document(allow({}), deny({ Condition: { StringNotLike: { 'aws:PrincipalArn': items } } })),
      (n) => `*${n}*${n % 7}*`,
      limit,
    ),
  },
  {
    name: 'variables',
    document: document(
      allow({ Condition: { StringLike: { 'aws:PrincipalArn': '${aws:username}'.repeat(limit / 16 - 20) } } }),
    ),
  },
  {
    name: 'unclosed variables',
    document: document(
      allow({ Condition: { StringLike: { 'aws:PrincipalArn': '${'.repeat(limit / 2 - 150) } } }),
    ),
  },
  { name: 'percent signs', document: '%'.repeat(limit) },
  {
    name: 'percent-encoded',
    document: encodeURIComponent(JSON.stringify(document(allow({ Sid: ' '.repeat(limit / 4) })))),
  },
];

const manyValues = (limit: number): HostileDocument[] => [
  {
    name: 'many principals',
    document: filled((AWS) => document(allow({ Principal: { AWS } })), account, limit),
  },
  { name: 'many roles', document: filled((AWS) => document(allow({ Principal: { AWS } })), arn, limit) },
  {
    name: 'many roles, denied one by one',
    document: filled(
      (AWS) => document(allow({ Principal: { AWS } }), deny({ NotPrincipal: { AWS } })),
      arn,
      limit,
    ),
  },
  {
    name: 'many accounts in a condition',
    document: filled(
      (items) => document(allow({ Condition: { StringEquals: { 'aws:PrincipalAccount': items } } })),
      account,
      limit,
    ),
  },
  {
    name: 'many accounts excepted',
    document: filled(
      (items) =>
        document(allow({}), deny({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': items } } })),
      account,
      limit,
    ),
  },
  {
    name: 'many ranges',
    document: filled(
      (items) => document(allow({ Condition: { IpAddress: { 'aws:SourceIp': items } } })),
      (n) => `${n % 224}.${n % 256}.0.0/16`,
      limit,
    ),
  },
  {
    name: 'many ranges excepted',
    document: filled(
      (items) => document(allow({}), deny({ Condition: { NotIpAddress: { 'aws:SourceIp': items } } })),
      (n) => `${n % 224}.${n % 256}.0.0/16`,
      limit,
    ),
  },
  {
    name: 'many small ranges against large ones',
    document: filled(
      (items) =>
        document(
          allow({
            Condition: {
              IpAddress: { 'aws:SourceIp': items },
              NotIpAddress: { 'aws:SourceIp': items.slice(1) },
            },
          }),
        ),
      (n) => `${n % 224}.${n % 256}.0.0/${8 + (n % 17)}`,
      limit / 2,
    ),
  },
  {
    name: 'many tag keys',
    document: filled(
      (items) =>
        document(
          allow({ Condition: { StringEquals: Object.fromEntries(items.map((key) => [String(key), 'x'])) } }),
        ),
      (n) => `aws:PrincipalTag/t${n}`,
      limit,
    ),
  },
  {
    name: 'many OU paths',
    document: filled(
      (items) =>
        document(allow({ Condition: { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': items } } })),
      (n) => `o-a1b2c3d4e5/r-ab12/ou-ab12-${String(n).padStart(8, '0')}/*`,
      limit,
    ),
  },
];

const manyStatements = (limit: number): HostileDocument[] => [
  {
    name: 'many allows',
    document: filled(
      (items) => document(...items),
      (n) => allow({ Principal: { AWS: account(n) } }),
      limit,
    ),
  },
  {
    name: 'many denies with a tag each',
    document: filled(
      (items) => document(allow({}), ...items),
      (n) => deny({ Condition: { StringEquals: { [`aws:PrincipalTag/t${n}`]: 'x' } } }),
      limit,
    ),
  },
  {
    name: 'many denies unless a tag',
    document: filled(
      (items) => document(allow({}), ...items),
      (n) => deny({ Condition: { StringNotEquals: { [`aws:PrincipalTag/t${n}`]: 'x' } } }),
      limit,
    ),
  },
  {
    name: 'many denies of two keys',
    document: filled(
      (items) => document(allow({}), ...items),
      (n) =>
        deny({
          Condition: {
            StringNotEquals: { [`aws:PrincipalTag/t${n}`]: 'x', [`aws:PrincipalTag/t${n + 1}`]: 'y' },
          },
        }),
      limit,
    ),
  },
  {
    name: 'three-way clauses over tags',
    document: filled(
      (items) => document(allow({}), ...items),
      (n) =>
        deny({
          Condition: {
            StringEquals: {
              [`aws:PrincipalTag/t${(n * 7) % 20}`]: String(n % 2),
              [`aws:PrincipalTag/t${(n * 11) % 20}`]: String((n >> 1) % 2),
              [`aws:PrincipalTag/t${(n * 13) % 20}`]: String((n >> 2) % 2),
            },
          },
        }),
      limit,
    ),
  },
  {
    name: 'alternating effects',
    document: filled(
      (items) => document(...items),
      (n) => (n % 2 === 0 ? allow : deny)({ Condition: spread(n) }),
      limit,
    ),
  },
  {
    name: 'conditions of every kind',
    document: filled(
      (items) => document(...items),
      (n) => allow({ Condition: { ...spread(n), ...spread(n + 1), ...spread(n + 2) } }),
      limit,
    ),
  },
  {
    name: 'denies of every kind',
    document: filled(
      (items) => document(allow({}), ...items),
      (n) => deny({ Condition: { ...spread(n), ...spread(n + 3) } }),
      limit,
    ),
  },
  {
    name: 'denies by role and range',
    document: filled(
      (items) => document(allow({}), ...items),
      (n) =>
        deny({
          Condition: {
            ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${account(n)}:role/*` },
            NotIpAddress: { 'aws:SourceIp': `${n % 224}.0.0.0/8` },
          },
        }),
      limit,
    ),
  },
  {
    name: 'empty statements',
    document: filled(
      (items) => document(...items),
      () => ({}),
      limit,
    ),
  },
  {
    name: 'numbers for statements',
    document: filled(
      (items) => document(...items),
      (n) => n % 10,
      limit,
    ),
  },
];

const nested = (depth: number, open: string, close: string): string =>
  open.repeat(depth) + close.repeat(depth);

const nesting = (limit: number): HostileDocument[] => [
  { name: 'nested lists', document: `{"Statement":${nested(limit / 2 - 20, '[', ']')}}` },
  {
    name: 'nested objects',
    document: `{"Statement":${'{"a":'.repeat(limit / 6 - 10)}1${'}'.repeat(limit / 6 - 10)}}`,
  },
  {
    name: 'nested principal',
    document: `{"Statement":[{"Effect":"Allow","Action":"*","Principal":${nested(limit / 2 - 50, '[', ']')}}]}`,
  },
  {
    name: 'nested condition',
    document: `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Condition":${'{"a":'.repeat(limit / 6 - 30)}1${'}'.repeat(limit / 6 - 30)}}]}`,
  },
  { name: 'unfinished text', document: '['.repeat(limit) },
  { name: 'white space', document: ' '.repeat(limit) },
];
