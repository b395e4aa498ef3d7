import { describe, expect, it } from 'vitest';
import {
  decideRemediation,
  REMEDIATION_GUARDS,
  type Guard,
  type RemediationCase,
} from '../../shared/engine/remediation.ts';
import type { Plan } from '../../shared/model/change.ts';
import { known, unreadable } from '../../shared/model/facts.ts';
import { registryResource } from '../../shared/model/resource.ts';
import {
  after,
  at,
  clean,
  eventBy,
  exemption,
  notApplicable,
  unknown,
  violation,
  wrong,
} from './builders.ts';

const bad = wrong('HIGH', violation('cat'));
const automatic: Plan = {
  changes: [{ kind: 'put-image-scanning-configuration', scanOnPush: true }],
  automatic: true,
  reason: 'turns it on',
  cli: [],
  iac: null,
};
const byHand: Plan = { ...automatic, automatic: false, reason: 'reaches far' };
const words: Plan = { ...byHand, changes: [], reason: 'read this' };
const everywhere = { accounts: [], regions: [], repositories: [], excludeRepositories: [] };

const subject: RemediationCase = {
  finding: after(bad),
  verdict: bad,
  plan: automatic,
  mode: 'apply',
  tags: known([]),
  exemptions: [],
  settings: {
    optOutTag: 'ecr-warden:opt-out',
    scope: everywhere,
  },
  attempts: [],
  approvedBy: null,
  now: at(5),
};
const decide = (changes: Partial<RemediationCase>) => decideRemediation({ ...subject, ...changes });
const tag = (value: string, key = 'ecr-warden:opt-out') => known([{ key, value }]);

describe('remediation', () => {
  it.each<[string, Partial<RemediationCase>, string, string]>([
    ['applies an automatic plan', {}, 'apply', 'turns it on'],
    ['only plans', { mode: 'plan' }, 'propose', 'remediation of this control only plans'],
    ['proposes what is not automatic', { plan: byHand }, 'propose', 'reaches far'],
    ['applies it when approved', { plan: byHand, approvedBy: 'ann' }, 'apply', 'approved by ann'],
    [
      'does not apply in mode plan, approved or not',
      { mode: 'plan', approvedBy: 'ann' },
      'propose',
      'remediation of this control only plans',
    ],
    ['cannot apply words', { plan: words, approvedBy: 'ann' }, 'propose', 'read this'],
    ['says words in mode plan', { plan: words, mode: 'plan' }, 'propose', 'read this'],
    ['does nothing without a plan', { plan: null }, 'skip', 'there is nothing to propose'],
    ['is off', { mode: 'off' }, 'skip', 'remediation of this control is off'],
    [
      'is off, even approved',
      { mode: 'off', approvedBy: 'ann' },
      'skip',
      'remediation of this control is off',
    ],
    ['sees that it is healed', { verdict: clean }, 'skip', 'read again, it is COMPLIANT'],
    ['does not act on the unknown', { verdict: unknown }, 'skip', 'read again, it is INSUFFICIENT_DATA'],
    [
      'does not act on what does not apply',
      { verdict: notApplicable },
      'skip',
      'read again, it is NOT_APPLICABLE',
    ],
    ['sees that it is gone', { verdict: null }, 'skip', 'the resource no longer exists'],
    ['honours an exemption', { exemptions: [exemption()] }, 'skip', 'exemption `x-1` of ann applies'],
    [
      'honours it when approved',
      { exemptions: [exemption()], approvedBy: 'bob' },
      'skip',
      'exemption `x-1` of ann applies',
    ],
    [
      'does not honour one that has expired',
      { exemptions: [exemption({ expiresAt: at(5) })] },
      'apply',
      'turns it on',
    ],
    ['honours the tag', { tags: tag('') }, 'skip', 'the tag `ecr-warden:opt-out` opts it out'],
    [
      'honours the tag with any value',
      { tags: tag('no') },
      'skip',
      'the tag `ecr-warden:opt-out` opts it out',
    ],
    ['but false', { tags: tag(' False ') }, 'apply', 'turns it on'],
    ['takes no other tag for it', { tags: tag('true', 'ecr-warden:opt-out-not') }, 'apply', 'turns it on'],
    [
      'takes unreadable tags for it',
      { tags: unreadable('access-denied', 'no') },
      'skip',
      'the tags could not be read, so it may have opted out',
    ],
    [
      'takes missing tags for it',
      { tags: undefined },
      'skip',
      'the tags could not be read, so it may have opted out',
    ],
    [
      'needs no tags of a registry',
      {
        tags: undefined,
        finding: {
          ...after(bad),
          resource: registryResource({ account: '111122223333', region: 'eu-west-1' }),
        },
      },
      'apply',
      'turns it on',
    ],
    [
      'does not answer its own call',
      { finding: after({ verdict: bad, cause: eventBy(true) }) },
      'skip',
      'remediation itself made the change, and does not answer itself',
    ],
    [
      'does not answer its own check',
      { finding: after({ verdict: bad, cause: { kind: 'remediation', attemptId: 'a' } }) },
      'skip',
      'remediation itself made the change, and does not answer itself',
    ],
    [
      'answers a person after its own call',
      { finding: after({ verdict: bad, cause: eventBy(true) }), approvedBy: 'ann' },
      'apply',
      'turns it on',
    ],
    [
      'answers somebody else’s call',
      { finding: after({ verdict: bad, cause: eventBy(false) }) },
      'apply',
      'turns it on',
    ],
    [
      'stays in its scope',
      { settings: { ...subject.settings, scope: { ...everywhere, accounts: ['222233334444'] } } },
      'skip',
      'it is outside the scope of remediation',
    ],
  ])('%s', (_, changes, action, reason) => {
    expect(decide(changes)).toMatchObject({ do: action, reason });
  });

  it('gives the plan that it was given, or none when it skips', () => {
    expect(decide({}).plan).toBe(automatic);
    expect(decide({ mode: 'plan' }).plan).toBe(automatic);
    expect(decide({ mode: 'off' }).plan).toBeNull();
  });

  it('does not act when a guard cannot be evaluated', () => {
    const broken: Guard = {
      name: 'moon',
      objects: () => {
        throw new Error('cloudy');
      },
    };
    expect(decideRemediation(subject, [...REMEDIATION_GUARDS, broken])).toEqual({
      do: 'skip',
      reason: 'the guard `moon` could not be evaluated: cloudy',
      plan: null,
    });
  });

  it('can be given more guards', () => {
    const never: Guard = {
      name: 'never',
      objects: ({ attempts }) => `there were ${attempts.length} attempts`,
    };
    expect(decideRemediation(subject, [...REMEDIATION_GUARDS, never]).reason).toBe('there were 0 attempts');
  });
});
