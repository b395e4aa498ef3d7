import type { Finding } from '../model/finding.ts';
import type { HistoryStore, Page } from '../ports/finding-store.ts';
import { nextOf } from './dynamo-findings.ts';
import {
  expiryOf,
  getItem,
  nothingThere,
  putItem,
  queryPage,
  updateItem,
  type DynamoTable,
} from './dynamo-table.ts';
import { findingAttributes, findingOf } from './finding-item.ts';
import { boundedLimit, mergeShards } from './merge-shards.ts';
import { pageFrom, pageToken } from './page-token.ts';
import {
  changeKeys,
  dayOf,
  dayPartition,
  historyItemKey,
  resourcePartition,
  shardNumbers,
  SORT_PREFIX,
} from './table-keys.ts';

const HISTORY_PER_PAGE = 100;
const DEFAULT_CHANGES = 100;
/** Days that one page of changes looks through at most; a longer quiet time is an empty page with a token. */
const DAYS_PER_PAGE = 31;
const DAY = 86_400_000;

/** The timeline in DynamoDB: an item a transition, which expires after `historyDays`. */
export const dynamoHistoryStore = (table: DynamoTable): HistoryStore => ({
  record: async (finding) => {
    const key = historyItemKey(finding);
    const item = {
      ...key,
      entity: 'history',
      ...findingAttributes(finding),
      ...changeKeys(finding),
      toldAt: null,
      expiresAt: expiryOf(table, finding.changedAt),
    };
    if ((await putItem(table, item, nothingThere(table))) === 'written') return { told: false };
    return { told: typeof (await getItem(table, key))?.['toldAt'] === 'string' };
  },
  markTold: async (finding, at) => {
    // A transition without a record has expired meanwhile: there is nothing left to mark.
    await updateItem(table, {
      key: historyItemKey(finding),
      update: { text: 'SET #toldAt = :at', names: { toldAt: 'toldAt' }, values: { at } },
      condition: {
        text: 'attribute_type(#toldAt, :none)',
        names: { toldAt: 'toldAt' },
        values: { none: 'NULL' },
      },
    });
  },
  historyOf: (resourceArn, token) => historyOf(table, resourceArn, token),
  changedSince: (since, limit, token) =>
    changedSince(table, {
      after: token === undefined ? new Date(since).toISOString() : pageFrom(token),
      limit: boundedLimit(limit, DEFAULT_CHANGES),
    }),
});

const historyOf = async (
  table: DynamoTable,
  resourceArn: string,
  token: string | undefined,
): Promise<Page<Finding>> => {
  const partition = resourcePartition(resourceArn);
  const page = await queryPage(
    table,
    { partition, bound: { beginsWith: SORT_PREFIX.history } },
    {
      limit: HISTORY_PER_PAGE,
      from: token === undefined ? null : { pk: partition, sk: `${SORT_PREFIX.history}${pageFrom(token)}` },
    },
  );
  return { items: page.items.map(findingOf), nextToken: nextOf(withoutPrefix(page.next), 'sk') };
};

/** The position within the history only: a token can then never point anywhere else. */
const withoutPrefix = (
  key: Readonly<Record<string, unknown>> | null,
): Readonly<Record<string, unknown>> | null => {
  const sk = key?.['sk'];
  return typeof sk === 'string' ? { sk: sk.slice(SORT_PREFIX.history.length) } : key;
};

interface ChangesQuery {
  /** Position: an ISO 8601 time, or the order key of the last change given, which begins with one. */
  readonly after: string;
  readonly limit: number;
}

/** Oldest first, day by day. The position between pages is the order key of the last change given. */
const changedSince = async (table: DynamoTable, { after, limit }: ChangesQuery): Promise<Page<Finding>> => {
  const today = dayOf(table.clock.now());
  const items: Finding[] = [];
  let day = dayOf(after);
  for (let looked = 0; day <= today; looked += 1) {
    if (looked === DAYS_PER_PAGE) return { items, nextToken: pageToken(`${day}T00:00:00.000Z`) };
    const merged = await changesOfDay(table, day, { after, limit: limit - items.length });
    items.push(...merged.items.map(findingOf));
    if (merged.last !== null) return { items, nextToken: pageToken(merged.last) };
    day = dayAfter(day);
    if (items.length === limit && day <= today) {
      return { items, nextToken: pageToken(`${day}T00:00:00.000Z`) };
    }
  }
  return { items, nextToken: null };
};

const changesOfDay = async (
  table: DynamoTable,
  day: string,
  { after, limit }: ChangesQuery,
): ReturnType<typeof mergeShards> =>
  mergeShards(table, {
    queries: shardNumbers().map((shard) => ({
      index: 'changes',
      partition: dayPartition(day, shard),
      bound: { above: after },
    })),
    orderBy: 'changeOrder',
    limit,
  });

const dayAfter = (day: string): string => dayOf(new Date(Date.parse(day) + DAY).toISOString());
