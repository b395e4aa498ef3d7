import { compilePattern } from './event-pattern.ts';
import { text } from './fields.ts';
import type { FaultPlan } from './faults.ts';
import type { Random, Range } from './random.ts';
import type { Schedule } from './schedule.ts';
import type { ServiceEvent } from './services/service.ts';
import type { Queues } from './services/sqs-state.ts';
import type { JsonObject } from './wire.ts';

interface RuleConfig {
  readonly name: string;
  /** Default: the sandbox's first account. */
  readonly account?: string;
  readonly region: string;
  readonly pattern: JsonObject;
  /** ARNs of queues, functions, or the default bus of another account (one hop). */
  readonly targets: readonly string[];
  /** Queue for what no target would take. */
  readonly deadLetterArn?: string;
}

/** An event as it was made; whether and when it arrived is the plan's business. */
export type Envelope = JsonObject;

export interface EventBridge {
  readonly putRule: (rule: RuleConfig) => void;
  /** Removes the rules of that name, wherever they are. */
  readonly removeRule: (name: string) => void;
  /** Puts an envelope on the default bus of its own `account` and `region`, through the usual delays and faults. */
  readonly put: (envelope: Envelope) => void;
  /** Everything that was put on any bus, lost events too, oldest first. */
  readonly emitted: () => readonly Envelope[];
  /** Empties `emitted`. */
  readonly forget: () => void;
}

interface Rule extends RuleConfig {
  readonly matches: (event: JsonObject) => boolean;
}

interface Bus {
  readonly account: string;
  readonly region: string;
}

export interface BridgeDependencies {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly plan: FaultPlan;
  readonly queues: Queues;
  readonly defaultAccount: string;
  /** Milliseconds between a call and its event on the bus. */
  readonly delay: Range;
  readonly invokeAsync: (functionArn: string, event: JsonObject) => boolean;
}

/** CloudTrail does not send larger ones. Source: CloudTrail quotas. */
const MAX_EVENT_BYTES = 256 * 1024;

const attribute = (StringValue: string): JsonObject => ({ DataType: 'String', StringValue });

const BUS_ARN = /^arn:aws[a-z-]*:events:([a-z0-9-]+):(\d{12}):event-bus\//;

/** Puts what a target did not take on the rule's dead-letter queue, if it has one. */
const bury = (
  queues: Queues,
  rule: Rule,
  { target, envelope }: { readonly target: string; readonly envelope: Envelope },
): void => {
  const queue = queues.byArn(rule.deadLetterArn ?? '');
  if (queue === undefined) return;
  queues.send(queue, {
    body: JSON.stringify(envelope),
    attributes: {
      RULE_ARN: attribute(`arn:aws:events:${rule.region}:${rule.account}:rule/${rule.name}`),
      TARGET_ARN: attribute(target),
      ERROR_CODE: attribute('NO_PERMISSIONS'),
    },
  });
};

export const createEventBridge = (dependencies: BridgeDependencies): EventBridge => {
  const { schedule, random, plan, queues } = dependencies;
  const rules = new Map<string, Rule>();
  const emitted: Envelope[] = [];

  const deliverTo = (target: string, envelope: Envelope, hops: number): boolean => {
    const bus = BUS_ARN.exec(target);
    if (bus !== null) {
      // An event that came from another account goes no further: EventBridge knows no second hop.
      if (hops === 0) arrive({ region: bus[1] ?? '', account: bus[2] ?? '' }, envelope, 1);
      return hops === 0;
    }
    const queue = queues.byArn(target);
    if (queue === undefined) return dependencies.invokeAsync(target, envelope);
    queues.send(queue, { body: JSON.stringify(envelope), senderId: 'events.amazonaws.com' });
    return true;
  };
  const arrive = (bus: Bus, envelope: Envelope, hops: number): void => {
    for (const rule of rules.values()) {
      if (rule.account !== bus.account || rule.region !== bus.region || !rule.matches(envelope)) continue;
      for (const target of rule.targets) {
        if (!deliverTo(target, envelope, hops)) bury(queues, rule, { target, envelope });
      }
    }
  };
  const put = (envelope: Envelope): void => {
    emitted.push(envelope);
    const faults = plan.delivery(envelope);
    const isTooLarge = Buffer.byteLength(JSON.stringify(envelope)) > MAX_EVENT_BYTES;
    if (isTooLarge || faults.some((fault) => fault.lost === true)) return;
    const arrivals = 1 + faults.reduce((sum, fault) => sum + (fault.again ?? 0), 0);
    const bus = { account: text(envelope, 'account') ?? '', region: text(envelope, 'region') ?? '' };
    for (let i = 0; i < arrivals; i += 1) {
      const late = faults.reduce((sum, fault) => sum + random.between(fault.late ?? 0), 0);
      schedule.after(random.between(dependencies.delay) + late, () => arrive(bus, envelope, 0));
    }
  };
  return {
    putRule: (rule) => {
      const account = rule.account ?? dependencies.defaultAccount;
      // A rule's name is its own only within one bus: an account and Region.
      rules.set(`${account}/${rule.region}/${rule.name}`, {
        ...rule,
        account,
        matches: compilePattern(rule.pattern),
      });
    },
    removeRule: (name) => {
      for (const [key, rule] of rules) if (rule.name === name) rules.delete(key);
    },
    put,
    emitted: () => emitted,
    forget: () => {
      emitted.length = 0;
    },
  };
};

/** The envelope around an event. Source: EventBridge user guide, event structure. */
export const envelopeOf = (event: ServiceEvent, id: string, at: string): Envelope => ({
  version: '0',
  id,
  'detail-type': event.detailType,
  source: event.source,
  account: event.account,
  time: at.replace(/\.\d+Z$/, 'Z'),
  region: event.region,
  resources: event.resources ?? [],
  detail: event.detail,
});
