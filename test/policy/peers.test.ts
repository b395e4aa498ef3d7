import { describe, expect, it } from 'vitest';
import { NO_TRUST, type Trust } from '../../shared/model/trust.ts';
import { analyzeAccess } from '../../shared/policy/access.ts';

/**
 * Policies that other tools answer wrong, and the right answer.
 * What each tool does was read in its source and, where it could be run, seen when its functions were executed.
 */
const OWNER = '111122223333';
const FOREIGN = '444455556666';
const TRUSTED = '123456789012';
const ORG = 'o-a1b2c3d4e5';
const OU = 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/';
const PULL = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];

type Json = Record<string, unknown>;
const policy = (...Statement: unknown[]): Json => ({ Version: '2012-10-17', Statement });
const allow = (Principal: unknown, Condition?: Json, more: Json = {}): Json => ({
  Effect: 'Allow',
  Principal,
  Action: PULL,
  ...(Condition === undefined ? {} : { Condition }),
  ...more,
});
const deny = (Principal: unknown, Condition?: Json, Action: unknown = 'ecr:*'): Json => ({
  ...allow(Principal, Condition, { Action }),
  Effect: 'Deny',
});
const root = (account: string, partition = 'aws') => ({ AWS: `arn:${partition}:iam::${account}:root` });
const org = { StringEquals: { 'aws:PrincipalOrgID': ORG } };
const notOrg = { StringNotEquals: { 'aws:PrincipalOrgID': ORG } };
const inOu = { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': `${OU}*` } };

const trustsOrg: Trust = { ...NO_TRUST, organizations: [ORG] };
const trustsOu: Trust = { ...NO_TRUST, organizationalUnits: [OU] };

type Answer = 'clean' | 'untrusted' | 'public';
interface Row {
  /** What the tool does wrong. */
  readonly trap: string;
  readonly policy: unknown;
  readonly answer: Answer;
  readonly accounts?: readonly string[];
  readonly trust?: Trust;
}

const PEERS: { readonly peer: string; readonly rows: readonly Row[] }[] = [
  {
    peer: 'Cloud Custodian',
    rows: [
      {
        trap: 'no Deny is subtracted: a perimeter is flagged',
        policy: policy(allow('*'), deny('*', notOrg)),
        answer: 'clean',
        trust: trustsOrg,
      },
      {
        trap: 'service principals are dropped: an unbounded service passes',
        policy: policy(allow({ Service: 'lambda.amazonaws.com' })),
        answer: 'untrusted',
      },
      {
        trap: 'actions are not looked at: s3:* in a repository policy is flagged',
        policy: policy(allow('*', undefined, { Action: 's3:*' })),
        answer: 'clean',
      },
      {
        trap: 'ForAnyValue is dropped (it knows ForAnyValues): an OU condition is flagged',
        policy: policy(allow('*', inOu)),
        answer: 'clean',
        trust: trustsOu,
      },
      {
        trap: 'ForAllValues counts as restricting: accounts without an organization pass',
        policy: policy(allow('*', { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': ORG } })),
        answer: 'public',
        trust: trustsOrg,
      },
      {
        trap: 'NotIpAddress counts as restricting',
        policy: policy(allow('*', { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })),
        answer: 'public',
      },
      {
        trap: 'aws:SourceIp 0.0.0.0/0 whitelists',
        policy: policy(allow('*', { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } })),
        answer: 'public',
      },
      {
        trap: 'a named stranger with a SourceIp is whitelisted',
        policy: policy(allow(root(FOREIGN), { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      {
        trap: 'a named stranger with a SourceVpce is whitelisted',
        policy: policy(allow(root(FOREIGN), { StringEquals: { 'aws:SourceVpce': 'vpce-0a1b2c3d' } })),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      {
        trap: 'aws:ResourceOrgID counts as scoping',
        policy: policy(allow('*', { StringEquals: { 'aws:ResourceOrgID': ORG } })),
        answer: 'public',
        trust: trustsOrg,
      },
      {
        trap: 'aws:username is whitelisted by default',
        policy: policy(allow('*', { StringEquals: { 'aws:username': 'alice' } })),
        answer: 'public',
      },
      {
        trap: 'a tag beside a trusted organization rejects the statement',
        policy: policy(
          allow('*', { StringEquals: { 'aws:PrincipalOrgID': ORG, 'aws:PrincipalTag/env': 'prod' } }),
        ),
        answer: 'clean',
        trust: trustsOrg,
      },
      {
        trap: 'organization plus wildcard role was flagged for years',
        policy: policy(allow('*', { ...org, ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/ci' } })),
        answer: 'clean',
        trust: trustsOrg,
      },
      {
        trap: 'a single statement object raises AttributeError',
        policy: { Version: '2012-10-17', Statement: allow(root(FOREIGN)) },
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      {
        trap: 'a numeric condition value raises TypeError',
        policy: policy(allow('*', { StringEquals: { 'aws:PrincipalAccount': Number(OWNER) } })),
        answer: 'clean',
      },
      {
        trap: 'the unique id of a deleted user is a foreign account',
        policy: policy(allow({ AWS: 'AIDAJQABLZS4A3QDU576Q' })),
        answer: 'clean',
      },
      {
        trap: 'NotPrincipal with a bounding condition is always a violation',
        policy: policy({ Effect: 'Allow', NotPrincipal: root(FOREIGN), Action: PULL, Condition: org }),
        answer: 'clean',
        trust: trustsOrg,
      },
    ],
  },
  {
    peer: 'CloudSploit',
    rows: [
      {
        trap: 'a NotAction statement hides every statement after it',
        policy: policy(
          { Effect: 'Allow', Principal: root(OWNER), NotAction: 'ecr:DeleteRepository' },
          allow('*'),
        ),
        answer: 'public',
      },
      { trap: 'malformed JSON passes', policy: '{"Version":"2012-10-17","Statement":[', answer: 'public' },
      {
        trap: 'bare account ids are never cross-account',
        policy: policy(allow({ AWS: FOREIGN })),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      {
        trap: 'a role named after the owner passes (substring)',
        policy: policy(allow({ AWS: `arn:aws:iam::${FOREIGN}:role/replica-of-${OWNER}` })),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      {
        trap: 'another partition passes',
        policy: policy(allow(root(FOREIGN, 'aws-cn'))),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      {
        trap: 'aws:PrincipalOrgID is ignored',
        policy: policy(allow('*', org)),
        answer: 'clean',
        trust: trustsOrg,
      },
      {
        trap: 'aws:PrincipalAccount is ignored',
        policy: policy(allow('*', { StringEquals: { 'aws:PrincipalAccount': OWNER } })),
        answer: 'clean',
      },
      {
        trap: 'no Deny is subtracted',
        policy: policy(allow(root(FOREIGN)), deny(root(FOREIGN))),
        answer: 'clean',
      },
      {
        trap: 'NotPrincipal is not handled',
        policy: policy({ Effect: 'Allow', NotPrincipal: root(OWNER), Action: PULL }),
        answer: 'public',
      },
      {
        trap: 'federated providers of others pass',
        policy: policy(allow({ Federated: `arn:aws:iam::${FOREIGN}:saml-provider/idp` })),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      {
        trap: 'there is no list of trusted accounts',
        policy: policy(allow(root(TRUSTED))),
        answer: 'clean',
        accounts: [TRUSTED],
        trust: { ...NO_TRUST, accounts: [TRUSTED] },
      },
    ],
  },
  {
    peer: 'Prowler',
    rows: [
      {
        trap: 'Allow with NotPrincipal is never public',
        policy: policy({ Effect: 'Allow', NotPrincipal: root(OWNER), Action: PULL }),
        answer: 'public',
      },
      {
        trap: 'a single statement object raises TypeError and loses the check',
        policy: { Version: '2012-10-17', Statement: allow('*') },
        answer: 'public',
      },
      {
        trap: 'PrincipalOrgID "*" counts as restrictive',
        policy: policy(allow('*', { StringLike: { 'aws:PrincipalOrgID': '*' } })),
        answer: 'public',
      },
      {
        trap: 'PrincipalOrgID "o-*" counts as restrictive',
        policy: policy(allow('*', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } })),
        answer: 'public',
      },
      {
        trap: 'a wildcard role ARN counts as restrictive',
        policy: policy(allow('*', { StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } })),
        answer: 'public',
      },
      {
        trap: 'PrincipalAccount "*" counts as restrictive',
        policy: policy(allow('*', { StringLike: { 'aws:PrincipalAccount': '*' } })),
        answer: 'public',
      },
      {
        trap: 'SourceVpce "vpce-*" counts as restrictive',
        policy: policy(allow('*', { StringLike: { 'aws:SourceVpce': 'vpce-*' } })),
        answer: 'public',
      },
      {
        trap: 'aws:username counts as restrictive',
        policy: policy(allow('*', { StringEquals: { 'aws:username': 'alice' } })),
        answer: 'public',
      },
      {
        trap: 'aws:ResourceAccount, a tautology, counts as restrictive',
        policy: policy(allow('*', { StringEquals: { 'aws:ResourceAccount': OWNER } })),
        answer: 'public',
      },
      {
        trap: 'ForAnyValue on PrincipalOrgPaths is flagged',
        policy: policy(allow('*', inOu)),
        answer: 'clean',
        trust: trustsOu,
      },
      {
        trap: 'a bounded public range is flagged as public',
        policy: policy(allow('*', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })),
        answer: 'untrusted',
      },
      {
        trap: 'no Deny is subtracted (its own TODO)',
        policy: policy(allow('*'), deny('*', notOrg)),
        answer: 'clean',
        trust: trustsOrg,
      },
      {
        trap: 'trusted accounts are compared as substrings',
        policy: policy(allow({ AWS: `arn:aws:iam::${FOREIGN}:role/for-${TRUSTED}` })),
        answer: 'untrusted',
        accounts: [FOREIGN],
        trust: { ...NO_TRUST, accounts: [TRUSTED] },
      },
      {
        trap: 'the confused-deputy check is off for ECR',
        policy: policy(allow({ Service: 'codebuild.amazonaws.com' })),
        answer: 'untrusted',
      },
      {
        trap: 'there is no cross-account check for ECR',
        policy: policy(allow(root(FOREIGN))),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
    ],
  },
  {
    peer: 'Checkov (cloudsplaining)',
    rows: [
      {
        trap: 'NotAction is invisible',
        policy: policy({ Effect: 'Allow', Principal: '*', NotAction: 'ecr:DeleteRepository' }),
        answer: 'public',
      },
      {
        trap: 'IfExists counts as restricting',
        policy: policy(allow('*', { StringEqualsIfExists: { 'aws:PrincipalOrgID': ORG } })),
        answer: 'public',
        trust: trustsOrg,
      },
      {
        trap: 'ForAllValues counts as restricting',
        policy: policy(allow('*', { 'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': `${OU}*` } })),
        answer: 'public',
        trust: trustsOu,
      },
      {
        trap: 'one wildcard-looking entry makes a bounded statement public',
        policy: policy(allow('*', { ...org, ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/ci' } })),
        answer: 'clean',
        trust: trustsOrg,
      },
      { trap: 'no Deny is subtracted', policy: policy(allow('*'), deny('*')), answer: 'clean' },
    ],
  },
  {
    peer: 'Steampipe compliance',
    rows: [
      {
        trap: 'conditions are ignored: a bounded wildcard is called public',
        policy: policy(allow('*', org)),
        answer: 'clean',
        trust: trustsOrg,
      },
      {
        trap: 'conditions are ignored: one foreign account is called public',
        policy: policy(allow('*', { StringEquals: { 'aws:PrincipalAccount': FOREIGN } })),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
      { trap: 'no Deny is subtracted', policy: policy(allow('*'), deny('*')), answer: 'clean' },
    ],
  },
  {
    peer: 'Steampipe perimeter',
    rows: [
      {
        trap: 'only a principal of exactly ["*"] is looked at',
        policy: policy(allow({ AWS: [`arn:aws:iam::${OWNER}:root`, '*'] })),
        answer: 'public',
      },
      {
        trap: 'any StringLike that is not exactly "*" passes',
        policy: policy(allow('*', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } })),
        answer: 'public',
      },
      {
        trap: 'set operators are not known: an OU condition is flagged',
        policy: policy(allow('*', inOu)),
        answer: 'clean',
        trust: trustsOu,
      },
      {
        trap: 'there is no trusted-account control for ECR',
        policy: policy(allow(root(FOREIGN))),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
    ],
  },
  {
    peer: 'ElectricEye',
    rows: [
      { trap: 'any policy passes, "*" included', policy: policy(allow('*')), answer: 'public' },
      {
        trap: 'any policy passes, a stranger included',
        policy: policy(allow(root(FOREIGN))),
        answer: 'untrusted',
        accounts: [FOREIGN],
      },
    ],
  },
  {
    peer: 'Trivy',
    rows: [
      {
        trap: 'actions need the ecr: prefix: "*" is ignored',
        policy: policy(allow('*', undefined, { Action: '*' })),
        answer: 'public',
      },
    ],
  },
  {
    peer: 'none of them',
    rows: [
      {
        trap: 'ForAnyValue:StringNotLike lets accounts without an organization through a Deny',
        policy: policy(
          allow('*'),
          deny('*', { 'ForAnyValue:StringNotLike': { 'aws:PrincipalOrgPaths': `${OU}*` } }),
        ),
        answer: 'public',
        trust: trustsOu,
      },
      {
        trap: 'variables before 2012-10-17 are literal text',
        policy: {
          Version: '2008-10-17',
          Statement: [allow('*', { StringEquals: { 'aws:PrincipalAccount': '${aws:PrincipalAccount}' } })],
        },
        answer: 'clean',
      },
      {
        trap: 'aws:VpcSourceIp without a VPC bounds nothing',
        policy: policy(allow('*', { IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/16' } })),
        answer: 'public',
      },
      {
        trap: 'a session ARN in aws:PrincipalArn never matches',
        policy: policy(
          allow('*', { ArnLike: { 'aws:PrincipalArn': `arn:aws:sts::${FOREIGN}:assumed-role/ci/*` } }),
        ),
        answer: 'clean',
      },
      {
        trap: 'a service acts for whom aws:SourceAccount says',
        policy: policy(
          allow({ Service: 'lambda.amazonaws.com' }, { StringEquals: { 'aws:SourceAccount': OWNER } }),
        ),
        answer: 'clean',
      },
    ],
  },
];

const answerOf = (row: Row) => {
  const report = analyzeAccess({
    document: row.policy,
    ownerAccount: OWNER,
    trust: row.trust ?? NO_TRUST,
    now: '2026-06-01T00:00:00Z',
  });
  const answer: Answer = report.public ? 'public' : report.untrusted ? 'untrusted' : 'clean';
  return { answer, accounts: report.externalAccounts };
};

describe.each(PEERS)('where $peer goes wrong', ({ rows }) => {
  it.each(rows)('$trap: $answer', (row) => {
    expect(answerOf(row)).toEqual({ answer: row.answer, accounts: row.accounts ?? [] });
  });
});
