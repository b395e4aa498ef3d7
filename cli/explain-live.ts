import { ecrClients, taggingClients } from '../shared/aws/clients.ts';
import { ecrReader } from '../shared/aws/ecr-reader.ts';
import { ConfigError, PermissionError } from '../shared/model/errors.ts';
import type { Fact, FactName, Facts } from '../shared/model/facts.ts';
import { registryResource, type Resource } from '../shared/model/resource.ts';
import type { Snapshot } from '../shared/model/snapshot.ts';
import type { CombinedInput } from '../shared/policy/combine.ts';
import type { CliSurroundings } from './surroundings.ts';

type Policies = Pick<CombinedInput, 'repositoryPolicy' | 'registryPolicy' | 'registryScope'>;

const NEEDS: ReadonlySet<FactName> = new Set(['repositoryPolicy', 'registryPolicy', 'registryPolicyScope']);

const valueOf = <T>(fact: Fact<T> | undefined): T => {
  if (fact?.status === 'known') return fact.value;
  throw new PermissionError(fact?.message ?? 'the policy was not read');
};

/** The scope matters only where there is a registry policy. */
const policiesOf = (repository: Facts, registry: Facts): Policies => {
  const repositoryPolicy = valueOf(repository.repositoryPolicy);
  const registryPolicy = valueOf(registry.registryPolicy);
  if (registryPolicy === null) return { repositoryPolicy, registryPolicy };
  const scope = valueOf(registry.registryPolicyScope);
  return { repositoryPolicy, registryPolicy, ...(scope === null ? {} : { registryScope: scope }) };
};

const factsOf = (snapshot: Snapshot | undefined): Facts | null =>
  snapshot?.exists === true ? snapshot.facts : null;

/**
 * Reads the two policies that decide about a repository. Throws `ConfigError` if there is no such repository, and
 * `PermissionError` if a policy cannot be read: an answer about half of them could be wrong.
 */
export const readPolicies = async (
  { overrides, clock }: CliSurroundings,
  repository: Resource,
): Promise<Policies> => {
  const options = { region: repository.region, ...(overrides === undefined ? {} : { overrides }) };
  const reader = ecrReader({ ecr: ecrClients(options), tagging: taggingClients(options), clock });
  const [own, registry] = await reader.read([repository, registryResource(repository)], NEEDS);
  const facts = factsOf(own);
  if (facts === null) {
    throw new ConfigError(
      `there is no repository \`${repository.name}\` in ${repository.account} ${repository.region}`,
    );
  }
  return policiesOf(facts, factsOf(registry) ?? {});
};
