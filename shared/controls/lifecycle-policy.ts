import type { Plan } from '../model/change.ts';
import type { Judgement } from '../model/control.ts';
import type { Resource } from '../model/resource.ts';
import { defineControl, judging } from './control.ts';
import { noOptions } from './options.ts';
import { compactJson, ecrCliLine, hclString, repositoryArgs } from './plan-text.ts';

type Options = Record<string, never>;
type MessageId = 'none' | 'empty';

/** Number of rules; null for a text that is no lifecycle policy. ECR itself validates what it stores. */
const ruleCount = (text: string): number | null => {
  try {
    const policy: unknown = JSON.parse(text);
    const rules = typeof policy === 'object' && policy !== null && 'rules' in policy ? policy.rules : null;
    return Array.isArray(rules) ? rules.length : null;
  } catch {
    return null; // not JSON: said in the evidence, judged as what it is, a policy that ECR holds
  }
};

const evaluate = (text: string | null, { name }: Resource): Judgement<MessageId> => {
  const data = { repository: name };
  if (text === null) {
    const summary = `\`${name}\` has no lifecycle policy`;
    return { offences: [{ messageId: 'none', data }], evidence: { summary, data: { rules: 0 } } };
  }
  const rules = ruleCount(text);
  if (rules === 0) {
    const summary = `the lifecycle policy of \`${name}\` has no rules`;
    return { offences: [{ messageId: 'empty', data }], evidence: { summary, data: { rules } } };
  }
  const summary = `\`${name}\` has a lifecycle policy${rules === null ? ' whose rules could not be read' : ` of ${rules} ${rules === 1 ? 'rule' : 'rules'}`}`;
  return { offences: [], evidence: { summary, data: { rules } } };
};

/** An example that only touches images nobody can name any more. */
const EXAMPLE_POLICY = {
  rules: [
    {
      rulePriority: 1,
      description: 'Expire untagged images after 14 days',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
};

const plan = (resource: Resource): Plan => ({
  changes: [],
  automatic: false,
  reason:
    'a lifecycle policy deletes images, so somebody decides which; the example expires untagged ones after 14 days',
  cli: [
    ecrCliLine(
      resource,
      'put-lifecycle-policy',
      ...repositoryArgs(resource),
      '--lifecycle-policy-text',
      compactJson(EXAMPLE_POLICY),
    ),
  ],
  iac: [
    'resource "aws_ecr_lifecycle_policy" "this" {',
    `  repository = ${hclString(resource.name)}`,
    `  policy     = ${hclString(compactJson(EXAMPLE_POLICY))}`,
    '}',
  ].join('\n'),
});

/** A lifecycle policy is there. */
export const lifecyclePolicy = defineControl<Options, MessageId>({
  id: 'lifecycle-policy',
  title: 'The repository has a lifecycle policy',
  requirement: 'A repository has at least one lifecycle rule.',
  severity: 'MEDIUM',
  frameworks: ['Security Hub ECR.3', 'NIST SP 800-53 r5 CM-2', 'NIST SP 800-53 r5 CM-2(2)'],
  references: [
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html',
    'https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-3',
  ],
  rationale:
    'Images that are never removed stay pullable with the vulnerabilities they had, and are paid for.',
  remedy: 'Put a lifecycle policy on the repository, and preview it first: it deletes images.',
  messages: {
    none: '`{{repository}}` has no lifecycle policy: old images stay for ever',
    empty: 'the lifecycle policy of `{{repository}}` has no rules: old images stay for ever',
  },
  optionDocs: {},
  parseOptions: noOptions('lifecycle-policy'),
  judges: {
    repository: judging<Options, MessageId, 'lifecyclePolicy'>({
      needs: ['lifecyclePolicy'],
      evaluate: (facts, { resource }) => evaluate(facts.lifecyclePolicy, resource),
      plan: (_facts, { resource }) => plan(resource),
    }),
  },
});
