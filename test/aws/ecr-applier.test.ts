import {
  CreateRepositoryCommand,
  ECRClient,
  PutRegistryScanningConfigurationCommand,
  SetRepositoryPolicyCommand,
  type RegistryScanningRule,
} from '@aws-sdk/client-ecr';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { ecrClients } from '../../shared/aws/clients.ts';
import { ecrChangeApplier } from '../../shared/aws/ecr-applier.ts';
import type { Change, StateBefore } from '../../shared/model/change.ts';
import { AwsRequestError, PermissionError, TransientAwsError } from '../../shared/model/errors.ts';
import { registryResource, repositoryResource } from '../../shared/model/resource.ts';
import type { ChangeApplier } from '../../shared/ports/effects.ts';

const AT = { account: '111111111111', region: 'us-east-1' };
const REPOSITORY = repositoryResource(AT, 'team-a/api');
const REGISTRY = registryResource(AT);

let sandbox: ReturnType<typeof createSandbox>;
let applier: ChangeApplier;
let admin: ECRClient;

beforeEach(async () => {
  sandbox = createSandbox();
  const { region: _region, ...overrides } = sandbox.clientConfig();
  applier = ecrChangeApplier(ecrClients({ region: AT.region, account: AT.account, overrides }));
  admin = new ECRClient(sandbox.clientConfig());
  await admin.send(new CreateRepositoryCommand({ repositoryName: REPOSITORY.name }));
});

const state = () => {
  const repository = sandbox.ecr.registry().repositories.get(REPOSITORY.name);
  if (repository === undefined) throw new Error('no repository');
  return repository;
};

const applied = async (
  change: Change,
  resource = REPOSITORY,
): Promise<readonly [StateBefore, StateBefore]> => {
  const before = await applier.current(resource, change);
  return [before, await applier.apply(resource, change, before)];
};

describe('changes of a repository', () => {
  const scanOnPush = { kind: 'put-image-scanning-configuration', scanOnPush: true } as const;

  it('turns scanning on push on and back again', async () => {
    const [before, after] = await applied(scanOnPush);
    expect([before, after]).toEqual([{ ...scanOnPush, scanOnPush: false }, scanOnPush]);
    expect(state().scanOnPush).toBe(true);
    await applier.restore(REPOSITORY, before);
    expect(state().scanOnPush).toBe(false);
  });

  it('makes tags immutable and puts back the mode with its exclusions', async () => {
    Object.assign(state(), { tagMutability: 'MUTABLE_WITH_EXCLUSION', exclusionFilters: ['dev-*'] });
    const [before, after] = await applied({ kind: 'put-image-tag-mutability', mode: 'IMMUTABLE' });
    expect(before).toMatchObject({ mode: 'MUTABLE_WITH_EXCLUSION', exclusionFilters: ['dev-*'] });
    expect(after).toMatchObject({ mode: 'IMMUTABLE', exclusionFilters: [] });
    await applier.restore(REPOSITORY, before);
    expect(state()).toMatchObject({ tagMutability: 'MUTABLE_WITH_EXCLUSION', exclusionFilters: ['dev-*'] });
  });

  it('sets a policy and puts back the one before, or none', async () => {
    const policy = (account: string): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${account}:root` },
            Action: 'ecr:BatchGetImage',
          },
        ],
      });
    const change = { kind: 'set-repository-policy', policyText: policy(AT.account) } as const;
    const [none] = await applied(change);
    expect(none).toEqual({ kind: 'set-repository-policy', policyText: null });
    const other = policy('222222222222');
    await admin.send(new SetRepositoryPolicyCommand({ repositoryName: REPOSITORY.name, policyText: other }));
    const [before] = await applied(change);
    await applier.restore(REPOSITORY, before);
    expect(JSON.parse(state().policyText ?? '')).toEqual(JSON.parse(other));
    await applier.restore(REPOSITORY, none);
    expect(state().policyText).toBeNull();
  });

  it('changes nothing where it cannot read what it would replace', async () => {
    sandbox.faults.deny({ operation: 'DescribeRepositories' }, { probability: 1 });
    await expect(applied(scanOnPush)).rejects.toThrow(AwsRequestError);
    sandbox.faults.clear();
    const gone = repositoryResource(AT, 'gone');
    await expect(applier.current(gone, scanOnPush)).rejects.toThrow('no such repository');
    expect(sandbox.calls.count({ operation: 'PutImageScanningConfiguration' })).toBe(0);
  });

  it('tells a refusal from what may pass', async () => {
    sandbox.faults.deny({ operation: 'PutImageScanningConfiguration' }, { times: 1 });
    await expect(applied(scanOnPush)).rejects.toThrow(PermissionError);
    sandbox.faults.throttle({ operation: 'PutImageScanningConfiguration' }, { probability: 1 });
    await expect(applied(scanOnPush)).rejects.toThrow(TransientAwsError);
  });
});

describe('changes of the registry rules', () => {
  const add = (
    filter: string,
    frequency: 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN' = 'SCAN_ON_PUSH',
  ): Extract<Change, { kind: 'put-registry-scanning-configuration' }> => ({
    kind: 'put-registry-scanning-configuration',
    add: { frequency, filter },
  });
  const rule = (
    scanFrequency: RegistryScanningRule['scanFrequency'],
    ...filters: string[]
  ): RegistryScanningRule => ({
    scanFrequency,
    repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' as const })),
  });
  const put = (scanType: 'BASIC' | 'ENHANCED', ...rules: RegistryScanningRule[]) =>
    admin.send(new PutRegistryScanningConfigurationCommand({ scanType, rules }));
  const rules = () => sandbox.ecr.registry().rules;
  const writes = (): number => sandbox.calls.count({ operation: 'PutRegistryScanningConfiguration' });

  it('adds a filter and keeps every rule and filter that was there', async () => {
    await put('ENHANCED', rule('CONTINUOUS_SCAN', 'prod*', 'pay'), rule('SCAN_ON_PUSH', 'dev*'));
    const [before, after] = await applied(add('team-a/*'), REGISTRY);
    expect(rules()).toEqual([
      { scanFrequency: 'CONTINUOUS_SCAN', filters: ['prod*', 'pay'] },
      { scanFrequency: 'SCAN_ON_PUSH', filters: ['dev*', 'team-a/*'] },
    ]);
    expect(after).toMatchObject({ registryScanning: { scanType: 'ENHANCED' } });
    await applier.restore(REGISTRY, before);
    expect(rules()[1]?.filters).toEqual(['dev*']);
  });

  it('adds a rule where there is none of the frequency', async () => {
    await put('ENHANCED', rule('CONTINUOUS_SCAN', 'prod*'));
    await applied(add('team-a'), REGISTRY);
    expect(rules()).toHaveLength(2);
    await put('BASIC');
    await applied(add('team-a'), REGISTRY);
    expect(rules()).toEqual([{ scanFrequency: 'SCAN_ON_PUSH', filters: ['team-a'] }]);
  });

  it('keeps what somebody added between reading and writing', async () => {
    await put('BASIC', rule('SCAN_ON_PUSH', 'one'));
    const before = await applier.current(REGISTRY, add('mine'));
    await put('BASIC', rule('SCAN_ON_PUSH', 'one', 'theirs'));
    await applier.apply(REGISTRY, add('mine'), before);
    expect(rules()[0]?.filters).toEqual(['one', 'theirs', 'mine']);
  });

  it('writes nothing where the filter is there already: a repeated attempt ends as the first', async () => {
    await put('BASIC', rule('SCAN_ON_PUSH', 'one'));
    const [before, after] = await applied(add('mine'), REGISTRY);
    const count = writes();
    expect(await applier.apply(REGISTRY, add('mine'), before)).toEqual(after);
    expect(writes()).toBe(count);
  });

  it('refuses a first rule under ENHANCED, which would end the scanning of everything else', async () => {
    await put('ENHANCED');
    await expect(applied(add('team-a'), REGISTRY)).rejects.toThrow('would end that');
    expect(rules()).toEqual([]);
  });

  it('refuses where the scan type changed, the frequency does not fit, or there is no room', async () => {
    await put('BASIC', rule('SCAN_ON_PUSH', 'one'));
    await expect(applied(add('a1', 'CONTINUOUS_SCAN'), REGISTRY)).rejects.toThrow('no frequency');
    const before = await applier.current(REGISTRY, add('a1'));
    await put('ENHANCED', rule('SCAN_ON_PUSH', ...Array.from({ length: 100 }, (_, i) => `filter-${i}`)));
    await expect(applier.apply(REGISTRY, add('a1'), before)).rejects.toThrow('scan type');
    await expect(applied(add('a1'), REGISTRY)).rejects.toThrow('no room');
  });
});
