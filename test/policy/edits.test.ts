import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineAccess } from '../../shared/policy/combine.ts';
import { comparePolicies } from '../../shared/policy/compare.ts';
import type { ConcreteRequest } from '../../shared/policy/concrete-caller.ts';
import { evaluateConcretely, provesPublic, provesUntrusted } from '../../shared/policy/concrete.ts';
import { narrowPolicy } from '../../shared/policy/narrow.ts';
import { NOW, OWNER, policy, request, trust } from './generators.ts';
import { analyze, setting, verdictOf } from './laws.ts';

/** Laws of what is said about two policies, each against the concrete requests of the oracle. */
const requests = fc.array(request, { minLength: 25, maxLength: 25 });
const runs = { numRuns: 120 };

const allows = (document: unknown, one: ConcreteRequest): boolean =>
  evaluateConcretely(document, one, setting) === 'allowed';

const isTrusted = (one: ConcreteRequest, trusted: Parameters<typeof provesUntrusted>[2]): boolean =>
  !provesUntrusted(one, setting, trusted);

const EMPTY = { Version: '2012-10-17', Statement: [] };

describe('a narrowed policy', () => {
  const goals = fc.constantFrom('public' as const, 'untrusted' as const);

  it('has nothing of what had to go and nothing new, and keeps every request of the trust', () => {
    fc.assert(
      fc.property(policy, trust, goals, requests, (document, trusted, goal, asked) => {
        const narrowed = narrowPolicy({ document, ownerAccount: OWNER, trust: trusted, now: NOW, for: goal });
        if (narrowed === null) return;
        const text = narrowed.policyText ?? JSON.stringify(EMPTY);
        expect([analyze(text, trusted)[goal], narrowed.report[goal]]).toEqual([false, false]);
        for (const one of asked) {
          const [before, after] = [allows(document, one), allows(text, one)];
          if (after) expect([before, provesPublic(text, one, setting)]).toEqual([true, false]);
          if (after && goal === 'untrusted') expect(isTrusted(one, trusted)).toBe(true);
          if (before && isTrusted(one, trusted)) expect(after).toBe(true);
        }
      }),
      { numRuns: 80 },
    );
  });
});

describe('a comparison', () => {
  const compare = (before: unknown, after: unknown, trusted: Parameters<typeof provesUntrusted>[2]) =>
    comparePolicies({ before, after, ownerAccount: OWNER, trust: trusted, now: NOW });

  it('names each access that a request gains or loses', () => {
    fc.assert(
      fc.property(policy, policy, trust, requests, (before, after, trusted, asked) => {
        const { gained, lost } = compare(before, after, trusted);
        const names = (grants: typeof gained, action: string): boolean =>
          grants.some((grant) => grant.actions.some((name) => name.toLowerCase() === action.toLowerCase()));
        for (const one of asked) {
          const [old, current] = [allows(before, one), allows(after, one)];
          if (current && !old) expect(names(gained, one.action)).toBe(true);
          if (old && !current) expect(names(lost, one.action)).toBe(true);
        }
      }),
      runs,
    );
  });

  it('has a request for what is gained, which only the new version lets through', () => {
    fc.assert(
      fc.property(policy, policy, trust, (before, after, trusted) => {
        const { gained, witness, ...verdict } = compare(before, after, trusted);
        expect(witness !== null).toBe(gained.length > 0);
        if (witness !== null)
          expect([allows(before, witness), allows(after, witness)]).toEqual([false, true]);
        if (verdict.newlyUntrusted && witness !== null) expect(isTrusted(witness, trusted)).toBe(false);
        expect(verdict.newlyUntrusted).toBe(verdict.after.untrusted && !verdict.before.untrusted);
        expect(verdict.newlyPublic).toBe(verdict.after.public && !verdict.before.public);
      }),
      runs,
    );
  });

  it('is the other way round in the other order', () => {
    fc.assert(
      fc.property(policy, policy, trust, (before, after, trusted) => {
        const [there, back] = [compare(before, after, trusted), compare(after, before, trusted)];
        expect(back.gained).toEqual(there.lost);
        expect(back.lost).toEqual(there.gained);
      }),
      { numRuns: 60 },
    );
  });

  it('of a policy with itself finds nothing', () => {
    fc.assert(
      fc.property(policy, trust, (document, trusted) => {
        expect(compare(document, document, trusted)).toMatchObject({
          gained: [],
          lost: [],
          newlyPublic: false,
          newlyUntrusted: false,
          newExternalAccounts: [],
          witness: null,
          undecided: [],
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('the effective access', () => {
  const combine = (
    repositoryPolicy: unknown,
    registryPolicy: unknown,
    trusted: Parameters<typeof provesUntrusted>[2],
  ) => combineAccess({ repositoryPolicy, registryPolicy, ownerAccount: OWNER, trust: trusted, now: NOW });

  it('misses no request that one of the policies allows and neither denies', () => {
    fc.assert(
      fc.property(policy, policy, trust, requests, (repository, registry, trusted, asked) => {
        const report = combine(repository, registry, trusted);
        for (const one of asked) {
          const decisions = new Set(
            [repository, registry].map((each) => evaluateConcretely(each, one, setting)),
          );
          if (decisions.has('explicit-deny') || !decisions.has('allowed')) continue;
          if (!isTrusted(one, trusted)) expect(report.untrusted).toBe(true);
          if (provesPublic([repository, registry], one, setting)) expect(report.public).toBe(true);
        }
      }),
      runs,
    );
  });

  it('is that of one policy with the statements of both', () => {
    fc.assert(
      fc.property(policy, policy, trust, (repository, registry, trusted) => {
        const union = {
          ...EMPTY,
          Statement: [...repository.Statement, ...registry.Statement],
        };
        const combined = combine(
          { ...EMPTY, Statement: repository.Statement },
          { ...EMPTY, Statement: registry.Statement },
          trusted,
        );
        expect(verdictOf(combined)).toEqual(verdictOf(analyze(union, trusted)));
      }),
      runs,
    );
  });

  it('without a registry policy is that of the repository policy', () => {
    fc.assert(
      fc.property(policy, trust, (document, trusted) => {
        expect(combine(document, null, trusted)).toEqual(analyze(document, trusted));
        expect(verdictOf(combine(null, document, trusted))).toEqual(verdictOf(analyze(document, trusted)));
      }),
      { numRuns: 60 },
    );
  });
});
