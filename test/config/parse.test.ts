import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ControlDescriptor } from '../../shared/config/controls-shape.ts';
import { DEFAULT_CONTROL, DEFAULTS } from '../../shared/config/defaults.ts';
import { checkConfig, configJsonSchema, parseConfig } from '../../shared/config/load.ts';
import { settingsFromJson, settingsToJson } from '../../shared/config/packaged-settings.ts';
import { problemLine } from '../../shared/config/problem.ts';
import { defaultSettings } from '../../shared/config/read-settings.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import { isForeignObject, ownPath } from '../../shared/events/foreign.ts';
import { ConfigError } from '../../shared/model/errors.ts';

const root = resolve(import.meta.dirname, '../..');
const NOW = '2026-11-21T00:00:00Z';
const example = readFileSync(join(root, 'ecr-warden.example.yml'), 'utf8');

/** What is wrong with a text, as people are told. */
const problemsOf = (text: string, controls: readonly ControlDescriptor[] = CATALOGUE): readonly string[] =>
  checkConfig(text, controls, NOW).problems.map((problem) => problemLine('f', problem));

const settingsOf = (text: string) => parseConfig(text, 'f', CATALOGUE);

interface Case {
  readonly name: string;
  readonly text: string;
  readonly problems: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'an unknown section',
    text: 'remedation:\n',
    problems: ['f:1:1: unknown key `remedation`; did you mean `remediation`?'],
  },
  {
    name: 'an unknown section that resembles none',
    text: 'x:\n',
    problems: [
      'f:1:1: unknown key `x`; known here: `controls`, `trust`, `registries`, `scope`, `exemptions`, `remediation`, `alerts`, `state`',
    ],
  },
  {
    name: 'an unknown control',
    text: 'controls:\n  image-scaning: {}\n',
    problems: ['f:2:3: unknown key `controls.image-scaning`; did you mean `image-scanning`?'],
  },
  {
    name: 'another way to write a control',
    text: 'controls:\n  imageScanning: {}\n',
    problems: ['f:2:3: unknown key `controls.imageScanning`; did you mean `image-scanning`?'],
  },
  {
    name: 'an unknown key of a control',
    text: 'controls:\n  image-scanning:\n    enable: true\n',
    problems: ['f:3:5: unknown key `controls.image-scanning.enable`; did you mean `enabled`?'],
  },
  {
    name: 'an option of another control',
    text: 'controls:\n  tag-immutability:\n    confirm: true\n',
    problems: [
      'f:3:5: unknown key `controls.tag-immutability.confirm`; known here: `enabled`, `severity`, `remediate`, `options`',
    ],
  },
  {
    name: 'an unknown option',
    text: 'controls:\n  image-scanning:\n    options:\n      confrim: true\n',
    problems: ['f:4:7: unknown key `controls.image-scanning.options.confrim`; did you mean `confirm`?'],
  },
  {
    name: 'options of a control that has none',
    text: 'controls:\n  lifecycle-policy:\n    options: { days: 3 }\n',
    problems: ['f:3:14: `lifecycle-policy` has no options'],
  },
  {
    name: 'options that are a list',
    text: 'controls:\n  image-scanning:\n    options: []\n',
    problems: ['f:3:14: `controls.image-scanning.options` is a list: expected a block of keys'],
  },
  {
    name: 'two bad options of one control, where they stand',
    text: 'controls:\n  image-scanning:\n    options:\n      registryRules: yes\n      confirm: maybe\n',
    problems: [
      'f:4:7: `controls.image-scanning.options`: option `registryRules` must be one of `propose`, `apply`',
      'f:5:7: `controls.image-scanning.options`: option `confirm` must be of type boolean',
    ],
  },
  {
    name: 'values of a control',
    text: 'controls:\n  image-scanning:\n    enabled: yes\n    severity: high\n    remediate: true\n',
    problems: [
      'f:3:14: `controls.image-scanning.enabled` is `yes`: expected `true` or `false`',
      'f:4:15: `controls.image-scanning.severity` is `high`: expected `INFORMATIONAL`, `LOW`, `MEDIUM`, `HIGH`, `CRITICAL`',
      'f:5:16: `controls.image-scanning.remediate` is `true`: expected `off`, `plan`, `apply`',
    ],
  },
  {
    name: 'a control that is a value',
    text: 'controls:\n  image-scanning: true\n',
    problems: ['f:2:19: `controls.image-scanning` is `true`: expected a block of keys'],
  },
  {
    name: 'a list for the whole file',
    text: '- a\n',
    problems: ['f:1:1: the file is a list: expected a block of keys'],
  },
  {
    name: 'text for the whole file',
    text: 'hello\n',
    problems: ['f:1:1: the file is `hello`: expected a block of keys'],
  },
  {
    name: 'trust that is malformed, all of it at once',
    text: [
      'trust:',
      '  accounts: [1234, "11112222333a", 1e11, 0x1A2B, 11112222333.0]',
      '  organizations: [o-ABC]',
      '  organizationalUnits: [o-a1b2c3d4e5/r-ab12/ou-ab12-11111111]',
      '  principals: ["arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:user"]',
    ].join('\n'),
    problems: [
      'f:2:14: `trust.accounts[0]` is `1234`: expected an account id of 12 digits',
      'f:2:20: `trust.accounts[1]` is `11112222333a`: expected an account id of 12 digits',
      'f:2:36: `trust.accounts[2]` is `1e11`: expected an account id of 12 digits',
      'f:2:42: `trust.accounts[3]` is `0x1A2B`: expected an account id of 12 digits',
      'f:2:50: `trust.accounts[4]` is `11112222333.0`: expected an account id of 12 digits',
      'f:3:19: `trust.organizations[0]` is `o-ABC`: expected an organization id like `o-a1b2c3d4e5`',
      'f:4:25: `trust.organizationalUnits[0]` is `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111`: expected an organization path like `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, with the last slash',
      'f:5:16: `trust.principals[0]` is `arn:aws:iam::111122223333:role/*`: expected the exact ARN of a role, user or account root, without `*`',
      'f:5:52: `trust.principals[1]` is `arn:aws:iam::111122223333:user`: expected the exact ARN of a role, user or account root, without `*`',
    ],
  },
  {
    name: 'one account in place of a list',
    text: 'trust:\n  accounts: 111122223333\n',
    problems: ['f:2:13: `trust.accounts` is `111122223333`: expected a list'],
  },
  {
    name: 'an empty entry of a list',
    text: 'trust:\n  accounts:\n    -\n',
    problems: ['f:3:6: `trust.accounts[0]` is empty: expected an account id of 12 digits'],
  },
  {
    name: 'approved registries that are none',
    text: 'registries:\n  approved: ["", "https://quay.io", "quay.io/a:1", "quay.io/a@sha256:0", "/x", "a b", "QUAY.IO//x"]\n',
    problems: ['', 'https://quay.io', 'quay.io/a:1', 'quay.io/a@sha256:0', '/x', 'a b', 'QUAY.IO//x'].map(
      (value, index) =>
        `f:2:${[14, 18, 37, 52, 74, 80, 87][index]}: \`registries.approved[${index}]\` is \`${value === '' ? '' : value}\`: expected a registry like \`host[:port][/path]\`, without scheme, tag or digest`,
    ),
  },
  {
    name: 'numbers out of bounds, no numbers, and numbers that are none',
    text: 'alerts:\n  digestAbove: -1\nstate: { historyDays: "400" }\n',
    problems: [
      'f:2:16: `alerts.digestAbove` is `-1`: expected a whole number from 0 to 10000',
      'f:3:23: `state.historyDays` is `400`: expected a whole number from 1 to 3650',
    ],
  },
  {
    name: 'an exemption without its parts',
    text: 'exemptions:\n  - id: x\n',
    problems: [
      'f:2:5: `exemptions[0].controls` needs at least one pattern',
      'f:2:5: `exemptions[0].resources` needs at least one pattern',
      'f:2:5: `exemptions[0].owner` is missing: expected some text in one line, at most 1,000 characters',
      'f:2:5: `exemptions[0].reason` is missing: expected some text in one line, at most 1,000 characters',
      'f:2:5: `exemptions[0].expiresAt` is missing: expected a date like `2027-01-31`, or a time in UTC like `2027-01-31T12:00Z`',
    ],
  },
  {
    name: 'dates that no calendar has, and times of nowhere',
    text: ['2027-02-30', '2027-13-01', '2027-01-01T10:00', 'tomorrow', '2027-1-1']
      .map(
        (date, index) =>
          `  - { id: i${index}, controls: ["*"], resources: ["*"], owner: o, reason: r, expiresAt: ${date} }\n`,
      )
      .reduce((text, line) => text + line, 'exemptions:\n'),
    problems: [
      ['2027-02-30', 82],
      ['2027-13-01', 82],
      ['2027-01-01T10:00', 82],
      ['tomorrow', 82],
      ['2027-1-1', 82],
    ].map(
      ([date, column], index) =>
        `f:${index + 2}:${column}: \`exemptions[${index}].expiresAt\` is \`${date}\`: expected a date like \`2027-01-31\`, or a time in UTC like \`2027-01-31T12:00Z\``,
    ),
  },
  {
    name: 'one id for two exemptions',
    text: `exemptions:\n${'  - { id: a, controls: ["*"], resources: ["*"], owner: o, reason: r, expiresAt: 2099-01-01 }\n'.repeat(2)}`,
    problems: ['f:3:5: the id `a` is used twice'],
  },
  {
    name: 'an address that is not https',
    text: 'alerts:\n  runbookBaseUrl: http://x.example\n',
    problems: ['f:2:19: `alerts.runbookBaseUrl` is `http://x.example`: expected an https address'],
  },
  {
    name: 'names of accounts that are none',
    text: 'alerts:\n  accountAliases: { prod: x, __proto__: y, 111122223333: }\n',
    problems: [
      'f:2:21: key `prod` of `alerts.accountAliases` is not an account id of 12 digits',
      'f:2:30: key `__proto__` of `alerts.accountAliases` is not an account id of 12 digits',
      'f:2:58: `alerts.accountAliases.111122223333` is empty: expected some text in one line, at most 1,000 characters',
    ],
  },
  {
    name: 'keys of the prototype',
    text: '__proto__: {}\nconstructor: {}\ncontrols: { toString: {} }\n',
    problems: [
      'f:1:1: unknown key `__proto__`; known here: `controls`, `trust`, `registries`, `scope`, `exemptions`, `remediation`, `alerts`, `state`',
      'f:2:1: unknown key `constructor`; known here: `controls`, `trust`, `registries`, `scope`, `exemptions`, `remediation`, `alerts`, `state`',
      expect.stringContaining('f:3:13: unknown key `controls.toString`; known here: '),
    ],
  },
  {
    name: 'scopes that name nothing',
    text: 'scope:\n  accounts: ["12*a", "*1111222233334"]\n  regions: [Frankfurt, "eu west"]\n  repositories: [""]\n',
    problems: [
      'f:2:14: `scope.accounts[0]` is `12*a`: expected an account id of 12 digits, or a pattern of digits and `*`',
      'f:2:22: `scope.accounts[1]` is `*1111222233334`: expected an account id of 12 digits, or a pattern of digits and `*`',
      'f:3:13: `scope.regions[0]` is `Frankfurt`: expected the name of a Region, or a pattern with `*`',
      'f:3:24: `scope.regions[1]` is `eu west`: expected the name of a Region, or a pattern with `*`',
      'f:4:18: `scope.repositories[0]` is ``: expected the name of a repository, or a pattern with `*`',
    ],
  },
];

describe('a configuration file', () => {
  it.each(CASES)('is refused, with its lines: $name', ({ text, problems }) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('makes one error of all that is wrong, in the order of the file', () => {
    const text = 'state: { historyDays: 0 }\nbogus: 1\nalerts: { digestAbove: x }\n';
    expect(() => parseConfig(text, 'my.yml', CATALOGUE)).toThrow(ConfigError);
    expect(() => parseConfig(text, 'my.yml', CATALOGUE)).toThrow(
      /^my\.yml:1:23: .*\nmy\.yml:2:1: .*`bogus`.*\nmy\.yml:3:24: .*$/,
    );
  });

  it.each([
    ['nothing', ''],
    ['a comment', '# nothing yet\n'],
    ['an empty block', '{}'],
    ['sections without content', 'controls:\ntrust:\nscope:\n  accounts:\nexemptions:\n'],
    ['a byte order mark', '\uFEFFtrust: {}\n'],
    ['line ends of Windows', 'trust:\r\n  accounts: []\r\n'],
  ])('may say little: %s', (_, text) => {
    const { version, controls, ...rest } = settingsOf(text);
    expect(rest).toEqual(DEFAULTS);
    expect(version).toMatch(/^[0-9a-f]{12}$/);
    expect(Object.keys(controls)).toEqual(CATALOGUE.map((control) => control.id));
    for (const control of CATALOGUE) {
      expect(controls[control.id]).toEqual({ ...DEFAULT_CONTROL, options: control.parseOptions({}) });
    }
    expect(settingsOf(text)).toEqual(defaultSettings(CATALOGUE));
  });

  it('is read in full', () => {
    const settings = settingsOf(example);
    expect(settings.controls['customer-managed-key']?.enabled).toBe(false);
    expect(settings.alerts.accountAliases).toEqual({ '111122223333': 'images' });
    expect(settings.exemptions).toEqual([
      {
        id: 'legacy-base-images',
        controls: ['tag-immutability'],
        resources: ['arn:aws:ecr:eu-west-1:111122223333:repository/base/*'],
        owner: 'platform-team@example.com',
        reason: 'Rebuilt in place until the new pipeline is there, PLAT-1234',
        expiresAt: '2099-12-31T00:00:00.000Z',
      },
    ]);
  });

  it('never makes the reader throw', () => {
    const lines = example.split('\n');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.json(),
          fc
            .array(
              fc.tuple(
                fc.nat(lines.length - 1),
                fc.oneof(fc.string(), fc.constantFrom('  - &a *a', ' : ', '? x', '!!set {a}', '[', '"')),
              ),
            )
            .map((edits) => {
              const edited = [...lines];
              for (const [index, text] of edits) edited[index] = text;
              return edited.join('\n');
            }),
        ),
        (text) => {
          const { settings, problems } = checkConfig(text, CATALOGUE, NOW);
          expect(settings === null).toBe(problems.length > 0);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('YAML and its traps', () => {
  it('reads an account id as it is written, quoted or not', () => {
    const { trust, scope, alerts } = settingsOf(
      'trust:\n  accounts: [012345678901, "012345678902", 111122223333, 000000000001]\n' +
        'scope:\n  accounts: [001234567890]\nalerts:\n  accountAliases: { 012345678901: a, "012345678902": b }\n',
    );
    expect(trust.accounts).toEqual(['012345678901', '012345678902', '111122223333', '000000000001']);
    expect(scope.accounts).toEqual(['001234567890']);
    expect(alerts.accountAliases).toEqual({ '012345678901': 'a', '012345678902': 'b' });
  });

  it('does so too where an older YAML is declared, in which it would be octal', () => {
    expect(settingsOf('%YAML 1.1\n---\ntrust:\n  accounts: [012345670123]\n').trust.accounts).toEqual([
      '012345670123',
    ]);
  });

  it.each([
    ['duplicate keys', 'trust: {}\ntrust: {}\n', 'f:2:1: map keys must be unique'],
    [
      'duplicate keys of a block',
      'trust:\n  accounts: []\n  accounts: []\n',
      'f:3:3: map keys must be unique',
    ],
    [
      'two documents',
      'trust: {}\n---\nscope: {}\n',
      'f:2:1: source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
    [
      'an alias',
      'trust: &t {}\nscope: *t\n',
      'f:2:8: anchors and aliases are not supported: repeat the value',
    ],
    ['a merge key', 'trust:\n  <<: *t\n', 'f:2:7: anchors and aliases are not supported: repeat the value'],
    ['an unknown tag', 'trust: !secret {}\n', 'f:1:8: unresolved tag: !secret'],
    ['a key that is a list', '[a, b]: 1\n', 'f:1:1: a key must be plain text'],
    ['tabs', 'trust:\n\taccounts: []\n', 'f:2:1: tabs are not allowed as indentation'],
    ['a quote that does not end', 'trust: "\n', 'f:2:1: missing closing "quote'],
  ])('refuses %s', (_, text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('refuses a bomb of aliases at once', () => {
    const bomb = Array.from(
      { length: 30 },
      (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`,
    ).join('\n');
    const started = performance.now();
    expect(problemsOf(bomb).length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('refuses extreme depth and length', () => {
    expect(problemsOf(`trust: ${'['.repeat(50)}${']'.repeat(50)}`)).toEqual([
      expect.stringContaining('nested deeper than 32 levels'),
    ]);
    expect(problemsOf('['.repeat(100_000)).length).toBeGreaterThan(0);
    expect(problemsOf('#'.repeat(1024 * 1024 + 1))).toEqual(['f: longer than 1048576 characters']);
  });

  it('shows a value of somebody else in one line, and not all of a long one', () => {
    const [problem] = problemsOf(`trust:\n  accounts: ["a\\e[31m\\n\`${'x'.repeat(500)}"]\n`);
    expect(problem).toMatch(/^f:2:14: `trust\.accounts\[0\]` is `.{100,140}…`: expected an account id/);
    expect(problem).not.toMatch(/\p{Cc}/u);
  });
});

describe('the version of a configuration', () => {
  it('does not depend on order, comments or what is left out', () => {
    const { version } = defaultSettings(CATALOGUE);
    expect(
      settingsOf(
        'state: { ownerTags: [owner, team], historyDays: 400 }\n# x\ncontrols: { lifecycle-policy: {} }',
      ).version,
    ).toBe(version);
  });

  it('depends on every setting', () => {
    const texts = [
      '',
      'state: { historyDays: 401 }',
      'controls: { lifecycle-policy: { enabled: false } }',
      'trust: { accounts: [111122223333] }',
      'controls: { image-scanning: { options: { confirm: false } } }',
    ];
    expect(new Set(texts.map((text) => settingsOf(text).version)).size).toBe(texts.length);
  });
});

describe('packaged settings', () => {
  it('come out as they went in', () => {
    for (const text of ['', example]) {
      const settings = settingsOf(text);
      expect(settingsFromJson(settingsToJson(settings), CATALOGUE)).toEqual(settings);
    }
  });

  it('are refused when somebody has changed them', () => {
    const changed = settingsToJson(settingsOf(example)).replace('"enabled": false', '"enabled": true');
    expect(() => settingsFromJson(changed, CATALOGUE)).toThrow(
      'settings.json is not what its version stands for: build the package again',
    );
    const { version: _version, ...unversioned } = settingsOf(example);
    expect(() => settingsFromJson(JSON.stringify(unversioned), CATALOGUE)).toThrow(
      'is not what its version stands for',
    );
  });

  it.each(['', '{', '[]', 'null', '7', '{"version":"x","bogus":1}'])(
    'are refused when they are none: %j',
    (text) => {
      expect(() => settingsFromJson(text, CATALOGUE)).toThrow(ConfigError);
    },
  );
});

describe('options of a control', () => {
  const optionsOf = (text: string): unknown =>
    parseConfig(text, 'f', CATALOGUE).controls['image-scanning']?.options;
  const below = 'controls:\n  image-scanning:\n    options: { confirm: false, registryRules: apply }\n';

  it('may stand beside the common keys, below `options`, or both', () => {
    const beside = 'controls:\n  image-scanning: { confirm: false, registryRules: apply }\n';
    const both = 'controls:\n  image-scanning: { confirm: false, options: { registryRules: apply } }\n';
    expect(optionsOf(below)).toMatchObject({ confirm: false, registryRules: 'apply' });
    expect(optionsOf(beside)).toEqual(optionsOf(below));
    expect(optionsOf(both)).toEqual(optionsOf(below));
  });

  it('are checked wherever they stand, at their own line', () => {
    expect(() => optionsOf('controls:\n  image-scanning:\n    confirm: maybe\n')).toThrow(
      /f:3:\d+: .*confirm/,
    );
    expect(() => optionsOf('controls:\n  image-scanning:\n    confrim: true\n')).toThrow(
      /f:3:\d+: .*confrim/,
    );
  });
});

describe('the published schema', () => {
  const schema = configJsonSchema(CATALOGUE);

  /** Values of the keyword `default`, by path. */
  const defaultsIn = (node: unknown): unknown => {
    const properties = ownPath(node, ['properties']);
    if (!isForeignObject(properties)) return ownPath(node, ['default']);
    return Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, defaultsIn(inner)]));
  };

  it('is the one that is checked in (`npm run docs` writes it)', () => {
    expect(JSON.parse(readFileSync(join(root, 'schema/ecr-warden.schema.json'), 'utf8'))).toEqual(schema);
  });

  it('states every default', () => {
    const { version: _version, ...settings } = defaultSettings(CATALOGUE);
    expect(defaultsIn(schema)).toEqual(settings);
  });

  it('knows every key of the example, and the example every key of it', () => {
    const keys = (value: unknown, path = ''): readonly string[] =>
      isForeignObject(value)
        ? Object.entries(value).flatMap(([key, inner]) =>
            [`${path}${key}`].concat(keys(inner, `${path}${key}.`)),
          )
        : [];
    const known = keys(defaultsIn(schema)).filter((key) => !key.includes('options.'));
    const shown = keys(parse(example));
    expect(shown.filter((key) => !known.includes(key))).toEqual(['alerts.accountAliases.111122223333']);
    const unsaid = known.filter((key) => !shown.includes(key) && !/^controls\.[a-z-]+\./.test(key));
    // Both have no default, and stand in comments.
    expect(unsaid.filter((key) => !example.includes(`# ${key.split('.').at(-1)}:`))).toEqual([]);
  });

  it('describes every key', () => {
    const undescribed = (node: unknown, path: string): readonly string[] => {
      const properties = ownPath(node, ['properties']);
      if (!isForeignObject(properties)) return [];
      return Object.entries(properties).flatMap(([key, inner]) => {
        const own = typeof ownPath(inner, ['description']) === 'string' ? [] : [`${path}.${key}`];
        return own.concat(undescribed(inner, `${path}.${key}`));
      });
    };
    expect(undescribed(schema, '')).toEqual([]);
  });

  it('has patterns that an editor can use', () => {
    const patterns = (node: unknown): readonly string[] =>
      isForeignObject(node) || Array.isArray(node)
        ? Object.entries(node).flatMap(([key, inner]: [string, unknown]) =>
            key === 'pattern' && typeof inner === 'string' ? [inner] : patterns(inner),
          )
        : [];
    expect(patterns(schema).length).toBeGreaterThan(5);
    for (const pattern of patterns(schema)) expect(() => new RegExp(pattern, 'u')).not.toThrow();
  });
});
