import { describe, expect, it } from 'vitest';
import {
  batchScanningOf,
  encryptionOf,
  policyScopeOf,
  policyTextOf,
  registryScanningOf,
  scanOnPushOf,
  tagMutabilityOf,
  tagsOf,
} from '../../shared/aws/ecr-wire.ts';
import { known, type Fact } from '../../shared/model/facts.ts';

/** Answers as a newer AWS or a careless emulator may give them: the SDK does not check. */
const wire = (value: unknown): never => value as never;
const wildcard = (filter: string) => ({ filter, filterType: 'WILDCARD' });

describe('parts of ECR answers', () => {
  const good: readonly [string, Fact<unknown>, unknown][] = [
    ['no scanning configuration', scanOnPushOf({}), false],
    ['scan on push', scanOnPushOf({ imageScanningConfiguration: { scanOnPush: true } }), true],
    [
      'mutability',
      tagMutabilityOf({ imageTagMutability: 'IMMUTABLE' }),
      { mode: 'IMMUTABLE', exclusionFilters: [] },
    ],
    [
      'mutability with exclusions',
      tagMutabilityOf(
        wire({
          imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
          imageTagMutabilityExclusionFilters: [wildcard('dev-*')],
        }),
      ),
      { mode: 'IMMUTABLE_WITH_EXCLUSION', exclusionFilters: ['dev-*'] },
    ],
    ['no encryption configuration', encryptionOf({}), { type: 'AES256', kmsKey: null }],
    [
      'a key',
      encryptionOf({ encryptionConfiguration: { encryptionType: 'KMS_DSSE', kmsKey: 'arn:k' } }),
      { type: 'KMS_DSSE', kmsKey: 'arn:k' },
    ],
    ['no frequency', batchScanningOf({}).appliedScanning, { frequency: null, filters: [] }],
    [
      'an effective scanning',
      batchScanningOf(wire({ scanFrequency: 'CONTINUOUS_SCAN', appliedScanFilters: [wildcard('prod')] }))
        .appliedScanning,
      { frequency: 'CONTINUOUS_SCAN', filters: ['prod'] },
    ],
    [
      'a registry without rules',
      registryScanningOf({ scanType: 'ENHANCED' }),
      { scanType: 'ENHANCED', rules: [] },
    ],
    [
      'a registry rule',
      registryScanningOf(
        wire({ scanType: 'BASIC', rules: [{ scanFrequency: 'MANUAL', repositoryFilters: [wildcard('*')] }] }),
      ),
      { scanType: 'BASIC', rules: [{ frequency: 'MANUAL', filters: ['*'] }] },
    ],
    ['an empty policy text', policyTextOf(''), ''],
    ['a scope', policyScopeOf('V2'), 'V2'],
    ['no tags', tagsOf(undefined), []],
    ['a tag without value', tagsOf(wire([{ Key: 'constructor' }])), [{ key: 'constructor', value: '' }]],
  ];
  it.each(good)('%s', (_, fact, value) => {
    expect(fact).toEqual(known(value));
  });

  const bad: readonly [string, Fact<unknown>][] = [
    [
      'scan on push that is a text',
      scanOnPushOf(wire({ imageScanningConfiguration: { scanOnPush: 'false' } })),
    ],
    ['no mutability', tagMutabilityOf({})],
    ['a fifth mutability', tagMutabilityOf(wire({ imageTagMutability: 'SOMETIMES' }))],
    [
      'another kind of exclusion',
      tagMutabilityOf(
        wire({
          imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
          imageTagMutabilityExclusionFilters: [{ filter: 'a', filterType: 'REGEX' }],
        }),
      ),
    ],
    ['another encryption', encryptionOf(wire({ encryptionConfiguration: { encryptionType: 'ROT13' } }))],
    ['another frequency', batchScanningOf(wire({ scanFrequency: 'HOURLY' })).appliedScanning],
    ['a filter without text', batchScanningOf(wire({ appliedScanFilters: [{}] })).appliedScanning],
    ['no registry scanning', registryScanningOf(undefined)],
    ['another scan type', registryScanningOf(wire({ scanType: 'DEEP' }))],
    ['a rule of another frequency', registryScanningOf(wire({ scanType: 'BASIC', rules: [{}] }))],
    ['no policy text', policyTextOf(undefined)],
    ['another scope', policyScopeOf('V3')],
    ['a tag without key', tagsOf(wire([{ Value: 'x' }]))],
  ];
  it.each(bad)('%s is malformed, never a guess', (_, fact) => {
    expect(fact).toMatchObject({ status: 'unreadable', reason: 'malformed' });
  });
});
