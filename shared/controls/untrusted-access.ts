import type { ControlContext, Judgement } from '../model/control.ts';
import { analyzeAccess } from '../policy/access.ts';
import type { AccessReport } from '../policy/report.ts';
import {
  accessInput,
  accessJudgement,
  noPolicy,
  registryPolicyOf,
  repositoryPolicyOf,
  whoGetsIn,
  type PolicyFact,
} from './access.ts';
import { defineControl, judging } from './control.ts';
import { noOptions } from './options.ts';
import { narrowingPlan } from './policy-plan.ts';

type Options = Record<string, never>;
type MessageId = 'untrusted' | 'undecided';

const untrustedSummary = ({ public: everybody, externalAccounts }: AccessReport): string => {
  if (everybody) return 'the policy lets any AWS account in';
  const named = externalAccounts.length === 0 ? '' : `; it names ${externalAccounts.join(', ')}`;
  return `the policy lets in somebody who is neither of the owner account nor trusted${named}`;
};

const evaluate = (policy: PolicyFact, context: ControlContext): Judgement<MessageId> => {
  if (policy.text === null) return noPolicy(policy);
  const report = analyzeAccess(accessInput(policy, context));
  return accessJudgement({
    report,
    wrong: report.untrusted,
    grantIsWrong: (grant) => !grant.trusted,
    witness: report.witnesses.untrusted,
    messages: { grant: 'untrusted', undecided: 'undecided' },
    summary: report.untrusted ? untrustedSummary(report) : whoGetsIn(report),
  });
};

/** Whoever gets in is trusted. */
export const untrustedAccess = defineControl<Options, MessageId>({
  id: 'untrusted-access',
  title: 'Only trusted principals get in',
  requirement:
    'The policy of a repository or registry lets nobody in but the owner account and the trusted accounts, organizations, organizational units and principals.',
  severity: 'HIGH',
  frameworks: [
    'CIS EKS 1.8.0 5.1.2 (Manual)',
    'Trend Micro Conformity ECR-002',
    'NIST SP 800-53 r5 AC-3',
    'NIST SP 800-53 r5 AC-4',
    'NIST SP 800-53 r5 AC-21',
  ],
  references: [
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html',
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html',
    'https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html',
  ],
  rationale:
    'Another account that can pull has your images; one that can push decides what you run. Who is trusted is declared once, in `trust`, and compared by account, organization path and ARN. A service principal counts as the account or organization it acts for. Identity policies, SCPs, RCPs and VPC endpoint policies are not looked at.',
  remedy:
    'Declare the account, organization, unit or principal in `trust` if it is meant to have access; else take it out of the policy. The finding proposes the policy without what lets the untrusted in.',
  messages: {
    untrusted: '{{sentence}}',
    undecided: 'the policy may let in somebody who is not trusted, for it could not be decided: {{reason}}',
  },
  optionDocs: {},
  parseOptions: noOptions('untrusted-access'),
  judges: {
    repository: judging<Options, MessageId, 'repositoryPolicy'>({
      needs: ['repositoryPolicy'],
      evaluate: (facts, context) => evaluate(repositoryPolicyOf(facts), context),
      plan: (facts, context) => narrowingPlan(repositoryPolicyOf(facts), context, 'untrusted'),
    }),
    registry: judging<Options, MessageId, 'registryPolicy' | 'registryPolicyScope'>({
      needs: ['registryPolicy', 'registryPolicyScope'],
      evaluate: (facts, context) => evaluate(registryPolicyOf(facts), context),
      plan: (facts, context) => narrowingPlan(registryPolicyOf(facts), context, 'untrusted'),
    }),
  },
});
