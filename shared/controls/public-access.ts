import type { ControlContext, Judgement } from '../model/control.ts';
import { analyzeAccess } from '../policy/access.ts';
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
type MessageId = 'public' | 'undecided';

const evaluate = (policy: PolicyFact, context: ControlContext): Judgement<MessageId> => {
  if (policy.text === null) return noPolicy(policy);
  const report = analyzeAccess(accessInput(policy, context));
  return accessJudgement({
    report,
    wrong: report.public,
    grantIsWrong: (grant) => grant.public,
    witness: report.witnesses.public,
    messages: { grant: 'public', undecided: 'undecided' },
    summary: report.public ? 'the policy lets any AWS account in' : whoGetsIn(report),
  });
};

/** The policy does not let just anybody in. */
export const publicAccess = defineControl<Options, MessageId>({
  id: 'public-access',
  title: 'No AWS account gets in unnamed',
  requirement: 'The policy of a repository or registry does not let any AWS account in.',
  severity: 'HIGH',
  frameworks: [
    'CIS EKS 1.8.0 5.1.2 (Manual)',
    'ISO/IEC 27001:2022 A.8.1',
    'NIST SP 800-53 r5 AC-3',
    'NIST SP 800-53 r5 AC-21',
  ],
  references: [
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html',
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html',
  ],
  rationale:
    'A policy whose principal is everybody, with no condition that names an account, an ARN, an organization or a bounded network, lets each of the world’s AWS accounts pull your images, or push theirs. ECR takes no anonymous calls, so any AWS account is what public means. Identity policies, SCPs, RCPs and VPC endpoint policies are not looked at.',
  remedy:
    'Name the accounts or principals that need access, or add a condition on `aws:PrincipalOrgID`. The finding proposes the policy without what lets everybody in.',
  messages: {
    public: '{{sentence}}',
    undecided: 'the policy may let any AWS account in, for it could not be decided: {{reason}}',
  },
  optionDocs: {},
  parseOptions: noOptions('public-access'),
  judges: {
    repository: judging<Options, MessageId, 'repositoryPolicy'>({
      needs: ['repositoryPolicy'],
      evaluate: (facts, context) => evaluate(repositoryPolicyOf(facts), context),
      plan: (facts, context) => narrowingPlan(repositoryPolicyOf(facts), context, 'public'),
    }),
    registry: judging<Options, MessageId, 'registryPolicy' | 'registryPolicyScope'>({
      needs: ['registryPolicy', 'registryPolicyScope'],
      evaluate: (facts, context) => evaluate(registryPolicyOf(facts), context),
      plan: (facts, context) => narrowingPlan(registryPolicyOf(facts), context, 'public'),
    }),
  },
});
