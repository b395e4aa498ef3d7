import { accessOf } from './decide.ts';
import { identifies } from './external.ts';
import { grantsIn, judge, noFindings, witnessOf, type Court, type Findings } from './judge.ts';
import type { Policy } from './parse.ts';
import type { Statement } from './parse-statement.ts';
import type { Budget } from './solve.ts';
import { isPlain, judgePlain } from './plain.ts';
import type { AccessInput, AccessReport, Note, Undecided } from './report.ts';
import {
  decidersOf,
  freshBudget,
  readPolicy,
  sourceOf,
  surroundingsOf,
  type Surroundings,
} from './subject.ts';

export type { AccessGrant, AccessInput, AccessReport, Note, Undecided, Witness } from './report.ts';

/**
 * Who gets in by a resource policy. Pure, never throws, in bounded time; an invalid or undecidable document errs on
 * reporting access and says so in `undecided`.
 * Not looked at: identity policies of other accounts, service and resource control policies, VPC endpoint policies.
 */
export const analyzeAccess = (input: AccessInput): AccessReport => {
  const around = surroundingsOf(input);
  const policy = readPolicy(input.document, around);
  return 'unreadable' in policy
    ? unreadableReport(policy.unreadable)
    : reportOn(policy, sourceOf(input.document), around);
};

/** The report on a document that is no policy: it may let anybody in. */
export const unreadableReport = (reason: string): AccessReport => ({
  public: true,
  untrusted: true,
  externalAccounts: [],
  grants: [],
  undecided: [{ statement: null, sid: null, reason }],
  notes: [{ statement: null, code: 'invalid-document', message: reason }],
  witnesses: { public: null, untrusted: null },
});

/**
 * The report on a policy that was read. `source`: its document as text.
 * The verdict is decided at once; grants and witnesses are written out when they are first read.
 */
export const reportOn = (policy: Policy, source: string, around: Surroundings): AccessReport => {
  const { setting } = around;
  const findings = noFindings();
  const budget = freshBudget();
  const simple: Statement[] = [];
  const others: Statement[] = [];
  for (const one of policy.allows)
    (isPlain(one, policy) && judgePlain(one, setting, findings) ? simple : others).push(one);
  const judgeAll = (statements: readonly Statement[]): void => {
    if (statements.length === 0) return;
    const court = courtOf(policy, { source, around, budget, findings });
    for (const statement of statements) judge(court, statement);
  };
  judgeAll(others);
  const exhausted = budget.left < 0;
  const evidence = once(() => {
    judgeAll(simple);
    return evidenceOf(findings, policy);
  });
  return {
    public: findings.public || exhausted,
    untrusted: findings.untrusted || exhausted,
    externalAccounts: [...findings.external].sort(),
    get grants() {
      return evidence().grants;
    },
    undecided: exhausted ? [...policy.undecided, EXHAUSTED] : policy.undecided,
    notes:
      findings.unused.length === 0 ? policy.notes : [...policy.notes, ...findings.unused.map(unusedNote)],
    get witnesses() {
      return evidence().witnesses;
    },
  };
};

const unusedNote = ({ index }: Statement): Note => ({
  statement: index,
  code: 'no-effect',
  message: 'its resource is no repository that this policy is about',
});

const EXHAUSTED: Undecided = {
  statement: null,
  sid: null,
  reason: 'too many combinations of conditions to decide in bounded time',
};

type Evidence = Pick<AccessReport, 'grants' | 'witnesses'>;

const evidenceOf = (findings: Findings, policy: Policy): Evidence => ({
  grants: grantsIn(findings, policy),
  witnesses: { public: witnessOf(findings.publicInstance), untrusted: witnessOf(findings.untrustedInstance) },
});

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
};

interface Hearing {
  readonly source: string;
  readonly around: Surroundings;
  readonly budget: Budget;
  readonly findings: Findings;
}

const courtOf = (policy: Policy, { source, around, budget, findings }: Hearing): Court => ({
  deciders: decidersOf(policy, source, { around, budget }),
  setting: around.setting,
  constants: around.constants,
  others: policy.denies,
  ask: accessOf,
  identify: identifies,
  ignore: null,
  findings,
});
