import type { Clock } from '../ports/effects.ts';

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date().toISOString() };
