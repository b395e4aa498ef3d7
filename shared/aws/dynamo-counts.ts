import type { CountStore } from '../ports/finding-store.ts';
import { expiryOf, putItem, queryAll, type DynamoTable } from './dynamo-table.ts';
import { parseItem } from './finding-item.ts';
import { countsItemSchema } from './schemas.ts';
import { countsItemKey, countsPartition } from './table-keys.ts';

/** The daily series in DynamoDB: one item a registry and day, the last write of a day counts. */
export const dynamoCountStore = (table: DynamoTable): CountStore => ({
  putDailyCounts: async ({ day, account, region, counts }) => {
    await putItem(table, {
      ...countsItemKey({ account, region }, day),
      entity: 'counts',
      account,
      region,
      day,
      counts,
      expiresAt: expiryOf(table, day),
    });
  },
  dailyCounts: async (at, from, to) => {
    const items = await queryAll(table, { partition: countsPartition(at), bound: { from, to } });
    return items.map((item) => parseItem(countsItemSchema, item));
  },
});
