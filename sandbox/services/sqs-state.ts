import type { Random } from '../random.ts';
import type { Schedule } from '../schedule.ts';
import { md5 } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { getOrCreate } from './service.ts';

export interface QueueAttributes {
  /** Milliseconds. */
  readonly visibilityTimeout: number;
  /** Milliseconds. */
  readonly retention: number;
  /** Milliseconds. */
  readonly delay: number;
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | null;
}

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: JsonObject | null;
  /** Milliseconds. */
  readonly sentAt: number;
  /** Sender's principal. */
  readonly senderId: string;
  readonly deadLetterSource: string | null;
  receiveCount: number;
  firstReceivedAt: number | null;
  /** From when on it can be received, milliseconds. */
  visibleAt: number;
  receipt: string | null;
}

export interface Queue {
  readonly arn: string;
  readonly url: string;
  readonly name: string;
  attributes: QueueAttributes;
  readonly messages: Map<string, QueueMessage>;
  /** Told when a message becomes visible, in milliseconds; a Lambda event source mapping listens. */
  readonly listeners: Set<(visibleAt: number) => void>;
}

interface NewMessage {
  readonly body: string;
  readonly attributes?: JsonObject | null;
  readonly delay?: number;
  readonly senderId?: string;
  readonly deadLetterSource?: string;
}

export interface Queues {
  readonly create: (place: QueuePlace, attributes?: Partial<QueueAttributes>) => Queue;
  readonly byArn: (arn: string) => Queue | undefined;
  readonly byUrl: (url: string) => Queue | undefined;
  readonly all: () => readonly Queue[];
  readonly remove: (queue: Queue) => void;
  readonly send: (queue: Queue, message: NewMessage) => QueueMessage;
  /** Visible messages, oldest first; those received too often move to the dead-letter queue instead. */
  readonly receive: (queue: Queue, max: number, visibilityTimeout?: number) => readonly QueueMessage[];
  /** When the next message of the queue becomes visible; undefined when there is none. */
  readonly nextVisibleAt: (queue: Queue) => number | undefined;
  readonly changeVisibility: (queue: Queue, message: QueueMessage, timeout: number) => void;
}

interface QueuePlace {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** Defaults of SQS, in milliseconds. Source: SQS API, CreateQueue. */
const DEFAULTS: QueueAttributes = {
  visibilityTimeout: 30_000,
  retention: 4 * 86_400_000,
  delay: 0,
  redrive: null,
};

const purgeExpired = (queue: Queue, now: number): void => {
  for (const message of queue.messages.values()) {
    if (message.sentAt + queue.attributes.retention <= now) queue.messages.delete(message.id);
  }
};

const createOne = (place: QueuePlace, attributes: Partial<QueueAttributes>): Queue => ({
  arn: `arn:aws:sqs:${place.region}:${place.account}:${place.name}`,
  url: `https://sqs.${place.region}.amazonaws.com/${place.account}/${place.name}`,
  name: place.name,
  attributes: { ...DEFAULTS, ...attributes },
  messages: new Map(),
  listeners: new Set(),
});

const newMessage = (queue: Queue, message: NewMessage, stamp: { id: string; now: number }): QueueMessage => ({
  id: stamp.id,
  body: message.body,
  attributes: message.attributes ?? null,
  sentAt: stamp.now,
  senderId: message.senderId ?? '',
  deadLetterSource: message.deadLetterSource ?? null,
  receiveCount: 0,
  firstReceivedAt: null,
  visibleAt: stamp.now + (message.delay ?? queue.attributes.delay),
  receipt: null,
});

const markReceived = (message: QueueMessage, now: number, timeout: number): QueueMessage => {
  message.receiveCount += 1;
  message.firstReceivedAt ??= now;
  message.visibleAt = now + timeout;
  message.receipt = Buffer.from(`${message.id}/${message.receiveCount}`).toString('base64');
  return message;
};

const isSpent = ({ attributes }: Queue, message: QueueMessage): boolean =>
  attributes.redrive !== null && message.receiveCount >= attributes.redrive.maxReceiveCount;

export const createQueues = (schedule: Schedule, random: Random): Queues => {
  const queues = new Map<string, Queue>();
  const notify = (queue: Queue, { visibleAt }: QueueMessage): void => {
    for (const listener of queue.listeners) listener(visibleAt);
  };
  const send: Queues['send'] = (queue, message) => {
    const stored = newMessage(queue, message, { id: random.uuid(), now: schedule.now() });
    queue.messages.set(stored.id, stored);
    notify(queue, stored);
    return stored;
  };
  /** Moves a message to the dead-letter queue; false where that queue does not exist. */
  const bury = (queue: Queue, message: QueueMessage): boolean => {
    const target = queues.get(queue.attributes.redrive?.deadLetterArn ?? '');
    if (target === undefined) return false;
    queue.messages.delete(message.id);
    const { body, attributes, senderId } = message;
    send(target, { body, attributes, senderId, delay: 0, deadLetterSource: queue.arn });
    return true;
  };
  const receive: Queues['receive'] = (queue, max, timeout = queue.attributes.visibilityTimeout) => {
    const now = schedule.now();
    purgeExpired(queue, now);
    const taken: QueueMessage[] = [];
    for (const message of queue.messages.values()) {
      if (taken.length >= max) break;
      if (message.visibleAt > now || (isSpent(queue, message) && bury(queue, message))) continue;
      taken.push(markReceived(message, now, timeout));
    }
    return taken;
  };
  return {
    create: (place, attributes = {}) => {
      const queue = createOne(place, attributes);
      return getOrCreate(queues, queue.arn, () => queue);
    },
    byArn: (arn) => queues.get(arn),
    byUrl: (url) => [...queues.values()].find((queue) => pathOf(queue.url) === pathOf(url)),
    all: () => [...queues.values()],
    remove: (queue) => queues.delete(queue.arn),
    send,
    receive,
    nextVisibleAt: (queue) => {
      let earliest = Infinity;
      for (const { visibleAt } of queue.messages.values()) earliest = Math.min(earliest, visibleAt);
      return earliest === Infinity ? undefined : earliest;
    },
    changeVisibility: (queue, message, timeout) => {
      message.visibleAt = schedule.now() + timeout;
      notify(queue, message);
    },
  };
};

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname : url);

/** A message as a Lambda function gets it. Source: Lambda developer guide, Using Lambda with Amazon SQS. */
export const lambdaRecord = (queue: Queue, message: QueueMessage): JsonObject => ({
  messageId: message.id,
  receiptHandle: message.receipt ?? '',
  body: message.body,
  attributes: systemAttributes(message),
  messageAttributes: lambdaAttributes(message.attributes),
  md5OfBody: md5(message.body),
  eventSource: 'aws:sqs',
  eventSourceARN: queue.arn,
  awsRegion: queue.arn.split(':')[3] ?? '',
});

export const systemAttributes = (message: QueueMessage): JsonObject => ({
  ApproximateReceiveCount: String(message.receiveCount),
  SentTimestamp: String(message.sentAt),
  SenderId: message.senderId,
  ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
  ...(message.deadLetterSource === null ? {} : { DeadLetterQueueSourceArn: message.deadLetterSource }),
});

const lambdaAttributes = (attributes: JsonObject | null): JsonObject =>
  Object.fromEntries(
    Object.entries(attributes ?? {}).map(([name, value]) => {
      const fields = Object.entries(value ?? {}).map(([key, field]) => [
        key.slice(0, 1).toLowerCase() + key.slice(1),
        field,
      ]);
      return [name, Object.fromEntries(fields)];
    }),
  );
