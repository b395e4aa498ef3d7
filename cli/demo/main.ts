import { createReadStream } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Settings } from '../../shared/model/settings.ts';
import { EXIT, failureOf } from '../failure.ts';
import type { CommandIo } from '../jsonl.ts';

interface Options {
  readonly events?: string;
  readonly serve?: true;
  readonly port: number;
  readonly config?: string;
  readonly seed: number;
  readonly format: 'text' | 'json';
  readonly fast?: true;
}

const HELP = `
Without --events or --serve: plays a story in a small company's account, through the deployed functions.

Examples:
  $ npm start                                          the story
  $ npm start -- --format json | jq '.steps[].checks'
  $ npm start -- --events 1112_CloudTrail_eu-west-1_20260302T0900Z.json.gz --config ecr-warden.yml
  $ aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=ecr.amazonaws.com \\
      | npm start --silent -- --events -
  $ npm start -- --serve --port 8080
    $ curl --data-binary @event.json http://127.0.0.1:8080/events
    $ AWS_ENDPOINT_URL=http://127.0.0.1:… aws ecr create-repository --repository-name web --region eu-west-1

--events takes a CloudTrail log file, JSON Lines of records or EventBridge events, one event or an array of them,
gzip or not. What the records do not say is taken as AWS makes it by default. With --format json: JSON Lines, the
summary last.

Exit status of the story:  0 all turned out as it says, 1 something did not, 2 bad usage or configuration
Exit status of --events:   0 nothing is open at the end, 1 findings are, 2 bad usage or input, or a record is unreadable
Exit status of --serve:    0 ended by SIGINT or SIGTERM, 2 bad usage or configuration, or the port is taken
All: 70 a fault of ecr-warden itself`;

const integer =
  (name: string, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= max) return value;
    throw new InvalidArgumentError(`${name} is a whole number up to ${max}.`);
  };

const command = (io: CommandIo): Command =>
  new Command('npm start --')
    .description(
      'ecr-warden on one machine, with no AWS account: a story, your own events, or a server to play with',
    )
    .addOption(
      new Option('--events <file>', 'play your own CloudTrail records; `-`: standard input').conflicts(
        'serve',
      ),
    )
    .option('--serve', 'keep running: take events on a loopback port, and AWS calls on another')
    .option('--port <port>', 'for --serve; 0: any free one', integer('a port', 65_535), 0)
    .option('--config <file>', 'judge by this configuration; the story has one of its own')
    .option('--seed <number>', 'of chance in the sandbox', integer('a seed', 2 ** 31), 1)
    .addOption(new Option('--format <format>', 'how to answer').choices(['text', 'json']).default('text'))
    .option('--fast', 'no pauses to read; the default where nobody looks')
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, 'ecr-warden:')),
    });

const settingsOf = async ({ config }: Options): Promise<Settings> => {
  const { readSettingsFile } = await import('../read-input.ts');
  return readSettingsFile(config);
};

// What is not asked for is not loaded: `--help` and bad usage answer at once.

const story = async (io: CommandIo, options: Options): Promise<number> => {
  const [{ companySettings }, { conclude, introduce, jsonNarrator, playStory, storyJson, terminalNarrator }] =
    await Promise.all([import('./world.ts'), import('./story.ts')]);
  const settings = options.config === undefined ? await companySettings() : await settingsOf(options);
  const { seed } = options;
  if (options.format === 'json') {
    const { narrator, steps } = jsonNarrator();
    const outcome = await playStory({ settings, seed }, narrator);
    io.stdout.write(await storyJson(steps, outcome));
    return outcome.failed.length === 0 ? EXIT.clean : EXIT.reported;
  }
  const { createScreen } = await import('./screen.ts');
  const screen = createScreen(io.stdout, { fast: options.fast === true });
  introduce(screen, seed);
  const outcome = await playStory({ settings, seed }, terminalNarrator(screen));
  await conclude(screen, outcome);
  return outcome.failed.length === 0 ? EXIT.clean : EXIT.reported;
};

const events = async (io: CommandIo, file: string, options: Options): Promise<number> => {
  const settings = await settingsOf(options);
  const [{ jsonReporter, playEvents, textReporter }, { createScreen }] = await Promise.all([
    import('./events.ts'),
    import('./screen.ts'),
  ]);
  const input = file === '-' ? io.stdin : createReadStream(file);
  const screen = createScreen(io.stdout, { fast: true });
  const reporter = options.format === 'json' ? jsonReporter(io.stdout) : textReporter(screen, io.stderr);
  return playEvents(input, settings, reporter);
};

const run = async (io: CommandIo, options: Options): Promise<number> => {
  if (options.events === undefined && options.serve === undefined) return story(io, options);
  // Each small value that the embedded DynamoDB keeps would hold on to the 64 KB pool that Node cut it from.
  Buffer.poolSize = 0;
  if (options.events !== undefined) return events(io, options.events, options);
  const { port, seed } = options;
  const { serve } = await import('./serve.ts');
  await serve({ io, settings: await settingsOf(options), port, seed });
  return EXIT.clean;
};

/** A reader that has seen enough (`| head`) is no fault; any other is thrown. */
const bearClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
};

/** `npm start`: sets the exit status on `io` and throws nothing. */
export const main = async (args: readonly string[], io: CommandIo): Promise<void> => {
  for (const stream of [io.stdout, io.stderr]) stream.on('error', bearClosedPipe);
  try {
    const program = command(io);
    await program.parseAsync([...args], { from: 'user' });
    io.exitCode = await run(io, program.opts<Options>());
  } catch (error) {
    const { status, message, bug } = failureOf(error);
    io.exitCode = status;
    if (message !== null) io.stderr.write(`ecr-warden: ${message}\n`);
    if (bug && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
  }
};
