import type { Writable } from 'node:stream';
import ora from 'ora';
import type { ScanProgress } from '../shared/pipeline/scan.ts';
import { isTerminal } from './terminal.ts';

/** Tells how far a scan has come; on standard error, since standard output is the answer's. */
export interface ProgressDisplay {
  readonly show: (progress: ScanProgress) => void;
  readonly end: () => void;
}

/** Judged resources between two lines, where lines cannot be overwritten. */
const LINE_EVERY = 500;

const SILENT: ProgressDisplay = { show: () => undefined, end: () => undefined };

const totals = (all: Iterable<ScanProgress>): { readonly judged: number; readonly known: number } => {
  let judged = 0;
  let known = 0;
  for (const each of all) {
    judged += each.judged;
    known += each.known;
  }
  return { judged, known };
};

/** A spinner in one line that is overwritten. */
const spinner = (stream: Writable, registries: number): ProgressDisplay => {
  const places = registries === 1 ? '' : ` in ${registries} Regions`;
  const started = ora({ stream, text: `judging${places}`, discardStdin: false }).start();
  const latest = new Map<string, ScanProgress>();
  return {
    show: (progress) => {
      latest.set(progress.at.region, progress);
      const { judged, known } = totals(latest.values());
      started.text = `${judged} of ${known} resources judged${places}; ${progress.at.region}`;
    },
    end: () => void started.stop(),
  };
};

/** A line now and then, for logs. */
const lines = (stream: Writable): ProgressDisplay => {
  const said = new Map<string, number>();
  return {
    show: ({ at, judged, known }) => {
      if (known === 0) return;
      const before = said.get(at.region) ?? -1;
      if (before >= 0 && judged < known && judged - before < LINE_EVERY) return;
      if (judged === before) return;
      said.set(at.region, judged);
      stream.write(`${at.region}: ${judged} of ${known} resources judged\n`);
    },
    end: () => undefined,
  };
};

/** The display that fits the stream. */
export const progressDisplay = (
  stream: Writable,
  { registries, quiet }: { readonly registries: number; readonly quiet: boolean },
): ProgressDisplay => {
  if (quiet) return SILENT;
  return isTerminal(stream) ? spinner(stream, registries) : lines(stream);
};
