import { createDynamoEngine } from '../dynamodb-engine.ts';
import type { DynamoEngine } from '../dynamodb-engine.ts';
import { appendChange, createTableStream } from '../dynamodb-stream.ts';
import type { Item, ItemChange, TableStream } from '../dynamodb-stream.ts';
import { isRecord, record, records, text } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { getOrCreate } from './service.ts';
import type { Host } from './service.ts';

export interface TableState {
  readonly name: string;
  readonly arn: string;
  /** Partition key first, then the sort key if there is one. */
  readonly keyNames: readonly string[];
  readonly stream: TableStream | null;
  ttlAttribute: string | null;
}

/** The DynamoDB of one account and Region. */
export interface Database {
  readonly account: string;
  readonly region: string;
  readonly engine: DynamoEngine;
  readonly tables: Map<string, TableState>;
  /** The last write: the next one begins when it is through, so the tap sees both images of each. */
  lastWrite: Promise<unknown>;
}

export interface Databases {
  readonly of: (account: string, region: string) => Database;
  readonly all: () => readonly Database[];
  /** Runs a request and throws a ServiceError on an error answer. */
  readonly request: (database: Database, operation: string, input: JsonObject) => Promise<JsonObject>;
  readonly readItem: (database: Database, table: string, key: Item) => Promise<Item | null>;
  readonly register: (database: Database, input: JsonObject) => TableState;
  /** Puts changes on the table's stream and watches over their expiry. */
  readonly published: (database: Database, table: TableState, changes: readonly ItemChange[]) => void;
}

/** What DynamoDB promises of expiry is "within a few days"; half a day is late enough to catch readers of stale items. */
const EXPIRY_DELAY = 12 * 3_600_000;

const errorFrom = (status: number, body: string): ServiceError => {
  const parsed: unknown = JSON.parse(body === '' ? '{}' : body);
  const fields = isRecord(parsed) ? parsed : {};
  const type = text(fields, '__type') ?? 'InternalServerError';
  const message = text(fields, 'message') ?? text(fields, 'Message') ?? type;
  return new ServiceError(type.replace(/^.*#/, ''), message, { status });
};

/** The engine has seen to it that the partition key comes first. */
const keyNamesOf = (input: JsonObject): readonly string[] =>
  (records(input, 'KeySchema') ?? []).map((entry) => text(entry, 'AttributeName') ?? '');

const expiryOf = (table: TableState, item: Item | null): number | null => {
  if (table.ttlAttribute === null || item === null) return null;
  const value = item[table.ttlAttribute];
  const number = isRecord(value) ? text(value, 'N') : undefined;
  return number === undefined ? null : Number(number) * 1000;
};

export const keysOf = (table: TableState, item: Item): Item =>
  Object.fromEntries(table.keyNames.map((name) => [name, item[name]]));

const request: Databases['request'] = async (database, operation, input) => {
  const response = await database.engine.request(operation, JSON.stringify(input));
  if (response.status !== 200) throw errorFrom(response.status, response.body);
  const output: unknown = JSON.parse(response.body);
  return isRecord(output) ? output : {};
};

export const createDatabases = (host: Host, shards: number): Databases => {
  const databases = new Map<string, Database>();
  let sequence = 0;

  const readItem: Databases['readItem'] = async (database, TableName, Key) => {
    const output = await request(database, 'GetItem', { TableName, Key, ConsistentRead: true });
    return record(output, 'Item') ?? null;
  };
  const expire = async (database: Database, table: TableState, keys: Item): Promise<void> => {
    const item = await readItem(database, table.name, keys);
    const expiry = expiryOf(table, item);
    if (expiry === null || expiry > host.schedule.now()) return;
    await request(database, 'DeleteItem', { TableName: table.name, Key: keys });
    published(database, table, [{ keys, before: item, after: null, expired: true }]);
  };
  const published: Databases['published'] = (database, table, changes) => {
    for (const change of changes) {
      const stamp = { partitionKey: table.keyNames[0] ?? '', sequence: ++sequence, at: host.schedule.now() };
      if (table.stream !== null) appendChange(table.stream, change, stamp);
      const expiry = expiryOf(table, change.after);
      if (expiry === null) continue;
      const at = Math.max(expiry, host.schedule.now()) + EXPIRY_DELAY;
      host.schedule.at(at, () => expire(database, table, change.keys), { background: true });
    }
  };
  return {
    of: (account, region) =>
      getOrCreate(databases, `${account}/${region}`, () => ({
        account,
        region,
        engine: createDynamoEngine(),
        tables: new Map(),
        lastWrite: Promise.resolve(),
      })),
    all: () => [...databases.values()],
    request,
    readItem,
    register: (database, input) => {
      const name = text(input, 'TableName') ?? '';
      const arn = `arn:aws:dynamodb:${database.region}:${database.account}:table/${name}`;
      const wantsStream = record(input, 'StreamSpecification')?.['StreamEnabled'] === true;
      const label = host.schedule.iso().slice(0, -1);
      const stream = wantsStream ? createTableStream(`${arn}/stream/${label}`, shards) : null;
      const table = { name, arn, keyNames: keyNamesOf(input), stream, ttlAttribute: null };
      database.tables.set(name, table);
      return table;
    },
    published,
  };
};
