/* oxlint-disable oxc/no-map-spread -- small generated objects, clarity first */
import * as fc from 'fast-check';
import type { Trust } from '../../shared/model/trust.ts';
import type { ConcreteCaller, ConcreteRequest, ServiceCaller } from '../../shared/policy/concrete-caller.ts';

/** A small world, so that policies, trust and callers meet often. Strangers never occur in a policy. */
export const OWNER = '111111111111';
const NAMED = ['222222222222', '333333333333', '444444444444'] as const;
const STRANGERS = ['555555555555', '122222222222'] as const;
export const NOW = '2026-06-01T12:00:00Z';

const ORG_PATHS = [
  'o-aaaaaaaaaa/r-aaaa/',
  'o-aaaaaaaaaa/r-aaaa/ou-aaaa-11111111/',
  'o-aaaaaaaaaa/r-aaaa/ou-aaaa-11111111/ou-aaaa-22222222/',
  'o-bbbbbbbbbb/r-bbbb/ou-bbbb-33333333/',
] as const;
const STRANGE_ORG_PATH = 'o-zzzzzzzzzz/r-zzzz/ou-zzzz-99999999/';

/** Role name -> path: a role's name is unique in its account. */
const ROLES = [
  ['app', '/'],
  ['deploy', '/team/'],
  // A path that looks like the account and resource fields of another ARN: IAM allows it.
  ['odd', '/x:222222222222:role/'],
] as const;
const USERS = [
  ['alice', '/'],
  ['bob', '/team/'],
] as const;
const SERVICES = ['lambda.amazonaws.com', 'codebuild.amazonaws.com'] as const;
const VPCES = [
  ['vpce-0aaa', 'vpc-0aaa'],
  ['vpce-0bbb', 'vpc-0bbb'],
] as const;
const FRESH_VPCE = ['vpce-0zzz', 'vpc-0zzz'] as const;

const account = fc.constantFrom(OWNER, ...NAMED);
const arnOf = (resource: string, service: 'iam' | 'sts' = 'iam') =>
  account.map((id) => `arn:aws:${service}::${id}:${resource}`);

const roleArn = fc.constantFrom(...ROLES).chain(([name, path]) => arnOf(`role${path}${name}`));
const userArn = fc.constantFrom(...USERS).chain(([name, path]) => arnOf(`user${path}${name}`));
const sessionArn = fc
  .tuple(fc.constantFrom(...ROLES), fc.constantFrom('s1', 's2'))
  .chain(([[name], session]) => arnOf(`assumed-role/${name}/${session}`, 'sts'));
const rootArn = arnOf('root');
const orphan = fc.constantFrom('AIDAEXAMPLEEXAMPLE234', 'AROAEXAMPLEEXAMPLE567');

const oneOrList = <T>(item: fc.Arbitrary<T>, max = 3): fc.Arbitrary<T | T[]> =>
  fc.oneof(
    { weight: 3, arbitrary: item },
    { weight: 2, arbitrary: fc.array(item, { minLength: 1, maxLength: max }) },
  );

const awsEntry = fc.oneof(
  { weight: 3, arbitrary: fc.constant('*') },
  { weight: 3, arbitrary: rootArn },
  { weight: 3, arbitrary: account },
  { weight: 3, arbitrary: roleArn },
  { weight: 2, arbitrary: userArn },
  { weight: 2, arbitrary: sessionArn },
  { weight: 1, arbitrary: arnOf('federated-user/carol', 'sts') },
  { weight: 1, arbitrary: orphan },
);

const principalValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('*') },
  { weight: 10, arbitrary: oneOrList(awsEntry).map((AWS) => ({ AWS })) },
  { weight: 3, arbitrary: oneOrList(fc.constantFrom(...SERVICES)).map((Service) => ({ Service })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(oneOrList(awsEntry), oneOrList(fc.constantFrom(...SERVICES)))
      .map(([AWS, Service]) => ({ AWS, Service })),
  },
);

const actionEntry = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('ecr:*', '*', 'ecr:BatchGetImage', 'ecr:PutImage') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'ECR:batchgetimage',
      'ecr:Batch*',
      'ecr:?atchGetImage',
      'ecr:*Image',
      'ecr:Get*',
      'ecr:SetRepositoryPolicy',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('ecr:GetAuthorizationToken', 's3:*', 'ecr-public:*') },
);
export const ACTIONS = [
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
  'ecr:PutImage',
  'ecr:SetRepositoryPolicy',
  'ecr:DescribeImages',
] as const;

const RESOURCES = ['app', 'team/tool'].map((name) => `arn:aws:ecr:us-east-1:${OWNER}:repository/${name}`);
const resourceEntry = fc.oneof(
  fc.constant('*'),
  fc.constantFrom(
    ...RESOURCES,
    `arn:aws:ecr:*:${OWNER}:repository/*`,
    `arn:aws:ecr:us-east-1:${OWNER}:repository/a*`,
  ),
  fc.constant('arn:aws:s3:::bucket/*'),
);

const stringOperator = fc.constantFrom(
  'StringEquals',
  'StringLike',
  'StringEqualsIgnoreCase',
  'StringNotEquals',
  'StringNotLike',
  'StringNotEqualsIgnoreCase',
);
const arnOperator = fc.constantFrom('ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike');
const ipOperator = fc.constantFrom('IpAddress', 'IpAddress', 'NotIpAddress');
const dateOperator = fc.constantFrom(
  'DateLessThan',
  'DateGreaterThan',
  'DateEquals',
  'DateNotEquals',
  'DateLessThanEquals',
  'DateGreaterThanEquals',
);

/** Mostly plain, sometimes IfExists or a set operator. */
const modified = (operator: fc.Arbitrary<string>, set = 1): fc.Arbitrary<string> =>
  fc
    .tuple(
      operator,
      fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constant('IfExists') }),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant('') },
        { weight: set, arbitrary: fc.constantFrom('ForAnyValue:', 'ForAllValues:') },
      ),
    )
    // ForAnyValue with IfExists is documented one way and seen another: cases, not random policies.
    .map(([base, suffix, prefix]) => `${prefix}${base}${prefix === 'ForAnyValue:' ? '' : suffix}`);

const variable = fc.constantFrom(
  '${aws:PrincipalAccount}',
  '${aws:ResourceAccount}',
  '${aws:username}',
  '${aws:PrincipalTag/team}',
  "${aws:PrincipalTag/team, 'red'}",
  '${aws:PrincipalOrgID}',
  '${aws:SourceAccount}',
);
const rarely = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: rare });

const accountValue = rarely(
  fc.oneof(
    { weight: 5, arbitrary: account },
    { weight: 1, arbitrary: fc.constantFrom('*', '1*', '22222222222?', '?22222222222') },
  ),
  variable,
);
/** Six fields, as the ARN operators want them. */
const arnPattern = fc.oneof(
  roleArn,
  userArn,
  rootArn,
  sessionArn,
  arnOf('*'),
  arnOf('role/*'),
  arnOf('user/${aws:username}'),
  fc.constantFrom(
    'arn:aws:iam::*:role/app',
    'arn:aws:iam::*:root',
    'arn:*:*:*:222222222222:*',
    'arn:aws:iam::2222*:role/*',
    'arn:aws:iam::${aws:PrincipalAccount}:role/app',
    'arn:aws:iam::${aws:ResourceAccount}:*',
  ),
);
const arnText = rarely(
  fc.oneof(
    { weight: 4, arbitrary: arnPattern },
    { weight: 1, arbitrary: fc.constantFrom('*:222222222222:role/*', 'arn:aws:*', '*', '*/app') },
  ),
  variable,
);
const orgValue = rarely(
  fc.constantFrom('o-aaaaaaaaaa', 'o-aaaaaaaaaa', 'o-bbbbbbbbbb', 'o-*', '*', 'o-aaaaaaaaa?'),
  fc.constantFrom('${aws:PrincipalOrgID}', '${aws:ResourceOrgID}'),
);
const pathValue = fc.constantFrom(
  ...ORG_PATHS,
  ...ORG_PATHS.map((path) => `${path}*`),
  'o-aaaaaaaaaa/*',
  'o-bbbbbbbbbb/*',
  '*',
  'o-*/r-aaaa/*',
);
const cidrValue = fc.constantFrom(
  '203.0.113.0/24',
  '198.51.100.0/24',
  '203.0.113.9',
  '203.0.0.0/8',
  '202.0.0.0/7',
  '0.0.0.0/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '2001:db8::/32',
  '2001:db8::/31',
  '2001:db8:1::/48',
  '::/0',
);
const sourceArnPattern = fc.oneof(
  account.map((id) => `arn:aws:lambda:us-east-1:${id}:function:f`),
  account.map((id) => `arn:aws:lambda:*:${id}:function:*`),
  fc.constantFrom('arn:aws:s3:::bucket', 'arn:aws:s3:*:*:*', 'arn:aws:lambda:us-east-1:*:function:f'),
);
const sourceArnText = rarely(sourceArnPattern, fc.constant('*'));

interface Piece {
  readonly operator: string;
  readonly key: string;
  readonly value: unknown;
}
const piece = (
  operator: fc.Arbitrary<string>,
  keys: readonly string[],
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<Piece> => fc.record({ operator, key: fc.constantFrom(...keys), value: oneOrList(value) });

const BOUND_KEYS = [
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:PrincipalOrgID',
  'aws:PrincipalOrgPaths',
  'aws:SourceVpc',
  'aws:SourceVpce',
  'aws:SourceIp',
  'aws:SourceAccount',
  'aws:SourceArn',
  'aws:PrincipalTag/team',
  'aws:username',
];

const identityPiece = fc.oneof(
  {
    weight: 4,
    arbitrary: piece(
      modified(stringOperator),
      ['aws:PrincipalAccount', 'AWS:principalaccount'],
      accountValue,
    ),
  },
  { weight: 3, arbitrary: piece(modified(arnOperator), ['aws:PrincipalArn'], arnPattern) },
  {
    weight: 2,
    arbitrary: piece(modified(stringOperator), ['aws:PrincipalArn', 'aws:principalArn'], arnText),
  },
  { weight: 4, arbitrary: piece(modified(stringOperator), ['aws:PrincipalOrgID'], orgValue) },
  { weight: 4, arbitrary: piece(modified(stringOperator, 8), ['aws:PrincipalOrgPaths'], pathValue) },
);
const sourcePiece = fc.oneof(
  { weight: 3, arbitrary: piece(modified(stringOperator), ['aws:SourceAccount'], accountValue) },
  { weight: 2, arbitrary: piece(modified(arnOperator), ['aws:SourceArn'], sourceArnPattern) },
  { weight: 1, arbitrary: piece(modified(stringOperator), ['aws:SourceArn'], sourceArnText) },
  { weight: 1, arbitrary: piece(modified(stringOperator), ['aws:SourceOrgID'], orgValue) },
  { weight: 1, arbitrary: piece(modified(stringOperator, 8), ['aws:SourceOrgPaths'], pathValue) },
);
const networkPiece = fc.oneof(
  { weight: 4, arbitrary: piece(modified(ipOperator), ['aws:SourceIp', 'aws:sourceIP'], cidrValue) },
  {
    weight: 1,
    arbitrary: piece(modified(ipOperator), ['aws:VpcSourceIp'], fc.constantFrom('10.0.0.0/8', '10.1.0.0/16')),
  },
  {
    weight: 2,
    arbitrary: piece(
      modified(stringOperator),
      ['aws:SourceVpc'],
      fc.constantFrom('vpc-0aaa', 'vpc-0bbb', 'vpc-*', 'vpc-0aa?'),
    ),
  },
  {
    weight: 2,
    arbitrary: piece(
      modified(stringOperator),
      ['aws:SourceVpce'],
      fc.constantFrom('vpce-0aaa', 'vpce-0bbb', '*'),
    ),
  },
);
const bool = fc.constantFrom<unknown>('true', 'false', true, false);
const freePiece = fc.oneof(
  {
    weight: 2,
    arbitrary: piece(
      modified(stringOperator),
      ['aws:PrincipalTag/team', 'aws:principaltag/Team'],
      fc.constantFrom('red', 'blue', '*', '${aws:PrincipalAccount}'),
    ),
  },
  {
    weight: 1,
    arbitrary: piece(modified(stringOperator), ['aws:username'], fc.constantFrom('alice', 'bob', '*')),
  },
  {
    weight: 1,
    arbitrary: piece(
      modified(stringOperator),
      ['aws:UserAgent', 'aws:referer'],
      fc.constantFrom('docker*', 'x'),
    ),
  },
  { weight: 1, arbitrary: piece(modified(stringOperator), ['aws:ResourceAccount'], accountValue) },
  {
    weight: 1,
    arbitrary: piece(
      modified(stringOperator),
      ['aws:ResourceTag/stage', 'ecr:ResourceTag/stage'],
      fc.constantFrom('prod', 'dev'),
    ),
  },
  {
    weight: 1,
    arbitrary: piece(
      modified(stringOperator),
      ['aws:PrincipalType'],
      fc.constantFrom('User', 'AssumedRole', 'Account'),
    ),
  },
  {
    weight: 1,
    arbitrary: piece(
      modified(fc.constant('Bool')),
      ['aws:SecureTransport', 'aws:MultiFactorAuthPresent', 'aws:PrincipalIsAWSService'],
      bool,
    ),
  },
  {
    weight: 1,
    arbitrary: piece(
      dateOperator,
      ['aws:CurrentTime'],
      fc.constantFrom('2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', NOW),
    ),
  },
  {
    weight: 1,
    arbitrary: piece(
      fc.constantFrom('NumericLessThan', 'NumericGreaterThanEquals', 'NumericEquals'),
      ['aws:MultiFactorAuthAge'],
      fc.constantFrom<unknown>(300, '3600'),
    ),
  },
);
const nullPiece = piece(fc.constant('Null'), [...BOUND_KEYS, 'aws:PrincipalIsAWSService'], bool).map(
  (made) => ({
    ...made,
    value: Array.isArray(made.value) ? made.value[0] : made.value,
  }),
);

const conditionPiece = fc.oneof(
  { weight: 8, arbitrary: identityPiece },
  { weight: 3, arbitrary: sourcePiece },
  { weight: 4, arbitrary: networkPiece },
  { weight: 3, arbitrary: freePiece },
  { weight: 2, arbitrary: nullPiece },
);

/** Pieces under one operator are gathered; a second value for the same key replaces the first. */
const condition = fc.array(conditionPiece, { minLength: 1, maxLength: 3 }).map((pieces) => {
  const gathered: Record<string, Record<string, unknown>> = {};
  for (const { operator, key, value } of pieces) gathered[operator] = { ...gathered[operator], [key]: value };
  return gathered;
});

const statementOf = (effect: 'Allow' | 'Deny'): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .record({
      principal: principalValue,
      notPrincipal: fc.nat(11).map((n) => n === 0),
      action: oneOrList(actionEntry),
      notAction: fc.nat(11).map((n) => n === 0),
      condition: fc.option(condition, { freq: 4, nil: null }),
      resource: fc.option(oneOrList(resourceEntry), { freq: 1, nil: null }),
      withResource: fc.nat(3).map((n) => n === 0),
      sid: fc.boolean(),
    })
    .map((made) => ({
      ...(made.sid ? { Sid: 'Generated' } : {}),
      Effect: effect,
      [made.notPrincipal ? 'NotPrincipal' : 'Principal']: made.principal,
      [made.notAction ? 'NotAction' : 'Action']: made.action,
      ...(made.withResource && made.resource !== null ? { Resource: made.resource } : {}),
      ...(made.condition === null ? {} : { Condition: made.condition }),
    }));

export const allowStatement = statementOf('Allow');
export const denyStatement = statementOf('Deny');
export const statement = fc.oneof(
  { weight: 3, arbitrary: allowStatement },
  { weight: 2, arbitrary: denyStatement },
);

export interface PlainPolicy {
  readonly Version?: string;
  readonly Statement: Record<string, unknown>[];
}

/** A policy that AWS would store: every element valid. */
export const policy: fc.Arbitrary<PlainPolicy> = fc
  .tuple(
    fc.constantFrom('2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17', null),
    allowStatement,
    fc.array(statement, { maxLength: 3 }),
  )
  .map(([Version, first, rest]) => ({
    ...(Version === null ? {} : { Version }),
    Statement: [first, ...rest],
  }));

export const trust: fc.Arbitrary<Trust> = fc.record({
  accounts: fc.subarray([...NAMED]),
  organizations: fc.subarray(['o-aaaaaaaaaa', 'o-bbbbbbbbbb'], { maxLength: 1 }),
  organizationalUnits: fc.subarray(ORG_PATHS.slice(1), { maxLength: 1 }),
  principals: fc.array(fc.oneof(roleArn, userArn, sessionArn), { maxLength: 2 }),
});

const callerAccount = fc.constantFrom(OWNER, ...NAMED, ...NAMED, ...STRANGERS);
const membership = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.constantFrom(...ORG_PATHS).map((orgPath) => ({ orgPath })) },
  { weight: 2, arbitrary: fc.constant({ orgPath: STRANGE_ORG_PATH }) },
);

const awsCaller: fc.Arbitrary<ConcreteCaller> = fc.oneof(
  fc.record({ kind: fc.constant('root' as const), account: callerAccount }),
  fc
    .tuple(callerAccount, fc.constantFrom(...USERS))
    .map(([id, [name, path]]) => ({ kind: 'user' as const, account: id, name, path })),
  fc
    .tuple(callerAccount, fc.constantFrom(...ROLES), fc.constantFrom('s1', 's2'))
    .map(([id, [role, path], session]) => ({
      kind: 'role-session' as const,
      account: id,
      role,
      path,
      session,
    })),
  fc.record({
    kind: fc.constant('federated-user' as const),
    account: callerAccount,
    name: fc.constant('carol'),
  }),
);

const serviceCaller: fc.Arbitrary<ConcreteCaller> = fc
  .record({
    service: fc.constantFrom(...SERVICES),
    source: fc.option(callerAccount, { nil: null }),
    arn: fc.constantFrom('none', 'function', 'bucket'),
    named: fc.boolean(),
    path: fc.option(fc.constantFrom(...ORG_PATHS, STRANGE_ORG_PATH), { nil: null }),
  })
  .map(({ service, source, arn, named, path }): ServiceCaller => ({
    kind: 'service',
    service,
    ...(source !== null && named ? { sourceAccount: source } : {}),
    ...(arn === 'bucket' ? { sourceArn: 'arn:aws:s3:::bucket' } : {}),
    ...(source !== null && arn === 'function'
      ? { sourceArn: `arn:aws:lambda:us-east-1:${source}:function:f` }
      : {}),
    ...(path === null ? {} : { sourceOrg: path.slice(0, path.indexOf('/')), sourceOrgPath: path }),
  }));

const internet = fc
  .constantFrom(
    '203.0.113.9',
    '198.51.100.7',
    '203.5.5.5',
    '202.1.1.1',
    '8.8.8.8',
    '151.1.2.3',
    '2001:db8:1::5',
    '2001:db8:9::1',
    '2001:db9::1',
    '2600:1::1',
  )
  .map((ip) => ({ 'aws:SourceIp': ip }));
const throughVpc = fc
  .tuple(fc.constantFrom(...VPCES, FRESH_VPCE), fc.constantFrom('10.1.2.3', '10.200.0.1', '172.16.0.1'))
  .map(([[vpce, vpc], ip]) => ({ 'aws:SourceVpce': vpce, 'aws:SourceVpc': vpc, 'aws:VpcSourceIp': ip }));

const optional = (key: string, ...values: string[]): fc.Arbitrary<Record<string, string>> =>
  fc
    .option(fc.constantFrom(...values), { nil: null })
    .map((value) => (value === null ? {} : { [key]: value }));

const surroundings = fc
  .tuple(
    optional('aws:PrincipalTag/team', 'red', 'blue', '222222222222'),
    optional('aws:UserAgent', 'docker/24', 'curl'),
    optional('aws:referer', 'x', 'y'),
    optional('aws:ResourceTag/stage', 'prod', 'dev'),
    optional('ecr:ResourceTag/stage', 'prod', 'dev'),
    optional('aws:SecureTransport', 'true', 'false'),
    optional('aws:MultiFactorAuthPresent', 'true', 'false'),
    optional('aws:MultiFactorAuthAge', '100', '1000', '7200'),
    optional('aws:ResourceOrgID', 'o-aaaaaaaaaa', 'o-bbbbbbbbbb'),
  )
  .map((parts): Record<string, string> => Object.assign({}, ...parts));

/** A possible request: its context agrees with its caller. */
export const request: fc.Arbitrary<ConcreteRequest> = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(awsCaller, membership) },
      { weight: 2, arbitrary: fc.tuple(serviceCaller, fc.constant({})) },
    ),
    fc.constantFrom(...ACTIONS),
    fc.constantFrom(...RESOURCES),
    fc.oneof(internet, throughVpc),
    surroundings,
  )
  .map(([[caller, org], action, resource, network, rest]) => {
    if (caller.kind !== 'service')
      return { caller: { ...caller, ...org }, action, resource, context: { ...network, ...rest } };
    const { 'aws:PrincipalTag/team': _tag, ...others } = rest;
    return { caller, action, resource, context: others };
  });
