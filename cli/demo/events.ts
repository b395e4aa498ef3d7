import type { Readable, Writable } from 'node:stream';
import type { Finding } from '../../shared/model/finding.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { wrap } from '../../shared/report/columns.ts';
import { findingsJson } from '../../shared/report/findings-json.ts';
import { findingsTable } from '../../shared/report/findings-table.ts';
import { counted } from '../../shared/report/phrases.ts';
import { plainText } from '../../shared/report/sanitise.ts';
import { eventRecords, type EventRecord } from './records.ts';
import { createReplay, recordTitle, type Fate, type GoodRecord, type Replay } from './replay.ts';
import { alertItems, type Screen } from './screen.ts';

/** What playing a file came to. */
export interface Tally {
  records: number;
  unreadable: number;
  judged: number;
  late: number;
  alerts: number;
  /** By why. */
  readonly ignored: Map<string, number>;
}

/** How the playing of a file is shown. */
export interface Reporter {
  readonly unreadable: (record: Extract<EventRecord, { ok: false }>) => void;
  readonly judged: (record: GoodRecord, fate: Extract<Fate, { kind: 'judged' }>) => void;
  readonly faults: (messages: readonly string[]) => void;
  readonly end: (end: Ending) => void;
}

export interface Ending {
  readonly tally: Tally;
  readonly findings: readonly Finding[];
  /** Repositories that no record was seen to make. */
  readonly assumed: number;
  readonly settings: Settings;
}

const note = (tally: Tally, fate: Fate): void => {
  if (fate.kind === 'ignored') {
    tally.ignored.set(fate.because, (tally.ignored.get(fate.because) ?? 0) + 1);
    return;
  }
  tally.judged += 1;
  tally.alerts += fate.told.length;
  if (fate.late) tally.late += 1;
};

const playOne = async (record: EventRecord, replay: Replay, report: Reporter): Promise<Fate | null> => {
  if (!record.ok) {
    report.unreadable(record);
    return null;
  }
  const fate = await replay.play(record);
  if (fate.kind === 'judged') report.judged(record, fate);
  report.faults(replay.world()?.faults() ?? []);
  return fate;
};

/**
 * Plays somebody's own records and says what would have been told. Exit status: 0 nothing is open at the end,
 * 1 something is, 2 a record could not be read. Throws what reading the bytes throws.
 */
export const playEvents = async (
  input: Readable,
  settings: Settings,
  report: Reporter,
): Promise<0 | 1 | 2> => {
  const replay = createReplay(settings);
  const tally: Tally = { records: 0, unreadable: 0, judged: 0, late: 0, alerts: 0, ignored: new Map() };
  for await (const record of eventRecords(input)) {
    tally.records += 1;
    const fate = await playOne(record, replay, report);
    if (fate === null) tally.unreadable += 1;
    else note(tally, fate);
  }
  const findings = (await replay.world()?.findings()) ?? [];
  report.end({ tally, findings, assumed: replay.assumed(), settings });
  if (tally.unreadable > 0) return 2;
  return findings.some(({ open }) => open) ? 1 : 0;
};

const BECAUSE: ReadonlyMap<string, string> = new Map([
  ['other-event', 'not an API call'],
  ['source-mismatch', 'a source that does not fit the call'],
  ['other-call', 'calls that change nothing that is judged'],
  ['failed-call', 'failed calls'],
  ['not-judged', 'calls on what no control judges yet'],
]);

const ignoredWords = (ignored: ReadonlyMap<string, number>): string =>
  [...ignored].map(([because, count]) => `${BECAUSE.get(because) ?? because}: ${count}`).join(', ');

const summaryLines = ({ tally, assumed }: Ending): readonly string[] => {
  const ignored = [...tally.ignored.values()].reduce((sum, count) => sum + count, 0);
  return [
    [
      `${counted(tally.records, 'record')} read`,
      `${ignored} ignored${ignored === 0 ? '' : ` (${ignoredWords(tally.ignored)})`}`,
      `${tally.judged} judged${tally.late === 0 ? '' : ` (${tally.late} after a newer one)`}`,
      `${tally.unreadable} unreadable`,
      counted(tally.alerts, 'alert'),
    ].join(' · '),
    ...(assumed === 0
      ? []
      : [
          `${assumed} ${assumed === 1 ? 'repository was' : 'repositories were'} there before these records: what they do not say is taken at AWS’s defaults.`,
        ]),
  ];
};

/** For people: each record that had something told, the alerts under it, the findings at the end. */
export const textReporter = (screen: Screen, stderr: Writable): Reporter => {
  const { line, palette, columns, item } = screen;
  return {
    unreadable: ({ where, error }) => void stderr.write(`${where}: ${plainText(error)}\n`),
    faults: (messages) => {
      for (const message of messages) stderr.write(`ecr-warden: ${plainText(message)}\n`);
    },
    judged: (record, { told }) => {
      if (told.length === 0) return;
      line(`${palette.bold(plainText(recordTitle(record)))}  ${palette.dim(record.where)}`);
      for (const each of told) alertItems(each, palette).forEach(item);
      line();
    },
    end: (end) => {
      const { findings, settings } = end;
      if (findings.length > 0) {
        line(
          findingsTable(findings, {
            palette,
            columns,
            accountAliases: settings.alerts.accountAliases,
          }),
        );
        line();
      }
      for (const each of summaryLines(end)) wrap(each, columns).forEach((part) => line(part));
    },
  };
};

/** For machines: a line of JSON for each unreadable record, each alert, and the summary with all findings. */
export const jsonReporter = (stdout: Writable): Reporter => {
  const write = (value: object): void => void stdout.write(`${JSON.stringify(value)}\n`);
  return {
    unreadable: ({ where, error }) => write({ type: 'unreadable', where, error }),
    faults: (messages) => messages.forEach((message) => write({ type: 'fault', message })),
    judged: ({ where }, { told }) => told.forEach(({ json }) => write({ type: 'alert', where, alert: json })),
    end: ({ tally, findings, assumed }) => {
      const { ignored, ...counts } = tally;
      write({
        type: 'summary',
        ...counts,
        ignored: Object.fromEntries(ignored),
        assumedRepositories: assumed,
        ...findingsJson(findings),
      });
    },
  };
};
