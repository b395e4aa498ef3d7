import { MAX_DIGEST_ENTRIES, type Digest, type DigestStore } from '../ports/digest-store.ts';
import {
  deleteItem,
  putItem,
  queryAll,
  queryPage,
  updateItem,
  type DynamoTable,
  type Item,
} from './dynamo-table.ts';
import { findingAttributes, findingOf, parseItem } from './finding-item.ts';
import { mapPooled } from './pool.ts';
import { digestItemSchema } from './schemas.ts';
import { DIGEST_PARTITION, digestEntryKey, digestEntryPartition, digestHeaderKey } from './table-keys.ts';

const DELETES_AT_ONCE = 8;

/**
 * Digests in DynamoDB: an item for each entry, so that no item grows, and one header a digest that counts additions.
 * An entry is written before its addition is counted; `due` reads the count before the entries and `remove` deletes
 * the header only under that count. So an entry that `due` did not see always leaves a header behind to find it by.
 */
export const dynamoDigestStore = (table: DynamoTable): DigestStore => ({
  add: async (finding, { digestId, dueAt }) => {
    await putItem(table, {
      ...digestEntryKey(digestId, finding),
      entity: 'digest-entry',
      ...findingAttributes(finding),
    });
    await updateItem(table, {
      key: digestHeaderKey(digestId),
      update: {
        text:
          'SET #entity = :entity, #digestId = :digestId, #dueAt = if_not_exists(#dueAt, :dueAt) ' +
          'ADD #additions :one',
        names: { entity: 'entity', digestId: 'digestId', dueAt: 'dueAt', additions: 'additions' },
        values: { entity: 'digest', digestId, dueAt, one: 1 },
      },
    });
  },
  due: async (now) => {
    const headers = (await queryAll(table, { partition: DIGEST_PARTITION }))
      .map((item) => parseItem(digestItemSchema, item))
      .filter(({ dueAt }) => dueAt <= now)
      .toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
    const digests = await mapPooled(headers, 1, async ({ digestId, dueAt, additions }): Promise<Digest> => {
      const { entries, more } = await entriesOf(table, digestId);
      return { digestId, dueAt, entries, more, version: additions };
    });
    const [told, waiting] = [digests.filter(isEmpty), digests.filter((digest) => !isEmpty(digest))];
    await mapPooled(told, 1, (digest) => removeHeader(table, digest));
    return waiting;
  },
  remove: async (digest) => {
    await mapPooled(digest.entries, DELETES_AT_ONCE, (finding) =>
      deleteItem(table, digestEntryKey(digest.digestId, finding)),
    );
    if (!digest.more) await removeHeader(table, digest);
  },
});

/** Its last entry was told before its addition had been counted. */
const isEmpty = ({ entries, more }: Digest): boolean => entries.length === 0 && !more;

const removeHeader = async (table: DynamoTable, { digestId, version }: Digest): Promise<void> => {
  await deleteItem(table, digestHeaderKey(digestId), {
    text: '#additions = :version',
    names: { additions: 'additions' },
    values: { version },
  });
};

const entriesOf = async (table: DynamoTable, digestId: string): Promise<Pick<Digest, 'entries' | 'more'>> => {
  const items: Item[] = [];
  let from: Item | null = null;
  do {
    const limit = MAX_DIGEST_ENTRIES - items.length;
    const page = await queryPage(table, { partition: digestEntryPartition(digestId) }, { from, limit });
    items.push(...page.items);
    from = page.next;
  } while (from !== null && items.length < MAX_DIGEST_ENTRIES);
  return { entries: items.map(findingOf), more: from !== null };
};
