import { integer, record, records, text, texts } from '../fields.ts';
import { md5, ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { operations } from './service.ts';
import type { Call, Service } from './service.ts';
import { systemAttributes } from './sqs-state.ts';
import type { Queue, QueueAttributes, QueueMessage, Queues } from './sqs-state.ts';

const missingQueue = (): ServiceError =>
  new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
const badValue = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValueException', message);

/** 1 MiB, the limit of a message and of a batch. Source: SQS quotas. */
const MAX_BYTES = 1_048_576;
const MAX_BATCH = 10;

const seconds = (attributes: JsonObject, name: string): number | undefined => {
  const value = integer(attributes, name);
  return value === undefined ? undefined : value * 1000;
};

const redriveOf = (attributes: JsonObject): QueueAttributes['redrive'] | undefined => {
  const policy = text(attributes, 'RedrivePolicy');
  if (policy === undefined) return undefined;
  if (policy === '') return null;
  const parsed = JSON.parse(policy) as JsonObject;
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

const received = (message: QueueMessage): JsonObject => ({
  MessageId: message.id,
  ReceiptHandle: message.receipt ?? '',
  MD5OfBody: md5(message.body),
  Body: message.body,
  Attributes: systemAttributes(message),
  ...(message.attributes === null ? {} : { MessageAttributes: message.attributes }),
});

const checkBody = (body: string | undefined): string => {
  if (body === undefined || body === '') {
    throw new ServiceError('MissingParameter', 'The request must contain the parameter MessageBody.');
  }
  if (Buffer.byteLength(body) > MAX_BYTES) {
    throw badValue(
      `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_BYTES} bytes.`,
    );
  }
  return body;
};

const byReceipt = (queue: Queue, receipt: string | undefined): QueueMessage | undefined =>
  [...queue.messages.values()].find((message) => message.receipt !== null && message.receipt === receipt);

const batchEntries = (input: JsonObject): readonly (JsonObject & { readonly Id: string })[] => {
  const entries = (records(input, 'Entries') ?? []).map((entry) => ({
    ...entry,
    Id: text(entry, 'Id') ?? '',
  }));
  if (entries.length === 0) {
    throw new ServiceError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_BATCH) {
    throw new ServiceError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH}.`,
    );
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new ServiceError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  }
  return entries;
};

/** Amazon SQS, standard queues. Long polling answers at once. */
export const createSqs = (queues: Queues, now: () => number): Service => {
  const queueOf = ({ input }: Call): Queue => {
    const queue = queues.byUrl(text(input, 'QueueUrl') ?? '');
    if (queue === undefined) throw missingQueue();
    return queue;
  };
  const sendOne = (queue: Queue, call: Call, entry: JsonObject): JsonObject => {
    const delay = integer(entry, 'DelaySeconds');
    const message = queues.send(queue, {
      body: checkBody(text(entry, 'MessageBody')),
      attributes: record(entry, 'MessageAttributes') ?? null,
      senderId: call.caller.arn,
      ...(delay === undefined ? {} : { delay: delay * 1000 }),
    });
    return { MessageId: message.id, MD5OfMessageBody: md5(message.body) };
  };
  const deleteOne = (queue: Queue, entry: JsonObject): void => {
    const message = byReceipt(queue, text(entry, 'ReceiptHandle'));
    if (message !== undefined) queue.messages.delete(message.id);
  };
  const receive = (call: Call): JsonObject => {
    const queue = queueOf(call);
    const max = integer(call.input, 'MaxNumberOfMessages') ?? 1;
    if (max < 1 || max > MAX_BATCH) {
      throw badValue(
        `Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10.`,
      );
    }
    const messages = queues.receive(queue, max, seconds(call.input, 'VisibilityTimeout'));
    return messages.length === 0 ? {} : { Messages: messages.map(received) };
  };
  const sendBatch = (call: Call): JsonObject => {
    const queue = queueOf(call);
    const entries = batchEntries(call.input);
    const bytes = entries.reduce(
      (sum, entry) => sum + Buffer.byteLength(text(entry, 'MessageBody') ?? ''),
      0,
    );
    if (bytes > MAX_BYTES) {
      throw new ServiceError(
        'BatchRequestTooLong',
        `Batch requests cannot be longer than ${MAX_BYTES} bytes.`,
      );
    }
    return {
      Successful: entries.map((entry) => ({ Id: entry.Id, ...sendOne(queue, call, entry) })),
      Failed: [],
    };
  };
  return {
    name: 'sqs',
    signingName: 'sqs',
    protocol: 'json-1.0',
    eventSource: 'sqs.amazonaws.com',
    resourceOf: ({ input }) => queues.byUrl(text(input, 'QueueUrl') ?? '')?.arn ?? '*',
    operation: operations({
      CreateQueue: ({ input, account, region }) => {
        const name = text(input, 'QueueName') ?? '';
        if (!/^[\w-]{1,80}$/.test(name))
          throw badValue('Can only include alphanumeric characters, hyphens, or underscores.');
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
        return {
          QueueUrls: queues
            .all()
            .filter(({ arn }) => arn.startsWith(prefix))
            .map(({ url }) => url),
        };
      },
      GetQueueAttributes: (call) => {
        const all = describe(queueOf(call), now());
        const names = texts(call.input, 'AttributeNames') ?? [];
        const wanted = Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name));
        return { Attributes: Object.fromEntries(wanted) };
      },
      SetQueueAttributes: (call) => {
        const queue = queueOf(call);
        queue.attributes = { ...queue.attributes, ...attributesOf(record(call.input, 'Attributes') ?? {}) };
        return {};
      },
      DeleteQueue: (call) => {
        queues.remove(queueOf(call));
        return {};
      },
      PurgeQueue: (call) => {
        queueOf(call).messages.clear();
        return {};
      },
      SendMessage: (call) => sendOne(queueOf(call), call, call.input),
      SendMessageBatch: sendBatch,
      ReceiveMessage: receive,
      DeleteMessage: (call) => {
        deleteOne(queueOf(call), call.input);
        return {};
      },
      DeleteMessageBatch: (call) => {
        const queue = queueOf(call);
        const entries = batchEntries(call.input);
        for (const entry of entries) deleteOne(queue, entry);
        return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
      },
      ChangeMessageVisibility: (call) => {
        const queue = queueOf(call);
        const message = byReceipt(queue, text(call.input, 'ReceiptHandle'));
        if (message === undefined)
          throw new ServiceError('ReceiptHandleIsInvalid', 'The receipt handle is not valid.');
        queues.changeVisibility(queue, message, seconds(call.input, 'VisibilityTimeout') ?? 0);
        return {};
      },
    }),
  };
};
