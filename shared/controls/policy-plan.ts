import type { Plan } from '../model/change.ts';
import type { ControlContext } from '../model/control.ts';
import type { Resource } from '../model/resource.ts';
import { narrowPolicy } from '../policy/narrow.ts';
import { accessInput, type PolicyFact } from './access.ts';
import { compactJson, ecrCliLine, hclString, repositoryArgs } from './plan-text.ts';

/** SetRepositoryPolicy and PutRegistryPolicy take no longer text. Source: ECR API reference, RepositoryPolicyText. */
const MAX_POLICY_LENGTH = 10_240;

/** In one line, as it goes to a shell and to ECR alike: what is shown is what is set. */
const compact = (policyText: string): string => compactJson(JSON.parse(policyText));

const inWords = (reason: string): Plan => ({ changes: [], automatic: false, reason, cli: [], iac: null });

interface Narrowed {
  readonly policyText: string;
  /** In words. */
  readonly removed: string;
}

const repositoryPlan = (resource: Resource, { policyText, removed }: Narrowed): Plan => ({
  changes: [{ kind: 'set-repository-policy', policyText }],
  automatic: false,
  reason: `takes out ${removed}; who loses access is for somebody to approve`,
  cli: [
    ecrCliLine(resource, 'set-repository-policy', ...repositoryArgs(resource), '--policy-text', policyText),
  ],
  iac: [
    'resource "aws_ecr_repository_policy" "this" {',
    `  repository = ${hclString(resource.name)}`,
    `  policy     = ${hclString(policyText)}`,
    '}',
  ].join('\n'),
});

const registryPlan = (resource: Resource, { policyText, removed }: Narrowed): Plan => ({
  changes: [],
  automatic: false,
  reason: `takes out ${removed}; a registry policy is for people to change`,
  cli: [ecrCliLine(resource, 'put-registry-policy', '--policy-text', policyText)],
  iac: ['resource "aws_ecr_registry_policy" "this" {', `  policy = ${hclString(policyText)}`, '}'].join('\n'),
});

/**
 * The same policy without what lets the public, or the untrusted, in: never more than a proposal. The narrowing has
 * been checked by the access analysis. Where nothing would be left, nothing is proposed: deleting a policy is no
 * narrowing, and whoever owns the resource knows whether it is meant to be shared at all.
 */
export const narrowingPlan = (
  policy: PolicyFact,
  context: ControlContext,
  against: 'public' | 'untrusted',
): Plan => {
  const narrowed = narrowPolicy({ ...accessInput(policy, context), for: against });
  if (narrowed === null) return inWords('the policy cannot be narrowed safely: rewrite it by hand');
  if (narrowed.policyText === null) {
    return inWords(
      'nothing of the policy would be left: name those who are meant to have access, or delete it',
    );
  }
  const policyText = compact(narrowed.policyText);
  const removed = narrowed.removed.join('; ');
  if (policyText.length > MAX_POLICY_LENGTH)
    return inWords('the narrowed policy is longer than ECR takes: rewrite it by hand');
  return policy.scope === 'repository'
    ? repositoryPlan(context.resource, { policyText, removed })
    : registryPlan(context.resource, { policyText, removed });
};
