import { describe, expect, it } from 'vitest';
import { publicAccess } from '../../shared/controls/public-access.ts';
import { untrustedAccess } from '../../shared/controls/untrusted-access.ts';
import { violationsDigest } from '../../shared/engine/violations.ts';
import type { FactValues } from '../../shared/model/facts.ts';
import { AT, judgeCase, testControl, type Case } from './control-tester.ts';

const OWNER = `arn:aws:iam::${AT.account}:root`;
const PARTNER = '222233334444';
const STRANGER = '444455556666';
const root = (account: string): string => `arn:aws:iam::${account}:root`;
const PULL = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'];

interface Statement {
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly [key: string]: unknown;
}
const allow = (Principal: unknown, Action: unknown = PULL, more: Statement = {}): Statement => ({
  Sid: 'Access',
  Effect: 'Allow',
  Principal,
  Action,
  ...more,
});
const policy = (...Statement: Statement[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const repository = (text: string | null): Partial<FactValues> => ({ repositoryPolicy: text });
const registry = (text: string | null, scope: 'V1' | 'V2' = 'V2'): Partial<FactValues> => ({
  registryPolicy: text,
  registryPolicyScope: scope,
});
const inOrganization = { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' } } };
const trustPartner = { trust: { accounts: [PARTNER] } };
const REGISTRY_RESOURCE = { Resource: `arn:aws:ecr:eu-west-1:${AT.account}:repository/*` };

testControl(publicAccess, [
  {
    type: 'repository',
    compliant: [
      { name: 'no policy', facts: repository(null), evidence: 'has no policy' },
      { name: 'the owner', facts: repository(policy(allow({ AWS: OWNER }))), evidence: 'nobody outside' },
      {
        name: 'a stranger by name',
        facts: repository(policy(allow({ AWS: root(STRANGER) }))),
        evidence: STRANGER,
      },
      { name: 'everybody of an organization', facts: repository(policy(allow('*', PULL, inOrganization))) },
      {
        name: 'everybody, denied',
        facts: repository(policy(allow('*'), { ...allow('*', 'ecr:*'), Effect: 'Deny' })),
      },
      {
        name: 'everybody, but no action of a repository',
        facts: repository(policy(allow('*', 's3:GetObject'))),
      },
    ],
    nonCompliant: [
      {
        name: 'everybody may pull',
        facts: repository(policy(allow('*'))),
        messages: ['public'],
        severity: 'HIGH',
        plan: 'heals',
        evidence: 'lets any AWS account in',
      },
      {
        name: 'everybody may pull, the owner may too',
        facts: repository(policy(allow('*'), allow({ AWS: OWNER }))),
        messages: ['public'],
        severity: 'HIGH',
        plan: 'heals',
      },
      {
        name: 'everybody may push',
        facts: repository(policy(allow({ AWS: '*' }, 'ecr:*'), allow({ AWS: OWNER }))),
        messages: ['public'],
        severity: 'CRITICAL',
        plan: 'heals',
      },
      {
        name: 'everybody may list',
        facts: repository(policy(allow({ AWS: ['*'] }, 'ecr:ListImages'), allow({ AWS: OWNER }))),
        messages: ['public'],
        severity: 'MEDIUM',
        plan: 'heals',
      },
      {
        name: 'everybody but one',
        facts: repository(
          policy({ ...allow(undefined), NotPrincipal: { AWS: root(STRANGER) } }, allow({ AWS: OWNER })),
        ),
        messages: ['public'],
        severity: 'HIGH',
        plan: 'heals',
      },
      { name: 'text that is not JSON', facts: repository('{'), messages: ['undecided'], plan: 'advises' },
    ],
  },
  {
    type: 'registry',
    compliant: [
      { name: 'no policy', facts: registry(null) },
      {
        name: 'replication from a named account',
        facts: registry(policy(allow({ AWS: root(STRANGER) }, 'ecr:ReplicateImage', REGISTRY_RESOURCE))),
      },
      {
        name: 'everybody may pull, which scope V1 does not grant',
        facts: registry(policy(allow('*', PULL, REGISTRY_RESOURCE)), 'V1'),
      },
    ],
    nonCompliant: [
      {
        name: 'everybody may pull, scope V2',
        facts: registry(policy(allow('*', PULL, REGISTRY_RESOURCE))),
        messages: ['public'],
        severity: 'HIGH',
        plan: 'advises',
      },
      {
        name: 'everybody may replicate, scope V1',
        facts: registry(policy(allow('*', 'ecr:ReplicateImage', REGISTRY_RESOURCE)), 'V1'),
        messages: ['public'],
        severity: 'CRITICAL',
        plan: 'advises',
      },
    ],
  },
]);

testControl(untrustedAccess, [
  {
    type: 'repository',
    compliant: [
      { name: 'no policy', facts: repository(null) },
      { name: 'the owner', facts: repository(policy(allow({ AWS: OWNER }))) },
      {
        name: 'a trusted account',
        facts: repository(policy(allow({ AWS: root(PARTNER) }))),
        ...trustPartner,
        evidence: `lets in ${PARTNER}`,
      },
      {
        name: 'a trusted organization',
        facts: repository(policy(allow('*', PULL, inOrganization))),
        trust: { organizations: ['o-aaaaaaaaaa'] },
      },
      {
        name: 'a trusted role',
        facts: repository(policy(allow({ AWS: `arn:aws:iam::${STRANGER}:role/puller` }))),
        trust: { principals: [`arn:aws:iam::${STRANGER}:role/puller`] },
      },
    ],
    nonCompliant: [
      {
        name: 'a stranger',
        facts: repository(policy(allow({ AWS: root(STRANGER) }))),
        messages: ['untrusted'],
        severity: 'HIGH',
        plan: 'advises',
        evidence: `it names ${STRANGER}`,
      },
      {
        name: 'a stranger beside a trusted account',
        facts: repository(policy(allow({ AWS: [root(PARTNER), root(STRANGER)] }))),
        ...trustPartner,
        messages: ['untrusted'],
        severity: 'HIGH',
        plan: 'heals',
      },
      {
        name: 'a stranger who may push, beside the owner',
        facts: repository(policy(allow({ AWS: root(STRANGER) }, 'ecr:PutImage'), allow({ AWS: OWNER }))),
        messages: ['untrusted'],
        severity: 'CRITICAL',
        plan: 'heals',
      },
      {
        name: 'another organization',
        facts: repository(policy(allow('*', PULL, inOrganization), allow({ AWS: OWNER }))),
        trust: { organizations: ['o-bbbbbbbbbb'] },
        messages: ['untrusted'],
        severity: 'HIGH',
        plan: 'heals',
      },
      {
        name: 'everybody',
        facts: repository(policy(allow('*'), allow({ AWS: OWNER }))),
        ...trustPartner,
        messages: ['untrusted'],
        severity: 'HIGH',
        plan: 'heals',
        evidence: 'any AWS account',
      },
      {
        name: 'text that is not JSON',
        facts: repository('nonsense'),
        messages: ['undecided'],
        plan: 'advises',
      },
    ],
  },
  {
    type: 'registry',
    compliant: [
      { name: 'no policy', facts: registry(null) },
      {
        name: 'replication from a trusted account',
        facts: registry(policy(allow({ AWS: root(PARTNER) }, 'ecr:ReplicateImage', REGISTRY_RESOURCE))),
        ...trustPartner,
      },
    ],
    nonCompliant: [
      {
        name: 'replication from a stranger',
        facts: registry(
          policy(allow({ AWS: root(STRANGER) }, 'ecr:ReplicateImage', REGISTRY_RESOURCE)),
          'V1',
        ),
        messages: ['untrusted'],
        severity: 'CRITICAL',
        plan: 'advises',
      },
    ],
  },
]);

describe('the violations of the access controls', () => {
  const violationsOf = (one: Partial<Case>) =>
    judgeCase(untrustedAccess, 'repository', { name: '', facts: {}, ...one }).verdict.violations;

  it('say which statement, principals and actions', () => {
    const [violation] = violationsOf({
      facts: repository(policy(allow({ AWS: OWNER }), allow({ AWS: root(STRANGER) }))),
    });
    expect(violation!.data).toMatchObject({ statement: 1, sid: 'Access', actions: [...PULL].sort() });
    expect(JSON.stringify(violation!.data['principals'])).toContain(STRANGER);
  });

  it('stay the same when statements are reordered or renamed', () => {
    const [a, b] = [allow({ AWS: OWNER }), allow({ AWS: root(STRANGER) })];
    const before = violationsOf({ facts: repository(policy(a, b)) });
    const after = violationsOf({ facts: repository(policy({ ...b, Sid: 'Else' }, a)) });
    expect(violationsDigest(after)).toBe(violationsDigest(before));
  });

  it('are others when the policy is broadened', () => {
    const before = violationsOf({ facts: repository(policy(allow({ AWS: root(STRANGER) }))) });
    const after = violationsOf({ facts: repository(policy(allow({ AWS: root(STRANGER) }, 'ecr:*'))) });
    expect(violationsDigest(after)).not.toBe(violationsDigest(before));
  });

  it('come with a witness in the evidence', () => {
    const { verdict } = judgeCase(publicAccess, 'repository', {
      name: '',
      facts: repository(policy(allow('*'))),
    });
    expect(verdict.evidence.data['witness']).toMatchObject({
      action: expect.stringMatching(/^ecr:/u) as string,
    });
  });

  it('are answered by the same policy without the stranger, never by deleting it', () => {
    const trust = { accounts: [PARTNER] };
    const facts = repository(policy(allow({ AWS: [root(PARTNER), root(STRANGER)] }, 'ecr:*')));
    const { plan } = judgeCase(untrustedAccess, 'repository', { name: '', facts, trust });
    expect(plan!.reason).toContain(
      `takes out statement 0 \`Access\`: untrusted access of \`${root(STRANGER)}\``,
    );
    const [change] = plan!.changes;
    const text = change!.kind === 'set-repository-policy' ? change!.policyText : '';
    expect(text).not.toContain(STRANGER);
    expect(text).toContain(PARTNER);
    expect(plan!.cli[0]).toBe(
      `aws ecr set-repository-policy --region eu-west-1 --registry-id ${AT.account} --repository-name team-a/api --policy-text '${text}'`,
    );
    expect(plan!.iac).toContain(`policy     = ${JSON.stringify(text)}`);

    const alone = repository(policy(allow({ AWS: root(STRANGER) })));
    const nothing = judgeCase(untrustedAccess, 'repository', { name: '', facts: alone }).plan!;
    expect([nothing.changes, nothing.cli]).toEqual([[], []]);
    expect(nothing.reason).toContain('nothing of the policy would be left');
  });

  it('are only proposed for a registry, with the line that would change it', () => {
    const text = policy(
      allow({ AWS: [root(PARTNER), root(STRANGER)] }, 'ecr:ReplicateImage', REGISTRY_RESOURCE),
    );
    const { plan } = judgeCase(untrustedAccess, 'registry', {
      name: '',
      facts: registry(text),
      trust: { accounts: [PARTNER] },
    });
    expect(plan!.changes).toEqual([]);
    expect(plan!.cli[0]).toMatch(/^aws ecr put-registry-policy --region eu-west-1 --policy-text '\{/u);
    expect(plan!.cli[0]).not.toContain(STRANGER);
  });
});
