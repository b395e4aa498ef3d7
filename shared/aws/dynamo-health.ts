import type { HealthStore } from '../ports/finding-store.ts';
import { either, nothingThere, putItem, queryAll, type DynamoTable } from './dynamo-table.ts';
import { parseItem } from './finding-item.ts';
import { healthItemSchema } from './schemas.ts';
import { HEALTH_PARTITION, healthItemKey } from './table-keys.ts';

/** Health records in DynamoDB: the newest of each name and scope. */
export const dynamoHealthStore = (table: DynamoTable): HealthStore => ({
  putHealth: async ({ name, scope, at, data }) => {
    const item = { ...healthItemKey(name, scope), entity: 'health', name, scope, at, data };
    const older = { text: '#at <= :at', names: { at: 'at' }, values: { at } };
    // A failed condition: a newer record is there already.
    await putItem(table, item, either(nothingThere(table), older));
  },
  health: async () =>
    (await queryAll(table, { partition: HEALTH_PARTITION })).map((item) => parseItem(healthItemSchema, item)),
});
