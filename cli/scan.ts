import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { ecrClients, taggingClients, type ClientOptions } from '../shared/aws/clients.ts';
import { ecrReader } from '../shared/aws/ecr-reader.ts';
import { matchesAny } from '../shared/model/pattern.ts';
import { partitionOf, type RegistryLocation, type Resource } from '../shared/model/resource.ts';
import type { Settings } from '../shared/model/settings.ts';
import { ConfigError } from '../shared/model/errors.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { PLAIN } from '../shared/report/palette.ts';
import { readSettingsFile } from './read-input.ts';
import { scanRegistries, type RegistryOutcome } from './scan-registries.ts';
import { progressDisplay } from './scan-progress.ts';
import { closingSummary, renderScan, scanStatus, type ScanFormat, type ScanReport } from './scan-report.ts';
import { chosenControls, scanPolicy } from './scan-settings.ts';
import type { CliSurroundings } from './surroundings.ts';
import { columnsOf, paletteFor } from './terminal.ts';
import {
  ANY_TEXT,
  parseAccount,
  repeatable,
  trustOf,
  withTrustOptions,
  type TrustOptions,
} from './trust-options.ts';
import { REGION_OR_ALL, regionsOf, whoAmI } from './where.ts';

interface ScanOptions extends TrustOptions {
  readonly region?: readonly string[];
  readonly account?: string;
  readonly control?: readonly string[];
  readonly repository?: readonly string[];
  readonly config?: string;
  readonly format: ScanFormat;
  readonly output?: string;
  readonly all?: boolean;
  readonly quiet?: boolean;
  readonly printIamPolicy?: boolean;
}

const HELP = `
Reads with your AWS credentials (profile, SSO, environment, instance role) or from any AWS_ENDPOINT_URL, and changes
nothing. --print-iam-policy shows exactly what the credentials must allow. The account is that of the credentials.

Examples:
  $ ecr-warden scan
  $ AWS_PROFILE=audit ecr-warden scan --region eu-west-1 --region us-east-1
  $ ecr-warden scan --region all --format json --output findings.json
  $ ecr-warden scan --control public-access --control untrusted-access --trust-organization o-a1b2c3d4e5
  $ ecr-warden scan --print-iam-policy > policy.json

--region all: every Region of the partition with ECR. A Region that needs opting in and does not know your key is
passed over; any other that fails is reported, and the rest go on. --repository judges only the repositories that
match; the registry itself is then left out. What an exemption covers is shown, and not counted.

JSON is {"findings":[{"resourceArn","resourceType","account","region","control","compliance","severity","violations",
"evidence"}],"summary":{…}} with every resource and control, compliant ones too.

Exit status: 0 everything was read and nothing is wrong, 1 there are non-compliant findings (whether or not something
  could not be read), 2 bad usage or configuration, 3 nothing wrong was found but something could not be read`;

const clientsFor = (region: string, { overrides }: CliSurroundings): ClientOptions => ({
  region,
  ...(overrides === undefined ? {} : { overrides }),
});

const admitsOnly =
  (patterns: readonly string[] | undefined) =>
  ({ type, name }: Resource): boolean =>
    patterns === undefined || (type === 'repository' && matchesAny(patterns, name));

const printPolicy = async (surroundings: CliSurroundings, options: ScanOptions): Promise<void> => {
  const settings = await readSettingsFile(options.config);
  const region = options.region?.find((name) => name !== 'all') ?? 'us-east-1';
  const policy = scanPolicy(chosenControls(settings, options.control), {
    partition: partitionOf(region),
    ...(options.account === undefined ? {} : { account: options.account }),
  });
  surroundings.io.stdout.write(`${JSON.stringify(policy, null, 2)}\n`);
};

const settingsWith = async (options: ScanOptions): Promise<Settings> => {
  const settings = await readSettingsFile(options.config);
  return { ...settings, trust: trustOf(options, settings.trust) };
};

const registriesOf = async (
  surroundings: CliSurroundings,
  options: ScanOptions,
): Promise<{ readonly registries: readonly RegistryLocation[]; readonly everyRegion: boolean }> => {
  const { regions, everyRegion } = await regionsOf(surroundings, options.region);
  const [first = ''] = regions;
  const account = options.account ?? (await whoAmI(surroundings, first)).account;
  return { registries: regions.map((region) => ({ account, region })), everyRegion };
};

const judge = async (
  surroundings: CliSurroundings,
  settings: Settings,
  options: ScanOptions,
): Promise<readonly RegistryOutcome[]> => {
  const { io, clock } = surroundings;
  const controls = chosenControls(settings, options.control);
  const { registries, everyRegion } = await registriesOf(surroundings, options);
  const clients = clientsFor(registries[0]?.region ?? '', surroundings);
  const reader = ecrReader({ ecr: ecrClients(clients), tagging: taggingClients(clients), clock });
  const progress = progressDisplay(io.stderr, {
    registries: registries.length,
    quiet: options.quiet === true,
  });
  try {
    return await scanRegistries(
      { registries, everyRegion, admits: admitsOnly(options.repository) },
      { settings, controls, reader, clock, onProgress: progress.show },
    );
  } finally {
    progress.end();
  }
};

/** A pattern that matches nothing is a mistake rather than a clean answer. */
const refuseEmptyMatch = (outcomes: readonly RegistryOutcome[], { repository }: ScanOptions): void => {
  const nothing = outcomes.every(({ findings, fault }) => findings.length === 0 && fault === null);
  if (repository === undefined || !nothing) return;
  throw new ConfigError(
    `no repository in scope matches ${repository.map((name) => `\`${name}\``).join(', ')}`,
  );
};

const deliver = async (
  surroundings: CliSurroundings,
  report: ScanReport,
  { format, output }: ScanOptions,
): Promise<void> => {
  const { stdout, stderr } = surroundings.io;
  for (const { at, fault } of report.outcomes) {
    if (fault !== null) stderr.write(`ecr-warden: ${at.region} could not be read: ${plainText(fault)}\n`);
  }
  if (output === undefined) {
    const layout = { palette: paletteFor(stdout), columns: columnsOf(stdout) };
    stdout.write(renderScan(report, format, layout));
    return;
  }
  await writeFile(output, renderScan(report, format, { palette: PLAIN, columns: 140 }));
  stderr.write(closingSummary(report, { palette: paletteFor(stderr), columns: columnsOf(stderr) }));
};

const scan = async (surroundings: CliSurroundings, options: ScanOptions): Promise<void> => {
  const settings = await settingsWith(options);
  const outcomes = await judge(surroundings, settings, options);
  refuseEmptyMatch(outcomes, options);
  const { accountAliases } = settings.alerts;
  await deliver(surroundings, { outcomes, accountAliases, all: options.all === true }, options);
  surroundings.io.exitCode = scanStatus(outcomes);
};

/** `ecr-warden scan`. */
export const scanCommand = (surroundings: CliSurroundings): Command => {
  const command = new Command('scan')
    .description('judge the registries of a live account, read-only and without any deployment')
    .addOption(repeatable('--region <region>', 'a Region, or `all` (default: yours)', REGION_OR_ALL))
    .addOption(
      new Option('--account <id>', 'the account, where STS cannot be asked; 12 digits').argParser(
        parseAccount,
      ),
    )
    .addOption(repeatable('--control <id>', 'judge by this control only', ANY_TEXT))
    .addOption(
      repeatable('--repository <pattern>', 'judge these repositories only; * any characters', ANY_TEXT),
    )
    .option('--config <file>', 'the configuration (default: ecr-warden.yml, if there is one)');
  return withTrustOptions(command)
    .addOption(
      new Option('--format <format>', 'how to answer').choices(['table', 'json', 'sarif']).default('table'),
    )
    .option('--output <file>', 'write the answer to a file, and a summary to standard error')
    .option('--all', 'list compliant findings in the table, too')
    .option('--quiet', 'show no progress')
    .option('--print-iam-policy', 'print the policy that these options need, and do nothing else')
    .addHelpText('after', HELP)
    .action((options: ScanOptions) =>
      options.printIamPolicy === true ? printPolicy(surroundings, options) : scan(surroundings, options),
    );
};
