import { randomUUID } from 'node:crypto';
import { MalformedInputError } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import type { FindingStore, OpenFilter, Page, ResourceSummary, SaveOutcome } from '../ports/finding-store.ts';
import type { RegistryLocation } from '../model/resource.ts';
import {
  both,
  either,
  expiryOf,
  getItem,
  nothingThere,
  putItem,
  queryAll,
  queryPage,
  updateItem,
  type DynamoTable,
  type Expression,
  type Item,
  type PartitionQuery,
} from './dynamo-table.ts';
import { findingAttributes, findingOf, parseItem, resourceAttributes, resourceOf } from './finding-item.ts';
import { boundedLimit, mergeShards } from './merge-shards.ts';
import { pageFrom, pageToken } from './page-token.ts';
import { summaryItemSchema } from './schemas.ts';
import {
  controlPartition,
  findingItemKey,
  openKeys,
  registryKeys,
  registryPartition,
  resourcePartition,
  scopePartition,
  severityPartition,
  shardNumbers,
  SORT_PREFIX,
  summaryItemKey,
} from './table-keys.ts';

const DEFAULT_OPEN = 50;
const RESOURCES_PER_PAGE = 500;

/** Findings and resource summaries in DynamoDB; each method is one item's write or a query, never a scan. */
export const dynamoFindingStore = (table: DynamoTable): FindingStore => ({
  findingsOf: async (resourceArn) => {
    const query = { partition: resourcePartition(resourceArn), bound: { beginsWith: SORT_PREFIX.finding } };
    return (await queryAll(table, query)).map(findingOf);
  },
  save: (finding, expectedRevision) => save(table, finding, expectedRevision),
  saveSummary: (summary) => saveSummary(table, summary),
  summaryOf: async (resourceArn) => {
    const item = await getItem(table, summaryItemKey(resourceArn));
    return item === null ? null : summaryOf(item);
  },
  setRemediation: async ({ resourceArn, control, revision }, state) => {
    const outcome = await updateItem(table, {
      key: findingItemKey(resourceArn, control),
      update: {
        text: 'SET #remediation = :state',
        names: { remediation: 'remediation' },
        values: { state },
      },
      condition: hasRevision(revision),
    });
    return outcome === 'written' ? 'stored' : 'stale';
  },
  openFindings: (filter) => openFindings(table, filter),
  resourcesOf: (at, token) => resourcesOf(table, at, token),
});

/** Condition: the stored finding has this revision. */
const hasRevision = (revision: number): Expression => ({
  text: '#revision = :revision',
  names: { revision: 'revision' },
  values: { revision },
});

/** Condition: the stored item was observed before. Times are ISO 8601 in UTC with milliseconds: text order is time order. */
const observedBefore = (observedAt: string): Expression => ({
  text: '#observedAt < :observedAt',
  names: { observedAt: 'observedAt' },
  values: { observedAt },
});

const save = async (table: DynamoTable, finding: Finding, expectedRevision: number): Promise<SaveOutcome> => {
  const key = findingItemKey(finding.resource.arn, finding.control);
  const writeId = randomUUID();
  const condition =
    expectedRevision === 0
      ? nothingThere(table)
      : both(hasRevision(expectedRevision), observedBefore(finding.observedAt));
  const item = {
    ...key,
    entity: 'finding',
    ...findingAttributes(finding),
    writeId,
    ...openKeys(finding),
    ...(finding.resourceDeleted ? { expiresAt: expiryOf(table, finding.changedAt) } : {}),
  };
  if ((await putItem(table, item, condition)) === 'written') return 'stored';
  // The SDK repeats a write whose answer was lost; the repeat then meets the item that the first one stored.
  return (await getItem(table, key))?.['writeId'] === writeId ? 'stored' : 'stale';
};

const summaryOf = (item: Item): ResourceSummary => {
  const { compliances, observedAt, deleted, revisions, ...resource } = parseItem(summaryItemSchema, item);
  return {
    resource: resourceOf(resource),
    compliances,
    observedAt,
    deleted,
    ...(revisions === undefined ? {} : { revisions }),
  };
};

const saysTheSame = (a: ResourceSummary, b: ResourceSummary): boolean => {
  const controls = Object.keys(a.compliances);
  return (
    a.deleted === b.deleted &&
    controls.length === Object.keys(b.compliances).length &&
    controls.every((control) => a.compliances[control] === b.compliances[control])
  );
};

/** Condition: the stored summary was made of less than this one. */
const madeOfLess = ({ revisions, observedAt }: ResourceSummary): Expression =>
  revisions === undefined
    ? { text: '#observedAt <= :observedAt', names: { observedAt: 'observedAt' }, values: { observedAt } }
    : {
        text: 'attribute_not_exists(#revisions) OR #revisions <= :revisions',
        names: { revisions: 'revisions' },
        values: { revisions },
      };

const saveSummary = async (table: DynamoTable, summary: ResourceSummary): Promise<void> => {
  const key = summaryItemKey(summary.resource.arn);
  const stored = await getItem(table, key);
  if (stored !== null && saysTheSame(summaryOf(stored), summary)) return;
  const { resource, ...rest } = summary;
  const item = {
    ...key,
    entity: 'resource',
    ...resourceAttributes(resource),
    ...rest,
    ...(summary.deleted ? { expiresAt: expiryOf(table, summary.observedAt) } : registryKeys(resource)),
  };
  // A failed condition: a later summary is there already.
  await putItem(table, item, either(nothingThere(table), madeOfLess(summary)));
};

/** The partition of one shard of what is asked for, newest first. */
const openQuery = ({ by }: OpenFilter, shard: number, below: string | null): PartitionQuery => {
  const order = { newestFirst: true, ...(below === null ? {} : { bound: { below } }) };
  if ('severity' in by) {
    return { index: 'openBySeverity', partition: severityPartition(by.severity, shard), ...order };
  }
  if ('control' in by) {
    return { index: 'openByControl', partition: controlPartition(by.control, shard), ...order };
  }
  return { index: 'openByScope', partition: scopePartition(by, shard), ...order };
};

/**
 * Newest first over all shards. The position between two pages is the order key of the last finding given: it is
 * unique, so that each shard goes on exactly after it whatever opened or closed meanwhile.
 */
const openFindings = async (table: DynamoTable, filter: OpenFilter): Promise<Page<Finding>> => {
  const below = filter.pageToken === undefined ? null : pageFrom(filter.pageToken);
  const merged = await mergeShards(table, {
    queries: shardNumbers().map((shard) => openQuery(filter, shard, below)),
    orderBy: 'openOrder',
    limit: boundedLimit(filter.limit, DEFAULT_OPEN),
  });
  return {
    items: merged.items.map(findingOf),
    nextToken: merged.last === null ? null : pageToken(merged.last),
  };
};

const resourcesOf = async (
  table: DynamoTable,
  at: RegistryLocation,
  token: string | undefined,
): Promise<Page<ResourceSummary>> => {
  const above = token === undefined ? null : pageFrom(token);
  const page = await queryPage(
    table,
    {
      index: 'resourcesByRegistry',
      partition: registryPartition(at),
      ...(above === null ? {} : { bound: { above } }),
    },
    { limit: RESOURCES_PER_PAGE },
  );
  return { items: page.items.map(summaryOf), nextToken: nextOf(page.next, 'registryOrder') };
};

/** The token of the page after an item's key; null at the end. */
const nextOf = (key: Item | null, attribute: string): string | null => {
  if (key === null) return null;
  const position = key[attribute];
  if (typeof position !== 'string') throw new MalformedInputError(`a key has no \`${attribute}\``);
  return pageToken(position);
};
export { nextOf };
