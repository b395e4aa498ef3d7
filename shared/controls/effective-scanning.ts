import type { RegistryScanning, ScanFrequency } from '../model/facts.ts';
import { matchesPattern } from '../model/pattern.ts';

/** A registry filter: without `*` the name must contain it, with `*` it is anchored. Source: ECR user guide, filters. */
export const filterMatches = (filter: string, repository: string): boolean =>
  filter.includes('*') ? matchesPattern(filter, repository) : repository.includes(filter);

/** A rule that applies to a repository, with the first filter by which it does. */
interface Match {
  readonly frequency: ScanFrequency;
  readonly filter: string;
}

/** What decides whether the next pushed image is scanned. */
type ScanningDecider =
  | { readonly by: 'rule'; readonly match: Match }
  /** ENHANCED and no rules: everything is scanned continuously. */
  | { readonly by: 'enhanced-default' }
  /** ENHANCED, and nothing but MANUAL rules match, or nothing at all. */
  | { readonly by: 'enhanced-unmatched' }
  /** BASIC, and no rule matches. */
  | { readonly by: 'flag' };

export interface EffectiveScanning {
  readonly scanned: boolean;
  readonly frequency: ScanFrequency;
  readonly decider: ScanningDecider;
  /** What decided, in words. */
  readonly sentence: string;
}

export interface ScanningFacts {
  readonly repository: string;
  readonly registryScanning: RegistryScanning;
  readonly scanOnPush: boolean;
}

const matchesOf = ({ repository, registryScanning }: ScanningFacts): Match[] =>
  registryScanning.rules.flatMap(({ frequency, filters }) => {
    const filter = filters.find((candidate) => filterMatches(candidate, repository));
    return filter === undefined ? [] : [{ frequency, filter }];
  });

/** CONTINUOUS_SCAN wins over SCAN_ON_PUSH; BASIC knows only SCAN_ON_PUSH; MANUAL never scans. */
const SCANNING_FREQUENCIES = {
  BASIC: ['SCAN_ON_PUSH'],
  ENHANCED: ['CONTINUOUS_SCAN', 'SCAN_ON_PUSH'],
} as const;

const deciderOf = (facts: ScanningFacts): ScanningDecider => {
  const { scanType, rules } = facts.registryScanning;
  const matches = matchesOf(facts);
  for (const frequency of SCANNING_FREQUENCIES[scanType]) {
    const match = matches.find((candidate) => candidate.frequency === frequency);
    if (match !== undefined) return { by: 'rule', match };
  }
  const [idle] = matches;
  if (idle !== undefined) return { by: 'rule', match: { ...idle, frequency: 'MANUAL' } };
  if (scanType === 'BASIC') return { by: 'flag' };
  return { by: rules.length === 0 ? 'enhanced-default' : 'enhanced-unmatched' };
};

const frequencyOf = (decider: ScanningDecider, facts: ScanningFacts): ScanFrequency => {
  switch (decider.by) {
    case 'rule':
      return decider.match.frequency;
    case 'enhanced-default':
      return 'CONTINUOUS_SCAN';
    case 'enhanced-unmatched':
      return 'MANUAL';
    case 'flag':
      return facts.scanOnPush ? 'SCAN_ON_PUSH' : 'MANUAL';
  }
};

const sentenceOf = (decider: ScanningDecider, facts: ScanningFacts): string => {
  const { repository, registryScanning, scanOnPush } = facts;
  const registry = `registry is ${registryScanning.scanType}`;
  const idleFlag = `the repository flag scanOnPush=${scanOnPush} has no effect`;
  switch (decider.by) {
    case 'rule':
      return `${registry}, ${ruleSentence(decider.match, repository)}; ${idleFlag}`;
    case 'enhanced-default':
      return `${registry} without rules, which scans every repository continuously; ${idleFlag}`;
    case 'enhanced-unmatched':
      return `${registry}, no rule filter matches \`${repository}\`; ${idleFlag}`;
    case 'flag':
      return `${registry}, no rule filter matches \`${repository}\`; the repository flag scanOnPush=${scanOnPush} decides`;
  }
};

const ruleSentence = ({ frequency, filter }: Match, repository: string): string =>
  frequency === 'MANUAL'
    ? `the rule whose filter \`${filter}\` matches \`${repository}\` is MANUAL and does not scan`
    : `the ${frequency} rule scans by its filter \`${filter}\` that matches \`${repository}\``;

/**
 * Whether the next image pushed to a repository is scanned, computed from the registry's configuration and,
 * where it still decides, the repository's flag. Source: ECR user guide, "Scan images for software vulnerabilities".
 * A BASIC registry whose matching rule is not SCAN_ON_PUSH does not scan: the flag decides only where no rule matches.
 */
export const effectiveScanning = (facts: ScanningFacts): EffectiveScanning => {
  const decider = deciderOf(facts);
  const frequency = frequencyOf(decider, facts);
  return { scanned: frequency !== 'MANUAL', frequency, decider, sentence: sentenceOf(decider, facts) };
};
