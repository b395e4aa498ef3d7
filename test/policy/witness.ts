import type { AccessReport } from '../../shared/policy/report.ts';
import type { Trust } from '../../shared/model/trust.ts';
import type { ConcreteRequest, ConcreteSetting } from '../../shared/policy/concrete-caller.ts';
import { contradictions } from '../../shared/policy/concrete-caller.ts';
import { evaluateConcretely, provesPublic, provesUntrusted } from '../../shared/policy/concrete.ts';

export interface Judged {
  readonly document: unknown;
  readonly setting: ConcreteSetting;
  readonly trust: Trust;
}

const whyNot = (request: ConcreteRequest, judged: Judged): string[] => {
  const decision = evaluateConcretely(judged.document, request, judged.setting);
  return [
    ...contradictions(request, judged.setting),
    ...(decision === 'allowed' ? [] : [`the oracle says ${decision}`]),
  ];
};

/**
 * What is wrong with the witnesses of a report: empty when each verdict has one that the oracle confirms.
 * A verdict that rests on something undecided needs none.
 */
export const witnessFaults = (report: AccessReport, judged: Judged): string[] => {
  const faults: string[] = [];
  const { public: forPublic, untrusted } = report.witnesses;
  const excused = report.undecided.length > 0;
  if (report.public && forPublic === null && !excused) faults.push('public without a witness');
  if (report.untrusted && untrusted === null && !excused) faults.push('untrusted without a witness');
  if (!report.public && forPublic !== null) faults.push('a witness for public, but no such verdict');
  if (!report.untrusted && untrusted !== null) faults.push('a witness for untrusted, but no such verdict');
  if (forPublic !== null) {
    faults.push(...whyNot(forPublic, judged).map((why) => `witness for public: ${why}`));
    if (!provesPublic(judged.document, forPublic, judged.setting))
      faults.push('the witness for public is no stranger');
  }
  if (untrusted !== null) {
    faults.push(...whyNot(untrusted, judged).map((why) => `witness for untrusted: ${why}`));
    if (!provesUntrusted(untrusted, judged.setting, judged.trust))
      faults.push('the witness for untrusted is trusted');
  }
  return faults;
};
