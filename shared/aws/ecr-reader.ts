import { DescribeRepositoriesCommand, type ECRClient, type Repository } from '@aws-sdk/client-ecr';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { AwsRequestError, MalformedInputError } from '../model/errors.ts';
import { known, type Fact, type FactName, type Facts, type FactValues } from '../model/facts.ts';
import { repositoryResource, type RegistryLocation, type Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Clock } from '../ports/effects.ts';
import type { RepositoryPage, ResourceReader } from '../ports/reader.ts';
import type { ClientFor } from './clients.ts';
import * as calls from './ecr-calls.ts';
import { callAws } from './faults.ts';
import { factsFor } from './read-plan.ts';
import { NOT_READ, only, readRepositories, type RepositoryReads } from './repository-reads.ts';

const PAGE_SIZE = 1_000;

export interface EcrReaderDependencies {
  readonly ecr: ClientFor<ECRClient>;
  readonly tagging: ClientFor<ResourceGroupsTaggingAPIClient>;
  readonly clock: Clock;
}

/** Reads repositories and registries from ECR with the calls that `factSources` names. */
export const ecrReader = (dependencies: EcrReaderDependencies): ResourceReader => ({
  read: async (resources, needs) => {
    const [first] = resources;
    if (first === undefined) return [];
    const at = sameLocation(first, resources);
    const observedAt = dependencies.clock.now();
    const access = { ecr: dependencies.ecr(at), at };
    const registryScanning = once(() => calls.registryScanning(access));
    const context: RepositoryReads = { access, tagging: () => dependencies.tagging(at), registryScanning };
    const [repositories, registry] = await Promise.all([
      readRepositories(context, ofType(resources, 'repository'), factsFor('repository', needs)),
      readRegistry(context, ofType(resources, 'registry').length > 0, factsFor('registry', needs)),
    ]);
    return resources.map((resource) => snapshotOf({ resource, repositories, registry, observedAt }));
  },
  listRepositories: (at, pageToken) => listPage(dependencies.ecr(at), at, pageToken),
});

/** Repositories and their registry asked for together share the read of the registry's setting. */
const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let started: Promise<T> | null = null;
  return () => (started ??= read());
};

const sameLocation = (first: Resource, resources: readonly Resource[]): RegistryLocation => {
  const at = { account: first.account, region: first.region };
  for (const { type, account, region, arn } of resources) {
    if (account !== at.account || region !== at.region) {
      throw new MalformedInputError('one read takes resources of one account and Region', { data: { arn } });
    }
    if (type !== 'repository' && type !== 'registry') {
      throw new MalformedInputError(`a resource of type \`${type}\` has no reader`, { data: { arn } });
    }
  }
  return at;
};

const ofType = (resources: readonly Resource[], type: Resource['type']): readonly Resource[] =>
  resources.filter((resource) => resource.type === type);

interface SnapshotParts {
  readonly resource: Resource;
  readonly repositories: ReadonlyMap<string, Facts | null>;
  readonly registry: Facts;
  readonly observedAt: string;
}

const snapshotOf = ({ resource, repositories, registry, observedAt }: SnapshotParts): Snapshot => {
  const facts = resource.type === 'registry' ? registry : (repositories.get(resource.name) ?? null);
  return facts === null
    ? { exists: false, resource, observedAt }
    : { exists: true, resource, observedAt, facts };
};

const readRegistry = async (
  { access, registryScanning: readScanning }: RepositoryReads,
  wanted: boolean,
  needs: ReadonlySet<FactName>,
): Promise<Facts> => {
  if (!wanted) return {};
  const [registryScanning, registryPolicy] = await Promise.all([
    needs.has('registryScanning') ? readScanning() : NOT_READ,
    needs.has('registryPolicy') ? calls.registryPolicy(access) : NOT_READ,
  ]);
  // Without a policy the scope decides nothing, and not every account or emulator tells it.
  const noPolicy = registryPolicy.status === 'known' && registryPolicy.value === null;
  const registryPolicyScope = await scopeOf(access, needs.has('registryPolicyScope'), noPolicy);
  return only(needs, { registryScanning, registryPolicy, registryPolicyScope });
};

const scopeOf = async (
  access: RepositoryReads['access'],
  wanted: boolean,
  noPolicy: boolean,
): Promise<Fact<FactValues['registryPolicyScope']>> => {
  if (!wanted) return NOT_READ;
  return noPolicy ? known(null) : calls.registryPolicyScope(access);
};

/** One page of the registry's repositories. Refusals are thrown: an empty page would say that there are none. */
const listPage = async (
  ecr: ECRClient,
  at: RegistryLocation,
  pageToken: string | undefined,
): Promise<RepositoryPage> => {
  const command = new DescribeRepositoriesCommand({
    registryId: at.account,
    maxResults: PAGE_SIZE,
    ...(pageToken === undefined ? {} : { nextToken: pageToken }),
  });
  const answer = await callAws({ service: 'ecr', operation: 'DescribeRepositories' }, () =>
    ecr.send(command),
  );
  return {
    repositories: (answer.repositories ?? []).map((repository) => listed(at, repository)),
    nextToken: answer.nextToken ?? null,
  };
};

const listed = (at: RegistryLocation, { repositoryName, registryId = at.account }: Repository): Resource => {
  if (typeof repositoryName !== 'string' || repositoryName === '' || registryId !== at.account) {
    throw new AwsRequestError(
      'DescribeRepositories answered with a repository of no name or another registry',
      {
        data: { ...at },
      },
    );
  }
  return repositoryResource(at, repositoryName);
};
