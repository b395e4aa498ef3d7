import {
  BatchDeleteImageCommand,
  BatchGetRepositoryScanningConfigurationCommand,
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRegistryPolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAccountSettingCommand,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  GetRegistryPolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  paginateDescribeRepositories,
  PutAccountSettingCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  PutRegistryPolicyCommand,
  PutReplicationConfigurationCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

const arnOf = (name: string): string => `arn:aws:ecr:us-east-1:111111111111:repository/${name}`;
const failsAs = (name: string) => expect.objectContaining({ name });

const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'pull', Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage'] }],
};
const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 10 },
      action: { type: 'expire' },
    },
  ],
});

let sandbox: Sandbox;
let ecr: ECRClient;
const create = (repositoryName: string, more: object = {}) =>
  ecr.send(new CreateRepositoryCommand({ repositoryName, ...more }));

beforeEach(() => {
  sandbox = createSandbox();
  ecr = new ECRClient(sandbox.clientConfig());
});

describe('repositories', () => {
  it('come with the defaults of ECR', async () => {
    const { repository } = await create('team-a/api');
    expect(repository).toEqual({
      repositoryArn: arnOf('team-a/api'),
      registryId: '111111111111',
      repositoryName: 'team-a/api',
      repositoryUri: '111111111111.dkr.ecr.us-east-1.amazonaws.com/team-a/api',
      createdAt: new Date(sandbox.clock.now()),
      imageTagMutability: 'MUTABLE',
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: 'AES256' },
    });
  });

  it('keep what CreateRepository says', async () => {
    const { repository } = await create('locked', {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }],
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS' },
      tags: [{ Key: '__proto__', Value: 'x' }],
    });
    expect(repository).toMatchObject({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }],
      imageScanningConfiguration: { scanOnPush: true },
    });
    expect(repository?.encryptionConfiguration?.kmsKey).toMatch(/^arn:aws:kms:us-east-1:111111111111:key\//);
    const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: arnOf('locked') }));
    expect(tags).toEqual([{ Key: '__proto__', Value: 'x' }]);
  });

  it.each([
    ['a', 'too short'],
    ['A-upper', 'upper case'],
    ['a__b___c', 'three underscores'],
    ['a//b', 'an empty part'],
    ['-a', 'a separator first'],
    ['__proto__', 'no letter at the ends'],
    ['a'.repeat(257), '257 characters'],
  ])('refuse the name %s (%s)', async (name) => {
    await expect(create(name)).rejects.toEqual(failsAs('InvalidParameterException'));
  });

  it.each(['constructor', 'a'.repeat(256), 'a-----b', 'a.b_c__d/e'])('accept the name %s', async (name) => {
    await create(name);
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
    expect(repositories?.map(({ repositoryName }) => repositoryName)).toEqual([name]);
  });

  it('exist once in a registry, and apart in each Region and account', async () => {
    await create('api');
    await expect(create('api')).rejects.toEqual(failsAs('RepositoryAlreadyExistsException'));
    const elsewhere = new ECRClient(sandbox.clientConfig({ region: 'eu-west-1' }));
    const { repositories } = await elsewhere.send(new DescribeRepositoriesCommand({}));
    expect(repositories).toEqual([]);
  });

  it('are described in pages that lose nothing when one is deleted between them', async () => {
    for (let i = 0; i < 7; i += 1) await create(`repo-${i}`);
    const names: (string | undefined)[] = [];
    for await (const page of paginateDescribeRepositories({ client: ecr, pageSize: 3 }, {})) {
      expect(page.repositories!.length).toBeLessThanOrEqual(3);
      names.push(...page.repositories!.map(({ repositoryName }) => repositoryName));
      sandbox.ecr.registry().repositories.delete('repo-1');
    }
    expect(names).toEqual(['repo-0', 'repo-1', 'repo-2', 'repo-3', 'repo-4', 'repo-5', 'repo-6']);
  });

  it('are given 1,000 a page at most, 100 by default', async () => {
    for (let i = 0; i < 101; i += 1) await create(`repo-${i}`);
    const first = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(first.repositories).toHaveLength(100);
    expect(first.nextToken).toBeTypeOf('string');
    await expect(ecr.send(new DescribeRepositoriesCommand({ maxResults: 1001 }))).rejects.toEqual(
      failsAs('InvalidParameterException'),
    );
    await expect(ecr.send(new DescribeRepositoriesCommand({ nextToken: 'garbage' }))).rejects.toEqual(
      failsAs('InvalidParameterException'),
    );
  });

  it('are described by name only if every name is there, 100 names at most', async () => {
    await create('here');
    const missing = new DescribeRepositoriesCommand({ repositoryNames: ['here', 'gone'] });
    await expect(ecr.send(missing)).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: "The repository with name 'gone' does not exist in the registry with id '111111111111'",
    });
    const repositoryNames = Array.from({ length: 101 }, () => 'here');
    await expect(ecr.send(new DescribeRepositoriesCommand({ repositoryNames }))).rejects.toEqual(
      failsAs('InvalidParameterException'),
    );
  });

  it('are deleted with their images only by force', async () => {
    await create('full');
    await ecr.send(new PutImageCommand({ repositoryName: 'full', imageManifest: '{}', imageTag: 'v1' }));
    await expect(ecr.send(new DeleteRepositoryCommand({ repositoryName: 'full' }))).rejects.toEqual(
      failsAs('RepositoryNotEmptyException'),
    );
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'full', force: true }));
    await expect(ecr.send(new DeleteRepositoryCommand({ repositoryName: 'full' }))).rejects.toEqual(
      failsAs('RepositoryNotFoundException'),
    );
  });
});

describe('tag mutability', () => {
  const put = (imageTagMutability: 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION', filter?: string) =>
    ecr.send(
      new PutImageTagMutabilityCommand({
        repositoryName: 'api',
        imageTagMutability,
        ...(filter === undefined
          ? {}
          : { imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter }] }),
      }),
    );

  it('needs filters for the modes with exclusion and refuses them for the others', async () => {
    await create('api');
    await expect(put('IMMUTABLE_WITH_EXCLUSION')).rejects.toEqual(failsAs('InvalidParameterException'));
    await expect(put('IMMUTABLE', 'dev-*')).rejects.toEqual(failsAs('InvalidParameterException'));
    const answer = await put('IMMUTABLE_WITH_EXCLUSION', 'dev-*');
    expect(answer.imageTagMutabilityExclusionFilters).toEqual([{ filterType: 'WILDCARD', filter: 'dev-*' }]);
  });

  it('decides whether a tag may move', async () => {
    await create('api');
    await put('IMMUTABLE_WITH_EXCLUSION', 'dev-*');
    const push = (imageManifest: string, imageTag: string) =>
      ecr.send(new PutImageCommand({ repositoryName: 'api', imageManifest, imageTag }));
    await push('{"n":1}', 'v1');
    await push('{"n":1}', 'dev-1');
    await expect(push('{"n":2}', 'v1')).rejects.toEqual(failsAs('ImageTagAlreadyExistsException'));
    await push('{"n":2}', 'dev-1');
    const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName: 'api' }));
    expect(imageIds?.map(({ imageTag }) => imageTag).sort()).toEqual(['dev-1', 'v1']);
  });
});

describe('repository policies', () => {
  const set = (policyText: string) =>
    ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'api', policyText }));

  it('come back in the layout of ECR', async () => {
    await create('api');
    await set(JSON.stringify(POLICY));
    const { policyText } = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName: 'api' }));
    expect(policyText).toBe(
      [
        '{',
        '  "Version" : "2012-10-17",',
        '  "Statement" : [ {',
        '    "Sid" : "pull",',
        '    "Effect" : "Allow",',
        '    "Principal" : "*",',
        '    "Action" : [ "ecr:BatchGetImage" ]',
        '  } ]',
        '}',
      ].join('\n'),
    );
  });

  it('are gone once, then not found', async () => {
    await create('api');
    await set(JSON.stringify(POLICY));
    const { policyText } = await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName: 'api' }));
    expect(JSON.parse(policyText!)).toEqual(POLICY);
    for (const command of [
      new GetRepositoryPolicyCommand({ repositoryName: 'api' }),
      new DeleteRepositoryPolicyCommand({ repositoryName: 'api' }),
    ]) {
      await expect(ecr.send(command)).rejects.toEqual(failsAs('RepositoryPolicyNotFoundException'));
    }
  });

  const statement = POLICY.Statement[0]!;
  it.each([
    ['no JSON', '{'],
    ['an array', '[]'],
    ['no statement', '{"Version":"2012-10-17"}'],
    ['an empty statement list', '{"Statement":[]}'],
    ['an unknown version', JSON.stringify({ ...POLICY, Version: '2020-01-01' })],
    ['a wrong effect', JSON.stringify({ Statement: [{ ...statement, Effect: 'allow' }] })],
    ['no principal', JSON.stringify({ Statement: [{ ...statement, Principal: undefined }] })],
    [
      'a wildcard in an ARN',
      JSON.stringify({
        Statement: [{ ...statement, Principal: { AWS: 'arn:aws:iam::111111111111:role/*' } }],
      }),
    ],
    ['both action elements', JSON.stringify({ Statement: [{ ...statement, NotAction: 'ecr:PutImage' }] })],
    ['a resource', JSON.stringify({ Statement: [{ ...statement, Resource: '*' }] })],
    ['an unknown element', JSON.stringify({ Statement: [{ ...statement, Extra: 1 }] })],
    ['10,241 characters', JSON.stringify(POLICY).padEnd(10_241)],
    [
      'nesting without end',
      `{"Statement":[{"Effect":"Allow","Principal":"*","Action":${'['.repeat(500)}${']'.repeat(500)}}]}`,
    ],
  ])('are refused with %s', async (_why, policyText) => {
    await create('api');
    await expect(set(policyText)).rejects.toEqual(failsAs('InvalidParameterException'));
    expect(sandbox.ecr.registry().repositories.get('api')?.policyText).toBeNull();
  });

  it.each([
    ['a single statement object', { Statement: statement }],
    [
      'an account id',
      { Statement: [{ ...statement, Principal: { AWS: ['222222222222', 'AROAABCDEFGHIJKLMNOP'] } }] },
    ],
    ['a service', { Statement: [{ ...statement, Principal: { Service: 'lambda.amazonaws.com' } }] }],
    [
      'NotPrincipal and Deny',
      {
        Statement: [
          { Effect: 'Deny', NotPrincipal: { AWS: 'arn:aws:iam::111111111111:root' }, NotAction: 'ecr:*' },
        ],
      },
    ],
  ])('are kept with %s', async (_what, policy) => {
    await create('api');
    const { policyText } = await set(JSON.stringify(policy));
    expect(JSON.parse(policyText!)).toEqual(policy);
  });
});

describe('lifecycle and registry policies', () => {
  it('keep, give back and delete a lifecycle policy', async () => {
    await create('api');
    const repositoryName = 'api';
    await expect(ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).rejects.toEqual(
      failsAs('LifecyclePolicyNotFoundException'),
    );
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: LIFECYCLE }));
    const kept = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
    expect(kept).toMatchObject({ lifecyclePolicyText: LIFECYCLE, lastEvaluatedAt: expect.any(Date) });
    await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
    await expect(ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))).rejects.toEqual(
      failsAs('LifecyclePolicyNotFoundException'),
    );
  });

  it.each(['{}', LIFECYCLE.padEnd(30_721), JSON.stringify({ rules: [] }).padEnd(120)])(
    'refuse a lifecycle policy (%#)',
    async (lifecyclePolicyText) => {
      await create('api');
      const command = new PutLifecyclePolicyCommand({ repositoryName: 'api', lifecyclePolicyText });
      await expect(ecr.send(command)).rejects.toEqual(failsAs('InvalidParameterException'));
    },
  );

  it('keep a registry policy, which needs a resource', async () => {
    const statement = { ...POLICY.Statement[0], Resource: arnOf('*') };
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await expect(ecr.send(new GetRegistryPolicyCommand({}))).rejects.toEqual(
      failsAs('RegistryPolicyNotFoundException'),
    );
    await expect(
      ecr.send(new PutRegistryPolicyCommand({ policyText: JSON.stringify(POLICY) })),
    ).rejects.toEqual(failsAs('InvalidParameterException'));
    await ecr.send(new PutRegistryPolicyCommand({ policyText }));
    const { policyText: kept } = await ecr.send(new GetRegistryPolicyCommand({}));
    expect(JSON.parse(kept!)).toEqual(JSON.parse(policyText));
    await ecr.send(new DeleteRegistryPolicyCommand({}));
    expect(sandbox.ecr.registry().policyText).toBeNull();
  });
});

describe('the registry', () => {
  it('has settings and refuses values that AWS has retired', async () => {
    const get = (name: string) => ecr.send(new GetAccountSettingCommand({ name }));
    const put = (name: string, value: string) => ecr.send(new PutAccountSettingCommand({ name, value }));
    expect(await get('REGISTRY_POLICY_SCOPE')).toMatchObject({ value: 'V2' });
    await expect(put('REGISTRY_POLICY_SCOPE', 'V1')).rejects.toEqual(failsAs('InvalidParameterException'));
    await expect(get('constructor')).rejects.toEqual(failsAs('InvalidParameterException'));
    await put('BLOB_MOUNTING', 'ENABLED');
    expect(await get('BLOB_MOUNTING')).toMatchObject({ value: 'ENABLED' });
  });

  it('can be one that was made under policy scope V1', async () => {
    const old = createSandbox({ ecr: { registryPolicyScope: 'V1' } });
    const client = new ECRClient(old.clientConfig());
    const setting = await client.send(new GetAccountSettingCommand({ name: 'REGISTRY_POLICY_SCOPE' }));
    expect(setting.value).toBe('V1');
  });

  it('replicates elsewhere but not to itself', async () => {
    const put = (region: string) =>
      ecr.send(
        new PutReplicationConfigurationCommand({
          replicationConfiguration: { rules: [{ destinations: [{ region, registryId: '111111111111' }] }] },
        }),
      );
    await expect(put('us-east-1')).rejects.toEqual(failsAs('InvalidParameterException'));
    await put('eu-west-1');
    const { replicationConfiguration } = await ecr.send(new DescribeRegistryCommand({}));
    expect(replicationConfiguration?.rules).toHaveLength(1);
  });

  it('gives a token for pulling, good for twelve hours', async () => {
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const hours = (authorizationData![0]!.expiresAt!.getTime() - sandbox.clock.milliseconds()) / 3_600_000;
    expect(hours).toBeCloseTo(12, 3);
  });
});

describe('tags of a repository', () => {
  const tag = (tags: { Key: string; Value: string }[], name = 'api') =>
    ecr.send(new TagResourceCommand({ resourceArn: arnOf(name), tags }));

  it('are set, replaced and removed by key', async () => {
    await create('api', { tags: [{ Key: 'owner', Value: 'a' }] });
    await tag([
      { Key: 'owner', Value: 'b' },
      { Key: 'constructor', Value: 'c' },
    ]);
    await ecr.send(new UntagResourceCommand({ resourceArn: arnOf('api'), tagKeys: ['constructor'] }));
    const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: arnOf('api') }));
    expect(tags).toEqual([{ Key: 'owner', Value: 'b' }]);
  });

  it('have limits', async () => {
    await create('api');
    const many = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' }));
    await expect(tag(many)).rejects.toEqual(failsAs('TooManyTagsException'));
    await expect(tag([{ Key: 'aws:x', Value: '' }])).rejects.toEqual(failsAs('InvalidTagParameterException'));
    await expect(tag([{ Key: 'x', Value: 'y'.repeat(257) }])).rejects.toEqual(
      failsAs('InvalidTagParameterException'),
    );
    await expect(tag([], 'gone')).rejects.toEqual(failsAs('RepositoryNotFoundException'));
  });
});

describe('images', () => {
  it('are described and deleted; the missing ones are failures of the answer', async () => {
    await create('api');
    const repositoryName = 'api';
    const { image } = await ecr.send(
      new PutImageCommand({ repositoryName, imageManifest: '{}', imageTag: 'v1' }),
    );
    await expect(
      ecr.send(new PutImageCommand({ repositoryName, imageManifest: '{}', imageTag: 'v1' })),
    ).rejects.toEqual(failsAs('ImageAlreadyExistsException'));
    const imageIds = [{ imageTag: 'v1' }];
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds }));
    expect(imageDetails).toMatchObject([{ imageDigest: image!.imageId!.imageDigest, imageTags: ['v1'] }]);
    const deletion = new BatchDeleteImageCommand({
      repositoryName,
      imageIds: [...imageIds, { imageTag: 'v2' }],
    });
    const { failures } = await ecr.send(deletion);
    expect(failures).toMatchObject([{ imageId: { imageTag: 'v2' }, failureCode: 'ImageNotFound' }]);
    await expect(ecr.send(new DescribeImagesCommand({ repositoryName, imageIds }))).rejects.toEqual(
      failsAs('ImageNotFoundException'),
    );
  });
});

describe('batches of scan settings', () => {
  it('have at most 25 names and report the missing ones', async () => {
    await create('here');
    const get = (repositoryNames: string[]) =>
      ecr.send(new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames }));
    const { scanningConfigurations, failures } = await get(['gone', 'here']);
    expect(scanningConfigurations?.map(({ repositoryName }) => repositoryName)).toEqual(['here']);
    expect(failures).toMatchObject([{ repositoryName: 'gone', failureCode: 'REPOSITORY_NOT_FOUND' }]);
    await expect(get(Array.from({ length: 26 }, () => 'here'))).rejects.toEqual(
      failsAs('InvalidParameterException'),
    );
  });
});
