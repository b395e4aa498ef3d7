import type { Alert } from '../../shared/model/alert.ts';
import type { Plan } from '../../shared/model/change.ts';
import type { Actor, Finding } from '../../shared/model/finding.ts';
import { findingKey } from '../../shared/model/finding.ts';
import type { RemediationAttempt } from '../../shared/model/remediation.ts';
import { registryResource, repositoryResource } from '../../shared/model/resource.ts';
import type { AlertContext, ControlGuide } from '../../shared/report/alert-model.ts';

export const AT = { account: '111122223333', region: 'eu-west-1' };
export const REPOSITORY = repositoryResource(AT, 'team-a/api');
export const REGISTRY = registryResource(AT);

export const ACTOR: Actor = {
  type: 'AssumedRole',
  arn: 'arn:aws:sts::111122223333:assumed-role/Deploy/jane',
  accountId: '111122223333',
  sessionIssuerArn: 'arn:aws:iam::111122223333:role/Deploy',
  userName: null,
  invokedBy: null,
  sourceIp: '203.0.113.7',
  userAgent: 'aws-cli/2.17.0',
  mfa: false,
  own: false,
};

const PUBLIC_ACCESS: ControlGuide = {
  id: 'public-access',
  title: 'No public access',
  requirement: 'Repository and registry policies let no arbitrary AWS account in.',
  severity: 'CRITICAL',
  rationale: 'Whoever has an AWS account can pull, or worse push, images',
  remedy:
    'Name the accounts or roles that need the repository, or bound the statement by aws:PrincipalOrgID.',
  frameworks: ['CIS EKS 1.8.0 5.1.2 (Manual)'],
  references: ['https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html'],
};

export const CONTEXT: AlertContext = {
  runbookBaseUrl: 'https://runbooks.corp.example/ecr/',
  accountAliases: { '111122223333': 'payments-prod' },
  guides: new Map([[PUBLIC_ACCESS.id, PUBLIC_ACCESS]]),
};

export const PLAN: Plan = {
  changes: [{ kind: 'set-repository-policy', policyText: '{"Version":"2012-10-17","Statement":[]}' }],
  automatic: false,
  reason: 'takes nothing from trusted callers, but a policy is changed by people only',
  cli: ['aws ecr set-repository-policy --repository-name team-a/api --policy-text \'{"Statement":[]}\''],
  iac: 'resource "aws_ecr_repository_policy" "api" {\n  repository = "team-a/api"\n}',
};

export const finding = (over: Partial<Finding> = {}): Finding => {
  const resource = over.resource ?? REPOSITORY;
  const control = over.control ?? 'public-access';
  return {
    key: findingKey(resource.arn, control),
    resource,
    control,
    compliance: 'NON_COMPLIANT',
    severity: 'CRITICAL',
    violations: [
      {
        messageId: 'public',
        message: 'any AWS account can pull (`ecr:BatchGetImage`) by statement `Open`',
        data: { actions: ['ecr:BatchGetImage'], statement: 'Open' },
      },
    ],
    evidence: { summary: 'statement `Open` allows principal `*` with no condition', data: { statement: 0 } },
    exemption: null,
    open: true,
    owner: 'team-a',
    cause: {
      kind: 'event',
      eventId: 'e-1',
      eventName: 'SetRepositoryPolicy',
      eventTime: '2026-03-01T12:00:00.000Z',
      actor: ACTOR,
    },
    transition: 'opened',
    previousCompliance: 'COMPLIANT',
    revision: 2,
    firstSeenAt: '2026-02-01T00:00:00.000Z',
    changedAt: '2026-03-01T12:00:04.000Z',
    openedAt: '2026-03-01T12:00:04.000Z',
    observedAt: '2026-03-01T12:00:04.000Z',
    configVersion: 'c0ffee',
    resourceDeleted: false,
    remediation: { status: 'none' },
    ...over,
  };
};

export const BEFORE: Finding = finding({
  compliance: 'COMPLIANT',
  open: false,
  transition: 'recorded',
  violations: [],
  evidence: { summary: 'no statement lets another account in', data: {} },
  revision: 1,
  openedAt: null,
  previousCompliance: null,
});

export const transition = (
  over: Partial<Finding> = {},
  before: Finding | null = BEFORE,
  toldAt = '2026-03-01T12:00:06.000Z',
): Alert & { kind: 'transition' } => ({ kind: 'transition', finding: finding(over), before, toldAt });

export const RESOLVED = transition(
  {
    compliance: 'COMPLIANT',
    open: false,
    transition: 'resolved',
    violations: [],
    evidence: { summary: 'no statement lets another account in', data: {} },
    previousCompliance: 'NON_COMPLIANT',
    revision: 3,
    changedAt: '2026-03-01T13:10:04.000Z',
    observedAt: '2026-03-01T13:10:04.000Z',
    openedAt: null,
    cause: {
      kind: 'event',
      eventId: 'e-2',
      eventName: 'DeleteRepositoryPolicy',
      eventTime: '2026-03-01T13:10:00.000Z',
      actor: ACTOR,
    },
  },
  finding(),
  '2026-03-01T13:10:05.000Z',
);

const attempt = (over: Partial<RemediationAttempt> = {}): RemediationAttempt => ({
  id: 'a-1',
  findingKey: findingKey(REPOSITORY.arn, 'image-scanning'),
  revision: 4,
  control: 'image-scanning',
  resource: REPOSITORY,
  triggeredBy: `${findingKey(REPOSITORY.arn, 'image-scanning')}@4`,
  plan: {
    changes: [{ kind: 'put-image-scanning-configuration', scanOnPush: true }],
    automatic: true,
    reason: 'the repository flag decides under BASIC scanning',
    cli: [
      'aws ecr put-image-scanning-configuration --repository-name team-a/api --image-scanning-configuration scanOnPush=true',
    ],
    iac: null,
  },
  startedAt: '2026-03-01T12:00:05.000Z',
  finishedAt: '2026-03-01T12:00:06.000Z',
  outcome: 'contested',
  detail: 'turned back 3 times in 24 hours, last by `arn:aws:iam::111122223333:role/Terraform`',
  before: [{ kind: 'put-image-scanning-configuration', scanOnPush: false }],
  after: [],
  changes: [],
  ...over,
});

export const remediationAlert = (
  over: Partial<RemediationAttempt> = {},
): Alert & { kind: 'remediation' } => ({
  kind: 'remediation',
  attempt: attempt(over),
  toldAt: '2026-03-01T12:00:07.000Z',
});

export const digest = (count: number): Alert & { kind: 'digest' } => ({
  kind: 'digest',
  digestId: 'sweep-2026-03-01',
  findings: Array.from({ length: count }, (_, n) =>
    finding({
      resource: repositoryResource(AT, `team-${n % 7}/service-${n}`),
      control: n % 3 === 0 ? 'public-access' : 'lifecycle-policy',
      severity: n % 3 === 0 ? 'CRITICAL' : 'MEDIUM',
      cause: { kind: 'sweep', sweepId: 's-1', trigger: 'schedule' },
    }),
  ),
  toldAt: '2026-03-01T12:00:07.000Z',
});
