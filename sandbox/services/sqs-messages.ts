import { integer, record, records, text } from '../fields.ts';
import { md5, ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { badValue, queueOf, seconds } from './sqs-input.ts';
import type { Call, Operation } from './service.ts';
import { systemAttributes } from './sqs-state.ts';
import type { Queue, QueueMessage, Queues } from './sqs-state.ts';

/** 1 MiB, the limit of a message and of a batch. Source: SQS quotas. */
const MAX_BYTES = 1_048_576;
const MAX_BATCH = 10;

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

type BatchEntry = readonly [id: string, entry: JsonObject];

const batchEntries = (input: JsonObject): readonly BatchEntry[] => {
  const entries = (records(input, 'Entries') ?? []).map((entry): BatchEntry => [
    text(entry, 'Id') ?? '',
    entry,
  ]);
  if (entries.length === 0) {
    throw new ServiceError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_BATCH) {
    throw new ServiceError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH}.`,
    );
  }
  if (new Set(entries.map(([id]) => id)).size < entries.length) {
    throw new ServiceError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  }
  return entries;
};

const sendOne = (queues: Queues, call: Call, [queue, entry]: readonly [Queue, JsonObject]): JsonObject => {
  const delay = integer(entry, 'DelaySeconds');
  const message = queues.send(queue, {
    body: checkBody(text(entry, 'MessageBody')),
    attributes: record(entry, 'MessageAttributes') ?? null,
    senderId: call.caller.arn,
    ...(delay === undefined ? {} : { delay: delay * 1000 }),
  });
  return { MessageId: message.id, MD5OfMessageBody: md5(message.body) };
};

const sendBatch = (queues: Queues, call: Call): JsonObject => {
  const queue = queueOf(queues, call);
  const entries = batchEntries(call.input);
  const bytes = entries.reduce(
    (sum, [, entry]) => sum + Buffer.byteLength(text(entry, 'MessageBody') ?? ''),
    0,
  );
  if (bytes > MAX_BYTES) {
    throw new ServiceError('BatchRequestTooLong', `Batch requests cannot be longer than ${MAX_BYTES} bytes.`);
  }
  const sent = entries.map(([Id, entry]) => Object.assign(sendOne(queues, call, [queue, entry]), { Id }));
  return { Successful: sent, Failed: [] };
};

const deleteOne = (queue: Queue, entry: JsonObject): void => {
  const message = byReceipt(queue, text(entry, 'ReceiptHandle'));
  if (message !== undefined) queue.messages.delete(message.id);
};

const receive = (queues: Queues, call: Call): JsonObject => {
  const queue = queueOf(queues, call);
  const max = integer(call.input, 'MaxNumberOfMessages') ?? 1;
  if (max < 1 || max > MAX_BATCH) {
    throw badValue(
      `Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10.`,
    );
  }
  const messages = queues.receive(queue, max, seconds(call.input, 'VisibilityTimeout'));
  return messages.length === 0 ? {} : { Messages: messages.map(received) };
};

export const messageOperations = (queues: Queues): Readonly<Record<string, Operation['run']>> => ({
  SendMessage: (call) => sendOne(queues, call, [queueOf(queues, call), call.input]),
  SendMessageBatch: (call) => sendBatch(queues, call),
  ReceiveMessage: (call) => receive(queues, call),
  DeleteMessage: (call) => {
    deleteOne(queueOf(queues, call), call.input);
    return {};
  },
  DeleteMessageBatch: (call) => {
    const queue = queueOf(queues, call);
    const entries = batchEntries(call.input);
    for (const [, entry] of entries) deleteOne(queue, entry);
    return { Successful: entries.map(([Id]) => ({ Id })), Failed: [] };
  },
  ChangeMessageVisibility: (call) => {
    const message = byReceipt(queueOf(queues, call), text(call.input, 'ReceiptHandle'));
    if (message === undefined) {
      throw new ServiceError('ReceiptHandleIsInvalid', 'The receipt handle is not valid.');
    }
    queues.changeVisibility(queueOf(queues, call), message, seconds(call.input, 'VisibilityTimeout') ?? 0);
    return {};
  },
  PurgeQueue: (call) => {
    queueOf(queues, call).messages.clear();
    return {};
  },
});
