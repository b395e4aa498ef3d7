import { describe, expect, it } from 'vitest';
import { transition, alertable } from '../../shared/engine/transition.ts';
import { violationsDigest } from '../../shared/engine/violations.ts';
import type { Cause, Finding, TransitionKind } from '../../shared/model/finding.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import {
  after,
  at,
  clean,
  eventBy,
  exemption,
  input,
  notApplicable,
  SWEEP,
  unknown,
  violation,
  wrong,
} from './builders.ts';

const cat = violation('cat', { principals: ['a', 'b'], statement: 0 });
const dog = violation('dog');
const bad = wrong('HIGH', cat);
const exempt = { exemptions: [exemption()] };

/** The transition from one record to the next verdict, ten minutes later. */
const next = (stored: Finding, changes: Parameters<typeof input>[0]): Finding | null =>
  transition(input({ observedAt: at(10), now: at(10), ...changes, stored }));

const kind = (stored: Finding, changes: Parameters<typeof input>[0]): TransitionKind | null =>
  next(stored, changes)?.transition ?? null;

describe('the first record', () => {
  it.each([
    ['COMPLIANT', clean, 'recorded'],
    ['NOT_APPLICABLE', notApplicable, 'recorded'],
    ['NON_COMPLIANT', bad, 'opened'],
    ['INSUFFICIENT_DATA', unknown, 'opened'],
  ] as const)('of %s', (compliance, verdict, expected) => {
    const finding = transition(input({ verdict }))!;
    expect(finding).toMatchObject({
      key: 'no-cats/arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api',
      transition: expected,
      compliance,
      revision: 1,
      previousCompliance: null,
      firstSeenAt: at(1),
      changedAt: at(1),
      observedAt: at(1),
      open: expected === 'opened',
      openedAt: expected === 'opened' ? at(1) : null,
      owner: 'ann',
      configVersion: 'c-1',
      cause: SWEEP,
      resourceDeleted: false,
      remediation: { status: 'none' },
    });
  });

  it('of an exempt verdict is told as exempt, not as open', () => {
    expect(transition(input({ verdict: bad, ...exempt }))).toMatchObject({
      transition: 'exempted',
      open: false,
      openedAt: null,
      compliance: 'NON_COMPLIANT',
      exemption: { id: 'x-1', owner: 'ann', reason: 'moves next week', expiresAt: at(1000) },
    });
  });

  it('of a compliant resource holds no exemption', () => {
    expect(transition(input(exempt))).toMatchObject({ transition: 'recorded', exemption: null });
  });

  it('is not made for a resource that is gone', () => {
    expect(transition(input({ verdict: null }))).toBeNull();
  });
});

describe('nothing is written', () => {
  const stored = after(bad);
  const prose: Verdict = { ...bad, evidence: { summary: 'in other words', data: { more: 1 } } };
  const renamed = wrong('HIGH', { ...cat, message: 'in other words' });
  const moved = wrong(
    'HIGH',
    violation('cat', { statement: 7, witness: { caller: 'x' }, principals: ['b', 'a'] }),
  );
  it.each([
    ['for the same verdict', { verdict: bad }],
    ['for other evidence', { verdict: prose }],
    ['for another wording', { verdict: renamed }],
    ['for the same violation elsewhere in the document', { verdict: moved }],
    ['for the same violation twice', { verdict: wrong('HIGH', cat, cat) }],
    [
      'for another configuration, owner and cause',
      { verdict: bad, configVersion: 'c-2', owner: null, cause: eventBy(true) },
    ],
    ['for the same moment', { verdict: clean, observedAt: at(1) }],
    ['for an older snapshot', { verdict: clean, observedAt: at(0) }],
    ['for an older snapshot of a resource that was gone', { verdict: null, observedAt: at(0) }],
    [
      'for an exemption of another control',
      { verdict: bad, exemptions: [exemption({ controls: ['no-dogs'] })] },
    ],
    ['for an exemption that has expired', { verdict: bad, exemptions: [exemption({ expiresAt: at(10) })] }],
    [
      'for an exemption without a readable expiry',
      { verdict: bad, exemptions: [exemption({ expiresAt: 'soon' })] },
    ],
    [
      'for an exemption of other violations',
      { verdict: bad, exemptions: [exemption({ violationsDigest: violationsDigest([dog]) })] },
    ],
  ])('%s', (_, changes) => {
    expect(next(stored, changes)).toBeNull();
  });

  it('for a compliant resource whose severity has been configured anew', () => {
    expect(next(after(clean), { verdict: { ...clean, severity: 'LOW' } })).toBeNull();
  });

  it('for a resource that is still gone', () => {
    expect(next(after(bad, null), { verdict: null })).toBeNull();
  });
});

describe('while a finding is open', () => {
  const stored = after(wrong('HIGH', cat, dog));
  it.each<[string, Verdict, TransitionKind]>([
    ['more severe', wrong('CRITICAL', cat, dog), 'worsened'],
    ['a new violation', wrong('HIGH', cat, dog, violation('cow')), 'worsened'],
    ['another violation instead', wrong('HIGH', cat, violation('cow')), 'worsened'],
    ['less severe, but a new violation', wrong('LOW', violation('cow')), 'worsened'],
    ['more principals', wrong('HIGH', violation('cat', { principals: ['a', 'b', 'c'] }), dog), 'worsened'],
    [
      'fewer principals than were a list',
      wrong('HIGH', violation('cat', { principals: 'a' }), dog),
      'worsened',
    ],
    ['data under another name', wrong('HIGH', violation('cat', { actions: ['a'] }), dog), 'worsened'],
    ['other data', wrong('HIGH', violation('cat', { principals: ['a', 'b'], why: 1 }), dog), 'worsened'],
    ['not readable any more', unknown, 'worsened'],
    ['one violation fewer', wrong('HIGH', cat), 'changed'],
    ['fewer principals', wrong('HIGH', violation('cat', { principals: ['b'] }), dog), 'changed'],
    ['less severe', wrong('LOW', cat, dog), 'changed'],
    ['compliant', clean, 'resolved'],
    ['not applicable', notApplicable, 'resolved'],
  ])('%s', (_, verdict, expected) => {
    const finding = next(stored, { verdict })!;
    expect(finding).toMatchObject({
      transition: expected,
      revision: 2,
      previousCompliance: 'NON_COMPLIANT',
      firstSeenAt: at(1),
      changedAt: at(10),
      openedAt: expected === 'resolved' ? null : at(1),
      open: expected !== 'resolved',
    });
  });

  it('what could not be read and then is found wrong is worse', () => {
    expect(kind(after(unknown), { verdict: bad })).toBe('worsened');
  });

  it('is closed with the severity it was open with, so that the closing reaches the same people', () => {
    expect(next(after(wrong('CRITICAL', cat)), { verdict: clean })).toMatchObject({ severity: 'CRITICAL' });
  });

  it.each<[string, Cause, TransitionKind]>([
    ['a sweep', SWEEP, 'resolved'],
    ['somebody’s call', eventBy(false), 'resolved'],
    ['our own call', eventBy(true), 'remediated'],
    ['remediation', { kind: 'remediation', attemptId: 'a-1' }, 'remediated'],
  ])('and is closed by %s', (_, cause, expected) => {
    expect(kind(stored, { verdict: clean, cause })).toBe(expected);
  });

  it('keeps what remediation did in the finding that it closed, and only there', () => {
    const applied: Finding = { ...stored, remediation: { status: 'applied', attemptId: 'a-1', at: at(2) } };
    expect(next(applied, { verdict: clean })!.remediation).toEqual(applied.remediation);
    expect(next(applied, { verdict: unknown })!.remediation).toEqual({ status: 'none' });
    const skipped: Finding = { ...stored, remediation: { status: 'skipped', reason: 'x', at: at(2) } };
    expect(next(skipped, { verdict: clean })!.remediation).toEqual({ status: 'none' });
  });
});

describe('a finding with a plan', () => {
  const plan = { changes: [], automatic: false, reason: 'r', cli: [], iac: null };
  it('proposes it while it is open, and only then', () => {
    expect(transition(input({ verdict: bad, plan }))!.remediation).toEqual({ status: 'proposed', plan });
    expect(transition(input({ verdict: bad, plan: null }))!.remediation).toEqual({ status: 'none' });
    expect(transition(input({ verdict: bad, plan, ...exempt }))!.remediation).toEqual({ status: 'none' });
    expect(next(after(bad), { verdict: clean, plan })!.remediation).toEqual({ status: 'none' });
  });
});

describe('a finding that was closed', () => {
  it.each<[string, Verdict, TransitionKind | null]>([
    ['opens', bad, 'opened'],
    ['opens when it cannot be read', unknown, 'opened'],
    ['is recorded anew when it applies no more', notApplicable, 'recorded'],
    ['stays', clean, null],
  ])('%s', (_, verdict, expected) => {
    expect(kind(after(bad, clean), { verdict })).toBe(expected);
  });

  it('is open since it was opened again', () => {
    expect(next(after(bad, clean), { verdict: bad })).toMatchObject({ openedAt: at(10), firstSeenAt: at(1) });
  });
});

describe('an exemption', () => {
  it('exempts an open finding, once', () => {
    const exempted = next(after(bad), { verdict: bad, ...exempt })!;
    expect(exempted).toMatchObject({ transition: 'exempted', open: false, openedAt: null });
    expect(
      transition(input({ stored: exempted, verdict: bad, observedAt: at(11), now: at(11), ...exempt })),
    ).toBeNull();
  });

  it.each([
    ['by ARN', { resources: ['arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api'] }, true],
    ['by ARN pattern', { resources: ['arn:aws:ecr:*:repository/team-a/*'] }, true],
    ['by name', { resources: ['team-a/api'] }, true],
    ['not by a part of the name', { resources: ['team-a'] }, false],
    ['not by a part of the ARN', { resources: ['repository/team-a/api'] }, false],
    ['by control pattern', { controls: ['no-*'] }, true],
    ['not by a part of the control', { controls: ['no'] }, false],
    ['by fingerprint', { violationsDigest: violationsDigest([cat]) }, true],
    ['not by another fingerprint', { violationsDigest: violationsDigest([cat, dog]) }, false],
    ['until it expires', { expiresAt: at(11) }, true],
    ['not from its expiry on', { expiresAt: at(10) }, false],
    ['by a date in another zone', { expiresAt: '2026-06-01T02:11:00+02:00' }, true],
    ['not without controls', { controls: [] }, false],
  ])('binds %s', (_, changes, binds) => {
    const found = next(after(bad), { verdict: bad, exemptions: [exemption(changes)] });
    expect(found?.transition ?? null).toBe(binds ? 'exempted' : null);
  });

  it('that lasts longest is the one shown, whatever the order', () => {
    const all = [exemption({ id: 'b' }), exemption({ id: 'a' }), exemption({ id: 'c', expiresAt: at(2000) })];
    for (const exemptions of [all, all.toReversed()]) {
      expect(next(after(bad), { verdict: bad, exemptions })!.exemption!.id).toBe('c');
      expect(
        next(after(bad), { verdict: bad, exemptions: exemptions.filter(({ id }) => id !== 'c') })!.exemption!
          .id,
      ).toBe('a');
    }
  });

  it('covers what could not be read', () => {
    expect(kind(after(unknown), { verdict: unknown, ...exempt })).toBe('exempted');
  });

  const exempted = after({ verdict: bad, ...exempt });
  it('that has expired or was withdrawn opens the finding again', () => {
    const reopened = next(exempted, { verdict: bad })!;
    expect(reopened).toMatchObject({
      transition: 'exemption-expired',
      open: true,
      openedAt: at(10),
      exemption: null,
    });
    const expired = { observedAt: at(1001), now: at(1001), verdict: wrong('HIGH', dog), ...exempt };
    expect(kind(exempted, expired)).toBe('exemption-expired');
  });

  it('bound to a fingerprint is broken by a broader policy', () => {
    const bound = { exemptions: [exemption({ violationsDigest: violationsDigest([cat]) })] };
    const stored = after({ verdict: bad, ...bound });
    expect(stored.transition).toBe('exempted');
    expect(kind(stored, { verdict: wrong('HIGH', cat, dog), ...bound })).toBe('opened');
  });

  it('that covers everything keeps later changes quiet', () => {
    expect(kind(exempted, { verdict: wrong('CRITICAL', cat, dog), ...exempt })).toBe('changed');
  });

  it('that is prolonged is written, quietly', () => {
    expect(kind(exempted, { verdict: bad, exemptions: [exemption({ expiresAt: at(3000) })] })).toBe(
      'changed',
    );
  });

  it('ends with what it exempted', () => {
    expect(next(exempted, { verdict: clean, ...exempt })).toMatchObject({
      transition: 'resolved',
      exemption: null,
    });
  });
});

describe('a resource that is gone', () => {
  it('closes what was open, with words for it', () => {
    const gone = next({ ...after(bad), owner: 'bob' }, { verdict: null, owner: null })!;
    expect(gone).toMatchObject({
      transition: 'resolved',
      compliance: 'NOT_APPLICABLE',
      severity: 'HIGH',
      violations: [],
      evidence: { summary: 'the repository no longer exists', data: {} },
      owner: 'bob',
      open: false,
      openedAt: null,
      resourceDeleted: true,
      revision: 2,
    });
  });

  it.each([
    ['compliant', after(clean)],
    ['exempt', after({ verdict: bad, ...exempt })],
  ])('closes what was %s quietly', (_, stored) => {
    expect(kind(stored, { verdict: null })).toBe('closed');
  });

  it.each<[string, Verdict, TransitionKind]>([
    ['compliant', clean, 'recorded'],
    ['wrong', bad, 'opened'],
  ])('and made again goes on counting: %s', (_, verdict, expected) => {
    const again = next(after(bad, null), { verdict })!;
    expect(again).toMatchObject({
      transition: expected,
      revision: 3,
      firstSeenAt: at(1),
      resourceDeleted: false,
    });
  });
});

describe('what is told', () => {
  const told = (
    finding: Finding,
    before: Finding | null,
    minimumSeverity: Verdict['severity'] = 'LOW',
  ): boolean => alertable(finding, before, { minimumSeverity });

  it.each<[TransitionKind, boolean]>([
    ['recorded', false],
    ['opened', true],
    ['worsened', true],
    ['changed', false],
    ['resolved', true],
    ['remediated', true],
    ['exempted', true],
    ['exemption-expired', true],
    ['closed', false],
  ])('%s: %s', (transitionKind, expected) => {
    expect(told({ ...after(bad), transition: transitionKind }, null)).toBe(expected);
  });

  it('is severe enough', () => {
    expect(told(after(wrong('LOW', cat)), null, 'MEDIUM')).toBe(false);
    expect(told(after(wrong('MEDIUM', cat)), null, 'MEDIUM')).toBe(true);
  });

  it('or ends what was told', () => {
    const before = after(wrong('CRITICAL', cat));
    const exempted = next(before, { verdict: wrong('LOW', cat), ...exempt })!;
    expect(exempted.severity).toBe('LOW');
    expect(told(exempted, before, 'HIGH')).toBe(true);
    expect(told(exempted, after(wrong('LOW', cat)), 'HIGH')).toBe(false);
    expect(told(exempted, before, 'CRITICAL')).toBe(true);
  });
});
