import type { ControlSettings, Scope, Settings } from '../model/settings.ts';
import { NO_TRUST } from '../model/trust.ts';

/** Everything. */
const NO_LIMITS: Scope = { accounts: [], regions: [], repositories: [], excludeRepositories: [] };

/** What holds for a control of which the configuration says nothing; options have their own defaults. */
export const DEFAULT_CONTROL: Omit<ControlSettings, 'options'> = {
  enabled: true,
  severity: null,
  remediate: 'off',
};

/** Every default of the configuration but those of the controls' options. The only place that states them. */
export const DEFAULTS: Omit<Settings, 'version' | 'controls'> = {
  trust: NO_TRUST,
  registries: { approved: [] },
  scope: NO_LIMITS,
  exemptions: [],
  remediation: {
    optOutTag: 'ecr-warden:no-remediation',
    scope: NO_LIMITS,
  },
  alerts: {
    minimumSeverity: 'INFORMATIONAL',
    digestAbove: 10,
    runbookBaseUrl: null,
    accountAliases: {},
    securityHub: false,
  },
  state: { historyDays: 400, ownerTags: ['owner', 'team'] },
};
