import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transition } from '../../shared/engine/transition.ts';
import { noneIsNew, violationsDigest } from '../../shared/engine/violations.ts';
import { SEVERITIES, isOpen } from '../../shared/model/compliance.ts';
import type { Cause, Finding } from '../../shared/model/finding.ts';
import type { Verdict, Violation } from '../../shared/model/verdict.ts';
import {
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

const data = fc.record({
  statement: fc.nat(3),
  principals: fc.subarray(['a', 'b', 'c']),
});
const violations: fc.Arbitrary<Violation[]> = fc
  .uniqueArray(fc.constantFrom('cat', 'dog', 'cow'), { minLength: 1 })
  .chain((ids) => fc.tuple(...ids.map((id) => data.map((each) => violation(id, each)))));
const verdict: fc.Arbitrary<Verdict | null> = fc.oneof(
  fc.constantFrom(clean, notApplicable, unknown, null),
  fc.tuple(fc.constantFrom(...SEVERITIES), violations).map(([severity, all]) => wrong(severity, ...all)),
);
const cause: fc.Arbitrary<Cause> = fc.constantFrom(SWEEP, eventBy(true), eventBy(false));
const exemptions = fc.subarray([
  exemption({ expiresAt: at(20) }),
  exemption({ id: 'x-2', expiresAt: at(40) }),
]);

interface Step {
  readonly verdict: Verdict | null;
  readonly minute: number;
  readonly cause: Cause;
  readonly exemptions: ReturnType<typeof exemption>[];
}
const step: fc.Arbitrary<Step> = fc.record({
  verdict,
  minute: fc.integer({ min: 1, max: 60 }),
  cause,
  exemptions,
});

const take = (stored: Finding | null, { minute, ...rest }: Step): Finding | null =>
  transition(input({ ...rest, stored, observedAt: at(minute), now: at(minute) }));

/** Runs a history; `check` sees every step with the record before and the result. */
const run = (
  steps: readonly Step[],
  check: (before: Finding | null, step: Step, result: Finding | null) => void,
): void => {
  let stored: Finding | null = null;
  for (const each of steps) {
    const result: Finding | null = take(stored, each);
    check(stored, each, result);
    stored = result ?? stored;
  }
};

const histories = fc.array(step, { minLength: 1, maxLength: 12 });

describe('the laws of transitions', () => {
  it('judging the same again changes nothing, at once or later', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        run(steps, (before, each, result) => {
          const now = result ?? before;
          if (now === null) return;
          expect(take(now, each)).toBeNull();
          if (result === null) return;
          // Later, but before any exemption ends.
          const later = input({ ...each, stored: result, observedAt: at(61), now: at(each.minute) });
          expect(transition(later)).toBeNull();
        });
      }),
    );
  });

  it('an older or repeated snapshot never changes anything', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        run(steps, (before, each, result) => {
          if (before !== null && at(each.minute) <= before.observedAt) expect(result).toBeNull();
        });
      }),
    );
  });

  it('revisions count by one, and time goes forward', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        run(steps, (before, each, result) => {
          if (result === null) return;
          expect(result.revision).toBe((before?.revision ?? 0) + 1);
          expect(result.observedAt).toBe(at(each.minute));
          expect(result.observedAt > (before?.observedAt ?? '')).toBe(true);
          expect(result.firstSeenAt).toBe(before?.firstSeenAt ?? at(each.minute));
          expect(result.previousCompliance).toBe(before?.compliance ?? null);
        });
      }),
    );
  });

  it('open is what is wrong or unknown and not exempt, and has a time since when', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        run(steps, (_, __, result) => {
          if (result === null) return;
          expect(result.open).toBe(isOpen(result.compliance) && result.exemption === null);
          expect(result.openedAt === null).toBe(!result.open);
          expect(result.violations.length > 0).toBe(result.compliance === 'NON_COMPLIANT');
        });
      }),
    );
  });

  it('the order of the violations and of the exemptions does not matter', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        run(steps, (before, each) => {
          const turned: Step = {
            ...each,
            exemptions: each.exemptions.toReversed(),
            verdict: each.verdict && { ...each.verdict, violations: each.verdict.violations.toReversed() },
          };
          expect(take(before, turned)?.transition).toBe(take(before, each)?.transition);
        });
      }),
    );
  });

  it('openings and closings alternate: nobody is told of an end without a beginning', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        let told = false;
        run(steps, (_, __, result) => {
          if (result === null) return;
          if (
            ['resolved', 'remediated', 'worsened', 'changed', 'exemption-expired'].includes(result.transition)
          ) {
            expect(told).toBe(true);
          }
          if (['opened', 'exempted', 'exemption-expired'].includes(result.transition)) told = true;
          if (['resolved', 'remediated', 'closed'].includes(result.transition)) told = false;
        });
      }),
    );
  });
});

describe('the fingerprint of violations', () => {
  it('is the same for any order, repetition, position and wording', () => {
    fc.assert(
      fc.property(violations, fc.nat(9), (all, statement) => {
        const other = all
          .map((each) => ({
            ...each,
            message: 'else',
            data: {
              ...each.data,
              principals: (each.data['principals'] as string[]).toReversed(),
              statement,
              witness: {},
            },
          }))
          .toReversed();
        expect(violationsDigest([...other, ...other])).toBe(violationsDigest(all));
      }),
    );
  });

  it('differs for other ids, keys and values', () => {
    const all = [
      [],
      [violation('a')],
      [violation('b')],
      [violation('a', { x: 1 })],
      [violation('a', { x: '1' })],
      [violation('a', { x: [1] })],
      [violation('a', { x: null })],
      [violation('a', { y: 1 })],
      [violation('a', { x: { y: 1 } })],
      [violation('a'), violation('b')],
      [violation('a', { x: ['1,2'] })],
      [violation('a', { x: ['1', '2'] })],
      [violation('a', JSON.parse('{"__proto__":1}') as Violation['data'])],
    ];
    expect(new Set(all.map(violationsDigest)).size).toBe(all.length);
    expect(violationsDigest([])).toMatch(/^[0-9a-f]{64}$/u);
  });

  it('compares values that are no lists as a whole', () => {
    const of = (x: Violation['data'][string]) => [violation('a', { x })];
    expect(noneIsNew(of('1'), of('1'))).toBe(true);
    expect(noneIsNew(of({ p: [1], q: 2 }), of({ q: 2, p: [1] }))).toBe(true);
    expect(noneIsNew(of('1'), of('2'))).toBe(false);
    expect(noneIsNew(of('1'), of(['1']))).toBe(false);
    expect(noneIsNew(of(['1']), of('1'))).toBe(false);
    expect(noneIsNew([violation('a', { x: 1 })], [violation('a', { y: 1 })])).toBe(false);
    expect(noneIsNew([violation('a', { x: 1 })], [violation('a', { x: 1, y: 1 })])).toBe(false);
  });

  it('a part is nothing new, the whole after a part is', () => {
    fc.assert(
      fc.property(violations, (all) => {
        const parts = all.map((each) => ({ ...each, data: { ...each.data, principals: [] } }));
        expect(noneIsNew(all, all)).toBe(true);
        expect(noneIsNew(parts, all)).toBe(true);
        expect(noneIsNew(all, parts)).toBe(
          all.every((each) => (each.data['principals'] as string[]).length === 0),
        );
        expect(noneIsNew(all, [])).toBe(false);
      }),
    );
  });
});
