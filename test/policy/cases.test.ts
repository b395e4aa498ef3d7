import { describe, expect, it } from 'vitest';
import { analyzeAccess } from '../../shared/policy/access.ts';
import { caseTables, NOW_OF_CASES, trustOf, type AccessCase } from './case-table.ts';
import { searchProofs, type Proofs } from './search.ts';
import { witnessFaults } from './witness.ts';

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
};

const inputOf = (row: AccessCase) =>
  deepFreeze({
    document: row.policy,
    ownerAccount: row.ownerAccount,
    trust: trustOf(row),
    now: row.now ?? NOW_OF_CASES,
    ...(row.partition === undefined ? {} : { partition: row.partition }),
    ...(row.scope === undefined ? {} : { scope: row.scope }),
    ...(row.registryScope === undefined ? {} : { registryScope: row.registryScope }),
    ...(row.resourceArn === undefined ? {} : { resourceArn: row.resourceArn }),
  });

/** Only what the row asserts. */
const asserted = (row: AccessCase, answer: { [name in keyof AccessCase['expect']]?: unknown }) =>
  Object.fromEntries(
    Object.entries(row.expect).flatMap(([name, wanted]) =>
      wanted === null ? [] : [[name, answer[name as keyof AccessCase['expect']]]],
    ),
  );
const wantedOf = (row: AccessCase) =>
  Object.fromEntries(Object.entries(row.expect).filter(([, value]) => value !== null));

const tables = caseTables();

describe('the case tables', () => {
  it('hold several hundred cases under different names, each with its rule', () => {
    const rows = tables.flatMap(({ category, cases }) =>
      cases.map((row) => ({ name: `${category}/${row.id}`, row })),
    );
    expect(rows.length).toBeGreaterThan(600);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.filter(({ row }) => row.why.length < 10)).toEqual([]);
  });
});

describe.each(tables)('access by $category', ({ cases }) => {
  it.each(cases)('$id: $why', (row) => {
    const input = inputOf(row);
    const report = analyzeAccess(input);
    const answer = {
      public: report.public,
      untrusted: report.untrusted,
      externalAccounts: report.externalAccounts,
      undecided: report.undecided.length > 0,
      notes: report.notes.length > 0,
    };
    expect(asserted(row, answer)).toEqual(wantedOf(row));
    const setting = { ownerAccount: row.ownerAccount, now: input.now };
    expect(witnessFaults(report, { document: row.policy, setting, trust: input.trust })).toEqual([]);
  });
});

/** A canonical id hides its account, so no concrete caller can have it. */
const WITHOUT_CONCRETE_CALLER = new Set(['canonical-user']);

describe.each(tables)('concrete requests agree with the expectations of $category', ({ cases }) => {
  it.each(cases.filter((row) => !WITHOUT_CONCRETE_CALLER.has(row.id)))('$id', (row) => {
    const wanted = row.expect;
    const complete = (proofs: Proofs): boolean =>
      (wanted.public !== true || proofs.public !== null) &&
      (wanted.untrusted !== true || proofs.untrusted !== null) &&
      (wanted.externalAccounts ?? []).every((account) => proofs.externalAccounts.includes(account));
    const expectsAccess = wanted.untrusted === true || (wanted.externalAccounts ?? []).length > 0;
    const proofs = searchProofs({
      document: row.policy,
      setting: { ownerAccount: row.ownerAccount, now: row.now ?? NOW_OF_CASES },
      trust: trustOf(row),
      ...(row.registryScope === undefined ? {} : { registryScope: row.registryScope }),
      budget: expectsAccess ? 4000 : 60,
      enough: (found) => expectsAccess && complete(found),
    });
    const answer = {
      public: proofs.public !== null,
      untrusted: proofs.untrusted !== null,
      externalAccounts: proofs.externalAccounts,
    };
    const { undecided: _undecided, notes: _notes, ...provable } = wanted;
    const provableRow = { ...row, expect: provable };
    expect(asserted(provableRow, answer)).toEqual(wantedOf(provableRow));
  });
});
