import { describe, expect, it } from 'vitest';
import { approvedPatternProblem, unapprovedAliases } from '../../shared/config/approved-pattern.ts';
import { checkConfig } from '../../shared/config/load.ts';
import { nearest } from '../../shared/config/nearest.ts';
import { problemLine } from '../../shared/config/problem.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';

const NOW = '2026-11-21T00:00:00Z';

const warningsOf = (text: string): readonly string[] =>
  checkConfig(text, CATALOGUE, NOW).warnings.map((warning) => problemLine('f', warning));

const exemption = (expiresAt: string, controls = '["*"]'): string =>
  `exemptions:\n  - { id: x, controls: ${controls}, resources: ["*"], owner: o, reason: r, expiresAt: ${expiresAt} }\n`;

describe('warnings', () => {
  it.each([
    [
      'an exemption that has expired',
      exemption('2026-11-21'),
      ['f:2:70: exemption `x` has expired: it covers nothing'],
    ],
    ['an exemption that ends soon', exemption('2026-12-01'), ['f:2:70: exemption `x` ends in 10 day(s)']],
    ['an exemption that goes on', exemption('2027-12-01'), []],
    [
      'an exemption of a control that is not there',
      exemption('2027-12-01', '["image-*", "image-scaning"]'),
      ['f:2:36: `image-scaning` matches no control'],
    ],
    [
      'a repository that cannot be',
      'scope:\n  repositories: [team/*, Team/*]\nremediation:\n  scope: { excludeRepositories: ["a b"] }\n',
      'f:4:34: `remediation.scope.excludeRepositories[0]` is `a b`: expected the name of a repository, or a pattern with `*`',
    ],
    [
      'a repository in capitals',
      'scope:\n  repositories: [team/*, Team/*]\n',
      ['f:2:26: `Team/*` matches no repository: their names have other characters'],
    ],
    [
      'a scope that excludes everything',
      'scope:\n  excludeRepositories: ["*"]\n',
      ['f:2:3: every repository is excluded'],
    ],
    [
      'no control left',
      `controls:\n${CATALOGUE.map(({ id }) => `  ${id}: { enabled: false }\n`).join('')}`,
      ['f:1:1: every control is turned off: nothing is judged'],
    ],
    [
      'another name of an approved registry',
      'registries:\n  approved:\n    - public.ecr.aws/x\n',
      ['f:3:7: `public.ecr.aws/x` is approved, its other name `ecr-public.aws.com/x` is not'],
    ],
  ])('tell of %s, where it stands', (_, text, expected) => {
    if (typeof expected === 'string') {
      expect(checkConfig(text, CATALOGUE, NOW).problems.map((p) => problemLine('f', p))).toEqual([expected]);
    } else expect(warningsOf(text)).toEqual(expected);
  });
});

describe('other names of approved registries', () => {
  const host = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
  const dual = '111122223333.dkr-ecr.eu-west-1.on.aws';
  const aliases = (...patterns: readonly string[]): readonly string[] =>
    unapprovedAliases(patterns).map(({ alias }) => alias);

  it.each<[string, readonly string[], readonly string[]]>([
    ['the dual-stack name', [host], [dual]],
    ['none when both are approved', [host, dual], []],
    ['the other way round', [dual], [host]],
    ['the same path', [`${host}/team/`], [`${dual}/team`]],
    ['the whole where the other name is approved as a whole', [`${host}/team`, dual], [host]],
    [
      'the wider path where the other name is approved higher up',
      [`${host}/team/app`, `${dual}/team`],
      [`${host}/team`],
    ],
    ['a path that only begins alike', [`${host}/team-a`, `${dual}/team`], [`${dual}/team-a`, `${host}/team`]],
    [
      'FIPS names in the United States',
      ['111122223333.dkr.ecr.us-east-1.amazonaws.com'],
      [
        '111122223333.dkr-ecr.us-east-1.on.aws',
        '111122223333.dkr.ecr-fips.us-east-1.amazonaws.com',
        '111122223333.dkr-ecr-fips.us-east-1.on.aws',
      ],
    ],
    [
      'the name in China',
      ['111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn'],
      ['111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn'],
    ],
    ['patterns of hosts', ['*.dkr.ecr.eu-west-1.amazonaws.com'], ['*.dkr-ecr.eu-west-1.on.aws']],
    [
      'none under a pattern that covers it',
      [
        host,
        '*.dkr-ecr.*.on.aws',
        '*.dkr.ecr.*.amazonaws.com',
        '*.dkr-ecr-fips.*.on.aws',
        '*.dkr.ecr-fips.*.amazonaws.com',
      ],
      [],
    ],
    ['Docker Hub', ['docker.io/library'], ['registry-1.docker.io/library']],
    ['none of a registry that has one name', ['quay.io', 'ghcr.io/x'], []],
    [
      'none of a host that only looks like one',
      ['111122223333.dkr.ecr.eu-west-1.amazonaws.com.evil.example'],
      [],
    ],
  ])('are told: %s', (_, patterns, expected) => {
    expect(aliases(...patterns)).toEqual(expected);
  });
});

describe('approved patterns', () => {
  it.each([
    'quay.io',
    'QUAY.io',
    'localhost:5000',
    'a.example/x/*',
    'a.example/',
    '*.dkr.ecr.*.amazonaws.com',
    '*',
    'a.example/x-*/y',
    'a-b.example:443/x__y/z.w',
  ])('are accepted: %s', (pattern) => {
    expect(approvedPatternProblem(pattern)).toBeNull();
  });

  it.each([
    '',
    '/',
    '/x',
    'a..b',
    '.a',
    'a.',
    'a.example:x',
    'a.example:123456',
    'https://a.example',
    'a.example/X',
    'a.example/x:1',
    'a.example/x@y',
    'a.example//x',
    '^a$',
    'a|b',
    'a.example/x?',
    ' a',
    'a_b.example',
    '-a.example',
    'a.example/-x',
    'a'.repeat(256),
  ])('are refused: %j', (pattern) => {
    expect(approvedPatternProblem(pattern)).not.toBeNull();
  });

  it('are looked at in bounded time', () => {
    const started = performance.now();
    for (const piece of ['a-', 'a.', '*-', '_', 'a_']) {
      approvedPatternProblem(`${piece.repeat(20_000)}!`);
      approvedPatternProblem(`a.example/${piece.repeat(120)}!`);
      approvedPatternProblem(`a.example/${piece.repeat(20_000)}!`);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('the nearest word', () => {
  const known = ['enabled', 'severity', 'remediate', 'options'];
  it.each([
    ['enable', 'enabled'],
    ['Enabled', 'enabled'],
    ['severty', 'severity'],
    ['seveirty', 'severity'],
    ['option', 'options'],
    ['x', null],
    ['', null],
    ['exemption', null],
    ['e'.repeat(10_000), null],
  ])('of %s is %s', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });
});
