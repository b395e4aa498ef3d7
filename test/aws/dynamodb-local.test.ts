import { afterAll, beforeAll, describe, it } from 'vitest';
import { storeContracts } from '../contracts/all-stores.ts';
import { stateDocsSuite } from './state-docs-suite.ts';
import { dynamoDbLocalEngine, whyNoDynamoDbLocal } from './store-engines.ts';

const why = whyNoDynamoDbLocal();

if (why === null) {
  // One process for everything: it takes seconds to start.
  const local = dynamoDbLocalEngine();
  beforeAll(local.start, 90_000);
  afterAll(local.stop);
  const nothing = async (): Promise<void> => undefined;
  storeContracts({ ...local, start: nothing, stop: nothing });
  describe('the examples of docs/state.md on DynamoDB Local', () => stateDocsSuite(local, { partiql: true }));
} else {
  describe('the stores and the examples of docs/state.md on DynamoDB Local', () => {
    it.skip(`skipped: ${why}`, () => undefined);
  });
}
