import * as z from 'zod/mini';
import type { AppliedScanning } from '../model/facts.ts';
import type { Judgement } from '../model/control.ts';
import { matchesPattern } from '../model/pattern.ts';
import { defineControl, judging, type Context, type Seen } from './control.ts';
import { effectiveScanning, type EffectiveScanning } from './effective-scanning.ts';
import { optionsParser } from './options.ts';
import { filterFor, flagPlan, registryRulePlan, rulesData } from './scanning-plan.ts';

const schema = z.strictObject({
  confirm: z._default(z.boolean(), true),
  thirdParty: z._default(
    z.array(
      z.strictObject({
        pattern: z.string().check(z.minLength(1)),
        scanner: z.string().check(z.minLength(1)),
      }),
    ),
    [],
  ),
  registryRules: z._default(z.enum(['propose', 'apply']), 'propose'),
  basicRemedy: z._default(z.enum(['repository-flag', 'registry-rule']), 'repository-flag'),
  prefer: z._default(z.enum(['SCAN_ON_PUSH', 'CONTINUOUS_SCAN']), 'SCAN_ON_PUSH'),
});
type Options = z.infer<typeof schema>;
type MessageId = 'flagOff' | 'manualRule' | 'noMatchingFilter' | 'notApplied';
type Facts = Seen<'registryScanning' | 'scanOnPush', 'appliedScanning'>;

const effectiveOf = (facts: Facts, { resource }: Context<Options>): EffectiveScanning =>
  effectiveScanning({
    repository: resource.name,
    registryScanning: facts.registryScanning,
    scanOnPush: facts.scanOnPush,
  });

const scans = (applied: AppliedScanning): boolean =>
  applied.frequency === 'SCAN_ON_PUSH' || applied.frequency === 'CONTINUOUS_SCAN';

const messageIdFor = ({ decider }: EffectiveScanning): MessageId => {
  switch (decider.by) {
    case 'flag':
      return 'flagOff';
    case 'rule':
      return 'manualRule';
    case 'enhanced-unmatched':
    case 'enhanced-default':
      return 'noMatchingFilter';
  }
};

/** The worse of the two answers; null where both say that images are scanned. */
const wrong = (effective: EffectiveScanning, applied: AppliedScanning | undefined): MessageId | null => {
  if (!effective.scanned) return messageIdFor(effective);
  return applied === undefined || scans(applied) ? null : 'notApplied';
};

const summaryOf = (effective: EffectiveScanning, applied: AppliedScanning | undefined): string => {
  if (applied === undefined || scans(applied) === effective.scanned) return effective.sentence;
  const says = scans(applied) ? 'scanned' : 'not scanned';
  return `${effective.sentence}; but AWS reports it as ${says} (${applied.frequency ?? 'no frequency'}): the worse answer counts`;
};

const evaluate = (facts: Facts, context: Context<Options>): Judgement<MessageId> => {
  const { resource, options } = context;
  const effective = effectiveOf(facts, context);
  const applied = options.confirm ? facts.appliedScanning : undefined;
  const data = {
    ...rulesData(facts.registryScanning),
    scanOnPush: facts.scanOnPush,
    computed: effective.frequency,
    applied: applied === undefined ? null : { ...applied },
  };
  const cover = options.thirdParty.find(({ pattern }) => matchesPattern(pattern, resource.name));
  if (cover !== undefined) {
    const summary = `\`${cover.scanner}\` is declared to scan \`${resource.name}\` (pattern \`${cover.pattern}\`)`;
    return { offences: [], evidence: { summary, data: { ...data, scanner: cover.scanner } } };
  }
  const messageId = wrong(effective, applied);
  const offence = { repository: resource.name, scanType: facts.registryScanning.scanType };
  return {
    offences: messageId === null ? [] : [{ messageId, data: offence }],
    evidence: { summary: summaryOf(effective, applied), data },
  };
};

/** New images are scanned, by the effective setting. */
export const imageScanning = defineControl<Options, MessageId>({
  id: 'image-scanning',
  title: 'New images are scanned for vulnerabilities',
  requirement:
    'Every image pushed to a repository is scanned on push or continuously, by the setting that really decides, or by a declared third-party scanner.',
  severity: 'HIGH',
  frameworks: [
    'CIS EKS 1.8.0 5.1.1 (Manual)',
    'Security Hub ECR.1',
    'Kubescape C-0221',
    'NIST SP 800-53 r5 RA-5',
    'PCI DSS 4.0.1 6.2.3',
    'PCI DSS 4.0.1 6.2.4',
  ],
  references: [
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html',
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html',
    'https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-1',
  ],
  rationale:
    'An image that nobody scanned takes its known vulnerabilities into production. The repository flag scanOnPush misleads both ways: under ENHANCED scanning it has no effect, and under BASIC a registry rule overrides it.',
  remedy:
    'Under BASIC, set scanOnPush on the repository or add a SCAN_ON_PUSH rule to the registry. Under ENHANCED, add a filter that matches the repository to a rule of the registry.',
  messages: {
    flagOff:
      'images pushed to `{{repository}}` are not scanned: no registry rule matches it and its own flag is off',
    manualRule:
      'images pushed to `{{repository}}` are not scanned: the registry rule that matches it is MANUAL',
    noMatchingFilter:
      'images pushed to `{{repository}}` are not scanned: the registry is {{scanType}} and none of its filters matches',
    notApplied:
      'images pushed to `{{repository}}` are not scanned: AWS reports no scanning for it, although the registry configuration and its flag say otherwise',
  },
  optionDocs: {
    confirm: {
      type: 'boolean',
      default: true,
      description:
        'Also read the effective answer of AWS (`BatchGetRepositoryScanningConfiguration`); where it and the computed one disagree, the worse one counts. Turn it off for emulators that answer that call wrongly.',
    },
    thirdParty: {
      type: 'list of {pattern, scanner}',
      default: [],
      description:
        'Repositories (`*` any characters, else exact) that an external scanner covers, with its name.',
    },
    registryRules: {
      type: '`propose` or `apply`',
      default: 'propose',
      description: 'Whether remediation may add filters to the registry rules by itself.',
    },
    basicRemedy: {
      type: '`repository-flag` or `registry-rule`',
      default: 'repository-flag',
      description: 'How remediation turns scanning on in a BASIC registry.',
    },
    prefer: {
      type: '`SCAN_ON_PUSH` or `CONTINUOUS_SCAN`',
      default: 'SCAN_ON_PUSH',
      description: 'The rule to which remediation adds a filter in an ENHANCED registry.',
    },
  },
  parseOptions: optionsParser('image-scanning', schema),
  judges: {
    repository: judging<Options, MessageId, 'registryScanning' | 'scanOnPush', 'appliedScanning'>({
      needs: ['registryScanning', 'scanOnPush'],
      mayNeed: ({ confirm }) => (confirm ? ['appliedScanning'] : []),
      evaluate,
      plan: (facts, context) => {
        const { resource, options } = context;
        const effective = effectiveOf(facts, context);
        if (effective.scanned) return null;
        if (effective.decider.by === 'flag' && options.basicRemedy === 'repository-flag')
          return flagPlan(resource);
        return registryRulePlan({
          resource,
          registryScanning: facts.registryScanning,
          filter: filterFor(resource.name),
          prefer: options.prefer,
          automatic: options.registryRules === 'apply',
        });
      },
    }),
  },
});
