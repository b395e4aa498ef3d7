import type {
  RegistryScanningConfiguration,
  RegistryScanningRule,
  Repository,
  RepositoryScanningConfiguration,
} from '@aws-sdk/client-ecr';
import type { Tag as WireTag } from '@aws-sdk/client-resource-groups-tagging-api';
import {
  known,
  SCAN_FREQUENCIES,
  TAG_MUTABILITIES,
  unreadable,
  type AppliedScanning,
  type Encryption,
  type Fact,
  type RegistryScanning,
  type ScanFrequency,
  type ScanningRule,
  type Tag,
  type TagMutability,
} from '../model/facts.ts';

// The SDK types its answers but does not check them: a value that AWS adds later arrives as it is. Each function here
// turns one part of an answer into a closed type, or says that it is malformed.

const MAX_SHOWN = 60;

const malformed = (what: string, value: unknown): Fact<never> =>
  unreadable('malformed', `unexpected ${what} \`${JSON.stringify(value ?? null).slice(0, MAX_SHOWN)}\``);

const oneOf = <T extends string>(values: readonly T[], value: unknown): T | null =>
  values.find((candidate) => candidate === value) ?? null;

interface WireFilter {
  readonly filter?: unknown;
  readonly filterType?: unknown;
}

/** The texts of wildcard filters; null if one is of another kind. */
const wildcardFilters = (filters: readonly WireFilter[] | undefined): string[] | null => {
  const texts = (filters ?? []).map(({ filter, filterType }) =>
    typeof filter === 'string' && (filterType === 'WILDCARD' || filterType === undefined) ? filter : null,
  );
  return texts.every((text) => text !== null) ? texts : null;
};

/** Without a scanning configuration `scanOnPush` is false. Source: ECR API, ImageScanningConfiguration. */
export const scanOnPushOf = (repository: Pick<Repository, 'imageScanningConfiguration'>): Fact<boolean> =>
  flagOf(repository.imageScanningConfiguration?.scanOnPush);

const flagOf = (value: unknown): Fact<boolean> => {
  if (value === undefined) return known(false);
  return typeof value === 'boolean' ? known(value) : malformed('scanOnPush', value);
};

export const tagMutabilityOf = (repository: Repository): Fact<TagMutability> => {
  const mode = oneOf(TAG_MUTABILITIES, repository.imageTagMutability);
  if (mode === null) return malformed('tag mutability', repository.imageTagMutability);
  const exclusionFilters = wildcardFilters(repository.imageTagMutabilityExclusionFilters);
  return exclusionFilters === null
    ? malformed('exclusion filters', repository.imageTagMutabilityExclusionFilters)
    : known({ mode, exclusionFilters });
};

const ENCRYPTION_TYPES = ['AES256', 'KMS', 'KMS_DSSE'] as const;

/** Without an encryption configuration it is AES256. Source: ECR API, EncryptionConfiguration. */
export const encryptionOf = ({ encryptionConfiguration }: Repository): Fact<Encryption> => {
  if (encryptionConfiguration === undefined) return known({ type: 'AES256', kmsKey: null });
  const type = oneOf(ENCRYPTION_TYPES, encryptionConfiguration.encryptionType);
  if (type === null) return malformed('encryption type', encryptionConfiguration.encryptionType);
  return known({ type, kmsKey: encryptionConfiguration.kmsKey ?? null });
};

/** The two facts of one entry of `BatchGetRepositoryScanningConfiguration`. */
export interface BatchScanning {
  readonly scanOnPush: Fact<boolean>;
  readonly appliedScanning: Fact<AppliedScanning>;
}

export const batchScanningOf = (entry: RepositoryScanningConfiguration): BatchScanning => ({
  scanOnPush: flagOf(entry.scanOnPush),
  appliedScanning: appliedScanningOf(entry),
});

const appliedScanningOf = (entry: RepositoryScanningConfiguration): Fact<AppliedScanning> => {
  const frequency = entry.scanFrequency === undefined ? null : oneOf(SCAN_FREQUENCIES, entry.scanFrequency);
  if (frequency === null && entry.scanFrequency !== undefined) {
    return malformed('scan frequency', entry.scanFrequency);
  }
  const filters = wildcardFilters(entry.appliedScanFilters);
  return filters === null
    ? malformed('scan filters', entry.appliedScanFilters)
    : known({ frequency, filters });
};

const SCAN_TYPES = ['BASIC', 'ENHANCED'] as const;

export const registryScanningOf = (
  configuration: RegistryScanningConfiguration | undefined,
): Fact<RegistryScanning> => {
  const scanType = oneOf(SCAN_TYPES, configuration?.scanType);
  if (scanType === null) return malformed('scan type', configuration?.scanType);
  const rules = (configuration?.rules ?? []).map(scanningRuleOf);
  return rules.every((rule) => rule !== null)
    ? known({ scanType, rules })
    : malformed('scanning rule', configuration?.rules);
};

const scanningRuleOf = (rule: RegistryScanningRule): ScanningRule | null => {
  const frequency: ScanFrequency | null = oneOf(SCAN_FREQUENCIES, rule.scanFrequency);
  const filters = wildcardFilters(rule.repositoryFilters);
  return frequency === null || filters === null ? null : { frequency, filters };
};

export const policyTextOf = (value: unknown): Fact<string> =>
  typeof value === 'string' ? known(value) : malformed('policy text', value);

export const policyScopeOf = (value: unknown): Fact<'V1' | 'V2'> => {
  const scope = oneOf(['V1', 'V2'] as const, value);
  return scope === null ? malformed('registry policy scope', value) : known(scope);
};

export const tagsOf = (tags: readonly WireTag[] | undefined): Fact<readonly Tag[]> => {
  const pairs = (tags ?? []).map(({ Key, Value = '' }) =>
    typeof Key === 'string' && typeof Value === 'string' ? { key: Key, value: Value } : null,
  );
  return pairs.every((pair) => pair !== null) ? known(pairs) : malformed('tags', tags);
};
