import { Command } from 'commander';
import { EXIT, failureOf } from './failure.ts';
import type { CliSurroundings } from './surroundings.ts';
import { VERSION } from './version.ts';

type Load = (surroundings: CliSurroundings) => Promise<Command>;

interface Listed {
  readonly name: string;
  /** The command's own description; a test holds them together. */
  readonly summary: string;
  readonly load: Load;
}

/** The commands. One that is not asked for is not loaded: `--help` and `check` start without the SDK. */
export const COMMANDS: readonly Listed[] = [
  {
    name: 'scan',
    summary: 'judge the registries of a live account, read-only and without any deployment',
    load: async (surroundings) => (await import('./scan.ts')).scanCommand(surroundings),
  },
  {
    name: 'check',
    summary: 'judge a policy or an event from a file, without any call to AWS',
    load: async (surroundings) => (await import('./check.ts')).checkCommand(surroundings),
  },
  {
    name: 'explain',
    summary: 'say who can pull, push, delete and administer a repository, and by which statement',
    load: async (surroundings) => (await import('./explain.ts')).explainCommand(surroundings),
  },
  {
    name: 'compare',
    summary: 'say what a change of a policy newly lets in',
    load: async (surroundings) => (await import('./compare.ts')).compareCommand(surroundings),
  },
  {
    name: 'findings',
    summary: 'list the open findings of a deployment',
    load: async (surroundings) => (await import('./findings.ts')).findingsCommand(surroundings),
  },
  {
    name: 'remediate',
    summary: 'show what would repair a finding, apply it after approval, or take it back',
    load: async (surroundings) => (await import('./remediate.ts')).remediateCommand(surroundings),
  },
  {
    name: 'remediations',
    summary: 'list the remediation attempts on a resource',
    load: async (surroundings) => (await import('./remediations.ts')).remediationsCommand(surroundings),
  },
  {
    name: 'config',
    summary: 'work with the configuration file',
    load: async ({ io, clock }) => (await import('./config-check.ts')).configCommand({ io, now: clock.now }),
  },
];

const HELP = `
Examples:
  $ ecr-warden scan                                     judge your default Region
  $ ecr-warden scan --region all --format sarif --output ecr.sarif
  $ ecr-warden check policy policy.json --owner-account 111122223333
  $ ecr-warden explain team-a/api                       who can pull, push, delete, administer it

Exit status: 0 nothing to report, 1 something to report, 2 bad usage, configuration or input,
  3 something could not be read, 70 a fault of ecr-warden itself. Each command's help says more.`;

/** Errors are thrown instead of ending the process, and all of them go to our streams. */
const governed = (command: Command, surroundings: CliSurroundings): Command => {
  const { io } = surroundings;
  command.exitOverride().configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    writeErr: (text) => void io.stderr.write(text),
    outputError: (text, write) => write(text.replace(/^error:/, 'ecr-warden:')),
  });
  for (const child of command.commands) governed(child, surroundings);
  return command;
};

const build = async (args: readonly string[], surroundings: CliSurroundings): Promise<Command> => {
  const program = new Command('ecr-warden')
    .description('Continuous compliance for Amazon ECR: who gets in, what is scanned, what can be changed.')
    .version(VERSION)
    .option('--debug', 'show the stack of an error (so does the environment variable DEBUG)')
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', HELP);
  for (const { name, summary, load } of COMMANDS) {
    const wanted = args.includes(name);
    program.addCommand(wanted ? await load(surroundings) : new Command(name).description(summary));
  }
  return governed(program, surroundings);
};

/** A reader that has seen enough (`| head`) is no fault; any other is thrown. */
const bearClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
};

/** Runs the command line; sets the exit status on `io` and throws nothing. */
export const runProgram = async (args: readonly string[], surroundings: CliSurroundings): Promise<void> => {
  const { io, environment } = surroundings;
  io.stdout.on('error', bearClosedPipe);
  io.stderr.on('error', bearClosedPipe);
  try {
    const program = await build(args, surroundings);
    await program.parseAsync(args, { from: 'user' });
    io.exitCode ??= EXIT.clean;
  } catch (error) {
    const { status, message, bug } = failureOf(error);
    io.exitCode = status;
    if (message === null) return;
    const debug = environment.debug || args.includes('--debug');
    io.stderr.write(`ecr-warden: ${message}\n`);
    if (debug && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
    else if (bug) io.stderr.write('--debug shows where; please report it\n');
  }
};
