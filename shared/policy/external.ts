import { overlaps } from './actions.ts';
import type { Caller } from './callers.ts';
import { slot } from './condition-keys.ts';
import { decidedHolds, holdsFor, isDecided, valueIn, type ConditionTest } from './conditions.ts';
import { coversCaller, lookupOf, type Access, type Decider, type Question } from './decide.ts';
import type { Statement } from './parse-statement.ts';
import { splitArn } from './pattern.ts';
import type { KeyLookup } from './template.ts';
import { entryCovers, type PrincipalEntry } from './principals.ts';

/** Keys whose values name an account. */
const NAMING: ReadonlySet<number> = new Set([
  slot('aws:principalaccount'),
  slot('aws:principalarn'),
  slot('aws:sourceaccount'),
  slot('aws:sourcearn'),
]);

/** Whether a text is an account id, or an ARN whose account field is it with nothing open before it that could span colons. */
const namesAccount = (text: string, account: string, byField = false): boolean => {
  if (text === account) return true;
  const fields = splitArn(text);
  return (
    fields.length === 6 && fields[4] === account && (byField || !/[*?$]/u.test(fields.slice(0, 4).join('')))
  );
};

const entryNames = (entries: readonly PrincipalEntry[] | null, caller: Caller, account: string): boolean =>
  entries !== null &&
  entries.some((entry) => {
    if (!entryCovers(entry, caller.identity, true)) return false;
    return entry.kind === 'provider' ? entry.account === account : namesAccount(entry.text, account);
  });

/** Whether one of the test's values names the account and matches the caller. */
const testNames = (test: ConditionTest, caller: Caller, lookup: KeyLookup): boolean => {
  const account = caller.account ?? '';
  const actual = caller.slots[test.slot];
  if (!NAMING.has(test.slot) || actual === null || actual === undefined) return false;
  return test.texts.some((text, n) => {
    const expected = test.values[n];
    if (expected === undefined || !namesAccount(text, account, test.operator.base === 'arnlike'))
      return false;
    const one: ConditionTest = {
      ...test,
      texts: [text],
      values: [expected],
      literals: null,
      ranges: null,
      lean: false,
      operator: { ...test.operator, negated: false, set: 'none' },
    };
    return valueIn(one, expected, lookup) !== null && holdsFor(one, actual, lookup);
  });
};

/** Whether the policy identifies the account of a caller that gets in by this statement. */
export const identifies = (decider: Decider, { statement, caller }: Question, access: Access): boolean => {
  const { account } = caller;
  const decided = lookupOf(caller.slots);
  const lookup: KeyLookup = (key) => decided(key) ?? access.assignment.get(key)?.[0] ?? null;
  if (account === null || !/^\d{12}$/u.test(account)) return false;
  return (
    entryNames(statement.principal.named, caller, account) ||
    statement.tests.some(
      (test) => !test.operator.negated && test.operator.base !== 'null' && testNames(test, caller, lookup),
    ) ||
    decider.policy.denies.some(
      (deny) => overlaps(deny.actions, access.actions) && excepts(deny, caller, lookup),
    )
  );
};

/** Whether a Deny would cover the caller but for an exception that names its account. */
const excepts = (deny: Statement, caller: Caller, lookup: KeyLookup): boolean => {
  const account = caller.account ?? '';
  const byPrincipal = entryNames(deny.principal.excepted, caller, account);
  if (!byPrincipal && !coversCaller(deny, caller)) return false;
  const failing = deny.tests.filter((test) => isDecided(test) && !decidedHolds(test, caller.slots, lookup));
  return (
    failing.every((test) => test.operator.negated && testNames(test, caller, lookup)) &&
    (byPrincipal || failing.length > 0)
  );
};
