import type { Compliance, Severity } from './compliance.ts';

/** JSON data that is stored and shown as it is. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** One thing wrong. `messageId` names a message of the control, `message` is it, rendered with `data`. */
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
