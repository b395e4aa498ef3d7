import { describe, expect, it } from 'vitest';
import { analyzeAccess } from '../../shared/policy/access.ts';
import { asserted, caseTables, NOW_OF_CASES, trustOf, wantedOf, type AccessCase } from './case-table.ts';
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
