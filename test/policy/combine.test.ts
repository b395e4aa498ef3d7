import { describe, expect, it } from 'vitest';
import { NO_TRUST } from '../../shared/model/trust.ts';
import { combineAccess, type CombinedInput } from '../../shared/policy/combine.ts';
import { parsePolicy } from '../../shared/policy/parse.ts';
import { resourcesFor } from '../../shared/policy/resources.ts';
import { surroundingsOf } from '../../shared/policy/subject.ts';

const OWNER = '111122223333';
const FOREIGN = '444455556666';
const APP = `arn:aws:ecr:us-east-1:${OWNER}:repository/app`;
const base = { ownerAccount: OWNER, trust: NO_TRUST, now: '2026-06-01T00:00:00Z' };

const allow = (account: string, more: Record<string, unknown> = {}) => ({
  Effect: 'Allow',
  Principal: { AWS: account },
  Action: 'ecr:BatchGetImage',
  ...more,
});
const policy = (...Statement: unknown[]) => ({ Version: '2012-10-17', Statement });
const combine = (more: Partial<CombinedInput>) =>
  combineAccess({ ...base, repositoryPolicy: null, registryPolicy: null, ...more });

describe('the repository policy and the registry policy together', () => {
  it('let nobody in when there is neither', () => {
    expect(combine({})).toEqual({
      public: false,
      untrusted: false,
      externalAccounts: [],
      grants: [],
      undecided: [],
      notes: [],
      witnesses: { public: null, untrusted: null },
    });
    expect(combine({ repositoryPolicy: undefined, registryPolicy: undefined }).untrusted).toBe(false);
  });

  it('say where a grant comes from', () => {
    const report = combine({
      repositoryPolicy: policy(allow(FOREIGN)),
      registryPolicy: policy(allow('777788889999', { Sid: 'R', Action: 'ecr:CreateRepository' })),
    });
    expect(
      report.grants.map(({ statement, origin, sid, principals }) => [statement, origin, sid, principals]),
    ).toEqual([
      [0, undefined, null, [FOREIGN]],
      [0, 'registry', 'R', ['777788889999']],
    ]);
    expect(report.externalAccounts).toEqual([FOREIGN, '777788889999']);
  });

  it.each([
    ['repositoryPolicy', 'registryPolicy'],
    ['registryPolicy', 'repositoryPolicy'],
  ] as const)('what the %s allows, the %s may deny', (one, other) => {
    const report = combine({
      [one]: policy(allow(FOREIGN)),
      [other]: policy({ ...allow('*'), Effect: 'Deny' }),
    });
    expect([report.untrusted, report.grants]).toEqual([false, []]);
  });

  it.each([
    ['V2', true, true],
    [undefined, true, true],
    ['V1', false, true],
  ] as const)(
    'with a registry policy of scope %s: pull %s, replicate %s',
    (registryScope, pull, replicate) => {
      const untrusted = (Action: string) =>
        combine({
          registryPolicy: policy(allow(FOREIGN, { Action })),
          ...(registryScope === undefined ? {} : { registryScope }),
        }).untrusted;
      expect([untrusted('ecr:BatchGetImage'), untrusted('ecr:ReplicateImage')]).toEqual([pull, replicate]);
    },
  );

  it('by scope V1 a registry policy denies no more than it can allow', () => {
    const denied = (registryScope: 'V1' | 'V2') =>
      !combine({
        repositoryPolicy: policy(allow(FOREIGN)),
        registryPolicy: policy({ ...allow('*'), Effect: 'Deny' }),
        registryScope,
      }).untrusted;
    expect([denied('V1'), denied('V2')]).toEqual([false, true]);
  });

  it.each([
    [APP, true],
    [`${APP}2`, false],
    [undefined, true],
  ])('about the repository %s: %s', (resourceArn, untrusted) => {
    const report = combine({
      registryPolicy: policy(allow(FOREIGN, { Resource: APP })),
      ...(resourceArn === undefined ? {} : { resourceArn }),
    });
    expect(report.untrusted).toBe(untrusted);
  });

  it('say which of them cannot be read', () => {
    const reasons = (more: Partial<CombinedInput>) => combine(more).undecided.map(({ reason }) => reason);
    expect(reasons({ repositoryPolicy: '{' })).toEqual([expect.stringMatching(/^the repository policy: /u)]);
    expect(reasons({ registryPolicy: '{' })).toEqual([expect.stringMatching(/^the registry policy: /u)]);
    expect(combine({ registryPolicy: '{' }).untrusted).toBe(true);
  });

  it('say which of them has the unreadable part or the note', () => {
    const wrong = policy(allow(FOREIGN, { Effect: 'Perhaps', Extra: 1 }));
    const own = combine({ repositoryPolicy: wrong });
    const registry = combine({ registryPolicy: wrong });
    expect(own.undecided).toHaveLength(1);
    expect(own.notes).toHaveLength(1);
    expect(registry.undecided.map(({ reason }) => reason)).toEqual(
      own.undecided.map(({ reason }) => `the registry policy: ${reason}`),
    );
    expect(registry.notes.map(({ message }) => message)).toEqual(
      own.notes.map(({ message }) => `the registry policy: ${message}`),
    );
  });
});

describe('the repositories that a policy tells apart', () => {
  const around = surroundingsOf(base);
  const repositories = (
    resources: readonly unknown[],
    resourceArn: string | null = null,
    Effect = 'Allow',
  ) => {
    const read = parsePolicy(
      policy(
        ...resources.map((Resource) => ({
          ...allow('*'),
          Effect,
          ...(Resource === null ? {} : { Resource }),
        })),
      ),
      { origin: 'policy', universe: around.universe, constants: around.constants },
    );
    if ('unreadable' in read) throw new Error(read.unreadable);
    return resourcesFor(read, { setting: around.setting, resourceArn });
  };

  const FRESH = `arn:aws:ecr:us-east-1:${OWNER}:repository/q7`;

  it('are any, the one asked about, or one of each kind', () => {
    expect(repositories([null])).toEqual([null]);
    expect(repositories([null, '*'], APP)).toEqual([APP]);
    expect(repositories([null], APP)).toEqual([APP]);
    expect(repositories([APP, null])).toEqual([FRESH, APP]);
    expect(repositories([APP], null, 'Deny')).toEqual([FRESH, APP]);
    expect(repositories([[APP, `${APP}2`], APP])).toEqual([FRESH, APP, `${APP}2`]);
  });

  it.each([
    `arn:aws:ecr:us-east-1:${FOREIGN}:repository/app`,
    `arn:aws:s3:us-east-1:${OWNER}:repository/app`,
    `arn:aws:ecr:us-east-1:${OWNER}:image/app`,
    `arn:aws:ecr:us-east-1:${OWNER}:repository/App`,
    `arn:aws:ecr:us-east-1:${OWNER}:repository/-app`,
    `arn:aws:ecr:us-east-1:${OWNER}:repository/app-`,
    `arn:aws:ecr:us-east-1:${OWNER}:repository/a b`,
    `arn:aws:ecr::${OWNER}:repository/app`,
    `arn:gcp:ecr:us-east-1:${OWNER}:repository/app`,
  ])('are not %s', (arn) => {
    expect(repositories([arn])).toEqual([FRESH]);
  });

  it('are made from wildcards and variables', () => {
    expect(repositories([`arn:aws:ecr:us-east-1:${OWNER}:repository/team/*`])).toContain(
      `arn:aws:ecr:us-east-1:${OWNER}:repository/team/q7`,
    );
    expect(repositories([`arn:aws:ecr:*:${OWNER}:repository/app`])).toContain(APP);
    expect(repositories([`arn:aws:ecr:us-east-1:*:repository/app`])).toContain(APP);
    expect(repositories(['arn:aws:ecr:us-east-1:${aws:PrincipalAccount}:repository/app'])).toContain(APP);
    expect(repositories([`arn:aws-cn:ecr:us-east-1:${OWNER}:repository/a`])).toContain(
      `arn:aws-cn:ecr:us-east-1:${OWNER}:repository/a`,
    );
    expect(repositories([`arn:aws:ecr:us-east-1:${OWNER}:repository/a`])).toHaveLength(2);
    const many = Array.from({ length: 50 }, (_, n) => `${APP}${n}`);
    expect(repositories(many)).toEqual([FRESH, ...many].slice(0, 32));
  });
});
