import { storeContracts } from '../contracts/all-stores.ts';
import { dynaliteEngine, memoryEngine } from './store-engines.ts';

for (const engine of [memoryEngine, dynaliteEngine()]) storeContracts(engine);
