import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { combineAccess } from '../shared/policy/combine.ts';
import type { AccessReport } from '../shared/policy/report.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { NOT_LOOKED_AT } from './access-text.ts';
import { capabilitiesOf } from './capabilities.ts';
import { readPolicy } from './check-policy.ts';
import { readPolicies } from './explain-live.ts';
import { explainText } from './explain-text.ts';
import { inputName, readSettingsFile } from './read-input.ts';
import { repositoryOf } from './repository-argument.ts';
import type { CliSurroundings } from './surroundings.ts';
import { columnsOf, paletteFor } from './terminal.ts';
import {
  parseAccount,
  parseTime,
  singleOption,
  trustOf,
  withTrustOptions,
  type TrustOptions,
} from './trust-options.ts';
import { REGION } from './where.ts';

interface ExplainOptions extends TrustOptions {
  readonly ownerAccount?: string;
  readonly region?: string;
  readonly config?: string;
  readonly now?: string;
  readonly format: 'text' | 'json';
}

const HELP = `
For a repository of a live account its own policy and the registry's are read and taken together: what either allows
and neither denies. For a file, the file is the repository's policy and --owner-account says whose it is.

Examples:
  $ ecr-warden explain team-a/api
  $ ecr-warden explain arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api --format json
  $ ecr-warden explain policy.json --owner-account 111122223333 --trust-account 444455556666

pull, push: all calls that a client makes for it (~: some of them); delete: images or the repository;
administer: its policy, settings, tags, scans; read: everything that only shows.

Exit status: 0 explained, 2 bad usage or input, or there is no such repository, 3 a policy could not be read`;

interface Explained {
  readonly subject: string;
  readonly owner: string;
  readonly report: AccessReport;
}

const isFile = (target: string): boolean => target === '-' || existsSync(target);

const explainFile = async (
  surroundings: CliSurroundings,
  file: string,
  options: ExplainOptions & { readonly ownerAccount: string },
): Promise<Explained> => {
  const { ownerAccount: owner } = options;
  const settings = await readSettingsFile(options.config);
  const report = combineAccess({
    repositoryPolicy: await readPolicy(surroundings, file),
    registryPolicy: null,
    ownerAccount: owner,
    trust: trustOf(options, settings.trust),
    now: options.now ?? surroundings.clock.now(),
  });
  return { subject: inputName(file), owner, report };
};

const explainLive = async (
  surroundings: CliSurroundings,
  target: string,
  options: ExplainOptions,
): Promise<Explained> => {
  const settings = await readSettingsFile(options.config);
  const repository = await repositoryOf(surroundings, target, {
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.ownerAccount === undefined ? {} : { account: options.ownerAccount }),
  });
  const report = combineAccess({
    ...(await readPolicies(surroundings, repository)),
    ownerAccount: repository.account,
    partition: repository.partition,
    resourceArn: repository.arn,
    trust: trustOf(options, settings.trust),
    now: options.now ?? surroundings.clock.now(),
  });
  return { subject: repository.arn, owner: repository.account, report };
};

const asJson = ({ subject, owner, report }: Explained): string => {
  const grants = report.grants.map((grant) => ({
    policy: grant.origin === 'registry' ? 'registry' : 'repository',
    ...grant,
    capabilities: Object.fromEntries(capabilitiesOf(grant)),
  }));
  const answer = { subject, ownerAccount: owner, ...report, grants, notLookedAt: NOT_LOOKED_AT };
  return `${JSON.stringify(answer, null, 2)}\n`;
};

const show = ({ io }: CliSurroundings, explained: Explained, format: ExplainOptions['format']): void => {
  const { subject, owner, report } = explained;
  const layout = { palette: paletteFor(io.stdout), columns: Math.max(80, columnsOf(io.stdout)) };
  io.stdout.write(
    format === 'json' ? asJson(explained) : `${plainText(subject)}: ${explainText(report, owner, layout)}`,
  );
};

/** `ecr-warden explain`. */
export const explainCommand = (surroundings: CliSurroundings): Command => {
  const command = new Command('explain')
    .description('say who can pull, push, delete and administer a repository, and by which statement')
    .argument('<target>', "a repository's name or ARN, a file with a policy, or `-`: standard input")
    .addOption(
      new Option('--owner-account <id>', 'whose policy a file holds; for a name: the account').argParser(
        parseAccount,
      ),
    )
    .addOption(
      singleOption('--region <region>', 'where a repository that is named is (default: yours)', REGION),
    )
    .option('--config <file>', 'the configuration that declares trust (default: ecr-warden.yml)');
  return withTrustOptions(command)
    .addOption(
      new Option('--now <time>', 'compare date conditions with this time (default: now)').argParser(
        parseTime,
      ),
    )
    .addOption(new Option('--format <format>', 'how to answer').choices(['text', 'json']).default('text'))
    .addHelpText('after', HELP)
    .action(async (target: string, options: ExplainOptions) => {
      const { ownerAccount, format } = options;
      if (!isFile(target))
        return show(surroundings, await explainLive(surroundings, target, options), format);
      if (ownerAccount === undefined) return command.error('error: --owner-account is needed with a file');
      const explained = await explainFile(surroundings, target, { ...options, ownerAccount });
      show(surroundings, explained, format);
    });
};
