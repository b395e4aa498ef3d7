import * as z from 'zod/mini';
import type { Judgement } from '../model/control.ts';
import type { RegistryScanning } from '../model/facts.ts';
import { defineControl, judging, type Context } from './control.ts';
import { optionsParser } from './options.ts';
import { enhancedPlan, registryRulePlan, rulesData } from './scanning-plan.ts';

const schema = z.strictObject({
  demand: z._default(z.enum(['none', 'any', 'every']), 'none'),
  scanType: z._default(z.enum(['any', 'ENHANCED']), 'any'),
  registryRules: z._default(z.enum(['propose', 'apply']), 'propose'),
  prefer: z._default(z.enum(['SCAN_ON_PUSH', 'CONTINUOUS_SCAN']), 'SCAN_ON_PUSH'),
});
type Options = z.infer<typeof schema>;
type MessageId = 'noRule' | 'notEvery' | 'notEnhanced';
interface Facts {
  readonly registryScanning: RegistryScanning;
}

/** What the registry's rules scan by themselves, whatever the repositories' flags say. */
type Coverage = 'none' | 'some' | 'every';

const coverageOf = ({ scanType, rules }: RegistryScanning): Coverage => {
  if (scanType === 'ENHANCED' && rules.length === 0) return 'every';
  const filters = rules
    .filter(
      ({ frequency }) =>
        frequency === 'SCAN_ON_PUSH' || (scanType === 'ENHANCED' && frequency === 'CONTINUOUS_SCAN'),
    )
    .flatMap((rule) => rule.filters);
  if (filters.some((filter) => /^\*+$/.test(filter))) return 'every';
  return filters.length === 0 ? 'none' : 'some';
};

const IN_WORDS: Record<Coverage, string> = {
  none: 'no rule of it scans on push or continuously',
  some: 'its rules scan the repositories that match their filters',
  every: 'it scans every repository',
};

const lacking = (coverage: Coverage, { demand }: Options): MessageId | null => {
  if (demand === 'none' || coverage === 'every') return null;
  if (coverage === 'none') return 'noRule';
  return demand === 'every' ? 'notEvery' : null;
};

const evaluate = (
  { registryScanning }: Facts,
  { resource, options }: Context<Options>,
): Judgement<MessageId> => {
  const { scanType, rules } = registryScanning;
  const coverage = coverageOf(registryScanning);
  const missing = lacking(coverage, options);
  const wrongType = options.scanType === 'ENHANCED' && scanType !== 'ENHANCED';
  const about = { account: resource.account, region: resource.region };
  const evidence = {
    summary: `registry is ${scanType}${rules.length === 0 ? ' without rules' : ''}; ${IN_WORDS[coverage]}`,
    data: { ...rulesData(registryScanning), demand: options.demand },
  };
  if (options.demand === 'none' && options.scanType === 'any') {
    const summary = `${evidence.summary}; the options demand nothing of the registry`;
    return { offences: [], evidence: { ...evidence, summary }, otherwise: 'NOT_APPLICABLE' };
  }
  return {
    offences: [
      ...(missing === null ? [] : [{ messageId: missing, data: { ...about, scanType } }]),
      ...(wrongType ? [{ messageId: 'notEnhanced' as const, data: about }] : []),
    ],
    evidence,
  };
};

/** The registry's own rules scan, where the options demand it. */
export const registryScanning = defineControl<Options, MessageId>({
  id: 'registry-scanning',
  title: 'The registry scans by its own rules',
  requirement:
    'The registry of each account and Region scans on push or continuously by its own rules, to the extent that the options demand.',
  severity: 'MEDIUM',
  frameworks: ['CIS EKS 1.8.0 5.1.1 (Manual)', 'NIST SP 800-53 r5 RA-5'],
  references: [
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html',
    'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html',
  ],
  rationale:
    'A rule of the registry covers repositories that are not there yet; AWS has announced that the setting of single repositories goes away.',
  remedy:
    'Add a SCAN_ON_PUSH or CONTINUOUS_SCAN rule to the scanning configuration of the registry; the filter `*` covers everything.',
  messages: {
    noRule: 'no rule of the registry of {{account}} in {{region}} scans on push or continuously',
    notEvery: 'the rules of the registry of {{account}} in {{region}} do not scan every repository',
    notEnhanced: 'the registry of {{account}} in {{region}} does not use ENHANCED scanning',
  },
  optionDocs: {
    demand: {
      type: '`none`, `any` or `every`',
      default: 'none',
      description: 'What the rules must scan: nothing, some repositories, or all of them.',
    },
    scanType: {
      type: '`any` or `ENHANCED`',
      default: 'any',
      description: 'The scan type that the registry must have.',
    },
    registryRules: {
      type: '`propose` or `apply`',
      default: 'propose',
      description: 'Whether remediation may add the filter `*` to the registry rules by itself.',
    },
    prefer: {
      type: '`SCAN_ON_PUSH` or `CONTINUOUS_SCAN`',
      default: 'SCAN_ON_PUSH',
      description: 'The rule to which remediation adds the filter in an ENHANCED registry.',
    },
  },
  parseOptions: optionsParser('registry-scanning', schema),
  judges: {
    registry: judging<Options, MessageId, 'registryScanning'>({
      needs: ['registryScanning'],
      evaluate,
      plan: (facts, { resource, options }) => {
        const wantsEnhanced = options.scanType === 'ENHANCED' && facts.registryScanning.scanType === 'BASIC';
        if (wantsEnhanced) return enhancedPlan(resource);
        return registryRulePlan({
          resource,
          registryScanning: facts.registryScanning,
          filter: '*',
          prefer: options.prefer,
          automatic: options.registryRules === 'apply',
        });
      },
    }),
  },
});
