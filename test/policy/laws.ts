import type { Trust } from '../../shared/model/trust.ts';
import type { AccessReport } from '../../shared/policy/report.ts';
import { analyzeAccess } from '../../shared/policy/access.ts';
import type { ConcreteRequest } from '../../shared/policy/concrete-caller.ts';
import {
  evaluateConcretely,
  provesExternalAccount,
  provesPublic,
  provesUntrusted,
} from '../../shared/policy/concrete.ts';
import { NOW, OWNER, type PlainPolicy } from './generators.ts';
import { witnessFaults } from './witness.ts';

/** The laws that tie the analysis to concrete requests and to itself. Each returns what is broken, in words. */
export const setting = { ownerAccount: OWNER, now: NOW };

export const analyze = (document: unknown, trust: Trust): AccessReport =>
  analyzeAccess({ document, ownerAccount: OWNER, trust, now: NOW });

/** Soundness: what one concrete request gets, the report must not miss. Null: nothing is missed. */
export const missedAccess = (
  report: AccessReport,
  judged: { readonly document: unknown; readonly trust: Trust },
  request: ConcreteRequest,
): string | null => {
  const { document, trust } = judged;
  if (evaluateConcretely(document, request, setting) !== 'allowed') return null;
  if (!report.untrusted && provesUntrusted(request, setting, trust)) return 'an untrusted caller gets in';
  if (!report.public && provesPublic(document, request, setting)) return 'a stranger gets in';
  const account = provesExternalAccount(document, request, setting);
  return account === null || report.externalAccounts.includes(account) ? null : `account ${account} gets in`;
};

/** Precision: each verdict has a witness that the oracle confirms, each account is named by the policy. */
export const unfoundedClaims = (report: AccessReport, document: unknown, trust: Trust): string[] => {
  const text = JSON.stringify(document);
  return [
    ...witnessFaults(report, { document, setting, trust }),
    ...report.externalAccounts
      .filter((account) => !text.includes(account))
      .map((id) => `nothing names ${id}`),
    ...(report.externalAccounts.includes(OWNER) ? ['the owner is no external account'] : []),
    ...(report.public && !report.untrusted ? ['public, but nobody untrusted'] : []),
  ];
};

/** The verdict alone, for laws about equal documents. */
export const verdictOf = (report: AccessReport) => ({
  public: report.public,
  untrusted: report.untrusted,
  externalAccounts: report.externalAccounts,
});

export const withStatements = (
  policy: PlainPolicy,
  statements: readonly Record<string, unknown>[],
): PlainPolicy => ({
  ...policy,
  Statement: [...statements],
});
