import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import type { SandboxOptions } from '../../sandbox/sandbox.ts';
import type { StreamMapping } from '../../sandbox/stream-source.ts';

const TableName = 'findings';
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 's' } });

const open = async (options: SandboxOptions = {}) => {
  const sandbox = createSandbox(options);
  const client = new DynamoDBClient(sandbox.clientConfig());
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
        { AttributeName: 'open', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'open',
          KeySchema: [{ AttributeName: 'open', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  const put = (pk: string, n: number) =>
    client.send(new PutItemCommand({ TableName, Item: { ...key(pk), n: { N: String(n) } } }));
  return { sandbox, client, put };
};

const listen = async (
  handler: (records: DynamoDBRecord[]) => unknown,
  mapping: Partial<StreamMapping> = {},
  options: SandboxOptions = {},
) => {
  const opened = await open(options);
  const { sandbox } = opened;
  sandbox.lambda.addFunction({
    name: 'reader',
    handler: (event) => handler((event as DynamoDBStreamEvent).Records),
  });
  sandbox.lambda.mapStream({
    function: 'reader',
    streamArn: sandbox.dynamodb.streamArn(TableName),
    ...mapping,
  });
  return opened;
};

const short = ({ eventName, dynamodb }: DynamoDBRecord): string =>
  `${eventName} ${dynamodb?.OldImage?.['n']?.N ?? '-'} ${dynamodb?.NewImage?.['n']?.N ?? '-'}`;

describe('the tap on DynamoDB', () => {
  it('shows the image before and after each write, in order, and nothing for a write that changed nothing', async () => {
    const seen: DynamoDBRecord[] = [];
    const { sandbox, client, put } = await listen((records) => void seen.push(...records));
    await put('a', 1);
    await put('a', 1);
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('a'),
        UpdateExpression: 'SET n = n + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    );
    await client.send(new DeleteItemCommand({ TableName, Key: key('a') }));
    await client.send(new DeleteItemCommand({ TableName, Key: key('a') }));
    await sandbox.settle();
    expect(seen.map(short)).toEqual(['INSERT - 1', 'MODIFY 1 2', 'REMOVE 2 -']);
    expect(seen[0]).toMatchObject({
      eventSource: 'aws:dynamodb',
      eventSourceARN: sandbox.dynamodb.streamArn(TableName),
      dynamodb: { Keys: key('a'), StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
    const sequences = seen.map(({ dynamodb }) => dynamodb!.SequenceNumber!);
    expect(sequences).toEqual([...new Set(sequences)].sort());
  });

  it('keeps the order of concurrent writes to one key', async () => {
    const seen: string[] = [];
    const { sandbox, put } = await listen((records) => void seen.push(...records.map(short)), {
      batchSize: 3,
    });
    await Promise.all(Array.from({ length: 20 }, (_, n) => put('a', n)));
    await sandbox.settle();
    const expected = ['INSERT - 0', ...Array.from({ length: 19 }, (_, n) => `MODIFY ${n} ${n + 1}`)];
    expect(seen).toEqual(expected);
  });

  it('shows no refused write', async () => {
    const seen: string[] = [];
    const { sandbox, client, put } = await listen((records) => void seen.push(...records.map(short)));
    await put('a', 1);
    const refused = new PutItemCommand({
      TableName,
      Item: { ...key('a'), n: { N: '2' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    await expect(client.send(refused)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    await sandbox.settle();
    expect(seen).toEqual(['INSERT - 1']);
  });

  it('shows each item of a batch, hostile attribute names too', async () => {
    const seen: DynamoDBRecord[] = [];
    const { sandbox, client } = await listen((records) => void seen.push(...records));
    const Item = { ...key('a'), constructor: { S: 'x' } };
    const requests = [{ PutRequest: { Item } }, { DeleteRequest: { Key: key('b') } }];
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
    await sandbox.settle();
    expect(seen.map(({ dynamodb }) => dynamodb?.NewImage)).toEqual([Item]);
  });
});

describe('a stream before a function', () => {
  it('filters records by pattern', async () => {
    const seen: string[] = [];
    const filters = [{ eventName: ['MODIFY'] }, { dynamodb: { NewImage: { n: { N: ['7'] } } } }];
    const { sandbox, put } = await listen((records) => void seen.push(...records.map(short)), { filters });
    await put('a', 1);
    await put('a', 2);
    await put('b', 7);
    await sandbox.settle();
    expect(seen.sort()).toEqual(['INSERT - 7', 'MODIFY 1 2']);
  });

  it('holds back what follows a failure on its shard, retries in order, and lets other shards go on', async () => {
    const seen: string[] = [];
    let broken = true;
    const { sandbox, put } = await listen(
      (records) => {
        for (const record of records) {
          const pk = record.dynamodb!.Keys!['pk']!.S!;
          if (pk === 'a' && broken) {
            broken = false;
            throw new Error('broken');
          }
          seen.push(`${pk} ${record.dynamodb!.NewImage!['n']!.N}`);
        }
      },
      { batchSize: 1 },
    );
    for (const n of [1, 2, 3]) for (const pk of ['a', 'b', 'c', 'd', 'e', 'f']) await put(pk, n);
    await sandbox.settle();
    for (const pk of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect(seen.filter((line) => line.startsWith(pk))).toEqual([`${pk} 1`, `${pk} 2`, `${pk} 3`]);
    }
    expect(seen[0]).not.toMatch(/^a/);
  });

  it('goes on from the first reported failure', async () => {
    const batches: string[][] = [];
    const { sandbox, put } = await listen(
      (records): DynamoDBBatchResponse => {
        batches.push(records.map(short));
        const failed = batches.length === 1 ? records.slice(1) : [];
        return {
          batchItemFailures: failed.map(({ dynamodb }) => ({ itemIdentifier: dynamodb!.SequenceNumber! })),
        };
      },
      { reportBatchItemFailures: true },
      { streamShards: 1 },
    );
    for (const n of [1, 2, 3]) await put('a', n);
    await sandbox.settle();
    expect(batches).toEqual([
      ['INSERT - 1', 'MODIFY 1 2', 'MODIFY 2 3'],
      ['MODIFY 1 2', 'MODIFY 2 3'],
    ]);
  });

  it('halves a failing batch until the bad record stands alone, and describes it to the queue for failures', async () => {
    const handled = new Set<string>();
    const bad = (record: DynamoDBRecord) => record.dynamodb?.NewImage?.['n']?.N === '3';
    const { sandbox, put } = await open({ streamShards: 1 });
    const { arn: onFailureArn } = sandbox.sqs.create({ name: 'failures' });
    sandbox.lambda.addFunction({
      name: 'reader',
      handler: (event) => {
        const { Records } = event as DynamoDBStreamEvent;
        if (Records.some(bad)) throw new Error('broken');
        for (const record of Records) handled.add(short(record));
      },
    });
    sandbox.lambda.mapStream({
      function: 'reader',
      streamArn: sandbox.dynamodb.streamArn(TableName),
      maximumRetryAttempts: 2,
      bisectBatchOnFunctionError: true,
      onFailureArn,
    });
    for (const n of [1, 2, 3, 4, 5]) await put('a', n);
    await sandbox.settle();
    expect([...handled]).toEqual(['INSERT - 1', 'MODIFY 1 2', 'MODIFY 3 4', 'MODIFY 4 5']);
    const notices = sandbox.sqs.messages(onFailureArn).map(({ body }) => JSON.parse(body) as object);
    expect(notices).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
        DDBStreamBatchInfo: { batchSize: 1, streamArn: sandbox.dynamodb.streamArn(TableName) },
      },
    ]);
  });

  it('gives up records that are a day old', async () => {
    const { sandbox, put } = await listen(() => Promise.reject(new Error('broken')));
    await put('a', 1);
    const start = sandbox.clock.milliseconds();
    await sandbox.settle();
    const hours = (sandbox.clock.milliseconds() - start) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThan(24.1);
  });
});

describe('tables', () => {
  it('are described with their ARN and stream', async () => {
    const { client, sandbox } = await open();
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableArn: 'arn:aws:dynamodb:us-east-1:111111111111:table/findings',
      LatestStreamArn: sandbox.dynamodb.streamArn(TableName),
      TableStatus: 'ACTIVE',
    });
  });

  it('are apart in each account and Region', async () => {
    const { sandbox } = await open();
    const elsewhere = new DynamoDBClient(sandbox.clientConfig({ region: 'eu-west-1' }));
    await expect(elsewhere.send(new ScanCommand({ TableName }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('lose expired items some time after they expire, which the stream tells apart', async () => {
    const seen: DynamoDBRecord[] = [];
    const { sandbox, client } = await listen((records) => void seen.push(...records));
    const specification = { AttributeName: 'expires', Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: specification }));
    const expires = { N: String(sandbox.clock.milliseconds() / 1000 + 3600) };
    await client.send(new PutItemCommand({ TableName, Item: { ...key('a'), expires } }));
    await sandbox.run(2 * 3_600_000);
    expect((await client.send(new ScanCommand({ TableName }))).Count).toBe(1);
    await sandbox.run(86_400_000);
    expect((await client.send(new ScanCommand({ TableName }))).Count).toBe(0);
    expect(seen.at(-1)).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { principalId: 'dynamodb.amazonaws.com' },
    });
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
  });

  it('have no transactions', async () => {
    const { client } = await open();
    const transaction = new TransactWriteItemsCommand({ TransactItems: [] });
    await expect(client.send(transaction)).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });
});
