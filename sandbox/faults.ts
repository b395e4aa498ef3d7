import type { Random, Range } from './random.ts';
import { ConnectionLost, ServiceError } from './wire.ts';
import type { JsonObject, Protocol } from './wire.ts';

/** Which API calls a fault is for; what is left out matches all. */
export interface CallMatch {
  readonly service?: string;
  readonly operation?: string;
  readonly account?: string;
  readonly region?: string;
  /** Name of the calling role. */
  readonly role?: string;
  /** Name of the Lambda function whose invocation makes the call. */
  readonly function?: string;
}

interface Occurrence {
  /** How often it strikes before it is spent. Default: without end. */
  readonly times?: number;
  /** Chance to strike at each match, by the sandbox's seed. Default 1. */
  readonly probability?: number;
}

export interface CallFacts {
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly role: string | null;
  readonly function: string | null;
  readonly protocol: Protocol;
}

/** What the plan does to one event on its way to the bus. */
interface EventFault extends Occurrence {
  readonly match?: (envelope: JsonObject) => boolean;
  /** Milliseconds on top of the usual delay; a range brings events out of order. */
  readonly late?: Range;
  /** How many more times it arrives, each after its own delay. */
  readonly again?: number;
  readonly lost?: boolean;
}

interface KillFault extends Occurrence {
  readonly function: string;
  /** The invocation dies at its n-th SDK call, counted from 1. */
  readonly atCall: number;
  /** `before` the call reaches AWS (default) or `after` AWS applied it. */
  readonly when?: 'before' | 'after';
}

/** Takes the fault back. */
type Remove = () => void;

/** The plan of faults. Nothing goes wrong that is not in it. */
export interface Faults {
  /** Answers with the service's throttling error. */
  readonly throttle: (match: CallMatch, occurrence?: Occurrence) => Remove;
  /** Answers with AccessDenied. */
  readonly deny: (match: CallMatch, occurrence?: Occurrence) => Remove;
  /** Answers with any error. */
  readonly error: (match: CallMatch, error: ServiceError, occurrence?: Occurrence) => Remove;
  /** Applies the call and loses the answer: the client sees a broken connection. */
  readonly failAfterApplying: (match: CallMatch, occurrence?: Occurrence) => Remove;
  /** Answers 503 for some milliseconds from now on. */
  readonly down: (match: CallMatch, ms: number) => Remove;
  /** Each matching call takes this much longer. */
  readonly slow: (match: CallMatch, ms: Range, occurrence?: Occurrence) => Remove;
  readonly events: (fault: EventFault) => Remove;
  readonly kill: (fault: KillFault) => Remove;
  readonly clear: () => void;
}

/** What the router asks of the plan. */
export interface FaultPlan {
  readonly faults: Faults;
  readonly latency: (facts: CallFacts) => number;
  /** Throws the error that the call meets before it is applied. */
  readonly before: (facts: CallFacts) => 'run' | 'deny';
  /** Throws ConnectionLost where the answer is to be lost. */
  readonly after: (facts: CallFacts) => void;
  readonly killAt: (functionName: string, call: number) => 'before' | 'after' | null;
  readonly delivery: (envelope: JsonObject) => readonly EventFault[];
}

const matches = (match: CallMatch, facts: CallFacts): boolean =>
  Object.entries(match).every(
    ([key, wanted]) => new Map<string, unknown>(Object.entries(facts)).get(key) === wanted,
  );

const throttled = ({ protocol }: CallFacts): ServiceError =>
  protocol === 'query'
    ? new ServiceError('Throttling', 'Rate exceeded')
    : new ServiceError('ThrottlingException', 'Rate exceeded');

const unavailable = (): ServiceError =>
  new ServiceError('ServiceUnavailable', 'The service is temporarily unavailable.', { status: 503 });

interface Planned<F> {
  readonly fault: F;
  left: number;
  readonly probability: number;
}

/** Faults of one kind that strike at most `times` times each. */
const createPlan = <F>(
  random: Random,
): {
  readonly add: (fault: F, occurrence?: Occurrence) => Remove;
  readonly strike: (isFor: (fault: F) => boolean) => readonly F[];
  readonly clear: () => void;
} => {
  const planned = new Set<Planned<F>>();
  const strikes = (entry: Planned<F>, isFor: (fault: F) => boolean): boolean => {
    if (!isFor(entry.fault) || !random.chance(entry.probability)) return false;
    entry.left -= 1;
    if (entry.left <= 0) planned.delete(entry);
    return true;
  };
  return {
    add: (fault, { times = Infinity, probability = 1 } = {}) => {
      const entry: Planned<F> = { fault, left: times, probability };
      planned.add(entry);
      return () => void planned.delete(entry);
    },
    strike: (isFor) => [...planned].filter((entry) => strikes(entry, isFor)).map(({ fault }) => fault),
    clear: () => planned.clear(),
  };
};

interface CallFault {
  readonly match: CallMatch;
  readonly kind: 'throttle' | 'deny' | 'error' | 'down' | 'lose-answer' | 'slow';
  readonly error?: ServiceError;
  readonly until?: number;
  readonly ms?: Range;
}

const BEFORE: ReadonlySet<CallFault['kind']> = new Set(['throttle', 'deny', 'error', 'down']);

export const createFaultPlan = (random: Random, now: () => number): FaultPlan => {
  const calls = createPlan<CallFault>(random);
  const events = createPlan<EventFault>(random);
  const kills = createPlan<KillFault>(random);
  const isActive = (fault: CallFault, facts: CallFacts): boolean =>
    (fault.until ?? Infinity) > now() && matches(fault.match, facts);
  const strike = (facts: CallFacts, isKind: (kind: CallFault['kind']) => boolean): readonly CallFault[] =>
    calls.strike((fault) => isKind(fault.kind) && isActive(fault, facts));

  const refuse = (fault: CallFault, facts: CallFacts): 'deny' => {
    if (fault.kind === 'deny') return 'deny';
    if (fault.kind === 'throttle') throw throttled(facts);
    throw fault.error ?? unavailable();
  };
  return {
    faults: {
      throttle: (match, occurrence) => calls.add({ match, kind: 'throttle' }, occurrence),
      deny: (match, occurrence) => calls.add({ match, kind: 'deny' }, occurrence),
      error: (match, error, occurrence) => calls.add({ match, kind: 'error', error }, occurrence),
      failAfterApplying: (match, occurrence) => calls.add({ match, kind: 'lose-answer' }, occurrence),
      down: (match, ms) => calls.add({ match, kind: 'down', until: now() + ms }),
      slow: (match, ms, occurrence) => calls.add({ match, kind: 'slow', ms }, occurrence),
      events: (fault) => events.add(fault, fault),
      kill: (fault) => kills.add(fault, { times: 1, ...fault }),
      clear: () => {
        for (const plan of [calls, events, kills]) plan.clear();
      },
    },
    latency: (facts) =>
      strike(facts, (kind) => kind === 'slow').reduce((sum, fault) => sum + random.between(fault.ms ?? 0), 0),
    before: (facts) => {
      const [first] = strike(facts, (kind) => BEFORE.has(kind));
      return first === undefined ? 'run' : refuse(first, facts);
    },
    after: (facts) => {
      if (strike(facts, (kind) => kind === 'lose-answer').length > 0) throw new ConnectionLost();
    },
    killAt: (name, call) => {
      const [kill] = kills.strike((fault) => fault.function === name && fault.atCall === call);
      return kill === undefined ? null : (kill.when ?? 'before');
    },
    delivery: (envelope) => events.strike((fault) => fault.match?.(envelope) ?? true),
  };
};
