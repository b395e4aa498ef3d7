import { describe, expect, it } from 'vitest';
import { createFollower } from '../../cli/demo/follow.ts';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { parseEnvelope } from '../../shared/events/envelope.ts';
import { interpretEvent } from '../../shared/events/interpret.ts';
import { envelopeOf, RECORDS } from './records.ts';

const PLACE = { account: '123456789012', region: 'ap-south-1' };

const follow = (records: readonly Record<string, unknown>[]) => {
  const sandbox = createSandbox({ accounts: [{ id: PLACE.account }] });
  const follower = createFollower(sandbox);
  const outcomes = records.map((record) => {
    const parsed = parseEnvelope(envelopeOf(record));
    if (!parsed.ok) throw new Error(parsed.error);
    const [target] = interpretEvent(parsed.envelope).targets;
    return follower.follow(target!, parsed.envelope, Date.parse(String(record['eventTime'])));
  });
  return { outcomes, follower, registry: sandbox.ecr.registry(PLACE) };
};

const call = (eventName: string, time: string, requestParameters: object): Record<string, unknown> => ({
  ...RECORDS[0],
  eventName,
  eventTime: `2025-05-01T${time}Z`,
  requestParameters,
});
const create = (time: string): Record<string, unknown> =>
  call('CreateRepository', time, {
    repositoryName: 'app',
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }],
    encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'arn:aws:kms:ap-south-1:123456789012:key/k' },
    tags: [{ key: 'owner', value: 'a' }],
  });

describe('the sandbox follows what records say', () => {
  it('a creation sets everything that it names', () => {
    const { registry } = follow([create('10:00:00')]);
    expect(registry.repositories.get('app')).toMatchObject({
      tagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      exclusionFilters: ['dev-*'],
      scanOnPush: false,
      encryption: { type: 'KMS', kmsKey: 'arn:aws:kms:ap-south-1:123456789012:key/k' },
      tags: new Map([['owner', 'a']]),
    });
  });

  it('the request stands in for what the answer of a creation leaves out', () => {
    const responseElements = {
      repository: { repositoryName: 'app', imageScanningConfiguration: { scanOnPush: true } },
    };
    const { registry } = follow([{ ...create('10:00:00'), responseElements }]);
    expect(registry.repositories.get('app')).toMatchObject({
      tagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      scanOnPush: true,
      encryption: { type: 'KMS' },
    });
  });

  it('the newest record of an aspect wins, in whatever order they come', () => {
    const policy = (time: string, policyText: string): Record<string, unknown> =>
      call('SetRepositoryPolicy', time, { repositoryName: 'app', policyText });
    const { outcomes, registry, follower } = follow([
      policy('10:05:00', '{"new":1}'),
      policy('10:02:00', '{"old":1}'),
      create('10:00:00'),
    ]);
    expect(outcomes).toEqual(['applied', 'late', 'applied']);
    expect(registry.repositories.get('app')).toMatchObject({
      policyText: '{"new":1}',
      tagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    });
    expect(follower.assumed()).toBe(1);
  });

  it('what was deleted is not brought back by an older record', () => {
    const { outcomes, registry } = follow([
      call('DeleteRepository', '11:00:00', { repositoryName: 'app' }),
      create('10:00:00'),
      call('PutImageScanningConfiguration', '10:30:00', {
        repositoryName: 'app',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    ]);
    expect(outcomes).toEqual(['applied', 'late', 'late']);
    expect(registry.repositories.size).toBe(0);
  });

  it('a registry keeps its scan type where a call leaves it out', () => {
    const rules = [
      { scanFrequency: 'SCAN_ON_PUSH', repositoryFilters: [{ filter: 'a*', filterType: 'WILDCARD' }] },
    ];
    const { registry } = follow([
      call('PutRegistryScanningConfiguration', '10:00:00', { scanType: 'ENHANCED', rules: [] }),
      call('PutRegistryScanningConfiguration', '10:01:00', { rules }),
    ]);
    expect(registry).toMatchObject({
      scanType: 'ENHANCED',
      rules: [{ scanFrequency: 'SCAN_ON_PUSH', filters: ['a*'] }],
    });
  });

  it('parameters that were left out change nothing', () => {
    const { outcomes, registry } = follow([
      create('10:00:00'),
      call('SetRepositoryPolicy', '10:01:00', { repositoryName: 'app', omitted: 'true' }),
    ]);
    expect(outcomes).toEqual(['applied', 'unknown']);
    expect(registry.repositories.get('app')?.policyText).toBeNull();
  });
});
