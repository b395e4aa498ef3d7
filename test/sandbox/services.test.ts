import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  GetResourcesCommand,
  paginateGetResources,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { CreateTopicCommand, PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';

const run = promisify(execFile);

describe('STS', () => {
  const sandbox = createSandbox({
    accounts: [
      { id: '111111111111' },
      {
        id: '222222222222',
        roles: [
          { name: 'read', trusts: ['111111111111'] },
          { name: 'shut', trusts: [] },
        ],
      },
    ],
  });
  const sts = new STSClient(sandbox.clientConfig({ role: 'central', session: 's1' }));
  const assume = (RoleArn: string) => sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'sweep' }));

  it('says who calls', async () => {
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '111111111111',
      Arn: 'arn:aws:sts::111111111111:assumed-role/central/s1',
    });
  });

  it('opens a session in another account', async () => {
    const { Credentials } = await assume('arn:aws:iam::222222222222:role/read');
    const credentials = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    const ecr = new ECRClient({ ...sandbox.clientConfig(), credentials });
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'member' }));
    expect(sandbox.ecr.registry({ account: '222222222222' }).repositories.has('member')).toBe(true);
    expect(Credentials!.Expiration!.getTime()).toBeGreaterThan(Date.now());
  });

  it.each(['222222222222:role/shut', '222222222222:role/unknown', '333333333333:role/read'])(
    'refuses %s',
    async (role) => {
      await expect(assume(`arn:aws:iam::${role}`)).rejects.toMatchObject({ name: 'AccessDenied' });
    },
  );
});

describe('SNS', () => {
  const sandbox = createSandbox();
  const sns = new SNSClient(sandbox.clientConfig({ role: 'alert' }));
  const TopicArn = sandbox.sns.create({ name: 'alerts' });
  const publish = (more: object) => sns.send(new PublishCommand({ TopicArn, Message: 'm', ...more }));

  it('keeps what was published, attributes and awkward characters too', async () => {
    const Message = 'a < b & "c"\r\nd\t✓ + %20';
    const MessageAttributes = {
      severity: { DataType: 'String', StringValue: 'HIGH' },
      constructor: { DataType: 'String', StringValue: 'x' },
    };
    const { MessageId } = await publish({ Message, Subject: 'public repository', MessageAttributes });
    expect(sandbox.sns.published(TopicArn)).toEqual([
      {
        id: MessageId,
        topicArn: TopicArn,
        subject: 'public repository',
        message: Message,
        structure: null,
        attributes: new Map([
          ['severity', 'HIGH'],
          ['constructor', 'x'],
        ]),
        publishedAt: sandbox.clock.milliseconds(),
        publisherArn: 'arn:aws:sts::111111111111:assumed-role/alert/session',
      },
    ]);
  });

  it.each<[string, object]>([
    ['a subject of two lines', { Subject: 'a\nb' }],
    ['a subject of 101 characters', { Subject: 'a'.repeat(101) }],
    ['a subject outside ASCII', { Subject: 'Ä' }],
    ['more than 256 KiB', { Message: 'x'.repeat(262_145) }],
    ['an empty message', { Message: '' }],
    ['a reserved attribute', { MessageAttributes: { 'AWS.x': { DataType: 'String', StringValue: 'y' } } }],
    ['structured text that is no JSON', { MessageStructure: 'json', Message: 'x' }],
    ['structured text without a default', { MessageStructure: 'json', Message: '{"email":"x"}' }],
  ])('refuses %s', async (_why, message) => {
    await expect(publish(message)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('refuses an empty attribute and an unknown topic', async () => {
    const MessageAttributes = { a: { DataType: 'String', StringValue: '' } };
    await expect(publish({ MessageAttributes })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
    await expect(publish({ TopicArn: `${TopicArn}-gone` })).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  it('publishes batches, each entry for itself', async () => {
    const { TopicArn: other } = await sns.send(new CreateTopicCommand({ Name: 'other' }));
    const { Successful, Failed } = await sns.send(
      new PublishBatchCommand({
        TopicArn: other,
        PublishBatchRequestEntries: [
          { Id: 'a', Message: 'first' },
          { Id: 'b', Message: 'second', Subject: 'x\ny' },
        ],
      }),
    );
    expect(Successful?.map(({ Id }) => Id)).toEqual(['a']);
    expect(Failed).toMatchObject([{ Id: 'b', SenderFault: true }]);
    expect(sandbox.sns.published(other).map(({ message }) => message)).toEqual(['first']);
  });
});

describe('SQS', () => {
  const open = async () => {
    const sandbox = createSandbox();
    const sqs = new SQSClient(sandbox.clientConfig());
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({
        QueueName: 'work',
        Attributes: { VisibilityTimeout: '10', MessageRetentionPeriod: '60' },
      }),
    );
    const receive = async () =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages;
    return { sandbox, sqs, QueueUrl: QueueUrl!, receive };
  };

  it('hides a received message until its visibility timeout, and takes only the last receipt', async () => {
    const { sandbox, sqs, QueueUrl, receive } = await open();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a ✓' }));
    const [first] = (await receive())!;
    expect(first).toMatchObject({ Body: 'a ✓', Attributes: { ApproximateReceiveCount: '1' } });
    expect(await receive()).toBeUndefined();
    await sandbox.run(10_000);
    const [second] = (await receive())!;
    expect(second).toMatchObject({
      MessageId: first!.MessageId,
      Attributes: { ApproximateReceiveCount: '2' },
    });
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first!.ReceiptHandle }));
    expect(sandbox.sqs.messages('arn:aws:sqs:us-east-1:111111111111:work')).toHaveLength(1);
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: second!.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    const [third] = (await receive())!;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: third!.ReceiptHandle }));
    expect(sandbox.sqs.messages('arn:aws:sqs:us-east-1:111111111111:work')).toEqual([]);
  });

  it('delays, forgets after the retention period, and counts', async () => {
    const { sandbox, sqs, QueueUrl, receive } = await open();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a', DelaySeconds: 30 }));
    expect(await receive()).toBeUndefined();
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessagesDelayed: '1', VisibilityTimeout: '10' });
    await sandbox.run(61_000);
    expect(await receive()).toBeUndefined();
  });

  it('takes batches of ten', async () => {
    const { sqs, QueueUrl, receive } = await open();
    const entries = (n: number) =>
      Array.from({ length: n }, (_, i) => ({ Id: String(i), MessageBody: String(i) }));
    const send = (n: number) => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(n) }));
    expect((await send(10)).Successful).toHaveLength(10);
    await expect(send(11)).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
    expect((await receive())?.map(({ Body }) => Body)).toEqual(entries(10).map(({ Id }) => Id));
  });

  it('knows no other queue', async () => {
    const { sqs, QueueUrl } = await open();
    expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }))).toMatchObject({ QueueUrl });
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'gone' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
    const toNobody = new SendMessageCommand({ QueueUrl: `${QueueUrl}-gone`, MessageBody: 'a' });
    await expect(sqs.send(toNobody)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});

describe('the tagging API', () => {
  const arn = (name: string) => `arn:aws:ecr:us-east-1:111111111111:repository/${name}`;

  it('pages over tagged repositories and reads up to 100 by ARN', async () => {
    const sandbox = createSandbox();
    const ecr = new ECRClient(sandbox.clientConfig());
    const client = new ResourceGroupsTaggingAPIClient(sandbox.clientConfig());
    for (let i = 0; i < 5; i += 1) {
      const tags = i === 2 ? [] : [{ Key: 'owner', Value: `team-${i % 2}` }];
      await ecr.send(new CreateRepositoryCommand({ repositoryName: `repo-${i}`, tags }));
    }
    const seen: (string | undefined)[] = [];
    for await (const page of paginateGetResources(
      { client, pageSize: 2 },
      { ResourceTypeFilters: ['ecr:repository'] },
    )) {
      seen.push(...page.ResourceTagMappingList!.map(({ ResourceARN }) => ResourceARN));
    }
    expect(seen).toEqual([0, 1, 3, 4].map((i) => arn(`repo-${i}`)));
    const named = await client.send(
      new GetResourcesCommand({ ResourceARNList: [arn('repo-1'), arn('gone')] }),
    );
    expect(named.ResourceTagMappingList).toEqual([
      { ResourceARN: arn('repo-1'), Tags: [{ Key: 'owner', Value: 'team-1' }] },
    ]);
    const filtered = await client.send(
      new GetResourcesCommand({ TagFilters: [{ Key: 'owner', Values: ['team-0'] }] }),
    );
    expect(filtered.ResourceTagMappingList).toHaveLength(2);
    const none = await client.send(new GetResourcesCommand({ ResourceTypeFilters: ['s3'] }));
    expect(none.ResourceTagMappingList).toEqual([]);
    const ResourceARNList = Array.from({ length: 101 }, (_, i) => arn(`repo-${i}`));
    await expect(client.send(new GetResourcesCommand({ ResourceARNList }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });
});

describe('the loopback endpoint', () => {
  it('serves another process, whatever its credentials', async () => {
    const sandbox = createSandbox();
    const endpoint = await sandbox.listen();
    const script = `
      import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
      const ecr = new ECRClient({});
      await ecr.send(new CreateRepositoryCommand({ repositoryName: 'from-outside' }));
      const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}));
      console.log(repositories.map(({ repositoryName }) => repositoryName).join());
    `;
    const env = {
      PATH: process.env['PATH'],
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
    };
    try {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env });
      expect(stdout.trim()).toBe('from-outside');
    } finally {
      await sandbox.close();
    }
    expect(sandbox.eventBridge.emitted()).toMatchObject([
      { detail: { eventName: 'CreateRepository', userIdentity: { type: 'IAMUser', userName: 'admin' } } },
    ]);
  });

  it('breaks the connection where an answer is to be lost, and refuses what it does not know', async () => {
    const sandbox = createSandbox();
    const endpoint = await sandbox.listen();
    try {
      sandbox.faults.failAfterApplying({ operation: 'DescribeRepositories' }, { times: 1 });
      const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
      const ecr = new ECRClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
      const list = () => ecr.send(new DescribeRepositoriesCommand({}));
      await expect(list()).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect((await list()).repositories).toEqual([]);
      const unsigned = await fetch(endpoint, { method: 'POST', body: '{}' });
      expect(unsigned.status).toBe(403);
    } finally {
      await sandbox.close();
    }
  });
});
