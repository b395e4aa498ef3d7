import { Command, Option } from 'commander';
import type { RemediationAttempt } from '../shared/model/remediation.ts';
import { changePhrase, statePhrase } from '../shared/report/phrases.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { openStores, withDeploymentOptions, type DeploymentOptions } from './deployment.ts';
import type { CliSurroundings } from './surroundings.ts';

interface RemediationsOptions extends DeploymentOptions {
  readonly format: 'text' | 'json';
}

const HELP = `
Examples:
  $ ecr-warden remediations arn:aws:ecr:eu-west-1:111122223333:repository/app --table ecr-warden-dev-state

Exit status: 0 listed (there may be none), 2 bad usage or configuration, 3 the table could not be read`;

const textOf = (attempt: RemediationAttempt): string =>
  [
    `${attempt.id}  ${attempt.outcome}  ${attempt.control}`,
    `  started ${attempt.startedAt}, by ${plainText(attempt.triggeredBy)}`,
    ...attempt.changes.map((change) => `  to ${plainText(changePhrase(change), 1_000)}`),
    ...attempt.before.map((state) => `  before: ${plainText(statePhrase(state), 1_000)}`),
    ...(attempt.detail === null ? [] : [`  ${plainText(attempt.detail, 1_000)}`]),
    '',
  ].join('\n');

/** `ecr-warden remediations`. */
export const remediationsCommand = (surroundings: CliSurroundings): Command =>
  withDeploymentOptions(
    new Command('remediations')
      .description('list the remediation attempts on a resource')
      .argument('<resource>', 'the ARN of the resource'),
  )
    .addOption(new Option('--format <format>', 'how to answer').choices(['text', 'json']).default('text'))
    .addHelpText('after', HELP)
    .action(async (resource: string, options: RemediationsOptions) => {
      const { stdout } = surroundings.io;
      const { stores } = await openStores(surroundings, options);
      const attempts = await stores.attempts.attemptsOf(resource);
      if (options.format === 'json') {
        stdout.write(`${JSON.stringify({ attempts }, null, 2)}\n`);
        return;
      }
      stdout.write(
        attempts.length === 0 ? 'no remediation attempt is on record\n' : attempts.map(textOf).join('\n'),
      );
    });
