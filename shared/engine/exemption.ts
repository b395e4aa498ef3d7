import { isOpen } from '../model/compliance.ts';
import type { AppliedExemption, Exemption } from '../model/finding.ts';
import { matchesAny } from '../model/pattern.ts';
import type { Resource } from '../model/resource.ts';
import type { Verdict } from '../model/verdict.ts';
import { violationsDigest } from './violations.ts';

/** What an exemption may cover: one control's verdict on one resource. */
export interface ExemptionCase {
  readonly control: string;
  readonly resource: Resource;
  readonly verdict: Pick<Verdict, 'compliance' | 'violations'>;
}

/** Whether it still holds. An expiry that cannot be read has passed: a doubtful exemption exempts nothing. */
export const isInForce = ({ expiresAt }: Pick<Exemption, 'expiresAt'>, now: string): boolean =>
  Date.parse(expiresAt) > Date.parse(now);

/** Resource patterns match the ARN or the name. */
const names = (exemption: Exemption, { control, resource }: ExemptionCase): boolean =>
  matchesAny(exemption.controls, control) &&
  (matchesAny(exemption.resources, resource.arn) || matchesAny(exemption.resources, resource.name));

const covers = (exemption: Exemption, { verdict }: ExemptionCase): boolean =>
  exemption.violationsDigest === undefined ||
  exemption.violationsDigest === violationsDigest(verdict.violations);

/** The one that lasts longest, then the first by id, so that the order in which they are read does not matter. */
const byPrecedence = (a: Exemption, b: Exemption): number => {
  const byExpiry = Date.parse(b.expiresAt) - Date.parse(a.expiresAt);
  if (byExpiry !== 0) return byExpiry;
  return a.id < b.id ? -1 : 1;
};

/** The exemption that applies at `now`, if any. What is not open needs none. */
export const exemptionFor = (
  exemptions: readonly Exemption[],
  subject: ExemptionCase,
  now: string,
): AppliedExemption | null => {
  if (!isOpen(subject.verdict.compliance)) return null;
  const [best] = exemptions
    .filter((each) => isInForce(each, now) && names(each, subject) && covers(each, subject))
    .toSorted(byPrecedence);
  if (best === undefined) return null;
  const { id, owner, reason, expiresAt } = best;
  return { id, owner, reason, expiresAt };
};
