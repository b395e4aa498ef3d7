import { accessOf } from './decide.ts';
import { identifies } from './external.ts';
import { grantsIn, judge, mentionedBy, noFindings, type Court, type Findings } from './judge.ts';
import type { Policy } from './parse.ts';
import type { Statement } from './parse-statement.ts';
import type { Budget } from './solve.ts';
import { judgePlain } from './plain.ts';
import type { AccessInput, AccessReport, Note, Undecided } from './report.ts';
import {
  decidersOf,
  freshBudget,
  readPolicy,
  sourceOf,
  surroundingsOf,
  type Surroundings,
} from './subject.ts';

export type { AccessInput, AccessReport } from './report.ts';

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

/** The report on a policy that was read. `source`: its document as text. */
export const reportOn = (policy: Policy, source: string, around: Surroundings): AccessReport => {
  const findings = noFindings();
  const plain = { policy, setting: around.setting, source, findings };
  const others = policy.allows.filter((statement) => !judgePlain(statement, plain));
  const budget = freshBudget();
  if (others.length > 0) {
    const court = courtOf(policy, { source, around, budget, findings });
    for (const statement of others) judge(court, statement);
  }
  return reportOf(policy, findings, budget.left < 0);
};

const reportOf = (policy: Policy, findings: Findings, exhausted: boolean): AccessReport => ({
  public: findings.public || exhausted,
  untrusted: findings.untrusted || exhausted,
  externalAccounts: [...findings.external].sort(),
  grants: grantsIn(findings, policy),
  undecided: exhausted ? [...policy.undecided, EXHAUSTED] : policy.undecided,
  notes: findings.unused.length === 0 ? policy.notes : [...policy.notes, ...findings.unused.map(unusedNote)],
  witnesses: { public: findings.publicWitness, untrusted: findings.untrustedWitness },
});

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
  mentioned: mentionedBy(policy.denies, around.constants),
  ask: accessOf,
  identify: identifies,
  ignore: null,
  findings,
});
