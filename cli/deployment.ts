import { Option, type Command } from 'commander';
import {
  dynamoClient,
  ecrClients,
  taggingClients,
  type ClientFor,
  type ClientOptions,
} from '../shared/aws/clients.ts';
import { dynamoStores, type Stores } from '../shared/aws/dynamo-stores.ts';
import { ecrChangeApplier } from '../shared/aws/ecr-applier.ts';
import { ecrReader } from '../shared/aws/ecr-reader.ts';
import { configureCatalogue } from '../shared/controls/catalogue.ts';
import { ConfigError } from '../shared/model/errors.ts';
import type { Finding } from '../shared/model/finding.ts';
import type { Job } from '../shared/model/job.ts';
import { judgeResources } from '../shared/pipeline/judge-resources.ts';
import type { RemediateDependencies } from '../shared/pipeline/remediate.ts';
import type { Log, Metrics } from '../shared/ports/effects.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { readSettingsFile } from './read-input.ts';
import type { CliSurroundings } from './surroundings.ts';
import { singleOption } from './trust-options.ts';
import { defaultRegion, REGION, whoAmI } from './where.ts';

/** The options of every command that works with a deployment. */
export interface DeploymentOptions {
  readonly table?: string;
  readonly region?: string;
  readonly config?: string;
}

/** Only of commands that reach resources themselves. */
export interface MemberOptions {
  readonly memberRole?: string;
  readonly externalId?: string;
}

const TABLE = {
  expected: 'the name of a table',
  accepts: (text: string): string | null => (/^[A-Za-z0-9_.-]{3,255}$/.test(text) ? text : null),
};

/** Adds the options that say where the deployment is. */
export const withDeploymentOptions = (command: Command): Command =>
  command
    .addOption(
      singleOption(
        '--table <name>',
        "the deployment's table, its output TableName (or ECR_WARDEN_TABLE)",
        TABLE,
      ),
    )
    .addOption(singleOption('--region <region>', "the deployment's Region (default: yours)", REGION));

/** Adds the options that say how resources are reached. */
export const withMemberOptions = (command: Command): Command =>
  command
    .option('--config <file>', "the deployment's configuration (default: ecr-warden.yml, if there is one)")
    .addOption(new Option('--member-role <name>', 'the role to assume in an account that is not yours'))
    .addOption(new Option('--external-id <id>', 'what that role asks for'));

interface Opened {
  readonly stores: Stores;
  readonly options: ClientOptions;
}

const tableOf = ({ environment }: CliSurroundings, { table }: DeploymentOptions): string => {
  const name = table ?? environment.table;
  if (name !== null) return name;
  throw new ConfigError("which table? give --table or set ECR_WARDEN_TABLE to the stack's output TableName");
};

/** Days are the store's concern only where it writes history, which no command does. */
const HISTORY_DAYS = 400;

/** The state of a deployment. Throws `ConfigError` if no table or Region is known. */
export const openStores = async (
  surroundings: CliSurroundings,
  options: DeploymentOptions,
): Promise<Opened> => {
  const { clock, overrides } = surroundings;
  const tableName = tableOf(surroundings, options);
  const region = options.region ?? (await defaultRegion(surroundings));
  const clients: ClientOptions = { region, ...(overrides === undefined ? {} : { overrides }) };
  const client = dynamoClient(clients);
  return { stores: dynamoStores({ client, tableName, clock, historyDays: HISTORY_DAYS }), options: clients };
};

const SILENT_LOG: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const NO_METRICS: Metrics = { count: () => undefined, milliseconds: () => undefined };

/** A deployment as somebody with credentials of their own works with it. */
export interface Deployment {
  readonly deps: RemediateDependencies;
  /** ARN of whoever runs the command. */
  readonly caller: string;
  readonly account: string;
  /** A role for other accounts was given. */
  readonly reachesMembers: boolean;
}

type Clients = { readonly ecr: ClientFor<ReturnType<ReturnType<typeof ecrClients>>> } & {
  readonly tagging: ReturnType<typeof taggingClients>;
};

const clientsOf = (options: ClientOptions): Clients => ({
  ecr: ecrClients(options),
  tagging: taggingClients(options),
});

/** Opens the table and everything that remediation needs. What it sends to be judged is judged here and now. */
export const openDeployment = async (
  surroundings: CliSurroundings,
  options: DeploymentOptions & MemberOptions,
): Promise<Deployment> => {
  const settings = await readSettingsFile(options.config);
  const { stores, options: home } = await openStores(surroundings, options);
  const { account, arn: caller } = await whoAmI(surroundings, home.region);
  const { memberRole, externalId = null } = options;
  const role =
    memberRole === undefined ? null : { roleName: memberRole, externalId, sessionName: 'ecr-warden-cli' };
  const { ecr, tagging } = clientsOf({ ...home, account, memberRole: role });
  const judging = {
    ...stores,
    settings,
    controls: configureCatalogue(settings),
    reader: ecrReader({ ecr, tagging, clock: surroundings.clock }),
    clock: surroundings.clock,
    log: SILENT_LOG,
    metrics: NO_METRICS,
  };
  const judge = async (jobs: readonly Job[]): Promise<void> => {
    for (const job of jobs) if (job.kind === 'judge') await judgeResources(job, judging);
  };
  const deps = { ...judging, applier: ecrChangeApplier(ecr), queue: { send: judge } };
  return { deps, caller, account, reachesMembers: role !== null };
};

/** Refuses what the credentials cannot reach, before anything is read under the wrong account. */
export const mustReach = (
  { account, reachesMembers }: Deployment,
  { resource }: Pick<Finding, 'resource'>,
): void => {
  if (resource.account === account || reachesMembers) return;
  throw new ConfigError(
    `these are credentials of account ${account}, the resource is of ${resource.account}: use its own, or --member-role`,
  );
};

/** The finding of a key like `image-scanning/arn:…`; a revision behind it (`@3`) is let pass. */
export const findingOfKey = async (
  { findings }: Pick<Stores, 'findings'>,
  text: string,
): Promise<Finding> => {
  const key = text.replace(/@[0-9]+$/, '');
  const slash = key.indexOf('/');
  const arn = key.slice(slash + 1);
  const found = slash < 1 ? [] : await findings.findingsOf(arn);
  const finding = found.find((each) => each.key === key);
  if (finding !== undefined) return finding;
  throw new ConfigError(`there is no finding \`${plainText(key)}\`; a finding is named CONTROL/RESOURCE-ARN`);
};
