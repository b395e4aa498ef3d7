import { isRecord, text } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { invalid, nameOf, required } from './ecr-input.ts';
import { checkedPolicy } from './ecr-policy-text.ts';
import { existing, registryOf } from './ecr-state.ts';
import type { Registries, RegistryState, RepositoryState } from './ecr-state.ts';
import { repositoryTrail, trailOf } from './ecr-trail.ts';
import type { Call, Host, Operation } from './service.ts';

const noRepositoryPolicy = ({ name, account }: RepositoryState): ServiceError =>
  new ServiceError(
    'RepositoryPolicyNotFoundException',
    `Repository policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
  );

const noLifecyclePolicy = ({ name, account }: RepositoryState): ServiceError =>
  new ServiceError(
    'LifecyclePolicyNotFoundException',
    `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
  );

const noRegistryPolicy = (account: string): ServiceError =>
  new ServiceError(
    'RegistryPolicyNotFoundException',
    `Registry policy does not exist in the registry with id '${account}'`,
  );

const repositoryAnswer = (repository: RepositoryState, field: string, policy: string): JsonObject => ({
  registryId: repository.account,
  repositoryName: repository.name,
  [field]: policy,
});

const LIFECYCLE_MIN = 100;
const LIFECYCLE_MAX = 30_720;

const isLifecyclePolicy = (policyText: string): boolean => {
  try {
    const value: unknown = JSON.parse(policyText);
    if (!isRecord(value) || !Array.isArray(value['rules'])) return false;
    const rules: readonly unknown[] = value['rules'];
    return (
      rules.length > 0 &&
      rules.every(
        (rule) =>
          isRecord(rule) &&
          Number.isInteger(rule['rulePriority']) &&
          isRecord(rule['selection']) &&
          isRecord(rule['action']),
      )
    );
  } catch {
    return false;
  }
};

const checkedLifecyclePolicy = (policyText: string): string => {
  if (policyText.length < LIFECYCLE_MIN || policyText.length > LIFECYCLE_MAX) {
    throw invalid(
      'lifecyclePolicyText',
      `Member must have length between ${LIFECYCLE_MIN} and ${LIFECYCLE_MAX}`,
    );
  }
  if (!isLifecyclePolicy(policyText))
    throw invalid('LifecyclePolicyText', 'Lifecycle policy validation failure');
  return policyText;
};

const repositoryOf = (registries: Registries, call: Call): RepositoryState =>
  existing(registryOf(registries, call), nameOf(call.input));

const repositoryPolicies = (registries: Registries): Record<string, Operation> => ({
  SetRepositoryPolicy: {
    run: (call) => {
      const policyText = required(text(call.input, 'policyText'), 'policyText');
      const repository = repositoryOf(registries, call);
      const kept = checkedPolicy(policyText, 'repository');
      repository.policyText = kept;
      return repositoryAnswer(repository, 'policyText', kept);
    },
    trail: repositoryTrail({ force: false }),
  },
  GetRepositoryPolicy: {
    run: (call) => {
      const repository = repositoryOf(registries, call);
      if (repository.policyText === null) throw noRepositoryPolicy(repository);
      return repositoryAnswer(repository, 'policyText', repository.policyText);
    },
  },
  DeleteRepositoryPolicy: {
    run: (call) => {
      const repository = repositoryOf(registries, call);
      const old = repository.policyText;
      if (old === null) throw noRepositoryPolicy(repository);
      repository.policyText = null;
      return repositoryAnswer(repository, 'policyText', old);
    },
    trail: repositoryTrail(),
  },
});

const lifecyclePolicies = (host: Host, registries: Registries): Record<string, Operation> => ({
  PutLifecyclePolicy: {
    run: (call) => {
      const policyText = required(text(call.input, 'lifecyclePolicyText'), 'lifecyclePolicyText');
      const repository = repositoryOf(registries, call);
      const kept = checkedLifecyclePolicy(policyText);
      repository.lifecyclePolicyText = kept;
      return repositoryAnswer(repository, 'lifecyclePolicyText', kept);
    },
    trail: repositoryTrail(),
  },
  GetLifecyclePolicy: {
    run: (call) => {
      const repository = repositoryOf(registries, call);
      const policy = repository.lifecyclePolicyText;
      if (policy === null) throw noLifecyclePolicy(repository);
      return {
        ...repositoryAnswer(repository, 'lifecyclePolicyText', policy),
        lastEvaluatedAt: host.schedule.now() / 1000,
      };
    },
  },
  DeleteLifecyclePolicy: {
    run: (call) => {
      const repository = repositoryOf(registries, call);
      const old = repository.lifecyclePolicyText;
      if (old === null) throw noLifecyclePolicy(repository);
      repository.lifecyclePolicyText = null;
      return {
        ...repositoryAnswer(repository, 'lifecyclePolicyText', old),
        lastEvaluatedAt: host.schedule.now() / 1000,
      };
    },
    trail: repositoryTrail(),
  },
});

const registryAnswer = (registry: RegistryState, policyText: string): JsonObject => ({
  registryId: registry.account,
  policyText,
});

const registryPolicies = (registries: Registries): Record<string, Operation> => ({
  PutRegistryPolicy: {
    run: (call) => {
      const registry = registryOf(registries, call);
      const kept = checkedPolicy(required(text(call.input, 'policyText'), 'policyText'), 'registry');
      registry.policyText = kept;
      return registryAnswer(registry, kept);
    },
    trail: trailOf(() => []),
  },
  GetRegistryPolicy: {
    run: (call) => {
      const registry = registryOf(registries, call);
      if (registry.policyText === null) throw noRegistryPolicy(registry.account);
      return registryAnswer(registry, registry.policyText);
    },
  },
  DeleteRegistryPolicy: {
    run: (call) => {
      const registry = registryOf(registries, call);
      const old = registry.policyText;
      if (old === null) throw noRegistryPolicy(registry.account);
      registry.policyText = null;
      return registryAnswer(registry, old);
    },
    trail: trailOf(() => []),
  },
});

export const policyOperations = (host: Host, registries: Registries): Record<string, Operation> => ({
  ...repositoryPolicies(registries),
  ...lifecyclePolicies(host, registries),
  ...registryPolicies(registries),
});
