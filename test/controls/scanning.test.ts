import { describe, expect, it } from 'vitest';
import { imageScanning } from '../../shared/controls/image-scanning.ts';
import { registryScanning } from '../../shared/controls/registry-scanning.ts';
import type { AppliedScanning, FactValues, RegistryScanning } from '../../shared/model/facts.ts';
import { judgeCase, testControl } from './control-tester.ts';

type Rules = RegistryScanning['rules'];
const basic = (...rules: Rules): RegistryScanning => ({ scanType: 'BASIC', rules });
const enhanced = (...rules: Rules): RegistryScanning => ({ scanType: 'ENHANCED', rules });
const onPush = (...filters: string[]) => ({ frequency: 'SCAN_ON_PUSH', filters }) as const;
const continuous = (...filters: string[]) => ({ frequency: 'CONTINUOUS_SCAN', filters }) as const;
const manual = (...filters: string[]) => ({ frequency: 'MANUAL', filters }) as const;

const PUSH: AppliedScanning = { frequency: 'SCAN_ON_PUSH', filters: [] };
const ALWAYS: AppliedScanning = { frequency: 'CONTINUOUS_SCAN', filters: [] };
const OFF: AppliedScanning = { frequency: 'MANUAL', filters: [] };
const SILENT: AppliedScanning = { frequency: null, filters: [] };

const facts = (
  registry: RegistryScanning,
  scanOnPush: boolean,
  appliedScanning?: AppliedScanning,
): Partial<FactValues> => ({
  registryScanning: registry,
  scanOnPush,
  ...(appliedScanning === undefined ? {} : { appliedScanning }),
});
const unconfirmed = { confirm: false };
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `filter-${i}`);

testControl(imageScanning, [
  {
    type: 'repository',
    compliant: [
      { name: 'BASIC, flag on', facts: facts(basic(), true, PUSH), evidence: 'scanOnPush=true decides' },
      { name: 'BASIC, flag on, unconfirmed', facts: facts(basic(), true), options: unconfirmed },
      { name: 'BASIC, rule matches, flag off', facts: facts(basic(onPush('team-a')), false, PUSH) },
      { name: 'BASIC, rule misses, flag on', facts: facts(basic(onPush('team-b')), true, PUSH) },
      {
        name: 'BASIC, on push and manual match',
        facts: facts(basic(manual('*'), onPush('api')), false, PUSH),
      },
      { name: 'ENHANCED, no rules', facts: facts(enhanced(), false, ALWAYS), evidence: 'without rules' },
      { name: 'ENHANCED, on push', facts: facts(enhanced(onPush('*')), false, PUSH) },
      { name: 'ENHANCED, continuous', facts: facts(enhanced(continuous('team-a/*')), false, ALWAYS) },
      {
        name: 'ENHANCED, second rule',
        facts: facts(enhanced(onPush('x'), continuous('api')), false, ALWAYS),
      },
      { name: 'ENHANCED, unconfirmed', facts: facts(enhanced(onPush('*')), false), options: unconfirmed },
      {
        name: 'unconfirmed, and AWS would say MANUAL as some emulators do',
        facts: facts(basic(), true, OFF),
        options: unconfirmed,
      },
      {
        name: 'a third party scans, nothing else does',
        facts: facts(enhanced(onPush('team-b')), false, OFF),
        options: { thirdParty: [{ pattern: 'team-a/*', scanner: 'trivy in CI' }] },
        evidence: '`trivy in CI` is declared to scan `team-a/api`',
      },
      {
        name: 'a repository called constructor',
        repository: 'constructor',
        facts: facts(enhanced(onPush('constructor')), false, PUSH),
      },
    ],
    nonCompliant: [
      {
        name: 'BASIC, flag off',
        facts: facts(basic(), false, OFF),
        messages: ['flagOff'],
        plan: 'heals',
        automatic: true,
        evidence: 'scanOnPush=false decides',
      },
      {
        name: 'BASIC, flag off, unconfirmed',
        facts: facts(basic(), false),
        options: unconfirmed,
        messages: ['flagOff'],
        plan: 'heals',
        automatic: true,
      },
      {
        name: 'BASIC, rule misses',
        facts: facts(basic(onPush('team-b')), false, OFF),
        messages: ['flagOff'],
        plan: 'heals',
        automatic: true,
      },
      {
        name: 'BASIC, healed by a registry rule that is proposed',
        facts: facts(basic(onPush('team-b')), false, OFF),
        options: { basicRemedy: 'registry-rule' },
        messages: ['flagOff'],
        plan: 'heals',
      },
      {
        name: 'BASIC, healed by a registry rule that may be applied',
        facts: facts(basic(), false, OFF),
        options: { basicRemedy: 'registry-rule', registryRules: 'apply' },
        messages: ['flagOff'],
        plan: 'heals',
        automatic: true,
      },
      {
        name: 'BASIC, a MANUAL rule matches, flag on',
        facts: facts(basic(manual('*')), true, OFF),
        messages: ['manualRule'],
        plan: 'heals',
        evidence: 'scanOnPush=true has no effect',
      },
      {
        name: 'ENHANCED, filter misses the team, flag on',
        facts: facts(enhanced(onPush('team-b')), true, OFF),
        messages: ['noMatchingFilter'],
        plan: 'heals',
        evidence: 'no rule filter matches `team-a/api`; the repository flag scanOnPush=true has no effect',
      },
      {
        name: 'ENHANCED, filter misses, rules may be applied',
        facts: facts(enhanced(onPush('team-b')), true, OFF),
        options: { registryRules: 'apply' },
        messages: ['noMatchingFilter'],
        plan: 'heals',
        automatic: true,
      },
      {
        name: 'ENHANCED, filter misses, continuous preferred',
        facts: facts(enhanced(onPush('team-b')), false, OFF),
        options: { prefer: 'CONTINUOUS_SCAN' },
        messages: ['noMatchingFilter'],
        plan: 'heals',
      },
      {
        name: 'ENHANCED, the preferred rule has no room',
        facts: facts(enhanced(onPush('x'), manual('y')), false, OFF),
        options: { prefer: 'CONTINUOUS_SCAN' },
        messages: ['noMatchingFilter'],
        plan: 'heals',
      },
      {
        name: 'ENHANCED, only MANUAL matches',
        facts: facts(enhanced(manual('*')), true, OFF),
        messages: ['manualRule'],
        plan: 'heals',
      },
      {
        name: 'ENHANCED, both rules full',
        facts: facts(enhanced(onPush(...many(100)), continuous(...many(100))), false, OFF),
        messages: ['noMatchingFilter'],
        plan: 'advises',
        evidence: 'no rule filter matches',
      },
      {
        name: 'computed as scanned, AWS says MANUAL',
        facts: facts(basic(), true, OFF),
        messages: ['notApplied'],
        plan: 'none',
        evidence: 'but AWS reports it as not scanned (MANUAL): the worse answer counts',
      },
      {
        name: 'computed as scanned, AWS names no frequency',
        facts: facts(enhanced(), false, SILENT),
        messages: ['notApplied'],
        plan: 'none',
        evidence: 'not scanned (no frequency)',
      },
      {
        name: 'computed as not scanned, AWS says scanned',
        facts: facts(basic(), false, PUSH),
        messages: ['flagOff'],
        plan: 'heals',
        automatic: true,
        evidence: 'but AWS reports it as scanned (SCAN_ON_PUSH): the worse answer counts',
      },
      {
        name: 'the third party covers others only',
        facts: facts(basic(), false, OFF),
        options: { thirdParty: [{ pattern: 'team-a', scanner: 'trivy' }] },
        messages: ['flagOff'],
        plan: 'heals',
        automatic: true,
      },
      {
        name: 'a name with doubled separators',
        repository: 'a__b/c--d',
        facts: facts(enhanced(onPush('x')), false, OFF),
        messages: ['noMatchingFilter'],
        plan: 'heals',
      },
      {
        name: 'a repository called __proto__',
        repository: '__proto__',
        facts: facts(basic(), false, OFF),
        messages: ['flagOff'],
        plan: 'heals',
        automatic: true,
      },
    ],
  },
]);

const rules = (registry: RegistryScanning): Partial<FactValues> => ({ registryScanning: registry });
const any = { demand: 'any' };
const every = { demand: 'every' };

testControl(registryScanning, [
  {
    type: 'registry',
    notApplicable: [
      { name: 'nothing demanded, no rules', facts: rules(basic()), evidence: 'the options demand nothing' },
      { name: 'nothing demanded, rules', facts: rules(enhanced(onPush('*'))) },
    ],
    compliant: [
      { name: 'any: BASIC on push', facts: rules(basic(onPush('x'))), options: any },
      { name: 'any: ENHANCED continuous', facts: rules(enhanced(continuous('x'))), options: any },
      { name: 'any: ENHANCED without rules', facts: rules(enhanced()), options: any },
      { name: 'any: manual and on push', facts: rules(basic(manual('*'), onPush('x'))), options: any },
      { name: 'every: BASIC *', facts: rules(basic(onPush('x', '*'))), options: every },
      { name: 'every: ENHANCED without rules', facts: rules(enhanced()), options: every },
      { name: 'every: ENHANCED **', facts: rules(enhanced(continuous('**'))), options: every },
      { name: 'type: ENHANCED', facts: rules(enhanced(onPush('x'))), options: { scanType: 'ENHANCED' } },
    ],
    nonCompliant: [
      {
        name: 'any: BASIC without rules',
        facts: rules(basic()),
        options: any,
        messages: ['noRule'],
        plan: 'heals',
      },
      {
        name: 'any: applied on option',
        facts: rules(basic()),
        options: { demand: 'any', registryRules: 'apply' },
        messages: ['noRule'],
        plan: 'heals',
        automatic: true,
      },
      {
        name: 'any: MANUAL only',
        facts: rules(basic(manual('*'))),
        options: any,
        messages: ['noRule'],
        plan: 'heals',
      },
      {
        name: 'any: ENHANCED with MANUAL only',
        facts: rules(enhanced(manual('*'))),
        options: any,
        messages: ['noRule'],
        plan: 'heals',
      },
      {
        name: 'any: a rule without filters',
        facts: rules(enhanced(onPush())),
        options: any,
        messages: ['noRule'],
        plan: 'heals',
      },
      {
        name: 'any: a rule that BASIC does not know',
        facts: rules(basic(continuous('*'))),
        options: any,
        messages: ['noRule'],
        plan: 'heals',
      },
      {
        name: 'every: some',
        facts: rules(enhanced(onPush('prod'))),
        options: { demand: 'every', prefer: 'CONTINUOUS_SCAN' },
        messages: ['notEvery'],
        plan: 'heals',
      },
      {
        name: 'every: full',
        facts: rules(basic(onPush(...many(100)))),
        options: every,
        messages: ['notEvery'],
        plan: 'advises',
      },
      {
        name: 'type: BASIC',
        facts: rules(basic(onPush('*'))),
        options: { demand: 'every', scanType: 'ENHANCED' },
        messages: ['notEnhanced'],
        plan: 'advises',
      },
      {
        name: 'type and rules',
        facts: rules(basic()),
        options: { demand: 'any', scanType: 'ENHANCED' },
        messages: ['noRule', 'notEnhanced'],
        plan: 'advises',
      },
    ],
  },
]);

describe('the evidence of image-scanning', () => {
  it('holds both answers, or only the computed one', () => {
    const one = { name: '', facts: facts(basic(onPush('x')), true, OFF) };
    expect(judgeCase(imageScanning, 'repository', one).verdict.evidence.data).toEqual({
      scanType: 'BASIC',
      rules: [{ frequency: 'SCAN_ON_PUSH', filters: ['x'] }],
      scanOnPush: true,
      computed: 'SCAN_ON_PUSH',
      applied: OFF,
    });
    const alone = judgeCase(imageScanning, 'repository', { ...one, options: unconfirmed });
    expect(alone.verdict.evidence.data['applied']).toBeNull();
  });
});

describe('the plans of the scanning controls', () => {
  it('keep every rule of the registry in the CLI line, and add one filter', () => {
    const before = enhanced(onPush('team-b', 'team-c*'), continuous('prod'));
    const { plan } = judgeCase(imageScanning, 'repository', { name: '', facts: facts(before, false, OFF) });
    expect(plan!.changes).toEqual([
      {
        kind: 'put-registry-scanning-configuration',
        add: { frequency: 'SCAN_ON_PUSH', filter: 'team-a/api*' },
      },
    ]);
    const json = /--rules '(.*)'$/u.exec(plan!.cli[0]!)?.[1];
    expect(JSON.parse(json!)).toEqual([
      {
        scanFrequency: 'SCAN_ON_PUSH',
        repositoryFilters: ['team-b', 'team-c*', 'team-a/api*'].map((filter) => ({
          filter,
          filterType: 'WILDCARD',
        })),
      },
      { scanFrequency: 'CONTINUOUS_SCAN', repositoryFilters: [{ filter: 'prod', filterType: 'WILDCARD' }] },
    ]);
  });

  it('quote a hostile name for the shell and for Terraform', () => {
    const repository = "x'; rm -rf ~; echo '${self}%{if}\n\"";
    const { plan } = judgeCase(imageScanning, 'repository', {
      name: '',
      repository,
      facts: facts(basic(), false, OFF),
    });
    expect(plan!.cli[0]).toContain(String.raw`--repository-name 'x'\''; rm -rf ~; echo '\''$`);
    expect(plan!.iac).toContain('name = "x\'; rm -rf ~; echo \'$${self}%%{if}\\n\\""');
  });
});
