import { setTimeout } from 'node:timers/promises';
import type { Item, ItemChange } from '../dynamodb-stream.ts';
import { isRecord, list, record, text } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { Json, JsonObject } from '../wire.ts';
import { keysOf } from './dynamodb-tables.ts';
import type { Database, Databases, TableState } from './dynamodb-tables.ts';
import { operations } from './service.ts';
import type { Call, Operation, Service } from './service.ts';

/** One item that a request writes. */
interface Target {
  readonly table: TableState;
  readonly keys: Item;
}

const tableOf = (database: Database, name: string | undefined): TableState | undefined => {
  const [, short = name] = /:table\/(.+)$/.exec(name ?? '') ?? [];
  return short === undefined ? undefined : database.tables.get(short);
};

const singleTarget = (database: Database, input: JsonObject): readonly Target[] => {
  const table = tableOf(database, text(input, 'TableName'));
  const item = record(input, 'Item');
  const keys =
    record(input, 'Key') ?? (item === undefined || table === undefined ? undefined : keysOf(table, item));
  return table === undefined || keys === undefined ? [] : [{ table, keys }];
};

const batchTarget = (table: TableState, request: Json): readonly Target[] => {
  if (!isRecord(request)) return [];
  const item = record(record(request, 'PutRequest') ?? {}, 'Item');
  const keys =
    item === undefined ? record(record(request, 'DeleteRequest') ?? {}, 'Key') : keysOf(table, item);
  return keys === undefined ? [] : [{ table, keys }];
};

const batchTargets = (database: Database, input: JsonObject): readonly Target[] => {
  const items = record(input, 'RequestItems') ?? {};
  return Object.keys(items).flatMap((name) => {
    const table = tableOf(database, name);
    if (table === undefined) return [];
    return (list(items, name) ?? []).flatMap((request) => batchTarget(table, request));
  });
};

const WRITES: ReadonlyMap<string, (database: Database, input: JsonObject) => readonly Target[]> = new Map([
  ['PutItem', singleTarget],
  ['UpdateItem', singleTarget],
  ['DeleteItem', singleTarget],
  ['BatchWriteItem', batchTargets],
]);

const images = (
  databases: Databases,
  database: Database,
  targets: readonly Target[],
): Promise<(Item | null)[]> =>
  Promise.all(
    targets.map(async ({ table, keys }) => {
      try {
        return await databases.readItem(database, table.name, keys);
      } catch (error) {
        if (error instanceof ServiceError) return null; // keys that DynamoDB refuses: the write itself will say so
        throw error;
      }
    }),
  );

/** One write between a look at the old items and a look at the new ones. */
const tappedWrite = async (databases: Databases, database: Database, call: Call): Promise<JsonObject> => {
  const targets = WRITES.get(call.operation)?.(database, call.input) ?? [];
  const before = await images(databases, database, targets);
  const output = await databases.request(database, call.operation, call.input);
  const after = await images(databases, database, targets);
  targets.forEach(({ table, keys }, i) => {
    const change: ItemChange = { keys, before: before[i] ?? null, after: after[i] ?? null };
    databases.published(database, table, [change]);
  });
  return output;
};

const inOrder = <T>(database: Database, write: () => Promise<T>): Promise<T> => {
  const result = database.lastWrite.then(write, write);
  database.lastWrite = result.catch(() => undefined);
  return result;
};

/** Adds what dynalite does not know of a table: its true ARN and its stream. */
const describeTable = (table: TableState, description: JsonObject): JsonObject => ({
  ...description,
  TableArn: table.arn,
  ...(table.stream === null
    ? {}
    : {
        LatestStreamArn: table.stream.arn,
        LatestStreamLabel: table.stream.arn.split('/stream/')[1] ?? '',
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
});

const described = (database: Database, output: JsonObject, field: string): JsonObject => {
  const description = record(output, field) ?? {};
  const table = database.tables.get(text(description, 'TableName') ?? '');
  return table === undefined ? output : { ...output, [field]: describeTable(table, description) };
};

const knownTable = (database: Database, call: Call): TableState => {
  const table = tableOf(database, text(call.input, 'TableName'));
  if (table === undefined)
    throw new ServiceError('ResourceNotFoundException', 'Requested resource not found');
  return table;
};

const updateTimeToLive = (database: Database, call: Call): JsonObject => {
  const specification = record(call.input, 'TimeToLiveSpecification') ?? {};
  const table = knownTable(database, call);
  table.ttlAttribute =
    specification['Enabled'] === true ? (text(specification, 'AttributeName') ?? null) : null;
  return { TimeToLiveSpecification: specification };
};

const describeTimeToLive = (database: Database, call: Call): JsonObject => {
  const { ttlAttribute } = knownTable(database, call);
  return {
    TimeToLiveDescription:
      ttlAttribute === null
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
  };
};

/** Operations that dynalite has: the others are unknown here too, transactions above all. */
const PASSED_ON: ReadonlySet<string> = new Set([
  'BatchGetItem',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
]);

/** Waits until the engine is through with a table, which it is within a turn or two of the event loop. */
const tableSettled = async (databases: Databases, database: Database, TableName: string): Promise<void> => {
  for (;;) {
    try {
      const { Table } = await databases.request(database, 'DescribeTable', { TableName });
      if (isRecord(Table) && Table['TableStatus'] === 'ACTIVE') return;
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'ResourceNotFoundException') return;
      throw error;
    }
    await setTimeout(1);
  }
};

const tableOperations = (
  databases: Databases,
  databaseOf: (call: Call) => Database,
): Readonly<Record<string, Operation['run']>> => {
  const passOn = (call: Call): Promise<JsonObject> =>
    databases.request(databaseOf(call), call.operation, call.input);
  const settled = (call: Call): Promise<void> =>
    tableSettled(databases, databaseOf(call), text(call.input, 'TableName') ?? '');
  return {
    CreateTable: async (call) => {
      const output = await passOn(call);
      databases.register(databaseOf(call), call.input);
      await settled(call);
      return described(databaseOf(call), output, 'TableDescription');
    },
    UpdateTable: async (call) => {
      const output = await passOn(call);
      await settled(call);
      return described(databaseOf(call), output, 'TableDescription');
    },
    DeleteTable: async (call) => {
      const output = described(databaseOf(call), await passOn(call), 'TableDescription');
      databaseOf(call).tables.delete(text(call.input, 'TableName') ?? '');
      await settled(call);
      return output;
    },
    DescribeTable: async (call) => described(databaseOf(call), await passOn(call), 'Table'),
    UpdateTimeToLive: (call) => updateTimeToLive(databaseOf(call), call),
    DescribeTimeToLive: (call) => describeTimeToLive(databaseOf(call), call),
  };
};

/** Amazon DynamoDB: a real embedded engine behind a tap that feeds the streams. */
export const createDynamoDb = (databases: Databases): Service => {
  const databaseOf = ({ account, region }: Call): Database => databases.of(account, region);
  const ofTables = operations(tableOperations(databases, databaseOf));
  return {
    name: 'dynamodb',
    signingName: 'dynamodb',
    protocol: 'json-1.0',
    eventSource: 'dynamodb.amazonaws.com',
    operation: (name) => {
      if (PASSED_ON.has(name))
        return { run: (call) => databases.request(databaseOf(call), name, call.input) };
      if (!WRITES.has(name)) return ofTables(name);
      return {
        run: (call) => inOrder(databaseOf(call), () => tappedWrite(databases, databaseOf(call), call)),
      };
    },
    resourceOf: ({ account, region, input }) =>
      `arn:aws:dynamodb:${region}:${account}:table/${text(input, 'TableName') ?? '*'}`,
  };
};
