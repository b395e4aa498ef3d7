import { factSources } from '../model/fact-sources.ts';
import type { FactName } from '../model/facts.ts';
import type { ResourceType } from '../model/resource.ts';

/** Which calls read the needed facts of repositories. Each flag is one operation of `factSources`. */
export interface RepositoryReadPlan {
  readonly describe: boolean;
  readonly batchScanning: boolean;
  readonly registryScanning: boolean;
  readonly policy: boolean;
  readonly lifecycle: boolean;
  readonly tags: boolean;
}

/** Facts of the registry that each of its repositories is judged by, too. */
const REGISTRY_FACTS_OF_REPOSITORIES: ReadonlySet<FactName> = new Set(['registryScanning']);

/** Whether a resource of this type has the fact. */
export const hasFact = (type: ResourceType, fact: FactName): boolean =>
  factSources[fact].of === type || (type === 'repository' && REGISTRY_FACTS_OF_REPOSITORIES.has(fact));

/** The needed facts that a resource of this type has. */
export const factsFor = (type: ResourceType, needs: ReadonlySet<FactName>): ReadonlySet<FactName> =>
  new Set([...needs].filter((fact) => hasFact(type, fact)));

/**
 * The fewest calls for the needed facts. `scanOnPush` comes with `appliedScanning` where that is read anyway.
 * At least one call proves that the repository exists: the registry's settings and the tagging API do not.
 */
export const planRepositoryReads = (needs: ReadonlySet<FactName>): RepositoryReadPlan => {
  const batchScanning = needs.has('appliedScanning');
  const policy = needs.has('repositoryPolicy');
  const lifecycle = needs.has('lifecyclePolicy');
  const describe =
    needs.has('tagMutability') || needs.has('encryption') || (needs.has('scanOnPush') && !batchScanning);
  return {
    describe: describe || !(batchScanning || policy || lifecycle),
    batchScanning,
    registryScanning: needs.has('registryScanning'),
    policy,
    lifecycle,
    tags: needs.has('tags'),
  };
};
