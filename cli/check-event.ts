import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Command } from 'commander';
import { parseEnvelope, type Envelope } from '../shared/events/envelope.ts';
import { isForeignObject, own } from '../shared/events/foreign.ts';
import { interpretEvent, type EventReading, type InterpretOptions } from '../shared/events/interpret.ts';
import { NAMELESS, type EventTarget } from '../shared/events/targets.ts';
import { MalformedInputError } from '../shared/model/errors.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { exitStatusOf, processJsonl, type CommandIo, type LineAnswer } from './jsonl.ts';

interface ShownTarget {
  readonly type: string;
  readonly name: string;
  readonly arn?: string;
  readonly account: string;
  readonly region: string;
}

/** One answer of `check event --jsonl`. */
interface EventAnswer {
  readonly id?: unknown;
  readonly action: EventReading['action'];
  readonly targets: readonly ShownTarget[];
  readonly sweep: boolean;
  /** Only with `sweep`: of which kinds everything there is to be judged again. */
  readonly sweeps?: readonly Pick<ShownTarget, 'type' | 'account' | 'region'>[];
  readonly reason: string;
}

const shown = ({ type, name, arn, account, region }: EventTarget): ShownTarget => ({
  type,
  name,
  ...(arn === undefined ? {} : { arn }),
  account,
  region,
});

/** The kinds that a name is missing of; all of them where the parameters were left out altogether. */
const swept = (
  targets: readonly EventTarget[],
): readonly Pick<ShownTarget, 'type' | 'account' | 'region'>[] => {
  const without = targets.filter((target) => target.name === NAMELESS);
  const kinds = (without.length === 0 ? targets : without).map(({ type, account, region }) => ({
    type,
    account,
    region,
  }));
  return [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()];
};

const envelopeOf = (event: unknown): Envelope => {
  const parsed = parseEnvelope(event);
  if (!parsed.ok) throw new MalformedInputError(parsed.error);
  return parsed.envelope;
};

/** A line is an envelope, or `{"id","event"}` around one. */
const unwrap = (line: unknown): { readonly id?: unknown; readonly event: unknown } => {
  if (!isForeignObject(line)) throw new MalformedInputError('the line is not an object');
  const id = Object.hasOwn(line, 'id') ? { id: line['id'] } : {};
  const wrapped = Object.hasOwn(line, 'event') && !Object.hasOwn(line, 'detail-type');
  return { ...id, event: wrapped ? own(line, 'event') : line };
};

/** Answers one line of `check event --jsonl`; throws `MalformedInputError` if it holds no event. */
export const checkEventLine = (line: unknown, options: InterpretOptions = {}): LineAnswer => {
  const { event, ...id } = unwrap(line);
  const { action, targets, sweep, reason } = interpretEvent(envelopeOf(event), options);
  const answer: EventAnswer = {
    ...id,
    action,
    targets: targets.filter((target) => target.name !== NAMELESS).map(shown),
    sweep,
    ...(sweep ? { sweeps: swept(targets) } : {}),
    reason,
  };
  return { answer, reported: action !== 'ignore' };
};

const targetLine = ({ type, name, account, region }: EventTarget): string =>
  `  ${type} ${name === NAMELESS ? '(all of them)' : plainText(name)} in ${account} ${region}\n`;

/** What one event means, for people. */
const describeEvent = (event: unknown): { readonly text: string; readonly reported: boolean } => {
  const reading = interpretEvent(envelopeOf(event));
  const sweep = reading.sweep ? ', sweep' : '';
  return {
    text: `${reading.action}${sweep}: ${reading.reason}\n${reading.targets.map(targetLine).join('')}`,
    reported: reading.action !== 'ignore',
  };
};

/** Bytes of one event file; EventBridge carries at most 1 MB. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const readAll = async (input: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), 'utf8');
    length += bytes.length;
    if (length > MAX_EVENT_BYTES) throw new MalformedInputError('the input is too long for one event');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
};

type Failure = { readonly message: string };

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

/** What to say of input that cannot be read; other faults are thrown. */
const failureOf = (error: unknown): Failure => {
  if (error instanceof MalformedInputError || isFileError(error)) return { message: error.message };
  throw error;
};

const inputOf = (io: CommandIo, file: string): Readable => (file === '-' ? io.stdin : createReadStream(file));

const label = (file: string): string => (file === '-' ? 'standard input' : plainText(file));

interface Tally {
  errors: number;
  reported: number;
}

const checkOne = async (io: CommandIo, file: string, tally: Tally): Promise<void> => {
  try {
    const { text, reported } = describeEvent(await readAll(inputOf(io, file)));
    io.stdout.write(`${label(file)}: ${text}`);
    if (reported) tally.reported += 1;
  } catch (error) {
    io.stderr.write(`${label(file)}: ${failureOf(error).message}\n`);
    tally.errors += 1;
  }
};

const checkStream = async (io: CommandIo, file: string, tally: Tally): Promise<void> => {
  try {
    const { errors, reported } = await processJsonl(inputOf(io, file), io.stdout, (line) =>
      checkEventLine(line),
    );
    tally.errors += errors;
    tally.reported += reported;
  } catch (error) {
    io.stderr.write(`${label(file)}: ${failureOf(error).message}\n`);
    tally.errors += 1;
  }
};

const HELP = `
Reads EventBridge events and says which resources each of them makes worth judging again, without any call to AWS.

Examples:
  $ ecr-warden check event event.json
  $ aws sqs receive-message … | jq -r '.Messages[].Body' | ecr-warden check event --jsonl

With --jsonl each line is an event, or {"id","event"}; each answer is one line:
  {"id","action","targets":[{"type","name","arn"?,"account","region"}],"sweep","reason"}

Exit status: 0 no event is relevant, 1 some event is, 2 bad usage or unreadable input`;

/** `ecr-warden check event`. Sets the exit status on `io`. */
export const checkEventCommand = (io: CommandIo = process): Command =>
  new Command('event')
    .description('say what an EventBridge event means: evaluate, delete or ignore, and which resources')
    .argument(
      '[files...]',
      'files with one event each (with --jsonl: one a line); `-` or none: standard input',
    )
    .option('--jsonl', 'read one event a line and answer each with a line of JSON')
    .addHelpText('after', HELP)
    .action(async (files: readonly string[], options: { readonly jsonl?: boolean }) => {
      const tally: Tally = { errors: 0, reported: 0 };
      for (const file of files.length === 0 ? ['-'] : files) {
        await (options.jsonl === true ? checkStream : checkOne)(io, file, tally);
      }
      io.exitCode = exitStatusOf(tally);
    });
