import {
  BatchGetRepositoryScanningConfigurationCommand,
  DescribeRepositoriesCommand,
  GetAccountSettingCommand,
  GetLifecyclePolicyCommand,
  GetRegistryPolicyCommand,
  GetRegistryScanningConfigurationCommand,
  GetRepositoryPolicyCommand,
  type ECRClient,
  type Repository,
} from '@aws-sdk/client-ecr';
import {
  GetResourcesCommand,
  type ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { known, unreadable, type Fact, type RegistryScanning, type Tag } from '../model/facts.ts';
import type { RegistryLocation } from '../model/resource.ts';
import { askForMany, isRefusal, type Refusal } from './ask-for-many.ts';
import {
  batchScanningOf,
  policyScopeOf,
  policyTextOf,
  registryScanningOf,
  tagsOf,
  type BatchScanning,
} from './ecr-wire.ts';
import { callAws, isNamed, unreadableReason } from './faults.ts';
import { chunksOf, mapPooled } from './pool.ts';

/** What reading one thing of one repository gives; null: there is no such repository. */
export type Reading<T> = T | null;

/** Limits of the calls. Source: ECR and Resource Groups Tagging API references. */
export const NAMES_PER_DESCRIBE = 100;
export const NAMES_PER_BATCH = 25;
const ARNS_PER_TAGS = 100;

/** Calls in flight at once for one registry: ECR's control-plane rates are unpublished and low. */
export const READ_CONCURRENCY = 4;

const NO_REPOSITORY = 'RepositoryNotFoundException';

export interface RegistryAccess {
  readonly ecr: ECRClient;
  readonly at: RegistryLocation;
}

/** A lasting refusal as an unreadable fact; anything else is thrown on. */
const refusedFact = (fault: unknown): Fact<never> => {
  if (!isRefusal(fault)) throw fault;
  return unreadable(unreadableReason(fault), fault.message);
};

/** An answer must be of the registry that was asked for: wrong credentials must not pass for an empty account. */
const ofRegistry = <T>(at: RegistryLocation, registryId: string | undefined, fact: Fact<T>): Fact<T> =>
  registryId === undefined || registryId === at.account
    ? fact
    : unreadable('malformed', `the answer is of registry \`${registryId}\`, not of \`${at.account}\``);

const absent = unreadable('malformed', 'the answer does not mention it');

/** Descriptions of repositories by name. */
export const describeByName = async (
  { ecr, at }: RegistryAccess,
  names: readonly string[],
): Promise<ReadonlyMap<string, Reading<Fact<Repository>>>> => {
  const ask = async (part: readonly string[]): Promise<ReadonlyMap<string, Fact<Repository>>> => {
    const answer = await callAws({ service: 'ecr', operation: 'DescribeRepositories' }, () =>
      ecr.send(new DescribeRepositoriesCommand({ registryId: at.account, repositoryNames: [...part] })),
    );
    const found = new Map(answer.repositories?.map((repository) => [repository.repositoryName, repository]));
    return new Map(
      part.map((name) => {
        const repository = found.get(name);
        return [
          name,
          repository === undefined ? absent : ofRegistry(at, repository.registryId, known(repository)),
        ];
      }),
    );
  };
  const parts = await mapPooled(chunksOf(names, NAMES_PER_DESCRIBE), READ_CONCURRENCY, (part) =>
    askForMany<Reading<Fact<Repository>>>(part, { ask, refused: missingOrUnreadable }),
  );
  return merged(parts);
};

const missingOrUnreadable = (refusal: Refusal): Fact<never> | null =>
  isNamed(refusal, NO_REPOSITORY) ? null : refusedFact(refusal);

const merged = <R>(parts: readonly ReadonlyMap<string, R>[]): ReadonlyMap<string, R> =>
  new Map(parts.flatMap((part) => [...part]));

/** AWS's own effective scanning of repositories by name. */
export const batchScanningByName = async (
  { ecr }: RegistryAccess,
  names: readonly string[],
): Promise<ReadonlyMap<string, Reading<BatchScanning>>> => {
  const ask = (part: readonly string[]): Promise<ReadonlyMap<string, Reading<BatchScanning>>> =>
    askBatch(ecr, part);
  const parts = await mapPooled(chunksOf(names, NAMES_PER_BATCH), READ_CONCURRENCY, (part) =>
    askForMany(part, {
      ask,
      refused: (refusal) => (isNamed(refusal, NO_REPOSITORY) ? null : bothUnreadable(refusedFact(refusal))),
    }),
  );
  return merged(parts);
};

const bothUnreadable = (fact: Fact<never>): BatchScanning => ({ scanOnPush: fact, appliedScanning: fact });

const askBatch = async (
  ecr: ECRClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, Reading<BatchScanning>>> => {
  const answer = await callAws({ service: 'ecr', operation: 'BatchGetRepositoryScanningConfiguration' }, () =>
    ecr.send(new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames: [...names] })),
  );
  const found = new Map(answer.scanningConfigurations?.map((entry) => [entry.repositoryName, entry]));
  const failures = new Map(answer.failures?.map((failure) => [failure.repositoryName, failure.failureCode]));
  return new Map(
    names.map((name) => {
      const entry = found.get(name);
      if (entry !== undefined) return [name, batchScanningOf(entry)];
      const code: string | undefined = failures.get(name);
      if (code === 'REPOSITORY_NOT_FOUND') return [name, null];
      return [
        name,
        bothUnreadable(code === undefined ? absent : unreadable('unavailable', `failed: ${code}`)),
      ];
    }),
  );
};

/** Names of the errors that mean "no such repository" and "the repository has none". */
interface Absence {
  readonly operation: string;
  readonly none: string;
}

/** A text that a repository may lack; `ask` gives the text of the answer. */
const optionalText = async (
  { operation, none }: Absence,
  ask: () => Promise<string | undefined>,
): Promise<Reading<Fact<string | null>>> => {
  try {
    return policyTextOf(await callAws({ service: 'ecr', operation }, ask));
  } catch (fault) {
    if (isNamed(fault, NO_REPOSITORY)) return null;
    return isNamed(fault, none) ? known(null) : refusedFact(fault);
  }
};

export const repositoryPolicy = async (
  { ecr, at }: RegistryAccess,
  repositoryName: string,
): Promise<Reading<Fact<string | null>>> =>
  optionalText({ operation: 'GetRepositoryPolicy', none: 'RepositoryPolicyNotFoundException' }, async () => {
    const command = new GetRepositoryPolicyCommand({ registryId: at.account, repositoryName });
    return (await ecr.send(command)).policyText;
  });

export const lifecyclePolicy = async (
  { ecr, at }: RegistryAccess,
  repositoryName: string,
): Promise<Reading<Fact<string | null>>> =>
  optionalText({ operation: 'GetLifecyclePolicy', none: 'LifecyclePolicyNotFoundException' }, async () => {
    const command = new GetLifecyclePolicyCommand({ registryId: at.account, repositoryName });
    return (await ecr.send(command)).lifecyclePolicyText;
  });

/** A fact of the registry: a lasting refusal makes it unreadable. */
const registryFact = async <T>(operation: string, ask: () => Promise<Fact<T>>): Promise<Fact<T>> => {
  try {
    return await callAws({ service: 'ecr', operation }, ask);
  } catch (fault) {
    return refusedFact(fault);
  }
};

export const registryScanning = async ({ ecr, at }: RegistryAccess): Promise<Fact<RegistryScanning>> =>
  registryFact('GetRegistryScanningConfiguration', async () => {
    const answer = await ecr.send(new GetRegistryScanningConfigurationCommand({}));
    return ofRegistry(at, answer.registryId, registryScanningOf(answer.scanningConfiguration));
  });

export const registryPolicy = async ({ ecr, at }: RegistryAccess): Promise<Fact<string | null>> => {
  try {
    const answer = await callAws({ service: 'ecr', operation: 'GetRegistryPolicy' }, () =>
      ecr.send(new GetRegistryPolicyCommand({})),
    );
    return ofRegistry(at, answer.registryId, policyTextOf(answer.policyText));
  } catch (fault) {
    return isNamed(fault, 'RegistryPolicyNotFoundException') ? known(null) : refusedFact(fault);
  }
};

export const registryPolicyScope = async ({ ecr }: RegistryAccess): Promise<Fact<'V1' | 'V2'>> =>
  registryFact('GetAccountSetting', async () => {
    const answer = await ecr.send(new GetAccountSettingCommand({ name: 'REGISTRY_POLICY_SCOPE' }));
    return policyScopeOf(answer.value);
  });

/** Tags of resources by ARN. A resource that the tagging API does not list has none. */
export const tagsByArn = async (
  tagging: ResourceGroupsTaggingAPIClient,
  arns: readonly string[],
): Promise<ReadonlyMap<string, Fact<readonly Tag[]>>> => {
  const ask = (part: readonly string[]): Promise<ReadonlyMap<string, Fact<readonly Tag[]>>> =>
    askTags(tagging, part);
  const parts = await mapPooled(chunksOf(arns, ARNS_PER_TAGS), READ_CONCURRENCY, (part) =>
    askForMany(part, { ask, refused: refusedFact }),
  );
  return merged(parts);
};

/**
 * A list of ARNs excludes paging parameters (API reference, GetResources), so there is one answer. Should it name a
 * next page all the same, what is not on this one is unknown: "no opt-out tag" must not be concluded from it.
 */
const askTags = async (
  tagging: ResourceGroupsTaggingAPIClient,
  arns: readonly string[],
): Promise<ReadonlyMap<string, Fact<readonly Tag[]>>> => {
  const answer = await callAws({ service: 'tagging', operation: 'GetResources' }, () =>
    tagging.send(new GetResourcesCommand({ ResourceARNList: [...arns] })),
  );
  const found = new Map(answer.ResourceTagMappingList?.map((entry) => [entry.ResourceARN, entry.Tags]));
  const complete = (answer.PaginationToken ?? '') === '';
  return new Map(arns.map((arn) => [arn, found.has(arn) || complete ? tagsOf(found.get(arn)) : absent]));
};
