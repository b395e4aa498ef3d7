import { describe, expect, it } from 'vitest';
import { asserted, caseTables, NOW_OF_CASES, trustOf, wantedOf } from './case-table.ts';
import { searchProofs, type Proofs } from './search.ts';

/** The expectations of the case tables are held against concrete requests, so that no case rests on opinion alone. */

/** A canonical id hides its account, and an invalid principal is nobody's: no concrete caller can have them. */
const WITHOUT_CONCRETE_CALLER = /^(?:canonical-user|principal-(?!null|plain)[a-z-]+|deep-principal)$/u;

describe.each(caseTables())('concrete requests agree with the expectations of $category', ({ cases }) => {
  it.each(cases.filter((row) => !WITHOUT_CONCRETE_CALLER.test(row.id)))('$id', (row) => {
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
      ...(row.resourceArn === undefined ? {} : { resourceArn: row.resourceArn }),
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
