import { readFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { deployWarden, type DeployedWarden } from '../../sandbox/warden.ts';
import { dynamoStores, type Stores } from '../../shared/aws/dynamo-stores.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import type { Finding } from '../../shared/model/finding.ts';
import type { RegistryLocation } from '../../shared/model/resource.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { AlertContext } from '../../shared/report/alert-model.ts';
import { createTellings, type Told } from './told.ts';

/** A sandbox with the monitor deployed into it: the functions, rules, queues, topics and table of serverless.yml. */
export interface World {
  readonly sandbox: Sandbox;
  readonly warden: DeployedWarden;
  readonly stores: Stores;
  readonly settings: Settings;
  readonly context: AlertContext;
  readonly home: RegistryLocation;
  /** What was told since the last call, oldest first. */
  readonly told: () => Promise<readonly Told[]>;
  /** Watches one more registry; its account is made if there is none. Watching twice does nothing. */
  readonly watch: (at: RegistryLocation) => void;
  /** What is on record of every resource that still exists in the registries watched. */
  readonly findings: () => Promise<readonly Finding[]>;
  /** Drops what the sandbox keeps of the past, so that a long run needs no more memory than its state. */
  readonly forget: () => void;
  /** Faults that the functions logged since the last call. */
  readonly faults: () => readonly string[];
}

/** The roles by which the monitor reaches an account. Without a list they may do everything. */
const MEMBER_ROLES = [{ name: 'ecr-warden-read' }, { name: 'ecr-warden-remediate' }];

export interface SandboxPlan {
  readonly seed: number;
  /** ISO 8601. */
  readonly startTime: string;
  readonly home: RegistryLocation;
}

/** An AWS with one account, in which nothing watches yet. Events take as long as CloudTrail's best do. */
export const createCloud = ({ seed, startTime, home }: SandboxPlan): Sandbox =>
  createSandbox({
    seed,
    startTime,
    region: home.region,
    accounts: [{ id: home.account, roles: MEMBER_ROLES }],
    eventDelay: [900, 2_400],
  });

export interface DeploymentPlan {
  readonly sandbox: Sandbox;
  readonly settings: Settings;
  readonly home: RegistryLocation;
  /** Regions of the home account that sweeps cover. */
  readonly regions: readonly string[];
}

const storesOf = ({ sandbox, home, settings }: DeploymentPlan, tableName: string): Stores =>
  dynamoStores({
    client: DynamoDBDocumentClient.from(
      new DynamoDBClient(sandbox.clientConfig({ ...home, role: 'auditor', session: 'story' })),
      { marshallOptions: { removeUndefinedValues: true } },
    ),
    tableName,
    clock: sandbox.clock,
    historyDays: settings.state.historyDays,
  });

const createWatch = (
  { sandbox, home, regions }: DeploymentPlan,
  warden: DeployedWarden,
): Pick<World, 'watch'> & { readonly places: ReadonlyMap<string, RegistryLocation> } => {
  const places = new Map(
    regions.map((region) => [`${home.account}/${region}`, { account: home.account, region }]),
  );
  const accounts = new Set([home.account]);
  return {
    places,
    watch: ({ account, region }) => {
      const key = `${account}/${region}`;
      if (places.has(key)) return;
      places.set(key, { account, region });
      if (!accounts.has(account)) sandbox.addAccount({ id: account, roles: MEMBER_ROLES });
      accounts.add(account);
      warden.watch({ account, region });
    },
  };
};

async function* resourceArns({ findings }: Stores, at: RegistryLocation): AsyncGenerator<string> {
  for (let token: string | null | undefined; token !== null;) {
    const page = await findings.resourcesOf(at, token);
    for (const { resource } of page.items) yield resource.arn;
    token = page.nextToken;
  }
}

const findingsIn = async (
  stores: Stores,
  places: Iterable<RegistryLocation>,
): Promise<readonly Finding[]> => {
  const found: Finding[] = [];
  for (const at of places) {
    for await (const arn of resourceArns(stores, at)) {
      const ofResource = await stores.findings.findingsOf(arn);
      found.push(...ofResource.filter(({ resourceDeleted }) => !resourceDeleted));
    }
  }
  return found;
};

/** Deploys the monitor, as an operator would after `serverless deploy`. */
export const deployMonitor = async (plan: DeploymentPlan): Promise<World> => {
  const { sandbox, settings, home, regions } = plan;
  let faults: string[] = [];
  const warden = await deployWarden(sandbox, {
    settings,
    ...home,
    regions,
    onError: (message, { fault }) => {
      faults.push(fault instanceof Error ? `${message}: ${fault.name}: ${fault.message}` : message);
    },
  });
  const stores = storesOf(plan, warden.tableName);
  const context = {
    ...settings.alerts,
    guides: new Map(CATALOGUE.map((control) => [control.id, control])),
  };
  const { watch, places } = createWatch(plan, warden);
  const tellings = createTellings({ sandbox, stores, context, topicArn: warden.topics.machine });
  return {
    sandbox,
    warden,
    stores,
    settings,
    context,
    home,
    watch,
    told: tellings.take,
    findings: () => findingsIn(stores, places.values()),
    forget: () => {
      sandbox.forget();
      tellings.forget();
    },
    faults: () => {
      const taken = faults;
      faults = [];
      return taken;
    },
  };
};

/** The configuration that the story is written for. */
export const companySettings = async (): Promise<Settings> => {
  const text = await readFile(new URL('company.yml', import.meta.url), 'utf8');
  return parseConfig(text, 'company.yml', CATALOGUE);
};
