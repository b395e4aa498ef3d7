import type { RemediationAttempt } from '../model/remediation.ts';
import type { AttemptStore } from '../ports/finding-store.ts';
import {
  either,
  expiryOf,
  getItem,
  nothingThere,
  putItem,
  queryAll,
  queryPage,
  type DynamoTable,
} from './dynamo-table.ts';
import { attemptAttributes, attemptOf } from './finding-item.ts';
import { attemptItemKey, attemptPartition, resourcePartition, SORT_PREFIX } from './table-keys.ts';

/** Remediation attempts in DynamoDB, beside the findings of their resource. */
export const dynamoAttemptStore = (table: DynamoTable): AttemptStore => ({
  saveAttempt: async (attempt) => {
    const item = {
      ...attemptItemKey(attempt.resource.arn, attempt.id),
      entity: 'attempt',
      ...attemptAttributes(attempt),
      changeDay: attemptPartition(attempt.id),
      changeOrder: attempt.startedAt,
      expiresAt: expiryOf(table, attempt.startedAt),
    };
    // A late or repeated "started" never replaces what the attempt came to.
    await putItem(table, item, attempt.finishedAt === null ? unfinishedThere(table) : undefined);
  },
  attempt: (id) => attemptById(table, id),
  attemptsOf: async (resourceArn) => {
    const query = { partition: resourcePartition(resourceArn), bound: { beginsWith: SORT_PREFIX.attempt } };
    const attempts = (await queryAll(table, query)).map(attemptOf);
    return attempts.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  },
});

const unfinishedThere = (table: DynamoTable): Parameters<typeof putItem>[2] =>
  either(nothingThere(table), {
    text: 'attribute_type(#finishedAt, :none)',
    names: { finishedAt: 'finishedAt' },
    values: { none: 'NULL' },
  });

/** The index says where the attempt is; the item itself is read strongly consistent. */
const attemptById = async (table: DynamoTable, id: string): Promise<RemediationAttempt | null> => {
  const { items } = await queryPage(
    table,
    { index: 'changes', partition: attemptPartition(id) },
    { limit: 1 },
  );
  const [pointer] = items;
  if (pointer === undefined) return null;
  const { resource } = attemptOf(pointer);
  const item = await getItem(table, attemptItemKey(resource.arn, id));
  return item === null ? null : attemptOf(item);
};
