import { Command } from 'commander';
import { checkEventCommand } from './check-event.ts';
import { checkPolicyCommand } from './check-policy.ts';
import type { CliSurroundings } from './surroundings.ts';

/** `ecr-warden check`: judgements of files, without any call to AWS. */
export const checkCommand = (surroundings: CliSurroundings): Command =>
  new Command('check')
    .description('judge a policy or an event from a file, without any call to AWS')
    .addCommand(checkPolicyCommand(surroundings))
    .addCommand(checkEventCommand(surroundings.io));
