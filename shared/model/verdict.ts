import type { Compliance, Severity } from './compliance.ts';

/** JSON data that is stored and shown as it is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * One thing wrong. `messageId` names a message of the control, `message` is it, rendered with `data`.
 * A list in `data` is a set of what is exposed: a part of it is less wrong than the whole. What only says where it
 * stands or gives an example (`POSITIONAL_DATA`) does not make it another violation.
 */
export interface Violation {
  readonly messageId: string;
  readonly message: string;
  readonly data: JsonObject;
}

/** What decided, in words a reader can act on, with the values behind it. */
export interface Evidence {
  readonly summary: string;
  readonly data: JsonObject;
}

/** What a control says about one snapshot. `violations` is non-empty exactly when NON_COMPLIANT. */
export interface Verdict {
  readonly compliance: Compliance;
  readonly severity: Severity;
  readonly violations: readonly Violation[];
  readonly evidence: Evidence;
}

/** Keys of a violation's data that do not count when violations are compared: a reordered policy is the same policy. */
export const POSITIONAL_DATA: ReadonlySet<string> = new Set(['statement', 'sid', 'sentence', 'witness']);
