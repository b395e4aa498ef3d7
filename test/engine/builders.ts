import type { ConfiguredControl } from '../../shared/model/control.ts';
import type { Actor, Cause, Exemption, Finding } from '../../shared/model/finding.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import type { Verdict, Violation } from '../../shared/model/verdict.ts';
import { transition, type TransitionInput } from '../../shared/engine/transition.ts';

export const RESOURCE = repositoryResource({ account: '111122223333', region: 'eu-west-1' }, 'team-a/api');
export const CONTROL = 'no-cats';
export const SWEEP: Cause = { kind: 'sweep', sweepId: 's-1', trigger: 'schedule' };

/** Minute `n` of a day. */
export const at = (n: number): string => new Date(Date.UTC(2026, 5, 1, 0, n)).toISOString();

export const actor = (own: boolean): Actor => ({
  type: 'AssumedRole',
  arn: null,
  accountId: '111122223333',
  sessionIssuerArn: null,
  userName: null,
  invokedBy: null,
  sourceIp: null,
  userAgent: null,
  mfa: null,
  own,
});
export const eventBy = (own: boolean): Cause => ({
  kind: 'event',
  eventId: 'e-1',
  eventName: 'SetRepositoryPolicy',
  eventTime: at(0),
  actor: actor(own),
});

export const violation = (messageId: string, data: Violation['data'] = {}): Violation => ({
  messageId,
  message: `about ${messageId}`,
  data,
});
const evidence = { summary: 'seen', data: {} };
export const clean: Verdict = { compliance: 'COMPLIANT', severity: 'HIGH', violations: [], evidence };
export const notApplicable: Verdict = { ...clean, compliance: 'NOT_APPLICABLE' };
export const unknown: Verdict = { ...clean, compliance: 'INSUFFICIENT_DATA' };
export const wrong = (severity: Verdict['severity'], ...violations: Violation[]): Verdict => ({
  compliance: 'NON_COMPLIANT',
  severity,
  violations,
  evidence,
});

export const exemption = (changes: Partial<Exemption> = {}): Exemption => ({
  id: 'x-1',
  controls: [CONTROL],
  resources: ['team-a/*'],
  owner: 'ann',
  reason: 'moves next week',
  expiresAt: at(1000),
  ...changes,
});

export const input = (changes: Partial<TransitionInput> = {}): TransitionInput => ({
  stored: null,
  verdict: clean,
  resource: RESOURCE,
  control: CONTROL,
  observedAt: at(1),
  now: at(1),
  cause: SWEEP,
  exemptions: [],
  owner: 'ann',
  configVersion: 'c-1',
  ...changes,
});

/** The finding after these judgements, one a minute; steps that change nothing are skipped. */
export const after = (...steps: readonly (Partial<TransitionInput> | Verdict | null)[]): Finding => {
  let stored: Finding | null = null;
  for (const [index, step] of steps.entries()) {
    const minute = at(index + 1);
    const changes = step === null || 'compliance' in step ? { verdict: step } : step;
    stored = transition(input({ observedAt: minute, now: minute, ...changes, stored })) ?? stored;
  }
  return stored!;
};

export const control = (changes: Partial<ConfiguredControl> = {}): ConfiguredControl => ({
  id: CONTROL,
  title: 'No cats',
  requirement: 'There are no cats.',
  severity: 'MEDIUM',
  frameworks: [],
  references: [],
  rationale: '',
  remedy: '',
  messages: { cat: 'there is a cat `{{name}}`' },
  optionDocs: {},
  needs: { repository: ['scanOnPush'] },
  severityOverride: null,
  remediate: 'off',
  evaluate: () => ({ offences: [], evidence }),
  plan: () => null,
  ...changes,
});
