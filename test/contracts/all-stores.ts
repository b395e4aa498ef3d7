import { findingStoreContract } from './finding-store.ts';
import { historyStoreContract } from './history-store.ts';
import {
  attemptStoreContract,
  digestStoreContract,
  exemptionStoreContract,
  figuresContract,
  registryLockContract,
} from './small-stores.ts';
import type { StoreEngine } from './store-engine.ts';

/** The contract suites of every store port. */
export const storeContracts = (engine: StoreEngine): void => {
  findingStoreContract(engine);
  historyStoreContract(engine);
  attemptStoreContract(engine);
  exemptionStoreContract(engine);
  figuresContract(engine);
  digestStoreContract(engine);
  registryLockContract(engine);
};
