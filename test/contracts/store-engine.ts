import type { Clock } from '../../shared/ports/effects.ts';
import type { MemoryStores } from '../fakes/memory-store.ts';

export const HISTORY_DAYS = 30;

/** Something that stores can be opened on: memory, an embedded DynamoDB, DynamoDB Local. */
export interface StoreEngine {
  readonly name: string;
  /** Runs of a property: fewer where an operation costs more. */
  readonly runs: number;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Empty stores under this clock, with `HISTORY_DAYS` of history. */
  readonly open: (clock: Clock) => Promise<MemoryStores>;
}
