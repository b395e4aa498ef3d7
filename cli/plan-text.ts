import type { Change, Plan } from '../shared/model/change.ts';
import { changePhrase } from '../shared/report/phrases.ts';
import { plainBlock, plainText } from '../shared/report/sanitise.ts';

const indented = (text: string): readonly string[] =>
  plainBlock(text)
    .split('\n')
    .map((line) => `      ${line}`);

/** A policy as people read it; text that is no JSON as it is. */
const policyLines = (policyText: string): readonly string[] => {
  try {
    return indented(JSON.stringify(JSON.parse(policyText), null, 2));
  } catch {
    return indented(policyText);
  }
};

const changeLines = (change: Change, index: number): readonly string[] => [
  `  ${index + 1}. ${plainText(changePhrase(change), 1_000)}`,
  ...(change.kind === 'set-repository-policy' ? policyLines(change.policyText) : []),
];

/** A plan for people: what would change, why, and how to do it by hand. */
export const planLines = (plan: Plan): readonly string[] => [
  plainText(plan.reason, 1_000),
  ...(plan.changes.length === 0 ? [] : ['', 'Changes:', ...plan.changes.flatMap(changeLines)]),
  ...(plan.cli.length === 0 ? [] : ['', 'By hand:', ...plan.cli.flatMap(indented)]),
  ...(plan.iac === null ? [] : ['', 'As code:', ...indented(plan.iac)]),
];
