import { isRecord, record, records, text } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { Json, JsonObject } from '../wire.ts';
import { getOrCreate, operations } from './service.ts';
import type { Call, Host, Operation, Service } from './service.ts';

/** A message that somebody published, as a subscriber would see it. */
export interface PublishedMessage {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | null;
  readonly message: string;
  readonly structure: 'json' | null;
  readonly attributes: ReadonlyMap<string, string>;
  /** Milliseconds. */
  readonly publishedAt: number;
  readonly publisherArn: string;
}

export interface Topics {
  readonly create: (arn: string) => void;
  /** Messages of a topic, oldest first. */
  readonly published: (arn: string) => readonly PublishedMessage[];
  readonly all: () => readonly PublishedMessage[];
  /** Drops every message; the topics stay. */
  readonly forget: () => void;
}

/** 256 KiB with attributes. Source: SNS quotas. */
const MAX_BYTES = 262_144;
const MAX_SUBJECT = 100;
const MAX_BATCH = 10;

const invalid = (message: string): ServiceError =>
  new ServiceError('InvalidParameter', `Invalid parameter: ${message}`);

const checkedSubject = (subject: string | undefined): string | null => {
  if (subject === undefined) return null;
  // Source: SNS API, Publish: ASCII text, no line breaks or control characters, fewer than 100 characters.
  if (subject === '' || subject.length > MAX_SUBJECT || !/^[\x21-\x7e][\x20-\x7e]*$/.test(subject)) {
    throw invalid('Subject');
  }
  return subject;
};

const ATTRIBUTE_NAME = /^(?!aws\.|amazon\.)(?!\.)(?!.*\.\.)[\w.-]{1,256}(?<!\.)$/i;

const attributeOf = (entry: JsonObject): readonly [string, string] => {
  const name = text(entry, 'Name') ?? '';
  const value = record(entry, 'Value') ?? {};
  const type = text(value, 'DataType');
  const content = text(value, 'StringValue') ?? text(value, 'BinaryValue');
  if (!ATTRIBUTE_NAME.test(name)) throw invalid(`Invalid message attribute name: ${name}`);
  if (type === undefined || content === undefined || content === '') {
    throw new ServiceError(
      'ParameterValueInvalid',
      `The message attribute '${name}' must contain a non-empty value.`,
    );
  }
  return [name, content];
};

const checkedStructure = (input: JsonObject, message: string): 'json' | null => {
  const structure = text(input, 'MessageStructure');
  if (structure === undefined) return null;
  if (structure !== 'json') throw invalid('MessageStructure');
  try {
    const value: unknown = JSON.parse(message);
    if (isRecord(value) && typeof value['default'] === 'string') return 'json';
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  throw invalid('Message Structure - No default entry in JSON message body');
};

const byteLength = (message: string, attributes: ReadonlyMap<string, string>): number =>
  [...attributes].reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    Buffer.byteLength(message),
  );

const checkedEntry = (
  input: JsonObject,
): Pick<PublishedMessage, 'subject' | 'message' | 'structure' | 'attributes'> => {
  const message = text(input, 'Message') ?? '';
  if (message === '') throw invalid('Empty message');
  const attributes = new Map((records(input, 'MessageAttributes') ?? []).map(attributeOf));
  if (byteLength(message, attributes) > MAX_BYTES) throw invalid('Message too long');
  return {
    subject: checkedSubject(text(input, 'Subject')),
    message,
    structure: checkedStructure(input, message),
    attributes,
  };
};

type Publish = (call: Call, topicArn: string, entry: JsonObject) => string;

const publishBatch = (call: Call, topicArn: string, publish: Publish): JsonObject => {
  const entries = records(call.input, 'PublishBatchRequestEntries') ?? [];
  if (entries.length === 0) throw new ServiceError('EmptyBatchRequest', 'The batch request has no entries.');
  if (entries.length > MAX_BATCH) throw new ServiceError('TooManyEntriesInBatchRequest', 'Too many entries.');
  const successful: Json[] = [];
  const failed: Json[] = [];
  for (const entry of entries) {
    const Id = text(entry, 'Id') ?? '';
    try {
      successful.push({ Id, MessageId: publish(call, topicArn, entry) });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: successful, Failed: failed };
};

type TopicMap = Map<string, PublishedMessage[]>;

const topicOf = (topics: TopicMap, input: JsonObject): string => {
  const arn = text(input, 'TopicArn') ?? text(input, 'TargetArn') ?? '';
  if (!topics.has(arn)) throw new ServiceError('NotFound', 'Topic does not exist', { status: 404 });
  return arn;
};

const topicOperations = (topics: TopicMap, publish: Publish): Readonly<Record<string, Operation['run']>> => ({
  CreateTopic: ({ input, account, region }) => {
    const name = text(input, 'Name') ?? '';
    if (!/^[\w-]{1,256}$/.test(name)) throw invalid('Topic Name');
    const arn = `arn:aws:sns:${region}:${account}:${name}`;
    getOrCreate(topics, arn, () => []);
    return { TopicArn: arn };
  },
  DeleteTopic: ({ input }) => {
    topics.delete(text(input, 'TopicArn') ?? '');
    return {};
  },
  ListTopics: ({ account, region }) => {
    const own = [...topics.keys()].filter((arn) => arn.startsWith(`arn:aws:sns:${region}:${account}:`));
    return { Topics: own.map((TopicArn) => ({ TopicArn })) };
  },
  Publish: (call) => ({ MessageId: publish(call, topicOf(topics, call.input), call.input) }),
  PublishBatch: (call) => publishBatch(call, topicOf(topics, call.input), publish),
});

/** Amazon SNS, standard topics: messages are checked and kept for the test to read. */
export const createSns = (host: Host): { readonly service: Service; readonly topics: Topics } => {
  const topics: TopicMap = new Map();
  const publish: Publish = (call, topicArn, entry) => {
    const id = host.random.uuid();
    const publishedAt = host.schedule.now();
    const published = { id, topicArn, publishedAt, publisherArn: call.caller.arn, ...checkedEntry(entry) };
    topics.get(topicArn)?.push(published);
    return id;
  };
  const service: Service = {
    name: 'sns',
    signingName: 'sns',
    protocol: 'query',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    eventSource: 'sns.amazonaws.com',
    resourceOf: ({ input }) => text(input, 'TopicArn') ?? '*',
    operation: operations(topicOperations(topics, publish)),
  };
  return {
    service,
    topics: {
      create: (arn) => void getOrCreate(topics, arn, () => []),
      published: (arn) => topics.get(arn) ?? [],
      all: () => [...topics.values()].flat(),
      forget: () => {
        for (const messages of topics.values()) messages.length = 0;
      },
    },
  };
};
