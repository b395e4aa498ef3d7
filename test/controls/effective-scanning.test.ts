import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveScanning, filterMatches } from '../../shared/controls/effective-scanning.ts';
import { filterFor } from '../../shared/controls/scanning-plan.ts';
import { SCAN_FREQUENCIES, type RegistryScanning, type ScanFrequency } from '../../shared/model/facts.ts';
import { awsAnswer, filterRegExp } from './apply-change.ts';

describe('a filter of a registry rule', () => {
  // The table of the ECR user guide, image-scanning-filters.
  const NAMES = ['prod', 'repo-prod', 'prod-repo', 'repo-prod-repo', 'prodrepo', 'dev', 'pro', 'PROD'];
  const TABLE: Record<string, readonly string[]> = {
    prod: ['prod', 'repo-prod', 'prod-repo', 'repo-prod-repo', 'prodrepo'],
    '*prod': ['prod', 'repo-prod'],
    'prod*': ['prod', 'prod-repo', 'prodrepo'],
    'prod*repo': ['prod-repo', 'prodrepo'],
    '*prod*': ['prod', 'repo-prod', 'prod-repo', 'repo-prod-repo', 'prodrepo'],
    '*': NAMES,
    '**': NAMES,
    'p*o*d': ['prod'],
  };
  it.each(Object.entries(TABLE))('%s matches as the user guide says', (filter, matched) => {
    expect(NAMES.filter((name) => filterMatches(filter, name))).toEqual(matched);
  });

  it.each([
    ['team-a/*', 'team-a/api', true],
    ['team-a/*', 'team-a/api/v2', true],
    ['team-a/*', 'x/team-a/api', false],
    ['*/api', 'team-a/deep/api', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['*a*b*', 'ba', false],
    ['team.a', 'teamxa', false],
    ['a/b', 'x/a/b/c', true],
    ['constructor', 'constructor', true],
    ['__proto__*', '__proto__', true],
  ])('%s on %s: %s', (filter, name, expected) => {
    expect(filterMatches(filter, name)).toBe(expected);
  });

  it('matches as the equivalent regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', '*', '.'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (filter, raw) => {
        const name = raw.replaceAll('*', '');
        expect(filterMatches(filter, name)).toBe(filterRegExp(filter).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no longer for a hostile filter', () => {
    const name = 'a'.repeat(100_000);
    const started = performance.now();
    expect(filterMatches(`${'a*'.repeat(2_000)}b`, name)).toBe(false);
    expect(filterMatches(`${'*a'.repeat(2_000)}*b*`, name)).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

const NAME = 'team-a/api';
const HIT = 'team-a/*';
const MISS = 'team-b';
type Rules = RegistryScanning['rules'];
const FILTER_CHOICES: readonly (readonly string[])[] = [[], [MISS], [HIT], [MISS, HIT]];

/** Every registry with up to two rules over these filters. */
const registries = (): RegistryScanning[] => {
  const one = SCAN_FREQUENCIES.flatMap((frequency) =>
    FILTER_CHOICES.map((filters) => ({ frequency, filters })),
  );
  const rules: Rules[] = [[], ...one.map((rule) => [rule]), ...one.flatMap((a) => one.map((b) => [a, b]))];
  return (['BASIC', 'ENHANCED'] as const).flatMap((scanType) => rules.map((r) => ({ scanType, rules: r })));
};

/** The rule of the spec, in its own words, over what matches at all. */
const expected = (registry: RegistryScanning, scanOnPush: boolean): boolean => {
  const matching = new Set<ScanFrequency>(
    registry.rules.filter(({ filters }) => filters.includes(HIT)).map(({ frequency }) => frequency),
  );
  if (registry.scanType === 'ENHANCED') {
    return registry.rules.length === 0 || matching.has('SCAN_ON_PUSH') || matching.has('CONTINUOUS_SCAN');
  }
  return matching.size === 0 ? scanOnPush : matching.has('SCAN_ON_PUSH');
};

describe('effective scanning', () => {
  it('decides by scan type, rules and flag, in every combination', () => {
    const all = registries();
    expect(all).toHaveLength(2 * (1 + 12 + 144));
    for (const registryScanning of all) {
      for (const scanOnPush of [true, false]) {
        const facts = { repository: NAME, registryScanning, scanOnPush };
        const effective = effectiveScanning(facts);
        expect({ ...facts, scanned: effective.scanned }).toEqual({
          ...facts,
          scanned: expected(registryScanning, scanOnPush),
        });
        expect(effective.scanned).toBe(effective.frequency !== 'MANUAL');
      }
    }
  });

  it('names CONTINUOUS_SCAN where both rules match', () => {
    const rules: Rules = [
      { frequency: 'SCAN_ON_PUSH', filters: ['*'] },
      { frequency: 'CONTINUOUS_SCAN', filters: ['api'] },
    ];
    const facts = {
      repository: NAME,
      scanOnPush: false,
      registryScanning: { scanType: 'ENHANCED', rules },
    } as const;
    expect(effectiveScanning(facts)).toMatchObject({
      frequency: 'CONTINUOUS_SCAN',
      decider: { by: 'rule', match: { filter: 'api' } },
    });
  });

  it.each([
    [
      'ENHANCED',
      [{ frequency: 'SCAN_ON_PUSH', filters: ['prod'] }],
      true,
      'registry is ENHANCED, no rule filter matches `team-a/api`; the repository flag scanOnPush=true has no effect',
    ],
    [
      'ENHANCED',
      [],
      false,
      'registry is ENHANCED without rules, which scans every repository continuously; the repository flag scanOnPush=false has no effect',
    ],
    [
      'ENHANCED',
      [{ frequency: 'CONTINUOUS_SCAN', filters: ['x', 'team-a/*'] }],
      false,
      'registry is ENHANCED, the CONTINUOUS_SCAN rule scans by its filter `team-a/*` that matches `team-a/api`; the repository flag scanOnPush=false has no effect',
    ],
    [
      'BASIC',
      [],
      false,
      'registry is BASIC, no rule filter matches `team-a/api`; the repository flag scanOnPush=false decides',
    ],
    [
      'BASIC',
      [{ frequency: 'MANUAL', filters: ['*'] }],
      true,
      'registry is BASIC, the rule whose filter `*` matches `team-a/api` is MANUAL and does not scan; the repository flag scanOnPush=true has no effect',
    ],
  ] as const)('says what decided: %s %j', (scanType, rules, scanOnPush, sentence) => {
    const registryScanning: RegistryScanning = { scanType, rules: [...rules] };
    expect(effectiveScanning({ repository: NAME, registryScanning, scanOnPush }).sentence).toBe(sentence);
  });

  it('agrees with the answer that AWS would give', () => {
    for (const registryScanning of registries()) {
      // ECR takes no CONTINUOUS_SCAN rule in a BASIC registry.
      if (
        registryScanning.scanType === 'BASIC' &&
        registryScanning.rules.some((r) => r.frequency === 'CONTINUOUS_SCAN')
      )
        continue;
      for (const scanOnPush of [true, false]) {
        const { frequency } = effectiveScanning({ repository: NAME, registryScanning, scanOnPush });
        expect(frequency).toBe(awsAnswer(NAME, registryScanning, scanOnPush).frequency);
      }
    }
  });
});

describe('the filter proposed for a repository', () => {
  /** Names as ECR allows them: components of words joined by single or double separators. */
  const word = fc.string({ unit: fc.constantFrom('a', 'z', '0', '9'), minLength: 1, maxLength: 8 });
  const component = fc
    .tuple(
      word,
      fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '--', '---'), word), { maxLength: 4 }),
    )
    .map(([first, rest]) => first + rest.map(([separator, text]) => separator + text).join(''));
  const name = fc
    .array(component, { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join('/'))
    .map((text) => text.slice(0, 256).replace(/[^a-z0-9]+$/u, ''))
    .filter((text) => text.length >= 2);

  it('matches that repository and is a filter that ECR accepts', () => {
    fc.assert(
      fc.property(name, (repository) => {
        const filter = filterFor(repository);
        expect(filterMatches(filter, repository)).toBe(true);
        expect(filter.length).toBeLessThanOrEqual(255);
        // Source: ECR API reference, ScanningRepositoryFilter; written without its nested repetition.
        expect(filter).toMatch(/^[a-z0-9*](?:[._\-/]?[a-z0-9*])*$/u);
      }),
      { numRuns: 2000 },
    );
  });

  it('matches the longest name', () => {
    const longest = 'a'.repeat(256);
    expect(filterFor(longest)).toBe(`${'a'.repeat(254)}*`);
  });
});
