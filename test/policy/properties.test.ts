import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_TRUST, type Trust } from '../../shared/model/trust.ts';
import { allowStatement, denyStatement, policy, request, trust, type PlainPolicy } from './generators.ts';
import { analyze, missedAccess, unfoundedClaims, verdictOf, withStatements } from './laws.ts';

const runs = (numRuns: number) => ({ numRuns });

const mapStatements = (
  document: PlainPolicy,
  change: (statement: Record<string, unknown>) => Record<string, unknown>,
) => withStatements(document, document.Statement.map(change));

const mapStrings = (value: unknown, change: (text: string) => string): unknown => {
  if (typeof value === 'string') return change(value);
  return Array.isArray(value) ? value.map((item) => mapStrings(item, change)) : value;
};

/** Changes action names only. */
const changeActions = (document: PlainPolicy, change: (text: string) => string): PlainPolicy =>
  mapStatements(document, (statement) => ({
    ...statement,
    ...(statement['Action'] === undefined ? {} : { Action: mapStrings(statement['Action'], change) }),
    ...(statement['NotAction'] === undefined
      ? {}
      : { NotAction: mapStrings(statement['NotAction'], change) }),
  }));

/** A single value becomes a list of one, everywhere it may. */
const wrapped = (value: unknown): unknown => (Array.isArray(value) ? value : [value]);
const wrapEntries = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, wrapped(inner)]))
    : value;
const wrapStatement = (statement: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(statement).map(([key, value]) => {
      if (key === 'Action' || key === 'NotAction') return [key, wrapped(value)];
      if (key === 'Principal' || key === 'NotPrincipal') return [key, wrapEntries(value)];
      if (key !== 'Condition' || typeof value !== 'object' || value === null) return [key, value];
      return [
        key,
        Object.fromEntries(Object.entries(value).map(([name, tests]) => [name, wrapEntries(tests)])),
      ];
    }),
  );

const lowerKeys = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([operator, tests]: [string, unknown]) => [
          operator,
          Object.fromEntries(
            Object.entries(tests as object).map(([key, inner]) => [key.toUpperCase(), inner as unknown]),
          ),
        ]),
      )
    : value;

const union = (one: Trust, other: Trust): Trust => ({
  accounts: [...one.accounts, ...other.accounts],
  organizations: [...one.organizations, ...other.organizations],
  organizationalUnits: [...one.organizationalUnits, ...other.organizationalUnits],
  principals: [...one.principals, ...other.principals],
});

describe('against concrete requests', () => {
  it('never misses an access that a concrete request gets', () => {
    fc.assert(
      fc.property(
        policy,
        trust,
        fc.array(request, { minLength: 12, maxLength: 12 }),
        (document, trusted, requests) => {
          const report = analyze(document, trusted);
          for (const one of requests)
            expect(missedAccess(report, { document, trust: trusted }, one)).toBeNull();
        },
      ),
      runs(300),
    );
  });

  it('confirms each verdict by a witness, and names only accounts that the policy names', () => {
    fc.assert(
      fc.property(policy, trust, (document, trusted) => {
        expect(unfoundedClaims(analyze(document, trusted), document, trusted)).toEqual([]);
      }),
      runs(300),
    );
  });

  it('decides every policy that AWS would store', () => {
    fc.assert(
      fc.property(policy, trust, (document, trusted) => {
        expect(analyze(document, trusted).undecided).toEqual([]);
      }),
      runs(150),
    );
  });
});

describe('laws of the verdict', () => {
  const same = (name: string, change: (document: PlainPolicy) => unknown) =>
    it(name, () => {
      fc.assert(
        fc.property(policy, trust, (document, trusted) => {
          expect(verdictOf(analyze(change(document), trusted))).toEqual(
            verdictOf(analyze(document, trusted)),
          );
        }),
        runs(80),
      );
    });

  same('the order of statements does not matter', (document) =>
    withStatements(document, [...document.Statement].reverse()),
  );
  same('a statement said twice says nothing more', (document) =>
    withStatements(document, [...document.Statement, ...document.Statement]),
  );
  same('upper case of actions does not matter', (document) =>
    changeActions(document, (text) => text.toUpperCase()),
  );
  same('lower case of actions does not matter', (document) =>
    changeActions(document, (text) => text.toLowerCase()),
  );
  same('the case of condition keys does not matter', (document) =>
    mapStatements(document, (statement) =>
      statement['Condition'] === undefined
        ? statement
        : { ...statement, Condition: lowerKeys(statement['Condition']) },
    ),
  );
  same('one value is a list of one value', (document) => mapStatements(document, wrapStatement));
  same('one statement is a list of one statement', (document) =>
    document.Statement.length === 1 ? { ...document, Statement: document.Statement[0] } : document,
  );
  same('text is read as the object', (document) => JSON.stringify(document, null, 2));
  same('percent-encoded text is read as the object', (document) =>
    encodeURIComponent(JSON.stringify(document)),
  );
  same('Sids and ids say nothing', (document) => ({
    ...mapStatements(document, (statement) => ({ ...statement, Sid: 'another' })),
    Id: 'policy',
  }));
  same('a Deny of another service says nothing', (document) =>
    withStatements(document, [...document.Statement, { Effect: 'Deny', Principal: '*', Action: 's3:*' }]),
  );

  it('a Deny of everything leaves nobody', () => {
    const everything = { Effect: 'Deny', Principal: '*', Action: '*' };
    fc.assert(
      fc.property(policy, (document) => {
        const report = analyze(withStatements(document, [everything, ...document.Statement]), NO_TRUST);
        expect(verdictOf(report)).toEqual({ public: false, untrusted: false, externalAccounts: [] });
      }),
      runs(200),
    );
  });

  it('a Deny never adds access', () => {
    fc.assert(
      fc.property(policy, denyStatement, trust, (document, deny, trusted) => {
        const before = analyze(document, trusted);
        const after = analyze(withStatements(document, [...document.Statement, deny]), trusted);
        expect(after.public && !before.public).toBe(false);
        expect(after.untrusted && !before.untrusted).toBe(false);
      }),
      runs(120),
    );
  });

  it('an Allow never takes access away', () => {
    fc.assert(
      fc.property(policy, allowStatement, trust, (document, allow, trusted) => {
        const before = analyze(document, trusted);
        const after = analyze(withStatements(document, [...document.Statement, allow]), trusted);
        expect(before.untrusted && !after.untrusted).toBe(false);
        expect(
          before.externalAccounts.filter((account) => !after.externalAccounts.includes(account)),
        ).toEqual([]);
      }),
      runs(120),
    );
  });

  it('more trust never adds anybody untrusted, and changes nothing else', () => {
    fc.assert(
      fc.property(policy, trust, trust, (document, trusted, more) => {
        const before = analyze(document, trusted);
        const after = analyze(document, union(trusted, more));
        expect(after.untrusted && !before.untrusted).toBe(false);
        expect(after.public).toBe(before.public);
        expect(after.externalAccounts).toEqual(before.externalAccounts);
      }),
      runs(120),
    );
  });

  it('reports are the same every time and can be stored as JSON', () => {
    fc.assert(
      fc.property(policy, trust, (document, trusted) => {
        const report = analyze(document, trusted);
        expect(analyze(structuredClone(document), trusted)).toEqual(report);
        expect(JSON.parse(JSON.stringify(report))).toEqual(report);
      }),
      runs(200),
    );
  });

  it('grants are the evidence: untrusted exactly when some grant is', () => {
    fc.assert(
      fc.property(policy, trust, (document, trusted) => {
        const report = analyze(document, trusted);
        expect(report.grants.some((grant) => !grant.trusted)).toBe(report.untrusted);
        for (const grant of report.grants) {
          expect(document.Statement[grant.statement]?.['Effect']).toBe('Allow');
          expect(grant.actions.length).toBeGreaterThan(0);
        }
      }),
      runs(100),
    );
  });
});

/** A policy with some part replaced by arbitrary JSON. */
const damaged = fc.tuple(policy, fc.json({ maxDepth: 3 }), fc.nat(1000)).map(([document, json, at]) => {
  const junk: unknown = JSON.parse(json);
  const elements = [
    'Effect',
    'Principal',
    'Action',
    'Condition',
    'NotPrincipal',
    'NotAction',
    'Resource',
    'Sid',
  ];
  const element = elements[at % elements.length] ?? 'Effect';
  return mapStatements(document, (statement) => ({ ...statement, [element]: junk }));
});

const deepFreeze = (value: unknown): unknown => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
};

describe('whatever comes in', () => {
  it('never throws on arbitrary JSON, and is never silently clean about what is no policy', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string(), fc.json()), (document) => {
        const report = analyze(document, NO_TRUST);
        if (report.untrusted || report.undecided.length > 0) return;
        const read: unknown = typeof document === 'string' ? JSON.parse(document) : document;
        expect(read).toHaveProperty('Statement');
      }),
      runs(600),
    );
  });

  it('never throws on damaged policies, and errs on reporting', () => {
    fc.assert(
      fc.property(
        damaged,
        trust,
        fc.array(request, { minLength: 6, maxLength: 6 }),
        (document, trusted, requests) => {
          const report = analyze(document, trusted);
          for (const one of requests) {
            // Which accounts an invalid document identifies is nobody's promise: only that somebody gets in.
            const missed = missedAccess(report, { document, trust: trusted }, one);
            expect(missed?.startsWith('account') === true ? null : missed).toBeNull();
          }
        },
      ),
      runs(200),
    );
  });

  it('never changes its input', () => {
    fc.assert(
      fc.property(fc.oneof(policy, damaged), trust, (document, trusted) => {
        const copy = structuredClone(document);
        analyze(deepFreeze(document), trusted);
        expect(document).toEqual(copy);
      }),
      runs(300),
    );
  });
});
