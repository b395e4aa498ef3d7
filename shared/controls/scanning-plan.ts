import type { Change, Plan, ScanningFilterAddition } from '../model/change.ts';
import type { RegistryScanning, ScanFrequency } from '../model/facts.ts';
import { addScanningFilter } from '../model/registry-scanning.ts';
import type { Resource } from '../model/resource.ts';
import type { JsonObject } from '../model/verdict.ts';
import { compactJson, ecrCliLine, hclString, repositoryArgs } from './plan-text.ts';

/** A filter of ECR is at most this long. Source: ECR API reference, ScanningRepositoryFilter. */
const MAX_FILTER_LENGTH = 255;

/** The registry's configuration as evidence. */
export const rulesData = ({ scanType, rules }: RegistryScanning): JsonObject => ({
  scanType,
  rules: rules.map(({ frequency, filters }) => ({ frequency, filters })),
});

/**
 * The narrowest readable filter that matches this name: the name itself, then `*`. ECR has no exact filter: without
 * `*` it would match the name anywhere in another one. A filter cannot hold two separators in a row, as names can;
 * there `*` stands for the second.
 */
export const filterFor = (repository: string): string => {
  const allowed = repository.replaceAll(/([._\-/])[._\-/]+/g, '$1*');
  return `${allowed.slice(0, MAX_FILTER_LENGTH - 1).replace(/[._\-/]$/, '')}*`;
};

/** The repository's own flag: narrow, and reversible. It decides only while no registry rule does. */
export const flagPlan = (resource: Resource): Plan => ({
  changes: [{ kind: 'put-image-scanning-configuration', scanOnPush: true }],
  automatic: true,
  reason: `sets scanOnPush=true on \`${resource.name}\`, which decides here`,
  cli: [
    ecrCliLine(
      resource,
      'put-image-scanning-configuration',
      ...repositoryArgs(resource),
      '--image-scanning-configuration',
      'scanOnPush=true',
    ),
  ],
  iac: [
    'resource "aws_ecr_repository" "this" {',
    `  name = ${hclString(resource.name)}`,
    '  image_scanning_configuration {',
    '    scan_on_push = true',
    '  }',
    '}',
  ].join('\n'),
});

interface RuleWish {
  readonly resource: Resource;
  readonly registryScanning: RegistryScanning;
  readonly filter: string;
  readonly prefer: Exclude<ScanFrequency, 'MANUAL'>;
  /** Whether registry rules may be changed unattended. */
  readonly automatic: boolean;
}

/** BASIC knows only SCAN_ON_PUSH; ENHANCED both, and the other one serves where the wished one finds no room. */
const frequenciesFor = ({ registryScanning, prefer }: RuleWish): RuleWish['prefer'][] => {
  if (registryScanning.scanType === 'BASIC') return ['SCAN_ON_PUSH'];
  return prefer === 'SCAN_ON_PUSH'
    ? ['SCAN_ON_PUSH', 'CONTINUOUS_SCAN']
    : ['CONTINUOUS_SCAN', 'SCAN_ON_PUSH'];
};

const additionFor = (
  wish: RuleWish,
): { readonly add: ScanningFilterAddition; readonly result: RegistryScanning } | null => {
  for (const frequency of frequenciesFor(wish)) {
    const add = { frequency, filter: wish.filter };
    const result = addScanningFilter(wish.registryScanning, add);
    if (result !== null) return { add, result };
  }
  return null;
};

/** One filter more in the registry's rules, the others kept. It reaches every repository whose name it matches. */
export const registryRulePlan = (wish: RuleWish): Plan => {
  const addition = additionFor(wish);
  if (addition === null) return fullPlan(wish);
  const { add, result } = addition;
  const change: Change = { kind: 'put-registry-scanning-configuration', add };
  const does = `adds the filter \`${add.filter}\` to the registry's ${add.frequency} rule`;
  return {
    changes: [change],
    automatic: wish.automatic,
    reason: wish.automatic
      ? does
      : `${does}; a registry rule reaches beyond one repository, so somebody decides`,
    cli: [
      ecrCliLine(
        wish.resource,
        'put-registry-scanning-configuration',
        '--scan-type',
        result.scanType,
        '--rules',
        compactJson(result.rules.map(asApiRule)),
      ),
    ],
    iac: registryIac(result),
  };
};

const fullPlan = ({ filter }: RuleWish): Plan => ({
  changes: [],
  automatic: false,
  reason: `the registry's rules have no room for the filter \`${filter}\`: merge filters or rules first`,
  cli: [],
  iac: null,
});

const asApiRule = (rule: RegistryScanning['rules'][number]): unknown => ({
  scanFrequency: rule.frequency,
  repositoryFilters: rule.filters.map((filter) => ({ filter, filterType: 'WILDCARD' })),
});

const registryIac = ({ scanType, rules }: RegistryScanning): string =>
  [
    'resource "aws_ecr_registry_scanning_configuration" "this" {',
    `  scan_type = ${hclString(scanType)}`,
    ...rules.flatMap((rule) => [
      '  rule {',
      `    scan_frequency = ${hclString(rule.frequency)}`,
      ...rule.filters.flatMap((filter) => [
        '    repository_filter {',
        `      filter      = ${hclString(filter)}`,
        '      filter_type = "WILDCARD"',
        '    }',
      ]),
      '  }',
    ]),
    '}',
  ].join('\n');

/** Turning ENHANCED on costs money and hides earlier scans, so it is only ever proposed. */
export const enhancedPlan = (resource: Resource): Plan => ({
  changes: [],
  automatic: false,
  reason: 'turns enhanced scanning on for the whole registry, which Amazon Inspector charges for',
  cli: [
    ecrCliLine(
      resource,
      'put-registry-scanning-configuration',
      '--scan-type',
      'ENHANCED',
      '--rules',
      compactJson([asApiRule({ frequency: 'CONTINUOUS_SCAN', filters: ['*'] })]),
    ),
  ],
  iac: registryIac({ scanType: 'ENHANCED', rules: [{ frequency: 'CONTINUOUS_SCAN', filters: ['*'] }] }),
});
