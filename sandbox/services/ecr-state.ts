import { partitionOf } from '../../shared/model/resource.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { getOrCreate } from './service.ts';
import type { Call } from './service.ts';

export type TagMutability = 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION';
export type ScanFrequency = 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN' | 'MANUAL';

export interface ImageState {
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
  readonly tags: Set<string>;
  readonly pushedAt: number;
}

/** One repository, as assertions see it and tests may change it behind the API. */
export interface RepositoryState {
  /** Order of creation; paging goes by it. */
  readonly serial: number;
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  /** Milliseconds. */
  readonly createdAt: number;
  tagMutability: TagMutability;
  exclusionFilters: readonly string[];
  scanOnPush: boolean;
  readonly encryption: { readonly type: string; readonly kmsKey: string | null };
  policyText: string | null;
  lifecyclePolicyText: string | null;
  readonly tags: Map<string, string>;
  readonly images: Map<string, ImageState>;
}

export interface ScanRule {
  readonly scanFrequency: ScanFrequency;
  readonly filters: readonly string[];
}

/** A registry: one an account and Region. */
export interface RegistryState {
  readonly account: string;
  readonly region: string;
  readonly repositories: Map<string, RepositoryState>;
  scanType: 'BASIC' | 'ENHANCED';
  rules: readonly ScanRule[];
  policyText: string | null;
  replication: JsonObject;
  readonly settings: Map<string, string>;
  nextSerial: number;
}

/** How the sandbox answers where AWS does not say what it does. */
export interface EcrOptions {
  /**
   * PutImageScanningConfiguration under ENHANCED: `accept` keeps the flag, without any effect on scanning (default);
   * `reject` answers the ValidationException that the API model declares.
   */
  readonly repositoryFlagUnderEnhanced?: 'accept' | 'reject';
  /** `REGISTRY_POLICY_SCOPE` of a new registry. Default `V2`, as AWS documents for new registries. */
  readonly registryPolicyScope?: 'V1' | 'V2';
}

export interface Registries {
  readonly options: EcrOptions;
  readonly of: (account: string, region: string) => RegistryState;
}

export const createRegistries = (options: EcrOptions): Registries => {
  const registries = new Map<string, RegistryState>();
  const create = (account: string, region: string): RegistryState => ({
    account,
    region,
    repositories: new Map(),
    scanType: 'BASIC',
    rules: [],
    policyText: null,
    replication: { rules: [] },
    settings: new Map([
      ['BASIC_SCAN_TYPE_VERSION', 'AWS_NATIVE'],
      ['REGISTRY_POLICY_SCOPE', options.registryPolicyScope ?? 'V2'],
      ['BLOB_MOUNTING', 'DISABLED'],
    ]),
    nextSerial: 1,
  });
  return {
    options,
    of: (account, region) => getOrCreate(registries, `${account}/${region}`, () => create(account, region)),
  };
};

export const repositoryArn = (account: string, region: string, name: string): string =>
  `arn:${partitionOf(region)}:ecr:${region}:${account}:repository/${name}`;

export const notFound = (name: string, account: string): ServiceError =>
  new ServiceError(
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist in the registry with id '${account}'`,
  );

export const registryOf = (registries: Registries, call: Call): RegistryState =>
  registries.of(call.account, call.region);

export const existing = (registry: RegistryState, name: string): RepositoryState => {
  const repository = registry.repositories.get(name);
  if (repository === undefined) throw notFound(name, registry.account);
  return repository;
};

const hostSuffix = (region: string): string =>
  region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';

const exclusionFilters = (repository: RepositoryState): JsonObject =>
  repository.exclusionFilters.length === 0
    ? {}
    : {
        imageTagMutabilityExclusionFilters: repository.exclusionFilters.map((filter) => ({
          filterType: 'WILDCARD',
          filter,
        })),
      };

const encryptionOf = ({ encryption }: RepositoryState): JsonObject => ({
  encryptionType: encryption.type,
  ...(encryption.kmsKey === null ? {} : { kmsKey: encryption.kmsKey }),
});

/** A repository as DescribeRepositories writes it. */
export const describeRepository = (repository: RepositoryState): JsonObject => ({
  repositoryArn: repository.arn,
  registryId: repository.account,
  repositoryName: repository.name,
  repositoryUri: `${repository.account}.dkr.ecr.${repository.region}.${hostSuffix(repository.region)}/${repository.name}`,
  createdAt: repository.createdAt / 1000,
  imageTagMutability: repository.tagMutability,
  ...exclusionFilters(repository),
  imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
  encryptionConfiguration: encryptionOf(repository),
});
