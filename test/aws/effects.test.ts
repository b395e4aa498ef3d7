import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { snsClient, sqsClient } from '../../shared/aws/clients.ts';
import { jobMessage, parseJob } from '../../shared/aws/job-message.ts';
import { snsPublisher, type RenderedMessage } from '../../shared/aws/sns-publisher.ts';
import { sqsDeadLetters } from '../../shared/aws/sqs-dead-letters.ts';
import { sqsWorkQueue } from '../../shared/aws/sqs-queue.ts';
import { AwsRequestError, MalformedInputError, TransientAwsError } from '../../shared/model/errors.ts';
import type { Job } from '../../shared/model/job.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { AT, sampleFinding } from '../contracts/samples.ts';

const HOME = { account: '111111111111', region: 'us-east-1' };
const options = (sandbox: ReturnType<typeof createSandbox>) => {
  const { region, ...overrides } = sandbox.clientConfig();
  return { region, account: HOME.account, overrides };
};
const sweep = { kind: 'sweep', sweepId: 's-1', trigger: 'schedule' } as const;
const judge = (count: number, nameLength = 8): Job => ({
  kind: 'judge',
  at: AT,
  resources: Array.from({ length: count }, (_, i) =>
    repositoryResource(AT, `r${i}-`.padEnd(nameLength, 'x')),
  ),
  cause: sweep,
});

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
}

/** An SQS client that gives scripted answers and records what it was asked. */
const scriptedSqs = (answers: readonly ((entries: readonly Entry[]) => object)[]) => {
  const asked: string[][] = [];
  const client = sqsClient({ region: 'us-east-1' });
  client.middlewareStack.add(
    () => async (args: { input: object }) => {
      const entries = (args.input as { Entries: Entry[] }).Entries;
      const answer = answers[Math.min(asked.length, answers.length - 1)]!;
      asked.push(entries.map(({ MessageBody }) => MessageBody));
      return { response: {}, output: { $metadata: {}, ...answer(entries) } };
    },
    { step: 'initialize', priority: 'low' },
  );
  return { client, asked };
};
/** The client checks the digests of what was taken. */
const allTaken = (entries: readonly Entry[]) => ({
  Successful: entries.map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  })),
  Failed: [],
});
const failed = (entries: readonly Entry[], SenderFault = false) => ({
  Successful: [],
  Failed: entries.map(({ Id }) => ({
    Id,
    SenderFault,
    Code: SenderFault ? 'InvalidMessageContents' : 'InternalError',
  })),
});

describe('the work queue', () => {
  it('sends every job, ten a batch, as messages that are read back as they were', async () => {
    const sandbox = createSandbox();
    const { arn, url } = sandbox.sqs.create({ name: 'changes' });
    const jobs: Job[] = Array.from({ length: 23 }, (_, i) => ({
      kind: 'list-repositories',
      at: AT,
      pageToken: `page-${i}`,
      changedFacts: ['registryScanning'],
      cause: sweep,
    }));
    await sqsWorkQueue({ client: sqsClient(options(sandbox)), queueUrl: url }).send(jobs);
    const bodies = sandbox.sqs.messages(arn).map(({ body }) => body);
    expect(bodies.map(parseJob).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual(
      jobs.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    );
    expect(sandbox.calls.count({ service: 'sqs' })).toBe(3);
  });

  it('sends nothing for no jobs', async () => {
    const { client, asked } = scriptedSqs([allTaken]);
    await sqsWorkQueue({ client, queueUrl: 'q' }).send([]);
    expect(asked).toEqual([]);
  });

  it('sends again what the queue did not take, and only that', async () => {
    const { client, asked } = scriptedSqs([
      (entries) => ({ ...allTaken(entries.slice(0, 2)), Failed: failed(entries.slice(2)).Failed }),
      allTaken,
    ]);
    await sqsWorkQueue({ client, queueUrl: 'q', pause: async () => undefined }).send([
      judge(1),
      judge(2),
      judge(3),
    ]);
    expect(asked.map((bodies) => bodies.length)).toEqual([3, 1]);
    expect(asked[1]).toEqual([jobMessage(judge(3))]);
  });

  it('throws when the queue goes on refusing, at once where the message is at fault', async () => {
    const pauses: number[] = [];
    const pause = async (ms: number): Promise<void> => void pauses.push(ms);
    const down = scriptedSqs([(entries) => failed(entries)]);
    await expect(
      sqsWorkQueue({ client: down.client, queueUrl: 'q', pause }).send([judge(1)]),
    ).rejects.toThrow(TransientAwsError);
    expect(down.asked).toHaveLength(4);
    expect(pauses).toEqual([50, 100, 200]);
    const wrong = scriptedSqs([(entries) => failed(entries, true)]);
    await expect(
      sqsWorkQueue({ client: wrong.client, queueUrl: 'q', pause }).send([judge(1)]),
    ).rejects.toThrow(AwsRequestError);
    expect(wrong.asked).toHaveLength(1);
  });

  it('keeps each message under 256 KiB and each batch under 1 MiB', async () => {
    const { client, asked } = scriptedSqs([allTaken]);
    const large = judge(100, 2_000);
    await sqsWorkQueue({ client, queueUrl: 'q' }).send([large, large, large]);
    const bytes = (body: string): number => Buffer.byteLength(body);
    expect(Math.max(...asked.flat().map(bytes))).toBeLessThanOrEqual(256 * 1024);
    expect(
      Math.max(...asked.map((bodies) => bodies.map(bytes).reduce((a, b) => a + b, 0))),
    ).toBeLessThanOrEqual(1024 * 1024);
    const resources = asked.flat().flatMap((body) => {
      const job = parseJob(body);
      return job?.kind === 'judge' ? job.resources : [];
    });
    expect(resources).toHaveLength(300);
  });
});

describe('job messages', () => {
  it('are ours or not', () => {
    expect(parseJob(jobMessage(judge(2)))).toEqual(judge(2));
    expect(parseJob('{"source":"aws.ecr","detail-type":"x","detail":{}}')).toBeNull();
    expect(parseJob('[]')).toBeNull();
    expect(parseJob('null')).toBeNull();
    expect(parseJob('{"__proto__":{"source":"ecr-warden","job":{}}}')).toBeNull();
  });

  const broken: readonly [string, unknown][] = [
    ['another version', { source: 'ecr-warden', version: 2, job: judge(1) }],
    ['an unknown kind', { source: 'ecr-warden', version: 1, job: { kind: 'drop-table' } }],
    [
      'an unknown fact',
      { source: 'ecr-warden', version: 1, job: { ...judge(1), changedFacts: ['toString'] } },
    ],
    [
      'another account',
      { source: 'ecr-warden', version: 1, job: { ...judge(1), at: { ...AT, account: '1'.repeat(12) } } },
    ],
    ['too many resources', { source: 'ecr-warden', version: 1, job: judge(101) }],
    ['no cause', { source: 'ecr-warden', version: 1, job: { ...judge(1), cause: undefined } }],
  ];
  it.each(broken)('with %s are malformed', (_, message) => {
    expect(() => parseJob(JSON.stringify(message))).toThrow(MalformedInputError);
  });

  it('that are no JSON are malformed', () => {
    expect(() => parseJob('{"source":"ecr-warden"')).toThrow(MalformedInputError);
  });
});

describe('dead letters', () => {
  it('are counted by queue', async () => {
    const sandbox = createSandbox();
    const [a, b] = [sandbox.sqs.create({ name: 'changes-dlq' }), sandbox.sqs.create({ name: 'alerts-dlq' })];
    sandbox.sqs.send(a.arn, 'x');
    sandbox.sqs.send(a.arn, 'y');
    const letters = sqsDeadLetters(sqsClient(options(sandbox)), [a.url, b.url]);
    expect(await letters.counts()).toEqual([
      { queue: 'changes-dlq', messages: 2 },
      { queue: 'alerts-dlq', messages: 0 },
    ]);
  });
});

describe('the publisher', () => {
  const rendered: RenderedMessage = {
    subject: 'CRITICAL: team-a/api is public',
    text: 'for people',
    json: '{"for":"machines"}',
    chat: '{"version":"1.0"}',
    attributes: { severity: { DataType: 'String', StringValue: 'CRITICAL' } },
  };
  const alert = {
    kind: 'transition',
    finding: sampleFinding(),
    before: null,
    toldAt: '2026-11-21T03:00:00.000Z',
  } as const;
  const topicsOf = (sandbox: ReturnType<typeof createSandbox>) => ({
    human: sandbox.sns.create({ name: 'human' }),
    machine: sandbox.sns.create({ name: 'machine' }),
    chat: sandbox.sns.create({ name: 'chat' }),
  });

  it('sends each form to its topic, with attributes, as plain strings', async () => {
    const sandbox = createSandbox();
    const topics = topicsOf(sandbox);
    await snsPublisher({ client: snsClient(options(sandbox)), topics, render: () => rendered }).publish(
      alert,
    );
    const published = (arn: string) =>
      sandbox.sns
        .published(arn)
        .map(({ subject, message, structure, attributes }) => [
          subject,
          message,
          structure,
          [...attributes.keys()],
        ]);
    expect(published(topics.human)).toMatchObject([[rendered.subject, 'for people', null, ['severity']]]);
    expect(published(topics.machine)).toMatchObject([[null, rendered.json, null, ['severity']]]);
    expect(published(topics.chat)).toMatchObject([[null, rendered.chat, null, ['severity']]]);
  });

  it('leaves out the forms that nobody wants', async () => {
    const sandbox = createSandbox();
    const topics = { ...topicsOf(sandbox), chat: null, machine: null };
    await snsPublisher({ client: snsClient(options(sandbox)), topics, render: () => rendered }).publish(
      alert,
    );
    expect(sandbox.sns.published()).toHaveLength(1);
  });

  it('throws if one topic fails, the others served', async () => {
    const sandbox = createSandbox();
    const topics = topicsOf(sandbox);
    const missing = { ...topics, machine: `${topics.machine}-gone` };
    const publisher = snsPublisher({
      client: snsClient(options(sandbox)),
      topics: missing,
      render: () => rendered,
    });
    await expect(publisher.publish(alert)).rejects.toThrow(AwsRequestError);
    expect(sandbox.sns.published()).toHaveLength(2);
  });
});
