import type { JsonObject } from './verdict.ts';
import type { Severity } from './compliance.ts';
import type { Exemption } from './finding.ts';
import type { RemediationMode } from './remediation.ts';
import type { Trust } from './trust.ts';

/** The settings of one control, defaults filled in. */
export interface ControlSettings {
  readonly enabled: boolean;
  /** Overrides the severity that the control gives. */
  readonly severity: Severity | null;
  readonly remediate: RemediationMode;
  readonly options: JsonObject;
}

export interface Scope {
  /** Patterns (`*` any characters); empty: everything. */
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  readonly repositories: readonly string[];
  readonly excludeRepositories: readonly string[];
}

/** The whole configuration, validated and complete. Written by `shared/config` from `ecr-warden.yml`. */
export interface Settings {
  /** Digest of the configuration; each finding records the one it was judged by. */
  readonly version: string;
  readonly controls: Readonly<Record<string, ControlSettings>>;
  readonly trust: Trust;
  readonly registries: { readonly approved: readonly string[] };
  readonly scope: Scope;
  readonly exemptions: readonly Exemption[];
  readonly remediation: {
    /** Tag key that opts a repository out, with any value but `false`. */
    readonly optOutTag: string;
    readonly scope: Scope;
  };
  readonly alerts: {
    readonly minimumSeverity: Severity;
    /** A sweep that opens more findings than this sends one digest instead of single alerts. */
    readonly digestAbove: number;
    readonly runbookBaseUrl: string | null;
    readonly accountAliases: Readonly<Record<string, string>>;
    readonly securityHub: boolean;
  };
  readonly state: {
    readonly historyDays: number;
    /** Tag keys that name a repository's owner, first match wins. */
    readonly ownerTags: readonly string[];
  };
}
