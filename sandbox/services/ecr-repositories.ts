import { flag, integer, record, text, texts } from '../fields.ts';
import { stableId } from '../random.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import {
  checkedName,
  invalid,
  mergedTags,
  mutabilityOf,
  nameOf,
  namesOf,
  oneOf,
  pageSize,
  pageToken,
  required,
  tokenPosition,
} from './ecr-input.ts';
import { describeRepository, existing, notFound, registryOf, repositoryArn } from './ecr-state.ts';
import type { Registries, RegistryState, RepositoryState } from './ecr-state.ts';
import { repositoryTrail, trailOf } from './ecr-trail.ts';
import type { Call, Host, Operation } from './service.ts';

/** Default quota. Source: ECR user guide, service quotas. */
const MAX_REPOSITORIES = 100_000;

const keyArn = (call: Call, name: string): string => {
  const id = stableId('', `${call.account}/${call.region}/${name}`, 12).toLowerCase();
  return `arn:aws:kms:${call.region}:${call.account}:key/${id}`;
};

const encryptionOf = (call: Call, name: string): RepositoryState['encryption'] => {
  const configuration = record(call.input, 'encryptionConfiguration');
  if (configuration === undefined) return { type: 'AES256', kmsKey: null };
  const given = required(text(configuration, 'encryptionType'), 'encryptionType');
  const type = oneOf(given, ['AES256', 'KMS', 'KMS_DSSE'], 'encryptionType');
  const kmsKey = text(configuration, 'kmsKey');
  if (type !== 'AES256') return { type, kmsKey: kmsKey ?? keyArn(call, name) };
  if (kmsKey !== undefined) throw invalid('kmsKey', 'must be null when encryptionType is AES256');
  return { type, kmsKey: null };
};

const create = (host: Host, registry: RegistryState, call: Call): JsonObject => {
  const name = nameOf(call.input);
  const scanning = record(call.input, 'imageScanningConfiguration') ?? {};
  const repository: RepositoryState = {
    serial: registry.nextSerial,
    name,
    arn: repositoryArn(registry.account, registry.region, name),
    account: registry.account,
    region: registry.region,
    createdAt: host.schedule.now(),
    ...mutabilityOf(call.input),
    scanOnPush: flag(scanning, 'scanOnPush') ?? false,
    encryption: encryptionOf(call, name),
    policyText: null,
    lifecyclePolicyText: null,
    tags: new Map(mergedTags(call.input, new Map())),
    images: new Map(),
  };
  if (registry.repositories.has(name)) {
    throw new ServiceError(
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${registry.account}'`,
    );
  }
  if (registry.repositories.size >= MAX_REPOSITORIES) {
    throw new ServiceError(
      'LimitExceededException',
      `The registry already has ${MAX_REPOSITORIES} repositories`,
    );
  }
  registry.nextSerial += 1;
  registry.repositories.set(name, repository);
  return { repository: describeRepository(repository) };
};

const describeNamed = (registry: RegistryState, names: readonly string[]): JsonObject => {
  const missing = names.find((name) => !registry.repositories.has(name));
  if (missing !== undefined) throw notFound(missing, registry.account);
  return { repositories: [...new Set(names)].map((name) => describeRepository(existing(registry, name))) };
};

const describe = (registry: RegistryState, input: JsonObject): JsonObject => {
  const names = namesOf(input, 100);
  const maxResults = integer(input, 'maxResults');
  const nextToken = text(input, 'nextToken');
  if (names !== undefined && (maxResults ?? nextToken) !== undefined) {
    throw invalid('repositoryNames', 'maxResults and nextToken cannot be used with repositoryNames');
  }
  if (names !== undefined) return describeNamed(registry, names);
  const size = pageSize(maxResults);
  const after = tokenPosition(nextToken);
  const rest = [...registry.repositories.values()].filter(({ serial }) => serial > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return {
    repositories: page.map(describeRepository),
    ...(rest.length > size && last !== undefined ? { nextToken: pageToken(last.serial) } : {}),
  };
};

const remove = (registry: RegistryState, input: JsonObject): JsonObject => {
  const repository = existing(registry, nameOf(input));
  if (repository.images.size > 0 && flag(input, 'force') !== true) {
    throw new ServiceError(
      'RepositoryNotEmptyException',
      `The repository with name '${repository.name}' in registry with id '${registry.account}' ` +
        'cannot be deleted because it still contains images',
    );
  }
  registry.repositories.delete(repository.name);
  return { repository: describeRepository(repository) };
};

const putMutability = (registry: RegistryState, input: JsonObject): JsonObject => {
  required(text(input, 'imageTagMutability'), 'imageTagMutability');
  const wanted = mutabilityOf(input);
  const repository = Object.assign(existing(registry, nameOf(input)), wanted);
  const described = describeRepository(repository);
  return {
    registryId: registry.account,
    repositoryName: repository.name,
    imageTagMutability: repository.tagMutability,
    ...(wanted.exclusionFilters.length === 0
      ? {}
      : { imageTagMutabilityExclusionFilters: described['imageTagMutabilityExclusionFilters'] ?? [] }),
  };
};

const REPOSITORY_ARN = /^arn:aws[a-z-]*:ecr:([a-z0-9-]+):(\d{12}):repository\/(.+)$/s;

/** The repository that a `resourceArn` names. It must be of the caller's registry and Region. */
const byArn = (registry: RegistryState, input: JsonObject): RepositoryState => {
  const match = REPOSITORY_ARN.exec(required(text(input, 'resourceArn'), 'resourceArn'));
  const [, region, account, name] = match ?? [];
  if (region !== registry.region || account !== registry.account) throw invalid('resourceArn', 'Invalid ARN');
  return existing(registry, checkedName(name));
};

const tagTrail = trailOf(({ input }) => {
  const arn = text(input, 'resourceArn');
  return arn === undefined ? [] : [arn];
});

const tagOperations = (registries: Registries): Record<string, Operation> => ({
  TagResource: {
    run: (call) => {
      const repository = byArn(registryOf(registries, call), call.input);
      for (const [key, value] of mergedTags(call.input, repository.tags)) repository.tags.set(key, value);
      return {};
    },
    trail: tagTrail,
  },
  UntagResource: {
    run: (call) => {
      const repository = byArn(registryOf(registries, call), call.input);
      for (const key of texts(call.input, 'tagKeys') ?? []) repository.tags.delete(key);
      return {};
    },
    trail: tagTrail,
  },
  ListTagsForResource: {
    run: (call) => ({
      tags: [...byArn(registryOf(registries, call), call.input).tags].map(([Key, Value]) => ({ Key, Value })),
    }),
  },
});

export const repositoryOperations = (host: Host, registries: Registries): Record<string, Operation> => ({
  CreateRepository: {
    run: (call) => create(host, registryOf(registries, call), call),
    trail: repositoryTrail(),
  },
  DescribeRepositories: { run: (call) => describe(registryOf(registries, call), call.input) },
  DeleteRepository: {
    run: (call) => remove(registryOf(registries, call), call.input),
    trail: repositoryTrail({ force: false }),
  },
  PutImageTagMutability: {
    run: (call) => putMutability(registryOf(registries, call), call.input),
    trail: repositoryTrail(),
  },
  ...tagOperations(registries),
});
