import type { Severity } from '../model/compliance.ts';
import type { ControlContext, Judgement, Offence } from '../model/control.ts';
import type { KnownFacts } from '../model/facts.ts';
import type { JsonObject } from '../model/verdict.ts';
import { ECR_ACTIONS } from '../policy/ecr-actions.ts';
import type { AccessGrant, AccessInput, AccessReport, Witness } from '../policy/report.ts';

/** A resource policy as a fact shows it. */
export interface PolicyFact {
  readonly text: string | null;
  readonly scope: 'repository' | 'registry';
  /** Only of a registry. */
  readonly registryScope?: 'V1' | 'V2';
}

export const repositoryPolicyOf = ({ repositoryPolicy }: KnownFacts<'repositoryPolicy'>): PolicyFact => ({
  text: repositoryPolicy,
  scope: 'repository',
});

export const registryPolicyOf = (
  facts: KnownFacts<'registryPolicy' | 'registryPolicyScope'>,
): PolicyFact => ({
  text: facts.registryPolicy,
  scope: 'registry',
  ...(facts.registryPolicyScope === null ? {} : { registryScope: facts.registryPolicyScope }),
});

/** The judgement where there is no policy at all. */
export const noPolicy = ({ scope }: PolicyFact): Judgement<never> => ({
  offences: [],
  evidence: {
    summary: `the ${scope} has no policy: only identity policies of its own account let anybody in`,
    data: {},
  },
});

/** What the analysis is asked about the policy of this resource. */
export const accessInput = (
  { text, scope, registryScope }: PolicyFact,
  { resource, trust, now }: ControlContext,
): AccessInput => ({
  document: text,
  ownerAccount: resource.account,
  partition: resource.partition,
  trust,
  now,
  scope,
  ...(registryScope === undefined ? {} : { registryScope }),
  ...(scope === 'repository' ? { resourceArn: resource.arn } : {}),
});

/** Pulling an image takes these; GetAuthorizationToken has no resource. Source: ECR user guide, repository policies. */
const PULL: ReadonlySet<string> = new Set(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']);

/** Reading about images and settings without getting an image. */
const READ_ABOUT: ReadonlySet<string> = new Set(
  ECR_ACTIONS.filter(({ level }) => level === 'List' || level === 'Read')
    .map(({ name }) => `ecr:${name}`)
    .filter((action) => !PULL.has(action)),
);

/** By the gravest thing that the actions let somebody do. An action that is not known counts as a write. */
export const severityOfActions = (actions: readonly string[]): Severity => {
  if (actions.some((action) => !PULL.has(action) && !READ_ABOUT.has(action))) return 'CRITICAL';
  return actions.some((action) => PULL.has(action)) ? 'HIGH' : 'MEDIUM';
};

const witnessData = (witness: Witness | null): JsonObject | null =>
  witness === null ? null : { ...witness, caller: { ...witness.caller }, context: { ...witness.context } };

/**
 * A grant as a violation's data. Conditions stand as one text: fewer of them is more access, so they are no list of
 * what is exposed.
 */
const grantData = (grant: AccessGrant): JsonObject => ({
  statement: grant.statement,
  sid: grant.sid,
  principals: grant.principals,
  actions: grant.actions,
  conditions: grant.conditions.join('; '),
  sentence: grant.sentence,
});

const reportData = (report: AccessReport): JsonObject => ({
  public: report.public,
  untrusted: report.untrusted,
  externalAccounts: report.externalAccounts,
  grants: distinct(report.grants).map(
    ({ statement, sid, principals, actions, conditions, trusted, public: everybody }) => ({
      statement,
      sid,
      principals,
      actions,
      conditions,
      trusted,
      public: everybody,
    }),
  ),
  undecided: report.undecided.map(({ statement, sid, reason }) => ({ statement, sid, reason })),
  notes: report.notes.map(({ statement, code, message }) => ({ statement, code, message })),
});

/** What the verdict leans on where no grant shows it. Never empty: a wrong policy is never without a violation. */
const undecidedOffences = <M extends string>({ undecided }: AccessReport, messageId: M): Offence<M>[] => {
  const parts =
    undecided.length > 0
      ? undecided
      : [{ statement: null, sid: null, reason: 'no single statement shows it' }];
  return parts.map(({ statement, sid, reason }) => ({
    messageId,
    data: { statement, sid, reason },
    severity: 'HIGH',
  }));
};

export interface AccessQuestion<M extends string> {
  readonly report: AccessReport;
  /** Whether the report answers the control's question with "wrong". */
  readonly wrong: boolean;
  readonly grantIsWrong: (grant: AccessGrant) => boolean;
  /** One request that the policy lets through although it should not; goes into the evidence. */
  readonly witness: Witness | null;
  readonly messages: { readonly grant: M; readonly undecided: M };
  readonly summary: string;
}

/** One of each: a statement may show the same access for several kinds of resource. */
const distinct = (grants: readonly AccessGrant[]): AccessGrant[] => [
  ...new Map(grants.map((grant) => [JSON.stringify(grantData(grant)), grant])).values(),
];

/** The judgement of a policy: one violation a grant that is wrong, else one a part that could not be decided. */
export const accessJudgement = <M extends string>(question: AccessQuestion<M>): Judgement<M> => {
  const { report, wrong, witness, messages } = question;
  const evidence = {
    summary: question.summary,
    data: { ...reportData(report), witness: witnessData(witness) },
  };
  if (!wrong) return { offences: [], evidence };
  const offences: Offence<M>[] = distinct(report.grants.filter(question.grantIsWrong)).map((grant) => ({
    messageId: messages.grant,
    data: grantData(grant),
    severity: severityOfActions(grant.actions),
  }));
  return {
    offences: offences.length > 0 ? offences : undecidedOffences(report, messages.undecided),
    evidence,
  };
};

/** Who gets in at all, in words; for verdicts that find nothing wrong. */
export const whoGetsIn = ({ grants, externalAccounts, undecided }: AccessReport): string => {
  const doubts = undecided.length === 0 ? '' : `; parts of it could not be decided`;
  if (grants.length === 0) return `the policy lets nobody in${doubts}`;
  if (externalAccounts.length === 0) return `the policy names nobody outside the owner account${doubts}`;
  return `outside the owner account the policy lets in ${externalAccounts.join(', ')}${doubts}`;
};
