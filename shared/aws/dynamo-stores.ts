import type { DigestStore } from '../ports/digest-store.ts';
import type { RegistryLock } from '../ports/effects.ts';
import type {
  AttemptStore,
  CountStore,
  ExemptionStore,
  FindingStore,
  HealthStore,
  HistoryStore,
} from '../ports/finding-store.ts';
import { dynamoAttemptStore } from './dynamo-attempts.ts';
import { dynamoCountStore } from './dynamo-counts.ts';
import { dynamoDigestStore } from './dynamo-digests.ts';
import { dynamoExemptionStore } from './dynamo-exemptions.ts';
import { dynamoFindingStore } from './dynamo-findings.ts';
import { dynamoHealthStore } from './dynamo-health.ts';
import { dynamoHistoryStore } from './dynamo-history.ts';
import { dynamoRegistryLock } from './dynamo-lock.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** Every store, by the name its port has. A function that needs one or two makes those alone. */
export interface Stores {
  readonly findings: FindingStore;
  readonly history: HistoryStore;
  readonly attempts: AttemptStore;
  readonly exemptions: ExemptionStore;
  readonly health: HealthStore;
  readonly counts: CountStore;
  readonly digests: DigestStore;
  readonly lock: RegistryLock;
}

/** All stores over one table. */
export const dynamoStores = (table: DynamoTable): Stores => ({
  findings: dynamoFindingStore(table),
  history: dynamoHistoryStore(table),
  attempts: dynamoAttemptStore(table),
  exemptions: dynamoExemptionStore(table),
  health: dynamoHealthStore(table),
  counts: dynamoCountStore(table),
  digests: dynamoDigestStore(table),
  lock: dynamoRegistryLock(table),
});
