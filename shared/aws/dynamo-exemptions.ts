import type * as z from 'zod/mini';
import { MalformedInputError } from '../model/errors.ts';
import type { Exemption } from '../model/finding.ts';
import type { ExemptionStore } from '../ports/finding-store.ts';
import { deleteItem, epochSeconds, putItem, queryAll, type DynamoTable, type Item } from './dynamo-table.ts';
import { parseItem } from './finding-item.ts';
import { exemptionItemSchema } from './schemas.ts';
import { EXEMPTION_PARTITION, exemptionItemKey } from './table-keys.ts';

/** Seconds that an expired exemption stays readable in the table, for whoever asks why it no longer holds. */
const KEPT_AFTER_EXPIRY = 30 * 86_400;

/** Exemptions in DynamoDB, in one small partition ordered by expiry. */
export const dynamoExemptionStore = (table: DynamoTable): ExemptionStore => ({
  putExemption: async (exemption) => {
    const until = instant(exemption.expiresAt);
    const key = exemptionItemKey(until, exemption.id);
    await putItem(table, {
      ...key,
      entity: 'exemption',
      exemptionId: exemption.id,
      controls: exemption.controls,
      resources: exemption.resources,
      owner: exemption.owner,
      reason: exemption.reason,
      until: exemption.expiresAt,
      violationsDigest: exemption.violationsDigest,
      writtenAt: table.clock.now(),
      expiresAt: epochSeconds(until) + KEPT_AFTER_EXPIRY,
    });
    await removeById(table, exemption.id, key.sk);
  },
  removeExemption: (id) => removeById(table, id, null),
  exemptions: async (now) => {
    // `~` sorts after `#`: an exemption that expires exactly now no longer holds.
    const bound = { above: `${instant(now)}~` };
    return latestOfEach(await queryAll(table, { partition: EXEMPTION_PARTITION, bound }));
  },
});

/** The time in the one spelling whose text order is time order. */
const instant = (time: string): string => {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new MalformedInputError(`\`${time}\` is not a time`);
  return date.toISOString();
};

/** Removes every item of the id but the one with `except` as sort key: a changed expiry moves the item. */
const removeById = async (table: DynamoTable, id: string, except: string | null): Promise<void> => {
  for (const item of await queryAll(table, { partition: EXEMPTION_PARTITION })) {
    const { exemptionId } = parseItem(exemptionItemSchema, item);
    const sk = item['sk'];
    if (exemptionId !== id || typeof sk !== 'string' || sk === except) continue;
    await deleteItem(table, { pk: EXEMPTION_PARTITION, sk });
  }
};

type ExemptionItem = z.output<typeof exemptionItemSchema>;

/** Should a writer have stopped between writing the new expiry and removing the old one, the later write counts. */
const latestOfEach = (items: readonly Item[]): readonly Exemption[] => {
  const latest = new Map<string, ExemptionItem>();
  for (const item of items) {
    const parsed = parseItem(exemptionItemSchema, item);
    const other = latest.get(parsed.exemptionId);
    if (other !== undefined && other.writtenAt > parsed.writtenAt) continue;
    // Deleted first, so that the map keeps the order of expiry.
    latest.delete(parsed.exemptionId);
    latest.set(parsed.exemptionId, parsed);
  }
  return [...latest.values()].map(exemptionOf);
};

const exemptionOf = (item: ExemptionItem): Exemption => ({
  id: item.exemptionId,
  controls: item.controls,
  resources: item.resources,
  owner: item.owner,
  reason: item.reason,
  expiresAt: item.until,
  ...(item.violationsDigest === undefined ? {} : { violationsDigest: item.violationsDigest }),
});
