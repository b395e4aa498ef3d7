/** Why a fact could not be read. Never a transient fault: those are thrown and the work is tried again. */
export const UNREADABLE_REASONS = ['access-denied', 'unsupported', 'malformed', 'unavailable'] as const;
export type UnreadableReason = (typeof UNREADABLE_REASONS)[number];

/** One readable property of a resource. */
export type Fact<T> =
  | { readonly status: 'known'; readonly value: T }
  | { readonly status: 'unreadable'; readonly reason: UnreadableReason; readonly message: string };

export const known = <T>(value: T): Fact<T> => ({ status: 'known', value });
export const unreadable = (reason: UnreadableReason, message: string): Fact<never> => ({
  status: 'unreadable',
  reason,
  message,
});

export const SCAN_FREQUENCIES = ['SCAN_ON_PUSH', 'CONTINUOUS_SCAN', 'MANUAL'] as const;
export type ScanFrequency = (typeof SCAN_FREQUENCIES)[number];

export interface ScanningRule {
  readonly frequency: ScanFrequency;
  /** Wildcard filters as ECR keeps them: without `*` a filter means *contains*. */
  readonly filters: readonly string[];
}

/** `GetRegistryScanningConfiguration`: per account and Region. */
export interface RegistryScanning {
  readonly scanType: 'BASIC' | 'ENHANCED';
  readonly rules: readonly ScanningRule[];
}

/** `BatchGetRepositoryScanningConfiguration`: AWS's own effective answer for one repository. */
export interface AppliedScanning {
  readonly frequency: ScanFrequency | null;
  readonly filters: readonly string[];
}

export const TAG_MUTABILITIES = [
  'MUTABLE',
  'IMMUTABLE',
  'IMMUTABLE_WITH_EXCLUSION',
  'MUTABLE_WITH_EXCLUSION',
] as const;
export interface TagMutability {
  readonly mode: (typeof TAG_MUTABILITIES)[number];
  readonly exclusionFilters: readonly string[];
}

export interface Encryption {
  readonly type: 'AES256' | 'KMS' | 'KMS_DSSE';
  readonly kmsKey: string | null;
}

/** Pairs, not an object: a tag key may be `__proto__`. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/**
 * Every fact that some control needs, by name. `null` means "there is none" where the resource may lack it.
 * Which AWS call reads a fact and which calls change it: `factSources`.
 */
export interface FactValues {
  readonly scanOnPush: boolean;
  readonly appliedScanning: AppliedScanning;
  readonly registryScanning: RegistryScanning;
  /** Text of the repository policy as ECR returns it. */
  readonly repositoryPolicy: string | null;
  readonly lifecyclePolicy: string | null;
  readonly tagMutability: TagMutability;
  readonly encryption: Encryption;
  readonly registryPolicy: string | null;
  /** `REGISTRY_POLICY_SCOPE`: V1 enforces three actions only, V2 all; null where there is no policy to enforce. */
  readonly registryPolicyScope: 'V1' | 'V2' | null;
  readonly tags: readonly Tag[];
}
export type FactName = keyof FactValues;

export type Facts = { readonly [N in FactName]?: Fact<FactValues[N]> };
/** The values of the facts in `N`, all of them known. */
export type KnownFacts<N extends FactName = FactName> = { readonly [K in N]: FactValues[K] };
