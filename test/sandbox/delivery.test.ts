import { DescribeRegistryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts';
import type { LambdaHandler } from '../../sandbox/lambda.ts';

interface Setup {
  readonly options?: SandboxOptions;
  readonly maxReceiveCount?: number;
  readonly batchSize?: number;
  readonly maximumConcurrency?: number;
  readonly reportBatchItemFailures?: boolean;
  readonly timeout?: number;
  readonly coldStart?: () => LambdaHandler;
}

const deploy = (handler: (event: SQSEvent, context: Context) => unknown, setup: Setup = {}) => {
  const { options, maxReceiveCount = 3, timeout, coldStart, ...mapping } = setup;
  const sandbox = createSandbox(options);
  const dead = sandbox.sqs.create({ name: 'dead' });
  const queue = sandbox.sqs.create({
    name: 'work',
    attributes: { visibilityTimeout: 60_000, redrive: { deadLetterArn: dead.arn, maxReceiveCount } },
  });
  sandbox.lambda.addFunction({
    name: 'worker',
    handler,
    ...(timeout === undefined ? {} : { timeout }),
    ...(coldStart === undefined ? {} : { coldStart }),
  });
  sandbox.lambda.mapSqs({ function: 'worker', queueArn: queue.arn, ...mapping });
  return {
    sandbox,
    queue,
    dead,
    send: (...bodies: string[]) => bodies.forEach((body) => sandbox.sqs.send(queue.arn, body)),
  };
};

const bodies = (sandbox: Sandbox, arn: string) => sandbox.sqs.messages(arn).map(({ body }) => body);

describe('a queue before a function', () => {
  it('gives batches of at most its size and forgets what was handled', async () => {
    const sizes: number[] = [];
    const { sandbox, queue, send } = deploy((event) => void sizes.push(event.Records.length), {
      batchSize: 4,
    });
    send(...Array.from({ length: 10 }, String));
    await sandbox.settle();
    expect(sizes.every((size) => size <= 4)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(10);
    expect(bodies(sandbox, queue.arn)).toEqual([]);
  });

  it('brings back only the failed messages of a batch, after the visibility timeout, then buries them', async () => {
    const seen: string[] = [];
    const { sandbox, dead, queue, send } = deploy((event): SQSBatchResponse => {
      seen.push(
        ...event.Records.map(({ body, attributes }) => `${body}#${attributes.ApproximateReceiveCount}`),
      );
      const failed = event.Records.filter(({ body }) => body === 'bad');
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    send('good', 'bad');
    const start = sandbox.clock.milliseconds();
    await sandbox.settle();
    expect(seen).toEqual(['good#1', 'bad#1', 'bad#2', 'bad#3']);
    expect(bodies(sandbox, queue.arn)).toEqual([]);
    expect(sandbox.sqs.messages(dead.arn)).toMatchObject([{ body: 'bad', deadLetterSource: queue.arn }]);
    expect(sandbox.clock.milliseconds() - start).toBeGreaterThanOrEqual(3 * 60_000);
  });

  it.each<[string, (event: SQSEvent) => unknown]>([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['names a message that is not in the batch', () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] })],
    ['names a message by nothing', () => ({ batchItemFailures: [{ itemIdentifier: '' }] })],
    ['answers nonsense', () => ({ batchItemFailures: 'all' })],
  ])('keeps the whole batch of a handler that %s', async (_what, handler) => {
    const { sandbox, dead, send } = deploy(handler);
    send('a', 'b');
    await sandbox.settle();
    expect(bodies(sandbox, dead.arn).sort()).toEqual(['a', 'b']);
  });

  it('does not listen to reports unless told to', async () => {
    const report = (event: SQSEvent): SQSBatchResponse => ({
      batchItemFailures: event.Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
    });
    const { sandbox, queue, dead, send } = deploy(report, { reportBatchItemFailures: false });
    send('a');
    await sandbox.settle();
    expect([bodies(sandbox, queue.arn), bodies(sandbox, dead.arn)]).toEqual([[], []]);
  });

  it('runs no more invocations at a time than allowed, and lets them interleave', async () => {
    let running = 0;
    let most = 0;
    let ecr: ECRClient | undefined;
    const { sandbox, send } = deploy(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await ecr?.send(new DescribeRegistryCommand({}));
        running -= 1;
      },
      { batchSize: 1, maximumConcurrency: 3 },
    );
    ecr = new ECRClient(sandbox.clientConfig());
    send(...Array.from({ length: 9 }, String));
    await sandbox.settle();
    expect(most).toBe(3);
    expect(sandbox.calls.count({ function: 'worker' })).toBe(9);
  });

  it('hands each invocation its own copy and a Lambda context', async () => {
    const contexts: Context[] = [];
    const { sandbox, send } = deploy((event, context) => {
      contexts.push(context);
      event.Records.length = 0;
    });
    send('a');
    await sandbox.settle();
    expect(contexts[0]).toMatchObject({
      functionName: 'worker',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111111111111:function:worker',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(sandbox.lambda.invocations()[0]?.event).toMatchObject({ Records: [{ body: 'a' }] });
  });
});

describe('wiring that leads nowhere', () => {
  const sandbox = createSandbox();
  const { arn } = sandbox.sqs.create({ name: 'work' });
  sandbox.lambda.addFunction({ name: 'worker', handler: () => null });
  it.each<[string, () => unknown]>([
    ['a queue', () => sandbox.lambda.mapSqs({ function: 'worker', queueArn: `${arn}-gone` })],
    ['a function', () => sandbox.lambda.mapSqs({ function: 'gone', queueArn: arn })],
    ['a stream', () => sandbox.lambda.mapStream({ function: 'worker', streamArn: 'gone' })],
    [
      'a scheduled function',
      () => sandbox.lambda.schedule({ name: 's', function: 'gone', expression: 'rate(1 day)' }),
    ],
    ['a schedule', () => sandbox.lambda.tick('gone')],
    ['a queue to send to', () => sandbox.sqs.send(`${arn}-gone`, 'x')],
    ['an account', () => sandbox.clientConfig({ account: '999999999999' })],
    ['a table', () => sandbox.dynamodb.streamArn('gone')],
  ])('is told at once: %s', (_what, wire) => {
    expect(wire).toThrow(RangeError);
  });
});

describe('a function that does not end well', () => {
  it('times out on the virtual clock; what it does afterwards reaches nobody', async () => {
    let ecr: ECRClient | undefined;
    const remaining: number[] = [];
    const { sandbox, dead, send } = deploy(
      async (_event, context) => {
        for (;;) {
          await ecr?.send(new DescribeRegistryCommand({}));
          remaining.push(context.getRemainingTimeInMillis());
        }
      },
      { timeout: 100, maxReceiveCount: 1, options: { apiLatency: 30 } },
    );
    ecr = new ECRClient(sandbox.clientConfig());
    send('a');
    await sandbox.settle();
    expect(remaining).toEqual([70, 40, 10]);
    expect(sandbox.lambda.failures()).toMatchObject([{ outcome: { kind: 'timed-out' } }]);
    expect(bodies(sandbox, dead.arn)).toEqual(['a']);
  });

  it.each([
    ['before', 1],
    ['after', 2],
  ] as const)('is killed %s its second call; the next attempt starts cold', async (when, applied) => {
    let ecr: ECRClient | undefined;
    let environments = 1;
    const handler = async (): Promise<void> => {
      await ecr?.send(new DescribeRegistryCommand({}));
      await ecr?.send(new DescribeRepositoriesCommand({}));
    };
    const coldStart = () => {
      environments += 1;
      return handler;
    };
    const { sandbox, queue, send } = deploy(handler, { coldStart });
    ecr = new ECRClient(sandbox.clientConfig());
    sandbox.faults.kill({ function: 'worker', atCall: 2, when });
    send('a');
    await sandbox.settle();
    expect(sandbox.lambda.invocations().map(({ outcome }) => outcome.kind)).toEqual(['killed', 'returned']);
    expect(sandbox.calls.count({ function: 'worker' })).toBe(applied + 2);
    expect(environments).toBe(2);
    expect(bodies(sandbox, queue.arn)).toEqual([]);
  });

  it('is waited for when it waits for something outside the sandbox', async () => {
    const { sandbox, queue, send } = deploy(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    send('a');
    await sandbox.settle();
    expect(sandbox.lambda.invocations()).toHaveLength(1);
    expect(bodies(sandbox, queue.arn)).toEqual([]);
  });
});

describe('schedules and direct invocation', () => {
  it('tick on the virtual clock but do not keep the sandbox busy', async () => {
    const sandbox = createSandbox({ startTime: '2026-01-01T00:00:00.000Z' });
    const times: string[] = [];
    sandbox.lambda.addFunction({
      name: 'sweep',
      handler: (event) => void times.push((event as { time: string }).time),
    });
    sandbox.lambda.schedule({ name: 'nightly', function: 'sweep', expression: 'cron(30 3 * * ? *)' });
    await sandbox.settle();
    expect(times).toEqual([]);
    await sandbox.run(2 * 86_400_000);
    expect(times).toEqual(['2026-01-01T03:30:00Z', '2026-01-02T03:30:00Z']);
    sandbox.lambda.tick('nightly');
    await sandbox.settle();
    expect(times).toHaveLength(3);
  });

  it('try an asynchronous invocation three times, after one and two minutes', async () => {
    const sandbox = createSandbox();
    const times: number[] = [];
    sandbox.lambda.addFunction({
      name: 'sweep',
      handler: () => {
        times.push(sandbox.clock.milliseconds());
        throw new Error('broken');
      },
    });
    sandbox.lambda.schedule({ name: 'now', function: 'sweep', expression: 'rate(1 hour)', input: {} });
    sandbox.lambda.tick('now');
    await sandbox.settle();
    expect(times.map((time) => time - times[0]!)).toEqual([0, 60_000, 180_000]);
  });

  it('give the outcome of an invocation', async () => {
    const sandbox = createSandbox();
    const ecr = new ECRClient(sandbox.clientConfig());
    sandbox.lambda.addFunction({
      name: 'count',
      handler: async (event) => ({
        event,
        found: (await ecr.send(new DescribeRepositoriesCommand({}))).repositories,
      }),
    });
    expect(await sandbox.lambda.invoke('count', { a: 1 })).toEqual({
      kind: 'returned',
      value: { event: { a: 1 }, found: [] },
    });
  });
});
