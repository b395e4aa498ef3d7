import { describe, it } from 'vitest';
import { findingStoreContract } from '../contracts/finding-store.ts';
import { historyStoreContract } from '../contracts/history-store.ts';
import {
  attemptStoreContract,
  digestStoreContract,
  exemptionStoreContract,
  figuresContract,
  registryLockContract,
} from '../contracts/small-stores.ts';
import { afterAll, beforeAll } from 'vitest';
import { dynamoDbLocalEngine, whyNoDynamoDbLocal } from './store-engines.ts';

const why = whyNoDynamoDbLocal();

if (why !== null) {
  describe('the stores on DynamoDB Local', () => {
    it.skip(`skipped: ${why}`, () => undefined);
  });
} else {
  // One process for all suites: it takes seconds to start.
  const local = dynamoDbLocalEngine();
  beforeAll(local.start);
  afterAll(local.stop);
  const started = { ...local, start: async () => undefined, stop: async () => undefined };
  findingStoreContract(started);
  historyStoreContract(started);
  attemptStoreContract(started);
  exemptionStoreContract(started);
  figuresContract(started);
  digestStoreContract(started);
  registryLockContract(started);
}
