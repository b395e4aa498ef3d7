import { accessOf } from './decide.ts';
import { identifies } from './external.ts';
import { judge, noFindings, type Findings } from './judge.ts';
import type { Policy } from './parse.ts';
import type { AccessInput, AccessReport, Undecided } from './report.ts';
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

/** The report on a policy that was read. `source`: its document as text. */
export const reportOn = (policy: Policy, source: string, around: Surroundings): AccessReport => {
  const budget = freshBudget();
  const deciders = decidersOf(policy, source, around, budget);
  const findings = noFindings();
  const court = {
    deciders,
    setting: around.setting,
    constants: around.constants,
    others: policy.denies,
    ask: accessOf,
    identify: identifies,
    ignore: null,
    findings,
  };
  for (const statement of policy.allows) judge(court, statement);
  return budget.left < 0 ? exhausted(policy, findings) : complete(policy, findings, policy.undecided);
};

const EXHAUSTED: Undecided = {
  statement: null,
  sid: null,
  reason: 'too many combinations of conditions to decide in bounded time',
};

const exhausted = (policy: Policy, findings: Findings): AccessReport => ({
  ...complete(policy, findings, [...policy.undecided, EXHAUSTED]),
  public: true,
  untrusted: true,
});

const complete = (policy: Policy, findings: Findings, undecided: readonly Undecided[]): AccessReport => ({
  public: findings.public,
  untrusted: findings.untrusted,
  externalAccounts: [...findings.external].sort(),
  grants: findings.grants,
  undecided,
  notes: policy.notes,
  witnesses: { public: findings.publicWitness, untrusted: findings.untrustedWitness },
});
