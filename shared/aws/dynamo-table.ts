import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../ports/effects.ts';
import { callAws, isNamed } from './faults.ts';
import { TABLE_INDEXES, TABLE_KEYS, TTL_ATTRIBUTE, type IndexName } from './table-definition.ts';
import type { ItemKey } from './table-keys.ts';

/** The table that every store is kept in, and what the stores need to know of time. */
export interface DynamoTable {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Clock;
  /** Days until history, attempts, daily counts and findings of deleted resources expire. */
  readonly historyDays: number;
}

/** An item as the SDK's document client gives it. Nothing is known of it until it has been parsed. */
export type Item = Readonly<Record<string, unknown>>;

/**
 * A condition or an update in DynamoDB's expression language. Names stand as `#name`, values as `:name`; both maps
 * are keyed without the sign. Nothing from outside is ever part of `text`.
 */
export interface Expression {
  readonly text: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

const merged = <T>(maps: readonly Readonly<Record<string, T>>[], sign = ''): Record<string, T> =>
  Object.fromEntries(
    maps.flatMap((map) => Object.entries(map).map(([key, value]) => [`${sign}${key}`, value])),
  );

/** DynamoDB refuses an empty map of names or values. */
const placeholders = (
  ...expressions: readonly Expression[]
): {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
} => {
  const maps = { names: expressions.map((e) => e.names), values: expressions.map((e) => e.values) };
  const names = merged(maps.names, '#');
  const values = wellFormedItem(merged(maps.values, ':'));
  return {
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
};

/** Text from outside may hold half a surrogate pair, which is no UTF-8; DynamoDB would refuse the whole item. */
const wellFormed = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return wellFormedItem(value);
};

const wellFormedItem = (item: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([key, entry]) => [key, wellFormed(entry)]));

const SERVICE = 'dynamodb';

export const epochSeconds = (time: string): number => Math.floor(Date.parse(time) / 1_000);
const SECONDS_PER_DAY = 86_400;

/** Epoch seconds at which something of `time` expires. */
export const expiryOf = ({ historyDays }: DynamoTable, time: string): number =>
  epochSeconds(time) + historyDays * SECONDS_PER_DAY;

/** TTL deletes within days, not at once: what has expired is not there, whether deleted yet or not. */
export const hasExpired = ({ clock }: DynamoTable, item: Item): boolean => {
  const expiresAt = item[TTL_ATTRIBUTE];
  return typeof expiresAt === 'number' && expiresAt <= epochSeconds(clock.now());
};

/** Condition: nothing that still counts is stored under the key. */
export const nothingThere = ({ clock }: DynamoTable): Expression => ({
  text: 'attribute_not_exists(#pk) OR #expiresAt <= :nowSeconds',
  names: { pk: TABLE_KEYS.partition, expiresAt: TTL_ATTRIBUTE },
  values: { nowSeconds: epochSeconds(clock.now()) },
});

export const either = (...parts: readonly Expression[]): Expression => joined(' OR ', parts);
export const both = (...parts: readonly Expression[]): Expression => joined(' AND ', parts);

const joined = (word: string, parts: readonly Expression[]): Expression => ({
  text: parts.map((part) => `(${part.text})`).join(word),
  names: merged(parts.map((part) => part.names)),
  values: merged(parts.map((part) => part.values)),
});

/** Whether a conditional write was done. */
export type WriteOutcome = 'written' | 'condition-failed';

const conditional = async (operation: string, write: () => Promise<unknown>): Promise<WriteOutcome> => {
  try {
    await callAws({ service: SERVICE, operation }, write);
    return 'written';
  } catch (fault) {
    if (isNamed(fault, 'ConditionalCheckFailedException')) return 'condition-failed';
    throw fault;
  }
};

export const putItem = async (
  { client, tableName }: DynamoTable,
  item: Item & ItemKey,
  condition?: Expression,
): Promise<WriteOutcome> =>
  conditional('PutItem', () =>
    client.send(
      new PutCommand({
        TableName: tableName,
        Item: wellFormedItem(item),
        ...(condition === undefined
          ? {}
          : { ConditionExpression: condition.text, ...placeholders(condition) }),
      }),
    ),
  );

export interface Update {
  readonly key: ItemKey;
  readonly update: Expression;
  readonly condition?: Expression;
}

export const updateItem = async (
  { client, tableName }: DynamoTable,
  { key, update, condition }: Update,
): Promise<WriteOutcome> =>
  conditional('UpdateItem', () =>
    client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { ...key },
        UpdateExpression: update.text,
        ...(condition === undefined ? {} : { ConditionExpression: condition.text }),
        ...placeholders(update, ...(condition === undefined ? [] : [condition])),
      }),
    ),
  );

export const deleteItem = async (
  { client, tableName }: DynamoTable,
  key: ItemKey,
  condition?: Expression,
): Promise<WriteOutcome> =>
  conditional('DeleteItem', () =>
    client.send(
      new DeleteCommand({
        TableName: tableName,
        Key: { pk: key.pk, sk: key.sk },
        ...(condition === undefined
          ? {}
          : { ConditionExpression: condition.text, ...placeholders(condition) }),
      }),
    ),
  );

/** The item as it is now, strongly consistent; null if there is none or it has expired. */
export const getItem = async (table: DynamoTable, key: ItemKey): Promise<Item | null> => {
  const answer = await callAws({ service: SERVICE, operation: 'GetItem' }, () =>
    table.client.send(
      new GetCommand({ TableName: table.tableName, Key: { pk: key.pk, sk: key.sk }, ConsistentRead: true }),
    ),
  );
  const item: Item | undefined = answer.Item;
  return item === undefined || hasExpired(table, item) ? null : item;
};

/** A query of one partition. Bounds are on the sort key; at most one of them. */
export interface PartitionQuery {
  readonly partition: string;
  readonly index?: IndexName;
  readonly bound?:
    | { readonly beginsWith: string }
    | { readonly above: string }
    | { readonly below: string }
    | { readonly from: string; readonly to: string };
  readonly newestFirst?: boolean;
}

export interface QueryPage {
  readonly items: readonly Item[];
  /** Where the next page starts; null at the end of the partition. */
  readonly next: Item | null;
}

const boundExpression = (bound: NonNullable<PartitionQuery['bound']>): Expression => {
  const names = { sort: 'sort' };
  if ('beginsWith' in bound) {
    return { text: 'begins_with(#sort, :bound)', names, values: { bound: bound.beginsWith } };
  }
  if ('above' in bound) return { text: '#sort > :bound', names, values: { bound: bound.above } };
  if ('below' in bound) return { text: '#sort < :bound', names, values: { bound: bound.below } };
  return { text: '#sort BETWEEN :from AND :to', names, values: { from: bound.from, to: bound.to } };
};

const keyCondition = ({ partition, index, bound }: PartitionQuery): Expression => {
  const keys = index === undefined ? TABLE_KEYS : TABLE_INDEXES[index];
  const whole: Expression = {
    text: '#partition = :partition',
    names: { partition: keys.partition },
    values: { partition },
  };
  if (bound === undefined) return whole;
  const sort = boundExpression(bound);
  return {
    text: `${whole.text} AND ${sort.text}`,
    names: { ...whole.names, sort: keys.sort },
    values: { ...whole.values, ...sort.values },
  };
};

/**
 * One page of a partition, at most `limit` items and 1 MB as DynamoDB pages. The table itself is read strongly
 * consistent; an index cannot be. Expired items are left out, so a page may hold fewer than `limit`.
 */
export const queryPage = async (
  table: DynamoTable,
  query: PartitionQuery,
  page: { readonly limit?: number; readonly from?: Item | null } = {},
): Promise<QueryPage> => {
  const condition = keyCondition(query);
  const answer = await callAws({ service: SERVICE, operation: 'Query' }, () =>
    table.client.send(
      new QueryCommand({
        TableName: table.tableName,
        KeyConditionExpression: condition.text,
        ...placeholders(condition),
        ScanIndexForward: query.newestFirst !== true,
        ...(query.index === undefined ? { ConsistentRead: true } : { IndexName: query.index }),
        ...(page.limit === undefined ? {} : { Limit: page.limit }),
        ...(page.from === undefined || page.from === null ? {} : { ExclusiveStartKey: { ...page.from } }),
      }),
    ),
  );
  const items: readonly Item[] = answer.Items ?? [];
  return { items: items.filter((item) => !hasExpired(table, item)), next: answer.LastEvaluatedKey ?? null };
};

/** Every item of a partition that is known to be small. */
export const queryAll = async (table: DynamoTable, query: PartitionQuery): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let from: Item | null = null;
  do {
    const page: QueryPage = await queryPage(table, query, { from });
    items.push(...page.items);
    from = page.next;
  } while (from !== null);
  return items;
};
