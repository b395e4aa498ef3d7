import type { Sandbox } from '../../sandbox/sandbox.ts';
import { own, textOf, type ForeignObject } from '../../shared/events/foreign.ts';
import { interpretEvent, type EventReading } from '../../shared/events/interpret.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { createFollower, type Follower } from './follow.ts';
import type { EventRecord } from './records.ts';
import type { Told } from './told.ts';
import { createCloud, deployMonitor, type World } from './world.ts';

/** A record that can be read. */
export type GoodRecord = Extract<EventRecord, { ok: true }>;

/** What became of one record. */
export type Fate =
  | { readonly kind: 'ignored'; readonly because: string }
  | { readonly kind: 'judged'; readonly late: boolean; readonly told: readonly Told[] };

/** Plays records, one after another, against a sandbox that follows what they say. */
export interface Replay {
  readonly play: (record: GoodRecord) => Promise<Fate>;
  /** Null until a record was judged. */
  readonly world: () => World | null;
  readonly assumed: () => number;
}

type Change = Exclude<EventReading, { action: 'ignore' }>;

/** Milliseconds; an event that does not tell its time happened now. */
export const timeOf = ({ cause }: Change, now: number): number => {
  const at = cause.kind === 'event' ? Date.parse(cause.eventTime) : Number.NaN;
  return at > 0 ? at : now;
};

const LATEST = Date.parse('2100-01-01T00:00:00Z');
const NO_TIME = Date.parse('2026-01-01T00:00:00Z');

interface Running {
  readonly world: World;
  readonly follower: Follower;
}

const start = async (record: GoodRecord, at: number, settings: Settings): Promise<Running> => {
  const { account, region } = record.envelope;
  const home = { account, region };
  const sandbox = createCloud({ seed: 1, startTime: new Date(at).toISOString(), home });
  const world = await deployMonitor({ sandbox, settings, home, regions: [region] });
  return { world, follower: createFollower(sandbox) };
};

/** Watches the registries that a record speaks of: those it arrives in, and those it is about. */
const watchNamed = (world: World, record: GoodRecord, change: Change): void => {
  world.watch({ account: record.envelope.account, region: record.envelope.region });
  for (const { account, region } of change.targets) world.watch({ account, region });
};

/** Follows a record in the sandbox's state, and puts its event on the bus. True: newer records had overtaken it. */
export const deliver = (
  { world, follower }: Running,
  { record, change, at }: { readonly record: GoodRecord; readonly change: Change; readonly at: number },
): boolean => {
  watchNamed(world, record, change);
  const followed = change.targets.map((target) => follower.follow(target, record.envelope, at));
  if (isEnvelope(record.raw)) world.sandbox.eventBridge.put(record.raw);
  return followed.includes('late');
};

type Envelope = Parameters<Sandbox['eventBridge']['put']>[0];

/** What was parsed from JSON holds nothing else. */
const isEnvelope = (raw: ForeignObject): raw is Envelope => Object.hasOwn(raw, 'detail-type');

/** Says what a record means, or why it is ignored. */
export const readingOf = (record: GoodRecord): Change | string => {
  const reading = interpretEvent(record.envelope);
  if (reading.action === 'ignore') return reading.because;
  return reading.changedFacts.length === 0 ? 'not-judged' : reading;
};

/** Accounts and Regions may be any; the first one that is judged becomes the monitor's home. */
export const createReplay = (settings: Settings): Replay => {
  let running: Running | null = null;
  return {
    world: () => running?.world ?? null,
    assumed: () => running?.follower.assumed() ?? 0,
    play: async (record) => {
      const change = readingOf(record);
      if (typeof change === 'string') return { kind: 'ignored', because: change };
      const now = running?.world.sandbox.clock.milliseconds() ?? NO_TIME;
      const at = timeOf(change, now);
      running ??= await start(record, Math.min(at, LATEST), settings);
      const { sandbox } = running.world;
      const ahead = Math.min(at, LATEST) - sandbox.clock.milliseconds();
      if (ahead > 0) await sandbox.run(ahead);
      const late = deliver(running, { record, change, at });
      await sandbox.settle();
      const told = await running.world.told();
      running.world.forget();
      return { kind: 'judged', late, told };
    },
  };
};

/** What a record is called where it is spoken of. */
export const recordTitle = ({ envelope }: GoodRecord): string => {
  const name = textOf(own(envelope.detail, 'eventName')) ?? envelope.detailType;
  return `${envelope.time} ${name} in ${envelope.account} ${envelope.region}`;
};
