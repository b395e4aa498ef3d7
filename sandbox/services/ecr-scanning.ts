import { flag, record, records, text } from '../fields.ts';
import { wildcardMatches } from '../wildcard.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { invalid, nameOf, namesOf, oneOf, required } from './ecr-input.ts';
import { existing, registryOf } from './ecr-state.ts';
import type { Registries, RegistryState, RepositoryState, ScanFrequency, ScanRule } from './ecr-state.ts';
import { repositoryTrail, trailOf } from './ecr-trail.ts';
import type { Call, Host, Operation } from './service.ts';

/**
 * Whether a scan filter covers a name: without `*` it means *contains*; with `*` the whole name must match and
 * each `*` stands for any characters, slashes too. Source: ECR user guide, Filters to choose which repositories
 * are scanned.
 */
export const filterMatches = (filter: string, name: string): boolean =>
  filter.includes('*') ? wildcardMatches(filter, name) : name.includes(filter);

interface EffectiveScanning {
  readonly scanFrequency: ScanFrequency;
  readonly appliedFilters: readonly string[];
}

const STRENGTH: readonly ScanFrequency[] = ['CONTINUOUS_SCAN', 'SCAN_ON_PUSH', 'MANUAL'];

const matchingRules = (registry: RegistryState, name: string): readonly ScanRule[] =>
  registry.rules
    .map(({ scanFrequency, filters }) => ({
      scanFrequency,
      filters: filters.filter((filter) => filterMatches(filter, name)),
    }))
    .filter(({ filters }) => filters.length > 0);

const withoutRule = (registry: RegistryState, repository: RepositoryState): ScanFrequency => {
  if (registry.scanType === 'BASIC') return repository.scanOnPush ? 'SCAN_ON_PUSH' : 'MANUAL';
  // AWS does not document the answer for a repository that ENHANCED leaves out; MANUAL is what users report.
  return registry.rules.length === 0 ? 'CONTINUOUS_SCAN' : 'MANUAL';
};

/**
 * AWS's own answer to "how is this repository scanned". The strongest matching rule decides;
 * without one, BASIC goes by the repository's flag and ENHANCED leaves it out, unless it has no rules at all.
 */
const effectiveScanning = (registry: RegistryState, repository: RepositoryState): EffectiveScanning => {
  const matching = matchingRules(registry, repository.name);
  const scanFrequency = STRENGTH.find((strength) => matching.some((rule) => rule.scanFrequency === strength));
  if (scanFrequency === undefined) {
    return { scanFrequency: withoutRule(registry, repository), appliedFilters: [] };
  }
  const deciding = matching.filter((rule) => rule.scanFrequency === scanFrequency);
  return { scanFrequency, appliedFilters: [...new Set(deciding.flatMap(({ filters }) => filters))] };
};

const asFilters = (filters: readonly string[]): readonly JsonObject[] =>
  filters.map((filter) => ({ filter, filterType: 'WILDCARD' }));

const asConfiguration = ({ scanType, rules }: Pick<RegistryState, 'scanType' | 'rules'>): JsonObject => ({
  scanType,
  rules: rules.map(({ scanFrequency, filters }) => ({
    scanFrequency,
    repositoryFilters: asFilters(filters),
  })),
});

const FILTER = /^[a-z0-9*._\-/]{1,255}$/;
const BAD_ENDING = /^[._\-/]|[._\-/]{2}|[._\-/]$/;
const MAX_RULES = 2;
const MAX_FILTERS = 100;
const FREQUENCIES: Readonly<Record<RegistryState['scanType'], readonly ScanFrequency[]>> = {
  BASIC: ['SCAN_ON_PUSH', 'MANUAL'],
  ENHANCED: ['SCAN_ON_PUSH', 'CONTINUOUS_SCAN'],
};

const filterOf = (entry: JsonObject): string => {
  oneOf(required(text(entry, 'filterType'), 'filterType'), ['WILDCARD'], 'filterType');
  const filter = required(text(entry, 'filter'), 'filter');
  if (!FILTER.test(filter) || BAD_ENDING.test(filter)) {
    throw invalid(
      'filter',
      String.raw`must satisfy regular expression '^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$'`,
    );
  }
  return filter;
};

const ruleOf = (entry: JsonObject, scanType: RegistryState['scanType']): ScanRule => {
  const frequency = required(text(entry, 'scanFrequency'), 'scanFrequency');
  const filters = records(entry, 'repositoryFilters');
  if (filters === undefined) throw invalid('repositoryFilters', 'must not be null');
  if (filters.length > MAX_FILTERS) {
    throw invalid('repositoryFilters', `Member must have length less than or equal to ${MAX_FILTERS}`);
  }
  return {
    scanFrequency: oneOf(frequency, FREQUENCIES[scanType], 'scanFrequency'),
    filters: filters.map(filterOf),
  };
};

const rulesOf = (input: JsonObject, scanType: RegistryState['scanType']): readonly ScanRule[] => {
  const rules = records(input, 'rules') ?? [];
  if (rules.length > MAX_RULES)
    throw invalid('rules', `Member must have length less than or equal to ${MAX_RULES}`);
  const parsed = rules.map((rule) => ruleOf(rule, scanType));
  if (new Set(parsed.map((rule) => rule.scanFrequency)).size < parsed.length) {
    throw invalid('rules', 'Each scan frequency can be used by one rule only');
  }
  return parsed;
};

const frequencies = (registry: RegistryState): ReadonlyMap<RepositoryState, ScanFrequency> =>
  new Map(
    [...registry.repositories.values()].map((repository) => [
      repository,
      effectiveScanning(registry, repository).scanFrequency,
    ]),
  );

/** `ECR Scan Resource Change`: ECR's own event when ENHANCED scanning of repositories changes. */
const emitScanChange = (
  host: Host,
  registry: RegistryState,
  before: ReadonlyMap<RepositoryState, ScanFrequency>,
): void => {
  const after = frequencies(registry);
  const changed = [...after].filter(([repository, now]) => before.get(repository) !== now);
  if (registry.scanType !== 'ENHANCED' || changed.length === 0) return;
  host.emit({
    account: registry.account,
    region: registry.region,
    source: 'aws.ecr',
    detailType: 'ECR Scan Resource Change',
    resources: changed.map(([{ arn }]) => arn),
    detail: {
      'action-type': 'SCAN_FREQUENCY_CHANGE',
      'scan-type': 'ENHANCED',
      repositories: changed.map(([repository, now]) => ({
        'repository-name': repository.name,
        'repository-arn': repository.arn,
        'scan-frequency': now,
        'previous-scan-frequency': before.get(repository) ?? 'MANUAL',
      })),
    },
  });
};

const batchGet = (registry: RegistryState, call: Call): JsonObject => {
  const names = namesOf(call.input, 25);
  if (names === undefined) throw invalid('repositoryNames', 'must not be null');
  const found = names.flatMap((name) => registry.repositories.get(name) ?? []);
  return {
    scanningConfigurations: found.map((repository) => {
      const { scanFrequency, appliedFilters } = effectiveScanning(registry, repository);
      return {
        repositoryArn: repository.arn,
        repositoryName: repository.name,
        scanOnPush: repository.scanOnPush,
        scanFrequency,
        appliedScanFilters: asFilters(appliedFilters),
      };
    }),
    failures: names
      .filter((name) => !registry.repositories.has(name))
      .map((repositoryName) => ({
        repositoryName,
        failureCode: 'REPOSITORY_NOT_FOUND',
        failureReason: 'REPOSITORY_NOT_FOUND',
      })),
  };
};

const putFlag = (registries: Registries, call: Call): JsonObject => {
  const registry = registryOf(registries, call);
  const configuration = record(call.input, 'imageScanningConfiguration');
  if (configuration === undefined) throw invalid('imageScanningConfiguration', 'must not be null');
  const repository = existing(registry, nameOf(call.input));
  if (registry.scanType === 'ENHANCED' && registries.options.repositoryFlagUnderEnhanced === 'reject') {
    throw new ServiceError('ValidationException', 'This feature is disabled');
  }
  repository.scanOnPush = flag(configuration, 'scanOnPush') ?? false;
  return {
    registryId: registry.account,
    repositoryName: repository.name,
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
  };
};

export const scanningOperations = (host: Host, registries: Registries): Record<string, Operation> => ({
  BatchGetRepositoryScanningConfiguration: { run: (call) => batchGet(registryOf(registries, call), call) },
  PutImageScanningConfiguration: { run: (call) => putFlag(registries, call), trail: repositoryTrail() },
  GetRegistryScanningConfiguration: {
    run: (call) => {
      const registry = registryOf(registries, call);
      return { registryId: registry.account, scanningConfiguration: asConfiguration(registry) };
    },
  },
  PutRegistryScanningConfiguration: {
    run: (call) => {
      const registry = registryOf(registries, call);
      const given = text(call.input, 'scanType');
      const scanType =
        given === undefined ? registry.scanType : oneOf(given, ['BASIC', 'ENHANCED'] as const, 'scanType');
      const rules = rulesOf(call.input, scanType);
      const before = frequencies(registry);
      registry.scanType = scanType;
      registry.rules = rules;
      emitScanChange(host, registry, before);
      return { registryScanningConfiguration: asConfiguration(registry) };
    },
    trail: trailOf(() => []),
  },
});
