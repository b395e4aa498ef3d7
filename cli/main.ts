import { systemClock } from '../shared/aws/system-clock.ts';
import { cliEnvironment } from '../shared/config/cli-environment.ts';
import { runProgram } from './program.ts';

await runProgram(process.argv.slice(2), {
  io: process,
  environment: cliEnvironment(),
  clock: systemClock,
});
