import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';

/** One run of a Lambda function's handler. */
export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  /** SDK calls that it waits for, and retries that it sleeps through. */
  waiting: number;
  /** SDK calls that it has begun. */
  calls: number;
  /** Killed or timed out: its calls reach nobody and get no answer, as in a frozen environment. */
  dead: boolean;
  readonly kill: () => void;
}

export interface Invocations {
  /** The invocation on whose behalf the running code works, if any. */
  readonly current: () => Invocation | undefined;
  readonly begin: <T>(invocation: Invocation, work: () => T) => T;
  readonly end: (invocation: Invocation) => void;
  /** Resolves when every running handler waits for the sandbox or has ended. */
  readonly settled: () => Promise<void>;
}

/** A handler that waits for something outside the sandbox (a timer, a file) is polled at this interval, in ms. */
const POLL = 1;
const QUICK_TURNS = 200;
const CALM_TURNS = 2;

export const createInvocations = (): Invocations => {
  const storage = new AsyncLocalStorage<Invocation>();
  const running = new Set<Invocation>();
  const isCalm = (): boolean => [...running].every((invocation) => invocation.waiting > 0);
  return {
    current: () => storage.getStore(),
    begin: (invocation, work) => {
      running.add(invocation);
      return storage.run(invocation, work);
    },
    end: (invocation) => void running.delete(invocation),
    settled: async () => {
      // A handler may begin several calls at once; each needs a few turns of the event loop to get here.
      for (let calm = 0, turns = 0; calm < CALM_TURNS; turns += 1) {
        await (turns < QUICK_TURNS ? setImmediate() : setTimeout(POLL));
        calm = isCalm() ? calm + 1 : 0;
      }
    },
  };
};
