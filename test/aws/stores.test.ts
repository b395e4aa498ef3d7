import { findingStoreContract } from '../contracts/finding-store.ts';
import { historyStoreContract } from '../contracts/history-store.ts';
import {
  attemptStoreContract,
  digestStoreContract,
  exemptionStoreContract,
  figuresContract,
  registryLockContract,
} from '../contracts/small-stores.ts';
import { dynaliteEngine, memoryEngine } from './store-engines.ts';

for (const engine of [memoryEngine, dynaliteEngine()]) {
  findingStoreContract(engine);
  historyStoreContract(engine);
  attemptStoreContract(engine);
  exemptionStoreContract(engine);
  figuresContract(engine);
  digestStoreContract(engine);
  registryLockContract(engine);
}
