import type { RegistryScanning } from './facts.ts';

/** One typed step of a remediation plan. Each is one AWS write, named after it. */
export type Change =
  | { readonly kind: 'put-image-scanning-configuration'; readonly scanOnPush: boolean }
  | { readonly kind: 'put-registry-scanning-configuration'; readonly add: ScanningFilterAddition }
  | { readonly kind: 'put-image-tag-mutability'; readonly mode: 'IMMUTABLE' }
  | { readonly kind: 'set-repository-policy'; readonly policyText: string };

/** A filter to be added to the registry's rules; whatever rules are there at that moment stay. */
export interface ScanningFilterAddition {
  readonly frequency: 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN';
  readonly filter: string;
}

/**
 * What remediation would do. The same plan is printed by a dry run and executed by apply.
 * `automatic` changes may be applied unattended; the others need an explicit approval.
 */
export interface Plan {
  readonly changes: readonly Change[];
  readonly automatic: boolean;
  /** Why it is not automatic, or what it will achieve: one sentence. */
  readonly reason: string;
  /** For people: an AWS CLI line and a snippet of infrastructure as code. */
  readonly cli: readonly string[];
  readonly iac: string | null;
}

/** The state that a change replaces, enough to put it back. */
export type StateBefore =
  | { readonly kind: 'put-image-scanning-configuration'; readonly scanOnPush: boolean }
  | { readonly kind: 'put-registry-scanning-configuration'; readonly registryScanning: RegistryScanning }
  | {
      readonly kind: 'put-image-tag-mutability';
      readonly mode: string;
      readonly exclusionFilters: readonly string[];
    }
  | { readonly kind: 'set-repository-policy'; readonly policyText: string | null };
