import { findingKey, type Finding } from '../../shared/model/finding.ts';
import type { RemediationAttempt } from '../../shared/model/remediation.ts';
import { repositoryResource, type RegistryLocation } from '../../shared/model/resource.ts';
import type { Clock } from '../../shared/ports/effects.ts';

export const AT: RegistryLocation = { account: '111122223333', region: 'eu-central-1' };
export const REPOSITORY = repositoryResource(AT, 'team-a/api');

/** A clock that stands still until it is set. */
export const manualClock = (start = '2026-11-21T03:00:00.000Z'): Clock & { set: (time: string) => void } => {
  let time = start;
  return {
    now: () => time,
    set: (next) => {
      time = next;
    },
  };
};

export const minutesAfter = (time: string, minutes: number): string =>
  new Date(Date.parse(time) + minutes * 60_000).toISOString();

/** An open finding; `over` replaces parts of it. */
export const sampleFinding = (over: Partial<Finding> = {}): Finding => {
  const resource = over.resource ?? REPOSITORY;
  const control = over.control ?? 'public-access';
  const at = over.changedAt ?? '2026-11-21T03:00:00.000Z';
  return {
    key: findingKey(resource.arn, control),
    resource,
    control,
    compliance: 'NON_COMPLIANT',
    severity: 'CRITICAL',
    violations: [
      { messageId: 'public', message: 'any AWS account may pull', data: { actions: ['ecr:BatchGetImage'] } },
    ],
    evidence: { summary: 'statement 1 allows every principal', data: { statement: 0, principal: '*' } },
    exemption: null,
    open: true,
    owner: null,
    cause: { kind: 'sweep', sweepId: 's-1', trigger: 'schedule' },
    transition: 'opened',
    previousCompliance: null,
    revision: 1,
    firstSeenAt: at,
    changedAt: at,
    openedAt: at,
    observedAt: at,
    configVersion: 'c1',
    resourceDeleted: false,
    remediation: { status: 'none' },
    ...over,
  };
};

export const sampleAttempt = (over: Partial<RemediationAttempt> = {}): RemediationAttempt => {
  const change = { kind: 'put-image-scanning-configuration', scanOnPush: true } as const;
  return {
    id: 'attempt-1',
    findingKey: findingKey(REPOSITORY.arn, 'image-scanning'),
    revision: 1,
    control: 'image-scanning',
    resource: REPOSITORY,
    triggeredBy: `${findingKey(REPOSITORY.arn, 'image-scanning')}@1`,
    plan: { changes: [change], automatic: true, reason: 'turn scanning on', cli: ['aws ecr …'], iac: null },
    startedAt: '2026-11-21T03:00:00.000Z',
    finishedAt: null,
    outcome: 'started',
    detail: null,
    before: [{ kind: 'put-image-scanning-configuration', scanOnPush: false }],
    after: [],
    changes: [change],
    ...over,
  };
};
