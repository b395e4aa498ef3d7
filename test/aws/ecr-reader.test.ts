import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  PutLifecyclePolicyCommand,
  PutRegistryPolicyCommand,
  PutRegistryScanningConfigurationCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { ecrClients, taggingClients } from '../../shared/aws/clients.ts';
import { ecrReader } from '../../shared/aws/ecr-reader.ts';
import { MalformedInputError, TransientAwsError } from '../../shared/model/errors.ts';
import { factSources } from '../../shared/model/fact-sources.ts';
import { known, type FactName, type Facts } from '../../shared/model/facts.ts';
import { registryResource, repositoryResource, type Resource } from '../../shared/model/resource.ts';
import type { ResourceReader } from '../../shared/ports/reader.ts';

const AT = { account: '111111111111', region: 'us-east-1' };
const repository = (name: string): Resource => repositoryResource(AT, name);
const WHOLE: readonly FactName[] = [
  'scanOnPush',
  'appliedScanning',
  'registryScanning',
  'repositoryPolicy',
  'lifecyclePolicy',
  'tagMutability',
  'encryption',
];
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }],
});
const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
});

const start = () => {
  const sandbox = createSandbox({
    accounts: [
      { id: AT.account, roles: [{ name: 'reader' }] },
      { id: '222222222222', roles: [{ name: 'ecr-warden-read', trusts: [AT.account] }] },
    ],
  });
  const { region: _region, ...overrides } = sandbox.clientConfig({ role: 'reader' });
  const options = {
    region: AT.region,
    account: AT.account,
    memberRole: { roleName: 'ecr-warden-read', externalId: null, sessionName: 'ecr-warden' },
    overrides,
  };
  const reader = ecrReader({
    ecr: ecrClients(options),
    tagging: taggingClients(options),
    clock: sandbox.clock,
  });
  const admin = new ECRClient(sandbox.clientConfig());
  const create = async (...names: readonly string[]): Promise<void> => {
    for (const repositoryName of names) await admin.send(new CreateRepositoryCommand({ repositoryName }));
    sandbox.calls.reset();
  };
  return { sandbox, reader, admin, create };
};

let sandbox: ReturnType<typeof createSandbox>;
let reader: ResourceReader;
let admin: ECRClient;
let create: (...names: readonly string[]) => Promise<void>;
beforeEach(() => {
  ({ sandbox, reader, admin, create } = start());
});

const factsOf = async (resource: Resource, ...needs: readonly FactName[]): Promise<Facts> => {
  const [snapshot] = await reader.read([resource], new Set(needs));
  if (snapshot?.exists !== true) throw new Error('the resource does not exist');
  return snapshot.facts;
};

describe('the reader of one repository', () => {
  it('reads the whole of it with five calls', async () => {
    await create('team-a/api');
    await admin.send(new SetRepositoryPolicyCommand({ repositoryName: 'team-a/api', policyText: POLICY }));
    await admin.send(
      new PutLifecyclePolicyCommand({ repositoryName: 'team-a/api', lifecyclePolicyText: LIFECYCLE }),
    );
    sandbox.calls.reset();
    const before = sandbox.clock.now();
    const [snapshot] = await reader.read([repository('team-a/api')], new Set(WHOLE));
    expect(sandbox.calls.count({ service: 'ecr' })).toBe(5);
    expect(snapshot?.observedAt).toBe(before);
    expect(snapshot).toMatchObject({
      exists: true,
      resource: repository('team-a/api'),
      facts: {
        scanOnPush: known(false),
        appliedScanning: { status: 'known' },
        registryScanning: known({ scanType: 'BASIC', rules: [] }),
        tagMutability: known({ mode: 'MUTABLE', exclusionFilters: [] }),
        encryption: known({ type: 'AES256', kmsKey: null }),
      },
    });
    const facts = snapshot?.exists === true ? snapshot.facts : {};
    expect(
      facts.repositoryPolicy?.status === 'known' && JSON.parse(facts.repositoryPolicy.value ?? ''),
    ).toEqual(JSON.parse(POLICY));
    expect(
      facts.lifecyclePolicy?.status === 'known' && JSON.parse(facts.lifecyclePolicy.value ?? ''),
    ).toEqual(JSON.parse(LIFECYCLE));
    expect(Object.keys(facts).toSorted()).toEqual(WHOLE.toSorted());
  });

  it('costs at most two reads of ECR for one changed fact, and gives that fact alone', async () => {
    await create('team-a/api');
    const ofRepositories = (Object.keys(factSources) as FactName[]).filter(
      (fact) => factSources[fact].of === 'repository' || fact === 'registryScanning',
    );
    for (const fact of ofRepositories) {
      sandbox.calls.reset();
      const facts = await factsOf(repository('team-a/api'), fact);
      expect(Object.keys(facts)).toEqual([fact]);
      expect(facts[fact]?.status).toBe('known');
      expect(sandbox.calls.count({ service: 'ecr' })).toBeLessThanOrEqual(2);
    }
    sandbox.calls.reset();
    await factsOf(repository('team-a/api'), 'scanOnPush', 'appliedScanning', 'registryScanning');
    expect(sandbox.calls.count({ service: 'ecr' })).toBe(2);
  });

  it('says that a repository is gone for every set of facts, the registry-level and tag facts, too', async () => {
    await create();
    const sets: FactName[][] = [
      [...WHOLE],
      ...WHOLE.map((fact) => [fact]),
      ['tags'],
      ['tags', 'registryScanning'],
      [],
    ];
    for (const needs of sets) {
      const [snapshot] = await reader.read([repository('gone')], new Set(needs));
      expect([needs, snapshot?.exists]).toEqual([needs, false]);
    }
  });

  it('knows that there is no policy', async () => {
    await create('team-a/api');
    expect(await factsOf(repository('team-a/api'), 'repositoryPolicy', 'lifecyclePolicy')).toEqual({
      repositoryPolicy: known(null),
      lifecyclePolicy: known(null),
    });
  });

  it('leaves exactly the denied fact unreadable', async () => {
    await create('team-a/api');
    sandbox.faults.deny({ operation: 'GetRepositoryPolicy' }, { probability: 1 });
    const facts = await factsOf(repository('team-a/api'), ...WHOLE);
    const unreadable = Object.entries(facts).filter(([, fact]) => fact?.status === 'unreadable');
    expect(unreadable).toEqual([
      ['repositoryPolicy', expect.objectContaining({ status: 'unreadable', reason: 'access-denied' })],
    ]);
  });

  it('takes scanOnPush from the description where the batch call is denied', async () => {
    await create('team-a/api');
    sandbox.faults.deny({ operation: 'BatchGetRepositoryScanningConfiguration' }, { probability: 1 });
    const facts = await factsOf(repository('team-a/api'), ...WHOLE);
    expect(facts.scanOnPush).toEqual(known(false));
    expect(facts.appliedScanning).toMatchObject({ status: 'unreadable', reason: 'access-denied' });
  });

  it('throws what may pass by itself', async () => {
    await create('team-a/api');
    sandbox.faults.throttle({ operation: 'GetRepositoryPolicy' }, { probability: 1 });
    await expect(factsOf(repository('team-a/api'), ...WHOLE)).rejects.toThrow(TransientAwsError);
  });

  it('reads tags, those with hostile keys, too', async () => {
    const tags = [
      { Key: '__proto__', Value: 'x' },
      { Key: 'owner', Value: '' },
    ];
    await admin.send(new CreateRepositoryCommand({ repositoryName: 'tagged', tags }));
    const facts = await factsOf(repository('tagged'), 'tags');
    expect(
      facts.tags?.status === 'known' && facts.tags.value.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    ).toEqual([
      { key: '__proto__', value: 'x' },
      { key: 'owner', value: '' },
    ]);
    await create('untagged');
    expect(await factsOf(repository('untagged'), 'tags')).toEqual({ tags: known([]) });
  });
});

describe('the reader of many repositories', () => {
  const names = Array.from({ length: 100 }, (_, i) => `r-${String(i).padStart(3, '0')}`);

  it('reads a hundred in batches: seven calls besides those that take one repository', async () => {
    await create(...names);
    const snapshots = await reader.read(names.map(repository), new Set<FactName>([...WHOLE, 'tags']));
    expect(snapshots.map(({ resource, exists }) => [resource.name, exists])).toEqual(
      names.map((name) => [name, true]),
    );
    const count = (operation: string): number => sandbox.calls.count({ operation });
    expect(count('DescribeRepositories')).toBe(1);
    expect(count('BatchGetRepositoryScanningConfiguration')).toBe(4);
    expect(count('GetRegistryScanningConfiguration')).toBe(1);
    expect(count('GetResources')).toBe(1);
    expect(count('GetRepositoryPolicy')).toBe(100);
    expect(count('GetLifecyclePolicy')).toBe(100);
  });

  it('finds the missing ones among a hundred', async () => {
    const missing = new Set(['r-000', 'r-017', 'r-018', 'r-099']);
    await create(...names.filter((name) => !missing.has(name)));
    for (const needs of [WHOLE, ['tagMutability'] as const, ['repositoryPolicy'] as const]) {
      sandbox.calls.reset();
      const snapshots = await reader.read(names.map(repository), new Set<FactName>(needs));
      const gone = snapshots.filter(({ exists }) => !exists).map(({ resource }) => resource.name);
      expect(gone).toEqual([...missing]);
    }
  });

  it('asks in vain for nothing that the batch call showed to be missing', async () => {
    await create(...names.slice(0, 50));
    await reader.read(names.map(repository), new Set(WHOLE));
    expect(sandbox.calls.count({ operation: 'DescribeRepositories' })).toBe(1);
    expect(sandbox.calls.count({ operation: 'GetRepositoryPolicy' })).toBe(50);
  });

  it('gives a repository and its registry in the order asked, sharing the registry read', async () => {
    await create('aa');
    const snapshots = await reader.read(
      [registryResource(AT), repository('aa'), repository('aa')],
      new Set<FactName>(['registryScanning', 'registryPolicy']),
    );
    expect(snapshots.map((s) => [s.resource.type, s.exists && Object.keys(s.facts)])).toEqual([
      ['registry', ['registryScanning', 'registryPolicy']],
      ['repository', ['registryScanning']],
      ['repository', ['registryScanning']],
    ]);
    expect(sandbox.calls.count({ operation: 'GetRegistryScanningConfiguration' })).toBe(1);
  });

  it('is asked for one account and Region at a time', async () => {
    const elsewhere = repositoryResource({ ...AT, region: 'eu-west-1' }, 'a');
    await expect(reader.read([repository('a'), elsewhere], new Set())).rejects.toThrow(MalformedInputError);
    expect(await reader.read([], new Set(WHOLE))).toEqual([]);
  });
});

describe('the reader of a registry', () => {
  it('reads scanning, policy and the policy scope', async () => {
    await admin.send(
      new PutRegistryScanningConfigurationCommand({
        scanType: 'ENHANCED',
        rules: [
          {
            scanFrequency: 'CONTINUOUS_SCAN',
            repositoryFilters: [{ filter: 'prod*', filterType: 'WILDCARD' }],
          },
        ],
      }),
    );
    const needs = ['registryScanning', 'registryPolicy', 'registryPolicyScope'] as const;
    expect(await factsOf(registryResource(AT), ...needs)).toEqual({
      registryScanning: known({
        scanType: 'ENHANCED',
        rules: [{ frequency: 'CONTINUOUS_SCAN', filters: ['prod*'] }],
      }),
      registryPolicy: known(null),
      registryPolicyScope: known(null),
    });
    const policyText = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'r',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::222222222222:root' },
          Action: ['ecr:ReplicateImage'],
          Resource: [`arn:aws:ecr:${AT.region}:${AT.account}:repository/*`],
        },
      ],
    });
    await admin.send(new PutRegistryPolicyCommand({ policyText }));
    const { registryPolicy } = await factsOf(registryResource(AT), 'registryPolicy');
    expect(registryPolicy?.status === 'known' && JSON.parse(registryPolicy.value ?? '')).toEqual(
      JSON.parse(policyText),
    );
  });

  it('lists its repositories page by page', async () => {
    const state = sandbox.ecr.registry();
    await create('template');
    const template = state.repositories.get('template');
    for (let i = 0; i < 1_200; i += 1) {
      const name = `many/${String(i).padStart(4, '0')}`;
      if (template !== undefined) {
        state.repositories.set(name, { ...template, name, serial: template.serial + 1 + i });
      }
    }
    const first = await reader.listRepositories(AT);
    expect(first.repositories).toHaveLength(1_000);
    const second = await reader.listRepositories(AT, first.nextToken ?? undefined);
    expect(second.nextToken).toBeNull();
    const names = [...first.repositories, ...second.repositories].map(({ name }) => name);
    expect(new Set(names).size).toBe(1_201);
    expect(names).toContain('many/1199');
  });

  it('throws where it may not list: an empty list would say that there is nothing', async () => {
    sandbox.faults.deny({ operation: 'DescribeRepositories' }, { probability: 1 });
    await expect(reader.listRepositories(AT)).rejects.toThrow('DescribeRepositories failed: AccessDenied');
  });
});

describe('the reader of another account', () => {
  it('assumes the member role there', async () => {
    const other = { account: '222222222222', region: 'us-east-1' };
    const theirs = new ECRClient(sandbox.clientConfig({ account: other.account }));
    await theirs.send(new CreateRepositoryCommand({ repositoryName: 'theirs' }));
    const needs = new Set<FactName>(['tagMutability', 'repositoryPolicy']);
    const [snapshot] = await reader.read([repositoryResource(other, 'theirs')], needs);
    expect(snapshot?.exists).toBe(true);
    expect(sandbox.calls.count({ service: 'sts', operation: 'AssumeRole' })).toBe(1);
    await theirs.send(new DeleteRepositoryCommand({ repositoryName: 'theirs' }));
    const [gone] = await reader.read([repositoryResource(other, 'theirs')], needs);
    expect(gone?.exists).toBe(false);
  });
});
