import { describe, expect, it } from 'vitest';
import { customerManagedKey } from '../../shared/controls/customer-managed-key.ts';
import { lifecyclePolicy } from '../../shared/controls/lifecycle-policy.ts';
import { tagImmutability } from '../../shared/controls/tag-immutability.ts';
import type { Encryption, FactValues, TagMutability } from '../../shared/model/facts.ts';
import { judgeCase, testControl } from './control-tester.ts';

const tags = (mode: TagMutability['mode'], ...exclusionFilters: string[]): Partial<FactValues> => ({
  tagMutability: { mode, exclusionFilters },
});

testControl(tagImmutability, [
  {
    type: 'repository',
    compliant: [
      { name: 'IMMUTABLE', facts: tags('IMMUTABLE'), evidence: 'no tag can be moved' },
      {
        name: 'IMMUTABLE_WITH_EXCLUSION, accepted',
        facts: tags('IMMUTABLE_WITH_EXCLUSION', 'latest'),
        options: { alsoAccept: ['IMMUTABLE_WITH_EXCLUSION'] },
        evidence: 'only tags that match `latest` can be moved',
      },
      {
        name: 'MUTABLE_WITH_EXCLUSION, accepted',
        facts: tags('MUTABLE_WITH_EXCLUSION', 'v*'),
        options: { alsoAccept: ['MUTABLE_WITH_EXCLUSION'] },
      },
    ],
    nonCompliant: [
      { name: 'MUTABLE', facts: tags('MUTABLE'), messages: ['mutable'], plan: 'heals', automatic: true },
      {
        name: 'MUTABLE, whatever is accepted besides',
        facts: tags('MUTABLE'),
        options: { alsoAccept: ['IMMUTABLE_WITH_EXCLUSION', 'MUTABLE_WITH_EXCLUSION'] },
        messages: ['mutable'],
        plan: 'heals',
        automatic: true,
      },
      {
        name: 'MUTABLE_WITH_EXCLUSION',
        facts: tags('MUTABLE_WITH_EXCLUSION', 'v*', 'release-*'),
        messages: ['mutableWithExclusion'],
        plan: 'heals',
        evidence: 'but those that match `v*`, `release-*`',
      },
      {
        name: 'MUTABLE_WITH_EXCLUSION while the other one is accepted',
        facts: tags('MUTABLE_WITH_EXCLUSION', 'v*'),
        options: { alsoAccept: ['IMMUTABLE_WITH_EXCLUSION'] },
        messages: ['mutableWithExclusion'],
        plan: 'heals',
      },
      {
        name: 'IMMUTABLE_WITH_EXCLUSION',
        facts: tags('IMMUTABLE_WITH_EXCLUSION', 'latest'),
        messages: ['immutableWithExclusion'],
        plan: 'heals',
      },
      {
        name: 'IMMUTABLE_WITH_EXCLUSION without filters',
        facts: tags('IMMUTABLE_WITH_EXCLUSION'),
        messages: ['immutableWithExclusion'],
        plan: 'heals',
        evidence: 'match no filter',
      },
    ],
  },
]);

const lifecycle = (policy: string | null): Partial<FactValues> => ({ lifecyclePolicy: policy });

testControl(lifecyclePolicy, [
  {
    type: 'repository',
    compliant: [
      {
        name: 'one rule',
        facts: lifecycle('{"rules":[{"rulePriority":1}]}'),
        evidence: 'a lifecycle policy of 1 rule',
      },
      { name: 'text that is not JSON', facts: lifecycle('{'), evidence: 'could not be read' },
      { name: 'JSON that is no policy', facts: lifecycle('[]'), evidence: 'could not be read' },
      { name: 'JSON null', facts: lifecycle('null'), evidence: 'could not be read' },
      { name: 'rules that are no list', facts: lifecycle('{"rules":{}}'), evidence: 'could not be read' },
    ],
    nonCompliant: [
      { name: 'none', facts: lifecycle(null), messages: ['none'], plan: 'advises' },
      { name: 'no rules', facts: lifecycle('{"rules":[]}'), messages: ['empty'], plan: 'advises' },
    ],
  },
]);

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/0f0e0d0c-1111-4222-8333-444455556666';
const encrypted = (type: Encryption['type'], kmsKey: string | null): Partial<FactValues> => ({
  encryption: { type, kmsKey },
});

testControl(customerManagedKey, [
  {
    type: 'repository',
    compliant: [
      { name: 'a key by its ARN', facts: encrypted('KMS', KEY), evidence: 'ECR does not say who manages it' },
      { name: 'KMS_DSSE', facts: encrypted('KMS_DSSE', KEY) },
      { name: 'an alias', facts: encrypted('KMS', 'arn:aws:kms:eu-west-1:111122223333:alias/images') },
      { name: 'an alias that only looks like it', facts: encrypted('KMS', 'alias/aws/ecr-images') },
      { name: 'a declared key', facts: encrypted('KMS', KEY), options: { keys: ['x', KEY] } },
      {
        name: 'a declared account',
        facts: encrypted('KMS', KEY),
        options: { keys: ['arn:aws:kms:*:111122223333:key/*'] },
      },
    ],
    nonCompliant: [
      { name: 'AES256', facts: encrypted('AES256', null), messages: ['noKmsKey'], plan: 'advises' },
      {
        name: 'KMS without a key',
        facts: encrypted('KMS', null),
        messages: ['awsManagedKey'],
        plan: 'advises',
      },
      {
        name: 'the alias of AWS',
        facts: encrypted('KMS', 'alias/aws/ecr'),
        messages: ['awsManagedKey'],
        plan: 'advises',
      },
      {
        name: 'the alias of AWS as an ARN',
        facts: encrypted('KMS_DSSE', 'arn:aws:kms:eu-west-1:111122223333:alias/aws/ecr'),
        messages: ['awsManagedKey'],
        plan: 'advises',
        evidence: 'which AWS manages',
      },
      {
        name: 'the alias of AWS, even declared',
        facts: encrypted('KMS', 'alias/aws/ecr'),
        options: { keys: ['*'] },
        messages: ['awsManagedKey'],
        plan: 'advises',
      },
      {
        name: 'a key that is not declared',
        facts: encrypted('KMS', KEY),
        options: { keys: [KEY.slice(0, -1)] },
        messages: ['otherKey'],
        plan: 'advises',
      },
    ],
  },
]);

describe('the words of the repository controls', () => {
  it('name the key', () => {
    const one = { name: '', facts: encrypted('KMS', KEY), options: { keys: ['other'] } };
    const [violation] = judgeCase(customerManagedKey, 'repository', one).verdict.violations;
    expect(violation!.message).toBe(
      `\`team-a/api\` is encrypted with the key \`${KEY}\`, which is none of the declared ones`,
    );
  });

  it('name the tags that can be moved', () => {
    const one = { name: '', facts: tags('IMMUTABLE_WITH_EXCLUSION', 'latest', 'dev-*') };
    const [violation] = judgeCase(tagImmutability, 'repository', one).verdict.violations;
    expect(violation!.message).toBe(
      'tags of `team-a/api` that match latest, dev-* can be moved to another image',
    );
  });
});
