import { describe, expect, it } from 'vitest';
import type { ConcreteCaller, ConcreteRequest } from '../../shared/policy/concrete-caller.ts';
import { contradictions, isTrustedCaller } from '../../shared/policy/concrete-caller.ts';
import { evaluateConcretely } from '../../shared/policy/concrete.ts';
import { NO_TRUST } from '../../shared/model/trust.ts';

const setting = { ownerAccount: '111122223333', now: '2026-06-01T00:00:00Z' };
const user: ConcreteCaller = { kind: 'user', account: '444455556666', name: 'alice', path: '/' };
const member: ConcreteCaller = { ...user, orgPath: 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/' };
const session: ConcreteCaller = {
  kind: 'role-session',
  account: '444455556666',
  role: 'ci',
  path: '/team/',
  session: 's',
};
const service: ConcreteCaller = {
  kind: 'service',
  service: 'lambda.amazonaws.com',
  sourceAccount: '444455556666',
};

const ask = (caller: ConcreteCaller, context: ConcreteRequest['context'] = {}): ConcreteRequest => ({
  caller,
  action: 'ecr:BatchGetImage',
  context,
});
const allow = (parts: Record<string, unknown>, version = '2012-10-17') => ({
  Version: version,
  Statement: { Effect: 'Allow', Principal: '*', Action: 'ecr:*', ...parts },
});
const decide = (document: unknown, request: ConcreteRequest) =>
  evaluateConcretely(document, request, setting);
const when = (condition: unknown, request: ConcreteRequest, version?: string) =>
  decide(allow({ Condition: condition }, version), request) === 'allowed';

describe('the concrete evaluator', () => {
  it('lets an explicit Deny win over any Allow, and denies what nothing allows', () => {
    const statements = [
      { Effect: 'Allow', Principal: '*', Action: '*' },
      { Effect: 'Deny', Principal: { AWS: '444455556666' }, Action: 'ecr:Batch*' },
    ];
    expect(decide({ Statement: statements }, ask(user))).toBe('explicit-deny');
    expect(decide({ Statement: statements }, ask({ ...user, account: '777788889999' }))).toBe('allowed');
    expect(decide({ Statement: [] }, ask(user))).toBe('implicit-deny');
  });

  it.each<[string, unknown, ConcreteCaller, boolean]>([
    ['everybody', '*', service, true],
    ['account', { AWS: '444455556666' }, session, true],
    ['root ARN', { AWS: ['arn:aws:iam::444455556666:root'] }, user, true],
    ['role covers its session', { AWS: 'arn:aws:iam::444455556666:role/team/ci' }, session, true],
    ['role with another path', { AWS: 'arn:aws:iam::444455556666:role/ci' }, session, false],
    ['session', { AWS: 'arn:aws:sts::444455556666:assumed-role/ci/s' }, session, true],
    ['another session', { AWS: 'arn:aws:sts::444455556666:assumed-role/ci/t' }, session, false],
    ['account is no service', { AWS: '444455556666' }, service, false],
    ['service', { Service: 'lambda.amazonaws.com' }, service, true],
    ['another service', { Service: 'ecs.amazonaws.com' }, service, false],
    ['deleted user', { AWS: 'AIDAJQABLZS4A3QDU576Q' }, user, false],
  ])('matches principals: %s', (_name, Principal, caller, expected) => {
    expect(decide(allow({ Principal }), ask(caller)) === 'allowed').toBe(expected);
  });

  it.each<[string, unknown, ConcreteRequest, boolean]>([
    ['equals', { StringEquals: { 'aws:PrincipalAccount': ['1', '444455556666'] } }, ask(user), true],
    ['no wildcard in equals', { StringEquals: { 'aws:PrincipalAccount': '4*' } }, ask(user), false],
    ['like', { StringLike: { 'aws:username': 'al?c*' } }, ask(user), true],
    ['case', { StringEquals: { 'aws:username': 'ALICE' } }, ask(user), false],
    ['ignore case', { StringEqualsIgnoreCase: { 'aws:username': 'ALICE' } }, ask(user), true],
    [
      'negated: none of the values',
      { StringNotEquals: { 'aws:username': ['bob', 'alice'] } },
      ask(user),
      false,
    ],
    ['absent key', { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }, ask(user), false],
    ['absent key, negated', { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }, ask(user), true],
    [
      'absent key, IfExists',
      { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
      ask(user),
      true,
    ],
    [
      'absent key, all values',
      { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-x' } },
      ask(user),
      true,
    ],
    [
      'absent key, any value',
      { 'ForAnyValue:StringEquals': { 'aws:PrincipalOrgID': 'o-x' } },
      ask(user),
      false,
    ],
    [
      'absent key, any value, negated',
      { 'ForAnyValue:StringNotLike': { 'aws:PrincipalOrgPaths': 'o-x/*' } },
      ask(user),
      false,
    ],
    [
      'any value',
      { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/*' } },
      ask(member),
      true,
    ],
    [
      'all values of a list',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
      ask(user, { 'aws:TagKeys': ['a', 'c'] }),
      false,
    ],
    [
      'any value of a list',
      { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
      ask(user, { 'aws:TagKeys': ['a', 'c'] }),
      true,
    ],
    [
      'all values negated',
      { 'ForAllValues:StringNotEquals': { 'aws:TagKeys': 'a' } },
      ask(user, { 'aws:TagKeys': ['a', 'c'] }),
      false,
    ],
    [
      'any value negated',
      { 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 'a' } },
      ask(user, { 'aws:TagKeys': ['a', 'c'] }),
      true,
    ],
    ['null', { Null: { 'aws:PrincipalOrgID': 'true' } }, ask(user), true],
    ['null, present', { Null: { 'aws:PrincipalOrgID': true } }, ask(member), false],
    ['not null', { Null: { 'aws:PrincipalOrgID': 'false' } }, ask(member), true],
    ['arn by fields', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/*' } }, ask(user), true],
    [
      'arn wildcards span no colon',
      { ArnLike: { 'aws:PrincipalArn': 'arn:*:*:*:444455556666:user*alice' } },
      ask(user),
      true,
    ],
    [
      'arn wildcard over two fields',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:444455556666:user/alice:x' } },
      ask(user),
      false,
    ],
    [
      'role ARN of a session',
      { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/team/ci' } },
      ask(session),
      true,
    ],
    [
      'ip',
      { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
      ask(user, { 'aws:sourceIP': '203.0.113.200' }),
      true,
    ],
    [
      'ip outside',
      { IpAddress: { 'aws:SourceIp': '203.0.113.0/25' } },
      ask(user, { 'aws:SourceIp': '203.0.113.200' }),
      false,
    ],
    [
      'ip v6',
      { IpAddress: { 'aws:SourceIp': '2001:DB8:1234:5678::/64' } },
      ask(user, { 'aws:SourceIp': '2001:db8:1234:5678::9' }),
      true,
    ],
    ['not ip, absent', { NotIpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, ask(user), true],
    [
      'number',
      { NumericLessThan: { 'aws:MultiFactorAuthAge': 300 } },
      ask(user, { 'aws:MultiFactorAuthAge': '299' }),
      true,
    ],
    ['date', { DateGreaterThan: { 'aws:CurrentTime': '2026-06-01T00:00:00Z' } }, ask(user), false],
    [
      'date reached',
      { DateGreaterThanEquals: { 'aws:CurrentTime': '2026-06-01T00:00:00Z' } },
      ask(user),
      true,
    ],
    ['bool', { Bool: { 'aws:SecureTransport': true } }, ask(user, { 'aws:SecureTransport': 'true' }), true],
    [
      'variable',
      { StringEquals: { 'aws:PrincipalTag/name': '${aws:username}' } },
      ask(user, { 'aws:PrincipalTag/name': 'alice' }),
      true,
    ],
    [
      'variable default',
      { StringEquals: { 'aws:username': "${aws:PrincipalTag/x, 'alice'}" } },
      ask(user),
      true,
    ],
    [
      'variable without a value',
      { StringNotEquals: { 'aws:username': '${aws:PrincipalTag/x}' } },
      ask(user),
      true,
    ],
    [
      'literal star',
      { StringLike: { 'aws:PrincipalTag/x': 'a${*}' } },
      ask(user, { 'aws:PrincipalTag/x': 'ab' }),
      false,
    ],
  ])('decides conditions: %s', (_name, condition, request, expected) => {
    expect(when(condition, request)).toBe(expected);
  });

  it('reads variables only in documents of 2012-10-17', () => {
    const condition = { StringEquals: { 'aws:username': '${aws:username}' } };
    expect(when(condition, ask(user))).toBe(true);
    expect(when(condition, ask(user), '2008-10-17')).toBe(false);
  });

  it('leans to access where IAM would refuse the document', () => {
    expect(decide('{', ask(user))).toBe('allowed');
    expect(when({ StringNope: { 'aws:username': 'x' } }, ask(user))).toBe(true);
    const deny = { Effect: 'Deny', Principal: '*', Action: '*', Condition: { StringNope: { a: 'b' } } };
    expect(decide({ Statement: [{ Effect: 'Allow', Principal: '*', Action: '*' }, deny] }, ask(user))).toBe(
      'allowed',
    );
  });

  it('knows whom the trust covers', () => {
    const trust = { ...NO_TRUST, principals: ['arn:aws:iam::444455556666:role/team/ci'] };
    expect(isTrustedCaller(session, setting.ownerAccount, trust)).toBe(true);
    expect(isTrustedCaller(user, setting.ownerAccount, trust)).toBe(false);
    expect(isTrustedCaller(service, setting.ownerAccount, { ...NO_TRUST, accounts: ['444455556666'] })).toBe(
      true,
    );
    expect(
      isTrustedCaller(member, setting.ownerAccount, {
        ...NO_TRUST,
        organizationalUnits: ['o-a1b2c3d4e5/r-ab12/'],
      }),
    ).toBe(true);
  });

  it('finds requests that cannot exist', () => {
    expect(contradictions(ask(user, { 'aws:SourceIp': '203.0.113.1' }), setting)).toEqual([]);
    expect(contradictions(ask(user, { 'aws:PrincipalAccount': '777788889999' }), setting)).toHaveLength(1);
    expect(contradictions(ask(user, { 'aws:SourceAccount': '777788889999' }), setting)).toHaveLength(1);
    expect(
      contradictions(ask(user, { 'aws:SourceIp': '203.0.113.1', 'aws:SourceVpc': 'vpc-1' }), setting),
    ).toHaveLength(1);
  });
});
