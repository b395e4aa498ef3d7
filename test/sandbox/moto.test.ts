import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetRepositoryScanningConfigurationCommand,
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRegistryPolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAccountSettingCommand,
  GetLifecyclePolicyCommand,
  GetRegistryPolicyCommand,
  GetRegistryScanningConfigurationCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  PutRegistryPolicyCommand,
  PutRegistryScanningConfigurationCommand,
  PutReplicationConfigurationCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';
import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const arn = (name: string) => `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${name}`;

const clientsFor = (config: object) => ({
  ecr: new ECRClient(config),
  sns: new SNSClient(config),
  sqs: new SQSClient(config),
  sts: new STSClient(config),
  tagging: new ResourceGroupsTaggingAPIClient(config),
  dynamodb: new DynamoDBClient(config),
});
type Clients = ReturnType<typeof clientsFor>;

const policy = (more: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 's', Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage'], ...more }],
  });
const lifecyclePolicyText = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'keep ten',
      selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 10 },
      action: { type: 'expire' },
    },
  ],
});
const wildcard = (filter: string) => ({ filter, filterType: 'WILDCARD' as const });
const registryPolicyText = policy({
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: ['ecr:CreateRepository'],
  Resource: arn('*'),
});
const repositoryName = 'team-a/api';
const batchGet = (names: string[]) =>
  new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames: names });
const table = {
  TableName: 'findings',
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
};
const item = { TableName: 'findings', Item: { pk: { S: 'a' }, n: { N: '1' } } };
const queueUrl = async ({ sqs }: Clients) =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }))).QueueUrl;
const publish = async ({ sns }: Clients, more: object) => {
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'alerts' }));
  return sns.send(new PublishCommand({ TopicArn, Message: 'm', ...more }));
};

/** The script: the same calls, in this order, against both. */
const STEPS: readonly (readonly [string, (clients: Clients) => Promise<unknown>])[] = [
  ['create a repository', ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName }))],
  ['create it again', ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName }))],
  [
    'create one with a bad name',
    ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName: 'a//b' })),
  ],
  [
    'create one with everything',
    ({ ecr }) =>
      ecr.send(
        new CreateRepositoryCommand({
          repositoryName: 'full',
          imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
          imageTagMutabilityExclusionFilters: [wildcard('dev-*')],
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/mine' },
          tags: [{ Key: 'owner', Value: 'a' }],
        }),
      ),
  ],
  ['describe all', ({ ecr }) => ecr.send(new DescribeRepositoriesCommand({}))],
  [
    'describe one',
    ({ ecr }) => ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] })),
  ],
  [
    'describe one that is missing',
    ({ ecr }) => ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName, 'gone'] })),
  ],
  ['describe a page of one', ({ ecr }) => ecr.send(new DescribeRepositoriesCommand({ maxResults: 1 }))],
  ['read no policy', ({ ecr }) => ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))],
  [
    'set a policy',
    ({ ecr }) => ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: policy() })),
  ],
  ['read the policy', ({ ecr }) => ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))],
  [
    'set a policy that is no JSON',
    ({ ecr }) => ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: '{' })),
  ],
  [
    'set a policy with a resource',
    ({ ecr }) =>
      ecr.send(
        new SetRepositoryPolicyCommand({ repositoryName: 'full', policyText: policy({ Resource: '*' }) }),
      ),
  ],
  [
    'set a policy where there is no repository',
    ({ ecr }) => ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'gone', policyText: policy() })),
  ],
  ['delete the policy', ({ ecr }) => ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }))],
  ['delete no policy', ({ ecr }) => ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }))],
  ['read no lifecycle policy', ({ ecr }) => ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))],
  [
    'put a lifecycle policy',
    ({ ecr }) => ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText })),
  ],
  ['read the lifecycle policy', ({ ecr }) => ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))],
  [
    'delete the lifecycle policy',
    ({ ecr }) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName })),
  ],
  ['delete no lifecycle policy', ({ ecr }) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))],
  [
    'read the default registry scanning',
    ({ ecr }) => ecr.send(new GetRegistryScanningConfigurationCommand({})),
  ],
  [
    'scan a repository on push',
    ({ ecr }) =>
      ecr.send(
        new PutImageScanningConfigurationCommand({
          repositoryName,
          imageScanningConfiguration: { scanOnPush: true },
        }),
      ),
  ],
  ['read effective scanning by the flag', ({ ecr }) => ecr.send(batchGet([repositoryName, 'gone']))],
  [
    'switch to ENHANCED with a rule',
    ({ ecr }) =>
      ecr.send(
        new PutRegistryScanningConfigurationCommand({
          scanType: 'ENHANCED',
          rules: [{ scanFrequency: 'CONTINUOUS_SCAN', repositoryFilters: [wildcard('team*')] }],
        }),
      ),
  ],
  ['read registry scanning', ({ ecr }) => ecr.send(new GetRegistryScanningConfigurationCommand({}))],
  ['read effective scanning by a rule', ({ ecr }) => ecr.send(batchGet([repositoryName]))],
  ['read effective scanning without a rule', ({ ecr }) => ecr.send(batchGet(['full']))],
  [
    'make tags immutable',
    ({ ecr }) =>
      ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' })),
  ],
  [
    'tag a repository',
    ({ ecr }) =>
      ecr.send(new TagResourceCommand({ resourceArn: arn('full'), tags: [{ Key: 'team', Value: 'b' }] })),
  ],
  [
    'untag it',
    ({ ecr }) => ecr.send(new UntagResourceCommand({ resourceArn: arn('full'), tagKeys: ['owner'] })),
  ],
  ['list its tags', ({ ecr }) => ecr.send(new ListTagsForResourceCommand({ resourceArn: arn('full') }))],
  [
    'list tags of nothing',
    ({ ecr }) => ecr.send(new ListTagsForResourceCommand({ resourceArn: arn('gone') })),
  ],
  [
    'find tagged resources',
    ({ tagging }) => tagging.send(new GetResourcesCommand({ ResourceTypeFilters: ['ecr'] })),
  ],
  ['read no registry policy', ({ ecr }) => ecr.send(new GetRegistryPolicyCommand({}))],
  [
    'put a registry policy',
    ({ ecr }) => ecr.send(new PutRegistryPolicyCommand({ policyText: registryPolicyText })),
  ],
  ['read the registry policy', ({ ecr }) => ecr.send(new GetRegistryPolicyCommand({}))],
  ['delete the registry policy', ({ ecr }) => ecr.send(new DeleteRegistryPolicyCommand({}))],
  ['describe the registry', ({ ecr }) => ecr.send(new DescribeRegistryCommand({}))],
  [
    'replicate to itself',
    ({ ecr }) =>
      ecr.send(
        new PutReplicationConfigurationCommand({
          replicationConfiguration: { rules: [{ destinations: [{ region: REGION, registryId: ACCOUNT }] }] },
        }),
      ),
  ],
  [
    'read an account setting',
    ({ ecr }) => ecr.send(new GetAccountSettingCommand({ name: 'REGISTRY_POLICY_SCOPE' })),
  ],
  ['delete a repository', ({ ecr }) => ecr.send(new DeleteRepositoryCommand({ repositoryName: 'full' }))],
  ['delete it again', ({ ecr }) => ecr.send(new DeleteRepositoryCommand({ repositoryName: 'full' }))],
  ['publish', (clients) => publish(clients, { Subject: 'hello' })],
  ['publish two lines of subject', (clients) => publish(clients, { Subject: 'a\nb' })],
  ['publish a long subject', (clients) => publish(clients, { Subject: 'a'.repeat(101) })],
  ['publish too much', (clients) => publish(clients, { Message: 'x'.repeat(262_145) })],
  ['publish to nobody', (clients) => publish(clients, { TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:gone` })],
  [
    'create a queue and send',
    async (clients) => {
      await clients.sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
      const QueueUrl = await queueUrl(clients);
      const sent = await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a ✓' }));
      const received = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      const again = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      const short = (messages: typeof received) =>
        messages.Messages?.map(({ Body, MD5OfBody }) => ({ Body, MD5OfBody }));
      return { sent: sent.MD5OfMessageBody, received: short(received), again: short(again) };
    },
  ],
  [
    'send eleven at once',
    async (clients) => {
      const Entries = Array.from({ length: 11 }, (_, i) => ({ Id: String(i), MessageBody: 'b' }));
      return clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: await queueUrl(clients), Entries }));
    },
  ],
  [
    'look for a queue that is not there',
    ({ sqs }) => sqs.send(new GetQueueUrlCommand({ QueueName: 'gone' })),
  ],
  [
    'ask who calls',
    async ({ sts }) => ({ Account: (await sts.send(new GetCallerIdentityCommand({}))).Account }),
  ],
  [
    'assume a role',
    async ({ sts }) => {
      const RoleArn = 'arn:aws:iam::222222222222:role/read';
      const { AssumedRoleUser } = await sts.send(
        new AssumeRoleCommand({ RoleArn, RoleSessionName: 'sweep' }),
      );
      return AssumedRoleUser?.Arn;
    },
  ],
  [
    'create a table',
    async ({ dynamodb }) => (await dynamodb.send(new CreateTableCommand(table))).TableDescription?.TableArn,
  ],
  ['put an item', ({ dynamodb }) => dynamodb.send(new PutItemCommand(item))],
  [
    'put it once more under a condition',
    ({ dynamodb }) =>
      dynamodb.send(new PutItemCommand({ ...item, ConditionExpression: 'attribute_not_exists(pk)' })),
  ],
  [
    'update it',
    async ({ dynamodb }) => {
      const update = new UpdateItemCommand({
        TableName: 'findings',
        Key: { pk: { S: 'a' } },
        UpdateExpression: 'SET n = n + :n, s = if_not_exists(s, :s)',
        ExpressionAttributeValues: { ':n': { N: '2' }, ':s': { S: 'x' } },
        ReturnValues: 'ALL_NEW',
      });
      // moto tells the consumed capacity unasked.
      return (await dynamodb.send(update)).Attributes;
    },
  ],
  [
    'read it',
    ({ dynamodb }) => dynamodb.send(new GetItemCommand({ TableName: 'findings', Key: { pk: { S: 'a' } } })),
  ],
  [
    'read from no table',
    ({ dynamodb }) => dynamodb.send(new GetItemCommand({ TableName: 'gone', Key: { pk: { S: 'a' } } })),
  ],
];

/** Where moto is known to differ from AWS, and so from the sandbox. Each must really differ, or leave the list. */
const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  'describe a page of one': 'moto has no paging in ECR',
  'set a policy with a resource': 'ECR refuses Resource in a repository policy; moto keeps it',
  'read effective scanning by the flag': 'moto does not look at the repository flag',
  'read effective scanning by a rule': 'moto says scanOnPush false whatever the flag',
  'read effective scanning without a rule': 'moto says scanOnPush false whatever the flag',
  'find tagged resources': 'the tagging API of moto does not look into ECR',
  'read an account setting': 'moto does not know the call and answers HTML',
  'publish two lines of subject': 'moto does not look for line breaks',
};

const MOVING: ReadonlySet<string> = new Set([
  '$metadata',
  'createdAt',
  'lastEvaluatedAt',
  'MessageId',
  'nextToken',
]);
const POLICIES: ReadonlySet<string> = new Set(['policyText', 'lifecyclePolicyText']);

/** Without what changes from run to run, and policies by content: moto keeps their layout, ECR does not. */
const normalise = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (key, field: unknown) => {
      if (MOVING.has(key)) return undefined;
      return POLICIES.has(key) && typeof field === 'string' ? (JSON.parse(field) as unknown) : field;
    }),
  );

const answersOf = async (clients: Clients): Promise<ReadonlyMap<string, unknown>> => {
  const answers = new Map<string, unknown>();
  for (const [name, step] of STEPS) {
    try {
      answers.set(name, normalise(await step(clients)));
    } catch (error) {
      answers.set(name, { error: (error as Error).name });
    }
  }
  return answers;
};

const MOTO = 'moto_server';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const isOnPath = (): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, MOTO)));

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const hasMoto = isOnPath();

describe.skipIf(!hasMoto)(
  hasMoto ? 'the sandbox and moto' : 'the sandbox and moto (skipped: moto_server is not on the PATH)',
  () => {
    let moto: ChildProcess | undefined;
    let theirs: ReadonlyMap<string, unknown>;
    let ours: ReadonlyMap<string, unknown>;

    beforeAll(async () => {
      const port = await freePort();
      const endpoint = `http://127.0.0.1:${port}`;
      moto = spawn(MOTO, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
      for (let i = 0; ; i += 1) {
        const answer = await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined);
        if (answer?.ok === true) break;
        if (i === 300 || moto.exitCode !== null) throw new Error(`${MOTO} does not start`);
        await setTimeout(100);
      }
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      theirs = await answersOf(clientsFor({ endpoint, region: REGION, credentials, maxAttempts: 1 }));
      const accounts = [{ id: ACCOUNT }, { id: '222222222222', roles: [{ name: 'read' }] }];
      ours = await answersOf(clientsFor(createSandbox({ accounts }).clientConfig({ maxAttempts: 1 })));
    }, 60_000);
    afterAll(() => moto?.kill());

    it.each(STEPS.filter(([name]) => KNOWN_DIFFERENCES[name] === undefined).map(([name]) => name))(
      'agree: %s',
      (name) => {
        expect(ours.get(name)).toEqual(theirs.get(name));
      },
    );

    it.each(Object.entries(KNOWN_DIFFERENCES))('differ as known: %s (%s)', (name) => {
      expect(ours.has(name)).toBe(true);
      expect(ours.get(name)).not.toEqual(theirs.get(name));
    });
  },
);
