import { integer, record, text, texts } from '../fields.ts';
import { parseJsonBody } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { operations } from './service.ts';
import type { Operation, Service } from './service.ts';
import { badValue, missingQueue, queueOf, seconds } from './sqs-input.ts';
import { messageOperations } from './sqs-messages.ts';
import type { Queue, QueueAttributes, Queues } from './sqs-state.ts';

const redriveOf = (attributes: JsonObject): QueueAttributes['redrive'] | undefined => {
  const policy = text(attributes, 'RedrivePolicy');
  if (policy === undefined) return undefined;
  if (policy === '') return null;
  const parsed = parseJsonBody(policy);
  const deadLetterArn = text(parsed, 'deadLetterTargetArn');
  const maxReceiveCount = integer(parsed, 'maxReceiveCount');
  if (deadLetterArn === undefined || maxReceiveCount === undefined) throw badValue('Invalid RedrivePolicy');
  return { deadLetterArn, maxReceiveCount };
};

const attributesOf = (attributes: JsonObject): Partial<QueueAttributes> => {
  const visibilityTimeout = seconds(attributes, 'VisibilityTimeout');
  const retention = seconds(attributes, 'MessageRetentionPeriod');
  const delay = seconds(attributes, 'DelaySeconds');
  const redrive = redriveOf(attributes);
  return {
    ...(visibilityTimeout === undefined ? {} : { visibilityTimeout }),
    ...(retention === undefined ? {} : { retention }),
    ...(delay === undefined ? {} : { delay }),
    ...(redrive === undefined ? {} : { redrive }),
  };
};

const describe = (queue: Queue, now: number): JsonObject => {
  const { visibilityTimeout, retention, delay, redrive } = queue.attributes;
  const messages = [...queue.messages.values()];
  const visible = messages.filter((message) => message.visibleAt <= now).length;
  const inFlight = messages.filter((message) => message.visibleAt > now && message.receiveCount > 0).length;
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(messages.length - visible - inFlight),
    VisibilityTimeout: String(visibilityTimeout / 1000),
    MessageRetentionPeriod: String(retention / 1000),
    DelaySeconds: String(delay / 1000),
    ...(redrive === null
      ? {}
      : {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: redrive.deadLetterArn,
            maxReceiveCount: redrive.maxReceiveCount,
          }),
        }),
  };
};

const queueOperations = (queues: Queues, now: () => number): Readonly<Record<string, Operation['run']>> => ({
  CreateQueue: ({ input, account, region }) => {
    const name = text(input, 'QueueName') ?? '';
    if (!/^[\w-]{1,80}$/.test(name)) {
      throw badValue('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
    }
    const attributes = attributesOf(record(input, 'Attributes') ?? {});
    return { QueueUrl: queues.create({ account, region, name }, attributes).url };
  },
  GetQueueUrl: ({ input, account, region }) => {
    const owner = text(input, 'QueueOwnerAWSAccountId') ?? account;
    const queue = queues.byArn(`arn:aws:sqs:${region}:${owner}:${text(input, 'QueueName') ?? ''}`);
    if (queue === undefined) throw missingQueue();
    return { QueueUrl: queue.url };
  },
  ListQueues: ({ input, account, region }) => {
    const prefix = `arn:aws:sqs:${region}:${account}:${text(input, 'QueueNamePrefix') ?? ''}`;
    const found = queues.all().filter(({ arn }) => arn.startsWith(prefix));
    return { QueueUrls: found.map(({ url }) => url) };
  },
  GetQueueAttributes: (call) => {
    const all = describe(queueOf(queues, call), now());
    const names = new Set(texts(call.input, 'AttributeNames') ?? []);
    const wanted = Object.entries(all).filter(([name]) => names.has('All') || names.has(name));
    return { Attributes: Object.fromEntries(wanted) };
  },
  SetQueueAttributes: (call) => {
    const queue = queueOf(queues, call);
    queue.attributes = { ...queue.attributes, ...attributesOf(record(call.input, 'Attributes') ?? {}) };
    return {};
  },
  DeleteQueue: (call) => {
    queues.remove(queueOf(queues, call));
    return {};
  },
});

/** Amazon SQS, standard queues. Long polling answers at once. */
export const createSqs = (queues: Queues, now: () => number): Service => ({
  name: 'sqs',
  signingName: 'sqs',
  protocol: 'json-1.0',
  eventSource: 'sqs.amazonaws.com',
  resourceOf: ({ input }) => queues.byUrl(text(input, 'QueueUrl') ?? '')?.arn ?? '*',
  operation: operations({ ...queueOperations(queues, now), ...messageOperations(queues) }),
});
