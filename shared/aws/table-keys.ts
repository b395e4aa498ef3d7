import { createHash } from 'node:crypto';
import { findingKey, transitionKey, type Finding } from '../model/finding.ts';
import type { RegistryLocation, Resource } from '../model/resource.ts';

/**
 * Partitions that the open findings of one severity, control or scope are spread over, and the changes of one day.
 * A partition takes 1,000 writes a second. Changing it needs a migration: readers ask for exactly these.
 */
export const SHARDS = 8;
export const shardNumbers = (): number[] => Array.from({ length: SHARDS }, (_, shard) => shard);

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
/** 16 hexadecimal digits; tells apart what happened in the same millisecond. */
const hashOf = (text: string): string => digestOf(text).toString('hex').slice(0, 16);
const shardOf = (text: string): number => (digestOf(text)[31] ?? 0) % SHARDS;

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const REVISION_DIGITS = 8;
const padded = (revision: number): string => String(revision).padStart(REVISION_DIGITS, '0');

export const resourcePartition = (resourceArn: string): string => `RESOURCE#${resourceArn}`;

/** Everything about a resource is in one partition; the sort key says what it is. */
export const SORT_PREFIX = { finding: 'FINDING#', history: 'HISTORY#', attempt: 'ATTEMPT#' } as const;

export const findingItemKey = (resourceArn: string, control: string): ItemKey => ({
  pk: resourcePartition(resourceArn),
  sk: `${SORT_PREFIX.finding}${control}`,
});

export const summaryItemKey = (resourceArn: string): ItemKey => ({
  pk: resourcePartition(resourceArn),
  sk: 'RESOURCE',
});

export const historyItemKey = (finding: Finding): ItemKey => ({
  pk: resourcePartition(finding.resource.arn),
  sk: `${SORT_PREFIX.history}${finding.control}#${padded(finding.revision)}`,
});

export const attemptItemKey = (resourceArn: string, attemptId: string): ItemKey => ({
  pk: resourcePartition(resourceArn),
  sk: `${SORT_PREFIX.attempt}${attemptId}`,
});

export const EXEMPTION_PARTITION = 'EXEMPTION';
/** `until`: ISO 8601, UTC, milliseconds, so that text order is time order. */
export const exemptionItemKey = (until: string, id: string): ItemKey => ({
  pk: EXEMPTION_PARTITION,
  sk: `${until}#${id}`,
});

export const HEALTH_PARTITION = 'HEALTH';
export const healthItemKey = (name: string, scope: string): ItemKey => ({
  pk: HEALTH_PARTITION,
  sk: `${name}#${scope}`,
});

const scopeOf = ({ account, region }: RegistryLocation): string => `${account}#${region}`;

export const countsPartition = (at: RegistryLocation): string => `COUNTS#${scopeOf(at)}`;
export const countsItemKey = (at: RegistryLocation, day: string): ItemKey => ({
  pk: countsPartition(at),
  sk: day,
});

export const DIGEST_PARTITION = 'DIGEST';
export const digestHeaderKey = (digestId: string): ItemKey => ({ pk: DIGEST_PARTITION, sk: digestId });
export const digestEntryPartition = (digestId: string): string => `DIGEST#${digestId}`;
export const digestEntryKey = (digestId: string, finding: Finding): ItemKey => ({
  pk: digestEntryPartition(digestId),
  sk: `${finding.changedAt}#${hashOf(transitionKey(finding))}`,
});

export const lockItemKey = (at: RegistryLocation): ItemKey => ({ pk: `LOCK#${scopeOf(at)}`, sk: 'LOCK' });

/** Keys of the three indexes of open findings. */
export interface OpenKeys {
  readonly openSeverity: string;
  readonly openControl: string;
  readonly openScope: string;
  readonly openOrder: string;
}

export const severityPartition = (severity: string, shard: number): string => `${severity}#${shard}`;
export const controlPartition = (control: string, shard: number): string => `${control}#${shard}`;
export const scopePartition = (at: RegistryLocation, shard: number): string => `${scopeOf(at)}#${shard}`;

/** Null for a finding that is not open: an item without the attributes is in no index. */
export const openKeys = (finding: Finding): OpenKeys | null => {
  if (!finding.open) return null;
  const key = findingKey(finding.resource.arn, finding.control);
  const shard = shardOf(key);
  return {
    openSeverity: severityPartition(finding.severity, shard),
    openControl: controlPartition(finding.control, shard),
    openScope: scopePartition(finding.resource, shard),
    openOrder: `${finding.changedAt}#${hashOf(key)}`,
  };
};

export const registryPartition = (at: RegistryLocation): string => scopeOf(at);
export const registryKeys = (resource: Resource): { registry: string; registryOrder: string } => ({
  registry: registryPartition(resource),
  registryOrder: `${resource.type}#${resource.name}`,
});

/** `YYYY-MM-DD` of an ISO 8601 time in UTC. */
export const dayOf = (time: string): string => time.slice(0, 10);
export const dayPartition = (day: string, shard: number): string => `${day}#${shard}`;

export const changeKeys = (finding: Finding): { changeDay: string; changeOrder: string } => {
  const key = transitionKey(finding);
  return {
    changeDay: dayPartition(dayOf(finding.changedAt), shardOf(key)),
    changeOrder: `${finding.changedAt}#${hashOf(key)}`,
  };
};

/** An attempt is found by its id through the index `changes`, in a partition of its own. */
export const attemptPartition = (attemptId: string): string => `ATTEMPT#${attemptId}`;
