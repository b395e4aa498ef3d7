import { AwsRequestError } from '../model/errors.ts';
import { queryPage, type DynamoTable, type Item, type PartitionQuery } from './dynamo-table.ts';

const MAX_LIMIT = 500;

/** A page size within 1 and 500. */
export const boundedLimit = (limit: number | undefined, fallback: number): number =>
  Math.min(Math.max(Math.trunc(limit ?? fallback), 1), MAX_LIMIT);

interface ShardedQuery {
  readonly queries: readonly PartitionQuery[];
  /** The index's sort key; all queries run in the same direction of it. */
  readonly orderBy: string;
  readonly limit: number;
}

interface Merged {
  readonly items: readonly Item[];
  /** The order key of the last item if more may follow; null at the end. */
  readonly last: string | null;
}

/** What has been fetched of one shard and not been given out yet. */
interface Shard {
  readonly query: PartitionQuery;
  buffer: readonly Item[];
  next: Item | null;
  started: boolean;
}

/**
 * Merges sorted partitions into one sorted list, fetching of each only what it takes. All shards start at once; one
 * that runs dry is asked again before anything later than its end is given out.
 */
export const mergeShards = async (table: DynamoTable, sharded: ShardedQuery): Promise<Merged> => {
  const { queries, orderBy, limit } = sharded;
  const pageSize = Math.ceil(limit / Math.max(queries.length, 1)) + 2;
  const shards = queries.map((query): Shard => ({ query, buffer: [], next: null, started: false }));
  const refill = async (shard: Shard): Promise<void> => {
    while (shard.buffer.length === 0 && (!shard.started || shard.next !== null)) {
      const page = await queryPage(table, shard.query, { limit: pageSize, from: shard.next });
      Object.assign(shard, { buffer: page.items, next: page.next, started: true });
    }
  };
  await Promise.all(shards.map(refill));
  const items: Item[] = [];
  while (items.length < limit) {
    const shard = foremost(shards, orderBy);
    const [item] = shard?.buffer ?? [];
    if (shard === null || item === undefined) return { items, last: null };
    items.push(item);
    shard.buffer = shard.buffer.slice(1);
    await refill(shard);
  }
  const left = shards.some((shard) => shard.buffer.length > 0);
  return { items, last: left ? orderOf(items.at(-1), orderBy) : null };
};

const orderOf = (item: Item | undefined, orderBy: string): string => {
  const order = item?.[orderBy];
  if (typeof order !== 'string') throw new AwsRequestError(`an indexed item has no \`${orderBy}\``);
  return order;
};

/** The shard whose first item comes next in the direction of the queries. */
const foremost = (shards: readonly Shard[], orderBy: string): Shard | null => {
  let best: Shard | null = null;
  for (const shard of shards) {
    if (shard.buffer.length === 0) continue;
    if (best === null || precedes(shard, best, orderBy)) best = shard;
  }
  return best;
};

const precedes = (a: Shard, b: Shard, orderBy: string): boolean => {
  const [first, second] = [orderOf(a.buffer[0], orderBy), orderOf(b.buffer[0], orderBy)];
  return a.query.newestFirst === true ? first > second : first < second;
};
