import { PassThrough } from 'node:stream';
import { runProgram } from '../../cli/program.ts';
import type { CliSurroundings } from '../../cli/surroundings.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Ran } from './run.ts';

const textOf = (stream: PassThrough): string => String(stream.read() ?? '');

interface Place {
  readonly sandbox?: Sandbox;
  readonly region?: string;
}

/** A surrounding whose streams are kept, on the sandbox's AWS and clock. */
export const capture = ({ sandbox, region }: Place = {}): {
  readonly surroundings: CliSurroundings;
  readonly ran: () => Ran;
} => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const config = sandbox?.clientConfig({});
  const io: CliSurroundings['io'] = { stdin, stdout, stderr };
  const overrides = config && {
    credentials: config.credentials,
    requestHandler: config.requestHandler,
    retryStrategy: config.retryStrategy,
  };
  const surroundings: CliSurroundings = {
    io,
    environment: { defaultRegion: region ?? null, emulated: false, table: null, debug: false },
    clock: sandbox?.clock ?? { now: () => '2026-01-01T00:00:00.000Z' },
    ...(overrides === undefined ? {} : { overrides }),
  };
  return {
    surroundings,
    ran: () => ({ status: Number(io.exitCode), stdout: textOf(stdout), stderr: textOf(stderr) }),
  };
};

/** Runs `ecr-warden` in this process, against the sandbox; faster than a process, and the same but for the streams. */
export const runHere = async (args: readonly string[], place: Place = {}): Promise<Ran> => {
  const { surroundings, ran } = capture(place);
  await runProgram(args, surroundings);
  return ran();
};
