import { describe, expect, it } from 'vitest';
import { NO_TRUST } from '../../shared/model/trust.ts';
import { analyzeAccess } from '../../shared/policy/access.ts';

const OWNER = '111122223333';
const A = '444455556666';
const B = '777788889999';

const allow = (Principal: unknown, Condition: unknown = {}) => ({
  Effect: 'Allow',
  Principal,
  Action: 'ecr:*',
  Condition,
});
const deny = (principal: Record<string, unknown>, Condition: unknown = {}) => ({
  Effect: 'Deny',
  ...principal,
  Action: 'ecr:*',
  Condition,
});
const LAMBDA = { Service: 'lambda.amazonaws.com' };

describe('accounts that a policy identifies', () => {
  it.each([
    ['by the account', [allow({ AWS: A })], [A]],
    ['by several principals', [allow({ AWS: [A, `arn:aws:iam::${B}:role/x`] })], [A, B]],
    ['by a key of the caller', [allow('*', { StringEquals: { 'aws:PrincipalAccount': [A, B] } })], [A, B]],
    ['by an ARN', [allow('*', { ArnLike: { 'aws:PrincipalArn': `arn:*:iam::${A}:role/*` } })], [A]],
    [
      'by a text that is an ARN',
      [allow('*', { StringLike: { 'aws:PrincipalArn': `arn:aws:iam::${A}:role/*` } })],
      [A],
    ],
    [
      'not by a text whose wildcard may span colons',
      [allow('*', { StringLike: { 'aws:PrincipalArn': `arn:*:iam::${A}:role/x` } })],
      [],
    ],
    ['by the account a service acts for', [allow(LAMBDA, { StringEquals: { 'aws:SourceAccount': A } })], [A]],
    ['not by a source of 13 digits', [allow(LAMBDA, { StringEquals: { 'aws:SourceAccount': `${A}1` } })], []],
    [
      'not by a source that is no number',
      [allow(LAMBDA, { StringEquals: { 'aws:SourceAccount': `x${A}` } })],
      [],
    ],
    ['not by the name of a user', [allow('*', { StringEquals: { 'aws:username': A } })], []],
    ['not by a tag', [allow('*', { StringEquals: { 'aws:PrincipalTag/account': A } })], []],
    [
      'not by whom a condition shuts out',
      [allow('*', { StringNotEquals: { 'aws:PrincipalAccount': A } })],
      [],
    ],
    [
      'by the exception of a Deny',
      [allow('*'), deny({ Principal: '*' }, { StringNotEquals: { 'aws:PrincipalAccount': A } })],
      [A],
    ],
    ['by NotPrincipal of a Deny', [allow('*'), deny({ NotPrincipal: { AWS: A } })], [A]],
    [
      'not by a Deny about others',
      [allow('*'), deny({ Principal: { AWS: B } }, { StringNotEquals: { 'aws:PrincipalAccount': A } })],
      [],
    ],
    [
      'not by a Deny of another action',
      [allow('*'), { ...deny({ NotPrincipal: { AWS: A } }), Action: 's3:*' }],
      [],
    ],
    [
      'never the owner',
      [allow({ AWS: OWNER }), allow('*', { StringEquals: { 'aws:PrincipalAccount': [OWNER, A] } })],
      [A],
    ],
  ])('%s', (_name, Statement, accounts) => {
    const document = { Version: '2012-10-17', Statement };
    const input = { document, ownerAccount: OWNER, trust: NO_TRUST, now: '2026-06-01T00:00:00Z' };
    expect(analyzeAccess(input).externalAccounts).toEqual(accounts);
  });
});
