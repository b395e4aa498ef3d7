import { CreateTableCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr';
import type { SQSEvent } from 'aws-lambda';
import { array, assert, asyncProperty, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../sandbox/random.ts';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { createSchedule } from '../../sandbox/schedule.ts';
import { nextFiring } from '../../sandbox/timetable.ts';

const START = '2026-01-01T00:00:00.000Z';
const schedule = () => createSchedule(START, () => Promise.resolve());

describe('the schedule', () => {
  it('runs actions by time, and in the order of planning at one time', async () => {
    await assert(
      asyncProperty(array(integer({ min: 0, max: 20 }), { maxLength: 60 }), async (delays) => {
        const { after, now, runUntilQuiet } = schedule();
        const start = now();
        const ran: [number, number][] = [];
        delays.forEach((delay, i) => after(delay, () => void ran.push([now() - start, i])));
        await runUntilQuiet();
        const expected = delays.map((delay, i): [number, number] => [delay, i]);
        expect(ran).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
      }),
    );
  });

  it('forgets what is cancelled and does not wait for the background', async () => {
    const { after, at, now, runUntilQuiet, runUntil } = schedule();
    const start = now();
    const ran: string[] = [];
    const cancel = after(10, () => void ran.push('cancelled'));
    after(20, () => void ran.push('foreground'));
    at(start + 15, () => void ran.push('background, due'), { background: true });
    at(start + 30, () => void ran.push('background'), { background: true });
    cancel();
    cancel();
    await runUntilQuiet();
    expect(ran).toEqual(['background, due', 'foreground']);
    await runUntil(start + 100);
    expect([ran.at(-1), now() - start]).toEqual(['background', 100]);
  });

  it('ends a run that never comes to rest, and runs once at a time', async () => {
    const { after, runUntilQuiet, runUntil } = schedule();
    const again = (): void => void after(1, again);
    again();
    await expect(runUntilQuiet(100)).rejects.toThrow('not quiet after 100 actions');
    after(0, () => runUntil(0));
    await expect(runUntilQuiet(100)).rejects.toThrow('running already');
    expect(() => createSchedule('tomorrow', () => Promise.resolve())).toThrow(RangeError);
  });
});

describe('chance', () => {
  it('is the same for the same seed and within its bounds', () => {
    assert(
      property(integer(), integer({ min: -50, max: 50 }), integer({ min: 0, max: 50 }), (seed, min, span) => {
        const [a, b] = [createRandom(seed), createRandom(seed)];
        const value = a.between([min, min + span]);
        expect(value).toBe(b.between([min, min + span]));
        expect(value).toBeGreaterThanOrEqual(min);
        expect(value).toBeLessThanOrEqual(min + span);
        expect(a.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('spreads evenly', () => {
    const { next } = createRandom(42);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i += 1) counts[Math.floor(next() * 10)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});

describe('schedule expressions', () => {
  it.each([
    ['rate(5 minutes)', '2026-01-01T00:05:00.000Z'],
    ['rate(1 day)', '2026-01-02T00:00:00.000Z'],
    ['cron(0 3 * * ? *)', '2026-01-01T03:00:00.000Z'],
    ['cron(*/15 * * * ? *)', '2026-01-01T00:15:00.000Z'],
    ['cron(5/20 0-1 * * ? *)', '2026-01-01T00:05:00.000Z'],
    ['cron(30 6 ? * MON-FRI *)', '2026-01-01T06:30:00.000Z'],
    ['cron(0 0 ? * SUN *)', '2026-01-04T00:00:00.000Z'],
    ['cron(0 12 1 3,6 ? 2026)', '2026-03-01T12:00:00.000Z'],
  ])('%s fires at %s', (expression, at) => {
    expect(new Date(nextFiring(expression, Date.parse(START))).toISOString()).toBe(at);
  });

  it.each(['', 'every day', 'rate(x hours)', 'cron(0 3 * *)', 'cron(0 0 31 2 ? *)'])(
    'refuse %j',
    (expression) => {
      expect(() => nextFiring(expression, Date.parse(START))).toThrow(RangeError);
    },
  );
});

/** Many concurrent invocations over faulty services; what is left is everything that an observer could see. */
const story = async (seed: number) => {
  const sandbox = createSandbox({ seed });
  const config = sandbox.clientConfig({ role: 'worker' });
  const [ecr, dynamodb] = [new ECRClient(config), new DynamoDBClient(config)];
  const TableName = 'counts';
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  const dead = sandbox.sqs.create({ name: 'dead' });
  const redrive = { deadLetterArn: dead.arn, maxReceiveCount: 10 };
  const queue = sandbox.sqs.create({ name: 'changes', attributes: { redrive } });
  const rule = { name: 'r', region: 'us-east-1', pattern: { source: ['aws.ecr'] }, targets: [queue.arn] };
  sandbox.eventBridge.putRule(rule);
  const seen: string[] = [];
  sandbox.lambda.addFunction({
    name: 'worker',
    handler: async (event) => {
      await Promise.all(
        (event as SQSEvent).Records.map(async ({ body }) => {
          const { detail } = JSON.parse(body) as {
            detail: { requestParameters: { repositoryName: string } };
          };
          const repositoryNames = [detail.requestParameters.repositoryName];
          const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames }));
          const Key = { pk: { S: repositories![0]!.repositoryName! } };
          const counted = {
            UpdateExpression: 'ADD n :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          };
          await dynamodb.send(new UpdateItemCommand({ TableName, Key, ...counted }));
        }),
      );
    },
  });
  sandbox.lambda.addFunction({ name: 'reader', handler: (event) => void seen.push(JSON.stringify(event)) });
  sandbox.lambda.mapSqs({ function: 'worker', queueArn: queue.arn, batchSize: 3 });
  sandbox.lambda.mapStream({
    function: 'reader',
    streamArn: sandbox.dynamodb.streamArn(TableName),
    batchSize: 2,
  });
  sandbox.faults.events({ late: [0, 60_000], again: 1, probability: 0.3 });
  sandbox.faults.throttle({ function: 'worker' }, { probability: 0.2 });
  sandbox.faults.failAfterApplying({ operation: 'UpdateItem' }, { probability: 0.1 });
  sandbox.faults.kill({ function: 'worker', atCall: 2, probability: 0.1, times: 100 });
  const developer = new ECRClient(sandbox.clientConfig({ role: 'developer' }));
  for (let i = 0; i < 8; i += 1) {
    await developer.send(new CreateRepositoryCommand({ repositoryName: `repo-${i}` }));
    const change = { repositoryName: `repo-${i}`, imageTagMutability: 'IMMUTABLE' } as const;
    await developer.send(new PutImageTagMutabilityCommand(change));
  }
  await sandbox.settle();
  return {
    calls: sandbox.calls.all(),
    seen,
    now: sandbox.clock.now(),
    dead: sandbox.sqs.messages(dead.arn).length,
  };
};

describe('a whole run', () => {
  it('can be replayed by its seed, to the last call and millisecond', async () => {
    const first = await story(11);
    expect(first.calls.length).toBeGreaterThan(60);
    expect(await story(11)).toEqual(first);
    expect((await story(12)).calls).not.toEqual(first.calls);
  });
});
