/**
 * The virtual clock and what will happen at which moment: a priority queue of (time, sequence, action).
 * Nothing in the sandbox reads the machine's clock; time moves only when the queue is run.
 */
export interface Schedule {
  /** Milliseconds since the epoch, virtual. */
  readonly now: () => number;
  /** ISO 8601 in UTC with milliseconds, virtual. */
  readonly iso: () => string;
  /** Moves the clock on without running anything: the cost of a call made outside a run. */
  readonly pass: (ms: number) => void;
  readonly at: (time: number, action: Action, options?: ActionOptions) => Cancel;
  readonly after: (ms: number, action: Action, options?: ActionOptions) => Cancel;
  readonly running: () => boolean;
  /** Runs everything that is due up to `until`, background actions too, and leaves the clock there. */
  readonly runUntil: (until: number) => Promise<void>;
  /** Runs as long as the condition holds and anything is due, however late. */
  readonly runWhile: (condition: () => boolean) => Promise<void>;
  /** Runs until nothing but background actions is left. Throws once `limit` actions have not brought quiet. */
  readonly runUntilQuiet: (limit?: number) => Promise<void>;
}

type Action = () => void | Promise<void>;
export type Cancel = () => void;
interface ActionOptions {
  /** Runs when its time has come but does not keep the sandbox busy: schedules, expiry of old items. */
  readonly background?: boolean;
}

interface Entry {
  readonly time: number;
  readonly sequence: number;
  readonly action: Action;
  readonly background: boolean;
  cancelled: boolean;
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.time < b.time || (a.time === b.time && a.sequence < b.sequence);

interface Heap {
  readonly push: (entry: Entry) => void;
  readonly peek: () => Entry | undefined;
  readonly pop: () => Entry | undefined;
}

/** A binary heap whose cancelled entries are dropped when they come to the top. */
const createHeap = (): Heap => {
  const entries: Entry[] = [];
  const swap = (i: number, j: number): void => {
    const [a, b] = [entries[i], entries[j]];
    if (a === undefined || b === undefined) return;
    entries[i] = b;
    entries[j] = a;
  };
  const before = (i: number, j: number): boolean => {
    const [a, b] = [entries[i], entries[j]];
    return a !== undefined && b !== undefined && isBefore(a, b);
  };
  const rise = (start: number): void => {
    for (let i = start; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!before(i, parent)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const sink = (): void => {
    for (let i = 0; ;) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (before(child, first)) first = child;
      if (first === i) return;
      swap(i, first);
      i = first;
    }
  };
  const pop = (): Entry | undefined => {
    swap(0, entries.length - 1);
    const top = entries.pop();
    sink();
    return top;
  };
  const peek = (): Entry | undefined => {
    while (entries[0]?.cancelled === true) pop();
    return entries[0];
  };
  return {
    push: (entry) => {
      entries.push(entry);
      rise(entries.length - 1);
    },
    peek,
    pop: () => (peek() === undefined ? undefined : pop()),
  };
};

/** Default bound of `runUntilQuiet`: far above any honest run, low enough to end a loop of events in seconds. */
const ACTION_LIMIT = 1_000_000;

interface Timeline extends Pick<Schedule, 'now' | 'iso' | 'pass' | 'at' | 'after'> {
  /** When the next action is due; undefined when there is none. */
  readonly nextTime: () => number | undefined;
  /** Takes the next action and moves the clock to it. */
  readonly next: () => Action | undefined;
  readonly isQuiet: () => boolean;
}

const createTimeline = (startTime: string): Timeline => {
  let time = Date.parse(startTime);
  if (Number.isNaN(time)) throw new RangeError(`\`${startTime}\` is not a time`);
  const heap = createHeap();
  let sequence = 0;
  let foreground = 0;
  const at: Schedule['at'] = (when, action, { background = false } = {}) => {
    const entry: Entry = { time: when, sequence: sequence++, action, background, cancelled: false };
    if (!background) foreground += 1;
    heap.push(entry);
    return () => {
      if (entry.cancelled) return;
      entry.cancelled = true;
      if (!background) foreground -= 1;
    };
  };
  return {
    now: () => time,
    iso: () => new Date(time).toISOString(),
    pass: (ms) => {
      time += ms;
    },
    at,
    after: (ms, action, options) => at(time + ms, action, options),
    nextTime: () => heap.peek()?.time,
    next: () => {
      const entry = heap.pop();
      if (entry === undefined) return undefined;
      entry.cancelled = true; // a later cancel must not count it again
      if (!entry.background) foreground -= 1;
      time = Math.max(time, entry.time);
      return entry.action;
    },
    isQuiet: () => foreground === 0,
  };
};

/**
 * @param startTime ISO 8601
 * @param settled resolves when the code that an action has woken waits for the sandbox again
 */
export const createSchedule = (startTime: string, settled: () => Promise<void>): Schedule => {
  const { nextTime, next, isQuiet, ...timeline } = createTimeline(startTime);
  let active = false;

  const step = async (): Promise<void> => {
    await next()?.();
    await settled();
  };
  const exclusively = async (work: () => Promise<void>): Promise<void> => {
    if (active) throw new Error('the sandbox is running already');
    active = true;
    try {
      await settled();
      await work();
    } finally {
      active = false;
    }
  };
  return {
    ...timeline,
    running: () => active,
    runUntil: (until) =>
      exclusively(async () => {
        while ((nextTime() ?? Infinity) <= until) await step();
        timeline.pass(Math.max(0, until - timeline.now()));
      }),
    runWhile: (condition) =>
      exclusively(async () => {
        while (condition() && nextTime() !== undefined) await step();
      }),
    runUntilQuiet: (limit = ACTION_LIMIT) =>
      exclusively(async () => {
        for (let actions = 0; !isQuiet(); actions += 1) {
          if (actions >= limit) throw new Error(`the sandbox is not quiet after ${limit} actions`);
          await step();
        }
      }),
  };
};
