import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';

it('carries an API call over rule, queue and handler to a table and a topic', async () => {
  const sandbox = createSandbox({ seed: 7 });
  const config = sandbox.clientConfig({ role: 'evaluate' });
  const [ecr, dynamodb, sns] = [new ECRClient(config), new DynamoDBClient(config), new SNSClient(config)];
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'seen',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'name', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  const topic = sandbox.sns.create({ name: 'alerts' });
  const queue = sandbox.sqs.create({ name: 'changes' });
  sandbox.eventBridge.putRule({
    name: 'ecr-changes',
    region: 'us-east-1',
    pattern: { source: ['aws.ecr'], detail: { errorCode: [{ exists: false }] } },
    targets: [queue.arn],
  });

  const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
    for (const record of event.Records) {
      const envelope = JSON.parse(record.body) as {
        detail: { requestParameters: { repositoryName: string } };
      };
      const repositoryNames = [envelope.detail.requestParameters.repositoryName];
      const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames }));
      const name = repositories![0]!.repositoryName!;
      await dynamodb.send(new PutItemCommand({ TableName: 'seen', Item: { name: { S: name } } }));
      await sns.send(new PublishCommand({ TopicArn: topic, Subject: 'new repository', Message: name }));
    }
    return { batchItemFailures: [] };
  };
  sandbox.lambda.addFunction({ name: 'evaluate', handler });
  sandbox.lambda.mapSqs({ function: 'evaluate', queueArn: queue.arn });

  const developer = new ECRClient(sandbox.clientConfig({ role: 'developer', session: 'ann' }));
  await developer.send(new CreateRepositoryCommand({ repositoryName: 'team-a/api' }));
  await sandbox.settle();

  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName: 'seen', Key: { name: { S: 'team-a/api' } } }),
  );
  expect(sandbox.lambda.failures()).toEqual([]);
  expect(Item).toEqual({ name: { S: 'team-a/api' } });
  expect(sandbox.sns.published(topic).map(({ message }) => message)).toEqual(['team-a/api']);
  expect(sandbox.sqs.messages(queue.arn)).toEqual([]);
  expect(sandbox.calls.count({ service: 'ecr', function: 'evaluate' })).toBe(1);
});
