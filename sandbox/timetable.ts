import type { FunctionRuntime } from './lambda.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

/** A schedule that invokes a function. Source: EventBridge user guide, schedule expressions. */
export interface TimetableEntry {
  readonly name: string;
  readonly function: string;
  /** `rate(5 minutes)` or `cron(0 3 * * ? *)`, in UTC. */
  readonly expression: string;
  /** What the function gets. Default: an EventBridge `Scheduled Event`. */
  readonly input?: unknown;
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const MINUTE = 60_000;
const MAX_MINUTES = 366 * 24 * 60;
const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const CRON = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/;

const fieldAllows = (field: string, value: number): boolean =>
  field.split(',').some((part) => {
    if (part === '*' || part === '?') return true;
    const [range = '', step] = part.split('/');
    const [from = '0', to = step === undefined ? from : '59'] = range === '*' ? ['0'] : range.split('-');
    const inRange = value >= Number(from) && value <= Number(to);
    return inRange && (step === undefined || (value - Number(from)) % Number(step) === 0);
  });

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Days of the week are 1 to 7 from Sunday, or names. */
const weekdayField = (field: string): string =>
  DAYS.reduce((text, name, index) => text.replaceAll(name, String(index + 1)), field);

const cronMatcher = (fields: readonly string[]): ((at: Date) => boolean) => {
  const [minute = '*', hour = '*', day = '*', month = '*', weekday = '*', year = '*'] = fields;
  return (at) =>
    fieldAllows(minute, at.getUTCMinutes()) &&
    fieldAllows(hour, at.getUTCHours()) &&
    fieldAllows(day, at.getUTCDate()) &&
    fieldAllows(month, at.getUTCMonth() + 1) &&
    fieldAllows(weekdayField(weekday), at.getUTCDay() + 1) &&
    fieldAllows(year, at.getUTCFullYear());
};

/** The first moment after `now` at which a schedule expression fires, in milliseconds. Throws RangeError. */
export const nextFiring = (expression: string, now: number): number => {
  const rate = RATE.exec(expression);
  if (rate !== null) return now + Number(rate[1]) * (UNITS[rate[2] ?? ''] ?? 0);
  const cron = CRON.exec(expression);
  if (cron === null) throw new RangeError(`\`${expression}\` is no schedule expression`);
  const matches = cronMatcher(cron.slice(1));
  const start = (Math.floor(now / MINUTE) + 1) * MINUTE;
  for (let i = 0; i < MAX_MINUTES; i += 1) {
    if (matches(new Date(start + i * MINUTE))) return start + i * MINUTE;
  }
  throw new RangeError(`\`${expression}\` does not fire within a year`);
};

export interface Timetable {
  readonly add: (entry: TimetableEntry) => void;
  /** Fires an entry now, out of turn. */
  readonly fire: (name: string) => void;
}

export const createTimetable = (schedule: Schedule, random: Random, runtime: FunctionRuntime): Timetable => {
  const entries = new Map<string, TimetableEntry>();
  const fire = (entry: TimetableEntry): void => {
    const { account, region } = runtime.byName(entry.function);
    const scheduled = {
      version: '0',
      id: random.uuid(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account,
      time: schedule.iso().replace(/\.\d+Z$/, 'Z'),
      region,
      resources: [`arn:aws:events:${region}:${account}:rule/${entry.name}`],
      detail: {},
    };
    runtime.invokeAsync(entry.function, entry.input ?? scheduled);
  };
  const plan = (entry: TimetableEntry): void => {
    const tick = (): void => {
      fire(entry);
      plan(entry);
    };
    schedule.at(nextFiring(entry.expression, schedule.now()), tick, { background: true });
  };
  return {
    add: (entry) => {
      runtime.byName(entry.function);
      entries.set(entry.name, entry);
      plan(entry);
    },
    fire: (name) => {
      const entry = entries.get(name);
      if (entry === undefined) throw new RangeError(`there is no schedule \`${name}\``);
      fire(entry);
    },
  };
};
