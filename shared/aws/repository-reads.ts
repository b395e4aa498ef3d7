import type { Repository } from '@aws-sdk/client-ecr';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import {
  unreadable,
  type Fact,
  type FactName,
  type Facts,
  type RegistryScanning,
  type Tag,
} from '../model/facts.ts';
import type { Resource } from '../model/resource.ts';
import * as calls from './ecr-calls.ts';
import type { Reading, RegistryAccess } from './ecr-calls.ts';
import { encryptionOf, scanOnPushOf, tagMutabilityOf, type BatchScanning } from './ecr-wire.ts';
import { mapPooled } from './pool.ts';
import { planRepositoryReads, type RepositoryReadPlan } from './read-plan.ts';

/** How one registry is reached. `registryScanning` may be shared with other readers of the same registry. */
export interface RepositoryReads {
  readonly access: RegistryAccess;
  readonly tagging: () => ResourceGroupsTaggingAPIClient;
  readonly registryScanning: () => Promise<Fact<RegistryScanning>>;
}

/** Everything that was read of a list of repositories. A name is absent from a map whose call was not needed. */
interface Readings {
  readonly batch: ReadonlyMap<string, Reading<BatchScanning>>;
  readonly described: ReadonlyMap<string, Reading<Fact<Repository>>>;
  readonly policies: ReadonlyMap<string, Reading<Fact<string | null>>>;
  readonly lifecycles: ReadonlyMap<string, Reading<Fact<string | null>>>;
}
interface CommonReadings {
  readonly registryScanning: Fact<RegistryScanning>;
  readonly tags: ReadonlyMap<string, Fact<readonly Tag[]>>;
}

/** Stands for a fact whose call the plan left out; `only` leaves it out of the snapshot, too. */
export const NOT_READ = unreadable('unavailable', 'not read');
const NOTHING = new Map<string, never>();

/** The facts of each repository by name; null: there is no such repository. */
export const readRepositories = async (
  reads: RepositoryReads,
  resources: readonly Resource[],
  needs: ReadonlySet<FactName>,
): Promise<ReadonlyMap<string, Facts | null>> => {
  if (resources.length === 0) return NOTHING;
  const plan = planRepositoryReads(needs);
  const names = [...new Set(resources.map((resource) => resource.name))];
  const [common, readings] = await Promise.all([
    readCommon(reads, resources, plan),
    names.length === 1 ? readAtOnce(reads.access, names, plan) : readInTurn(reads.access, names, plan),
  ]);
  return new Map(
    resources.map((resource) => [resource.name, repositoryFacts({ resource, needs, common, readings })]),
  );
};

const readCommon = async (
  reads: RepositoryReads,
  resources: readonly Resource[],
  plan: RepositoryReadPlan,
): Promise<CommonReadings> => {
  const [registryScanning, tags] = await Promise.all([
    plan.registryScanning ? reads.registryScanning() : NOT_READ,
    plan.tags
      ? calls.tagsByArn(
          reads.tagging(),
          resources.map((resource) => resource.arn),
        )
      : NOTHING,
  ]);
  return { registryScanning, tags };
};

/** One repository: all calls at the same time, for the shortest way from event to verdict. */
const readAtOnce = async (
  access: RegistryAccess,
  names: readonly string[],
  plan: RepositoryReadPlan,
): Promise<Readings> => {
  const [batch, described, texts] = await Promise.all([
    readBatch(access, names, plan),
    readDescriptions(access, names, plan),
    readTexts(access, names, plan),
  ]);
  return { batch, described, ...texts };
};

/** Many: in turn, so that what one call shows to be gone does not make the next one fail or cost a call of its own. */
const readInTurn = async (
  access: RegistryAccess,
  names: readonly string[],
  plan: RepositoryReadPlan,
): Promise<Readings> => {
  const batch = await readBatch(access, names, plan);
  const known = names.filter((name) => batch.get(name) !== null);
  const described = await readDescriptions(access, known, plan);
  const there = known.filter((name) => described.get(name) !== null);
  return { batch, described, ...(await readTexts(access, there, plan)) };
};

const readBatch = async (
  access: RegistryAccess,
  names: readonly string[],
  plan: RepositoryReadPlan,
): Promise<Readings['batch']> => (plan.batchScanning ? calls.batchScanningByName(access, names) : NOTHING);

const readDescriptions = async (
  access: RegistryAccess,
  names: readonly string[],
  plan: RepositoryReadPlan,
): Promise<Readings['described']> => (plan.describe ? calls.describeByName(access, names) : NOTHING);

/** Policies, which ECR gives one repository at a time: all of both kinds through one pool. */
const readTexts = async (
  access: RegistryAccess,
  names: readonly string[],
  plan: RepositoryReadPlan,
): Promise<Pick<Readings, 'policies' | 'lifecycles'>> => {
  const policies = new Map<string, Reading<Fact<string | null>>>();
  const lifecycles = new Map<string, Reading<Fact<string | null>>>();
  const tasks = names.flatMap((name) => [
    ...(plan.policy ? [{ name, into: policies, read: calls.repositoryPolicy }] : []),
    ...(plan.lifecycle ? [{ name, into: lifecycles, read: calls.lifecyclePolicy }] : []),
  ]);
  await mapPooled(tasks, calls.READ_CONCURRENCY, async ({ name, into, read }) => {
    into.set(name, await read(access, name));
  });
  return { policies, lifecycles };
};

interface FactParts {
  readonly resource: Resource;
  readonly needs: ReadonlySet<FactName>;
  readonly common: CommonReadings;
  readonly readings: Readings;
}

/** Null if any call said that there is no such repository: it may have gone between two of them. */
const repositoryFacts = ({ resource, needs, common, readings }: FactParts): Facts | null => {
  const { batch, described, policies, lifecycles } = readings;
  if ([batch, described, policies, lifecycles].some((map) => map.get(resource.name) === null)) return null;
  const scanning = batch.get(resource.name);
  const description = described.get(resource.name);
  return only(needs, {
    scanOnPush: scanOnPush(scanning, description),
    appliedScanning: scanning?.appliedScanning ?? NOT_READ,
    registryScanning: common.registryScanning,
    repositoryPolicy: policies.get(resource.name) ?? NOT_READ,
    lifecyclePolicy: lifecycles.get(resource.name) ?? NOT_READ,
    tagMutability: derived(description, tagMutabilityOf),
    encryption: derived(description, encryptionOf),
    tags: common.tags.get(resource.arn) ?? NOT_READ,
  });
};

type Maybe<T> = T | null | undefined;

/** From the batch answer; where that was refused, from the description if there is one. */
const scanOnPush = (batch: Maybe<BatchScanning>, description: Maybe<Fact<Repository>>): Fact<boolean> => {
  const described = derived(description, scanOnPushOf);
  if (batch === null || batch === undefined) return described;
  return batch.scanOnPush.status === 'unreadable' && described.status === 'known'
    ? described
    : batch.scanOnPush;
};

const derived = <T>(
  description: Maybe<Fact<Repository>>,
  of: (repository: Repository) => Fact<T>,
): Fact<T> => {
  if (description === null || description === undefined) return NOT_READ;
  return description.status === 'known' ? of(description.value) : description;
};

/** The facts that were asked for and no others. */
export const only = (needs: ReadonlySet<FactName>, facts: Facts): Facts => {
  const names: ReadonlySet<string> = needs;
  return Object.fromEntries(Object.entries(facts).filter(([name]) => names.has(name)));
};
