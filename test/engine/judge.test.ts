import { describe, expect, it } from 'vitest';
import { judge, retiredVerdict } from '../../shared/engine/judge.ts';
import { renderMessage } from '../../shared/engine/message.ts';
import { neededFacts, ownerOf, touchedControls } from '../../shared/engine/needs.ts';
import { scopeIncludes } from '../../shared/engine/scope.ts';
import type { ConfiguredControl, Offence } from '../../shared/model/control.ts';
import { known, unreadable, type Facts } from '../../shared/model/facts.ts';
import { matchesPattern } from '../../shared/model/pattern.ts';
import { registryResource, repositoryResource } from '../../shared/model/resource.ts';
import { NO_TRUST } from '../../shared/model/trust.ts';
import { at, control, RESOURCE } from './builders.ts';

const judged = (controls: readonly ConfiguredControl[], facts: Facts = { scanOnPush: known(true) }) =>
  judge({
    snapshot: { exists: true, resource: RESOURCE, observedAt: at(0), facts },
    controls,
    trust: NO_TRUST,
    now: at(1),
  });

const finds = (offences: readonly Offence[], changes: Partial<ConfiguredControl> = {}): ConfiguredControl =>
  control({ evaluate: () => ({ offences, evidence: { summary: 'seen', data: {} } }), ...changes });

const cat: Offence = { messageId: 'cat', data: { name: 'Tom' } };

describe('judging', () => {
  it('gives one verdict a control, in the order given', () => {
    const out = judged([control({ id: 'b' }), control({ id: 'a' })]);
    expect(out.map((each) => [each.control, each.verdict.compliance])).toEqual([
      ['b', 'COMPLIANT'],
      ['a', 'COMPLIANT'],
    ]);
  });

  it('leaves out controls of other types, and resources that are gone', () => {
    expect(judged([control({ needs: { registry: ['registryScanning'] } })])).toEqual([]);
    const gone = { exists: false, resource: RESOURCE, observedAt: at(0) } as const;
    expect(judge({ snapshot: gone, controls: [control()], trust: NO_TRUST, now: at(1) })).toEqual([]);
  });

  it('renders messages with their data', () => {
    const [one] = judged([finds([cat, { messageId: 'cat', data: { name: 'Kit', severity: 1 } }])]);
    expect(one!.verdict).toMatchObject({
      compliance: 'NON_COMPLIANT',
      severity: 'MEDIUM',
      violations: [
        { messageId: 'cat', message: 'there is a cat `Tom`', data: { name: 'Tom' } },
        { messageId: 'cat', message: 'there is a cat `Kit`', data: { name: 'Kit', severity: 1 } },
      ],
    });
  });

  it.each([
    [[cat, { ...cat, severity: 'LOW' }], null, 'MEDIUM'],
    [[{ ...cat, severity: 'LOW' }], null, 'LOW'],
    [
      [
        { ...cat, severity: 'LOW' },
        { ...cat, severity: 'CRITICAL' },
      ],
      null,
      'CRITICAL',
    ],
    [[{ ...cat, severity: 'CRITICAL' }], 'INFORMATIONAL', 'INFORMATIONAL'],
    [[], null, 'MEDIUM'],
    [[], 'LOW', 'LOW'],
  ] as const)('takes the gravest of %j, or the override %s: %s', (offences, severityOverride, severity) => {
    expect(judged([finds(offences, { severityOverride })])[0]!.verdict.severity).toBe(severity);
  });

  it('takes the control’s word for what does not apply', () => {
    const none = control({
      evaluate: () => ({ offences: [], evidence: { summary: 'x', data: {} }, otherwise: 'NOT_APPLICABLE' }),
    });
    expect(judged([none])[0]!.verdict.compliance).toBe('NOT_APPLICABLE');
  });

  it.each([
    [
      { scanOnPush: unreadable('access-denied', 'not allowed') },
      '`scanOnPush` could not be read (access-denied): not allowed',
    ],
    [{}, '`scanOnPush` could not be read (unavailable): it was not read'],
  ] as const)('is insufficient without a needed fact: %j', (facts, summary) => {
    const [one] = judged([finds([cat], { evaluate: () => expect.unreachable() })], facts);
    expect(one).toMatchObject({
      verdict: { compliance: 'INSUFFICIENT_DATA', severity: 'MEDIUM', violations: [], evidence: { summary } },
      plan: null,
    });
  });

  it('does not mind an unreadable fact that no control needs', () => {
    const facts = { scanOnPush: known(true), tags: unreadable('access-denied', 'no') };
    expect(judged([control()], facts)[0]!.verdict.compliance).toBe('COMPLIANT');
  });

  it('shows a control the facts that it declares, and no others', () => {
    const seen: string[][] = [];
    const nosy = control({
      evaluate: (facts) => {
        seen.push(Object.keys(facts));
        return { offences: [], evidence: { summary: 'x', data: {} } };
      },
    });
    judged([nosy], { scanOnPush: known(true), repositoryPolicy: known('{}') });
    expect(seen).toEqual([['scanOnPush']]);
  });

  it('makes a control that throws insufficient, and goes on with the others', () => {
    const broken = control({
      id: 'broken',
      evaluate: () => {
        throw new RangeError('oops');
      },
    });
    const unheard = finds([{ messageId: 'constructor', data: {} }], { id: 'unheard' });
    const planless = finds([cat], {
      id: 'planless',
      plan: () => {
        throw new TypeError('no plan');
      },
    });
    const out = judged([broken, unheard, planless, control({ id: 'fine' })]);
    expect(out.map((each) => [each.control, each.verdict.compliance, each.verdict.evidence.data])).toEqual([
      ['broken', 'INSUFFICIENT_DATA', { error: 'RangeError: oops' }],
      ['unheard', 'INSUFFICIENT_DATA', { error: 'TypeError: there is no message `constructor`' }],
      ['planless', 'NON_COMPLIANT', { planError: 'TypeError: no plan' }],
      ['fine', 'COMPLIANT', {}],
    ]);
  });

  it('asks for a plan only where something is wrong', () => {
    const plan = { changes: [], automatic: false, reason: 'r', cli: [], iac: null };
    expect(judged([finds([cat], { plan: () => plan })])[0]!.plan).toEqual(plan);
    expect(judged([control({ plan: () => expect.unreachable() })])[0]!.plan).toBeNull();
  });

  it('retires a finding that is judged no more', () => {
    expect(retiredVerdict({ severity: 'LOW' }, 'the control is off')).toEqual({
      compliance: 'NOT_APPLICABLE',
      severity: 'LOW',
      violations: [],
      evidence: { summary: 'the control is off', data: {} },
    });
  });
});

describe('a message', () => {
  it.each([
    ['`{{a}}` and {{b}}', { a: 'x', b: 2 }, '`x` and 2'],
    ['{{a}}', { a: ['x', 'y', 3] }, 'x, y, 3'],
    ['{{a}} {{a}}', { a: '{{b}}', b: 'never' }, '{{b}} {{b}}'],
    ['{{a}}', { a: "$& $1 $'" }, "$& $1 $'"],
    ['{{missing}} {{constructor}}', {}, '{{missing}} {{constructor}}'],
    ['{{a}} {{b}} {{c}}', { a: null, b: true, c: { d: 1 } }, 'null true {"d":1}'],
  ])('%s with %j', (template, data, text) => {
    expect(renderMessage(template, data)).toBe(text);
  });
});

describe('what is to be read', () => {
  const scanning = control({ id: 's', needs: { repository: ['scanOnPush', 'registryScanning'] } });
  const policy = control({
    id: 'p',
    needs: { repository: ['repositoryPolicy'], registry: ['registryPolicy'] },
  });
  const controls = [scanning, policy];
  const ids = (touched: readonly ConfiguredControl[]): string[] => touched.map(({ id }) => id);

  it('touches the controls of the type that read a changed fact', () => {
    expect(ids(touchedControls(controls, { type: 'repository' }))).toEqual(['s', 'p']);
    expect(ids(touchedControls(controls, { type: 'registry' }))).toEqual(['p']);
    expect(
      ids(touchedControls(controls, { type: 'repository', changedFacts: ['scanOnPush', 'tags'] })),
    ).toEqual(['s']);
    expect(ids(touchedControls(controls, { type: 'registry', changedFacts: ['repositoryPolicy'] }))).toEqual(
      [],
    );
    expect(ids(touchedControls(controls, { type: 'repository', changedFacts: [] }))).toEqual([]);
    expect(ids(touchedControls(controls, { type: 'role' }))).toEqual([]);
  });

  it('is exactly what they need, and the tags where they name an owner', () => {
    expect([...neededFacts([scanning], 'repository', [])]).toEqual(['scanOnPush', 'registryScanning']);
    expect([...neededFacts([policy], 'repository', ['team'])]).toEqual(['repositoryPolicy', 'tags']);
    expect([...neededFacts([policy], 'registry', ['team'])]).toEqual(['registryPolicy']);
    expect([...neededFacts([], 'repository', ['team'])]).toEqual([]);
  });

  it('names the owner by the first tag that does', () => {
    const tags = known([
      { key: '__proto__', value: 'proto' },
      { key: 'team', value: ' a ' },
      { key: 'owner', value: ' ' },
    ]);
    expect(ownerOf(tags, ['owner', 'team'])).toBe('a');
    expect(ownerOf(tags, ['__proto__', 'team'])).toBe('proto');
    expect(ownerOf(tags, ['constructor'])).toBeNull();
    expect(ownerOf(unreadable('access-denied', 'no'), ['team'])).toBeNull();
    expect(ownerOf(undefined, ['team'])).toBeNull();
  });
});

describe('a scope', () => {
  const all = { accounts: [], regions: [], repositories: [], excludeRepositories: [] };
  const other = repositoryResource({ account: '222233334444', region: 'us-east-1' }, 'team-b/api');
  const registry = registryResource({ account: '111122223333', region: 'eu-west-1' });
  it.each([
    [all, [true, true, true]],
    [{ ...all, accounts: ['1111*'] }, [true, false, true]],
    [{ ...all, accounts: ['1111'] }, [false, false, false]],
    [{ ...all, regions: ['us-*'] }, [false, true, false]],
    [{ ...all, repositories: ['team-a/*'] }, [true, false, true]],
    [{ ...all, repositories: ['*'], excludeRepositories: ['*/api'] }, [false, false, true]],
    [{ ...all, excludeRepositories: ['team-b/*'] }, [true, false, true]],
    [{ ...all, accounts: ['111122223333'], regions: ['us-east-1'] }, [false, false, false]],
  ])('%j', (scope, expected) => {
    expect([RESOURCE, other, registry].map((resource) => scopeIncludes(scope, resource))).toEqual(expected);
  });
});

describe('a pattern', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['a.c', 'abc', false],
    ['a*', 'xa', false],
    ['*a', 'ax', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['(a+)+$', '(a+)+$', true],
  ])('`%s` on `%s`: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });
});
