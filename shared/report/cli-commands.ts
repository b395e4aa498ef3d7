import { shellLine } from '../model/shell.ts';

/** Applies a finding's plan after a person has read it. */
export const approveCommand = (findingKey: string): string =>
  shellLine(['ecr-warden', 'remediate', findingKey, '--apply']);

/** Prints a finding's plan and changes nothing. */
export const planCommand = (findingKey: string): string => shellLine(['ecr-warden', 'remediate', findingKey]);

/** Puts back what an attempt changed. */
export const revertCommand = (attemptId: string): string =>
  shellLine(['ecr-warden', 'remediate', '--revert', attemptId]);

const DAY = 86_400_000;

/**
 * The lines for `ecr-warden.yml` that exempt one resource from one control, to be completed by a person.
 * Ends 30 days after `from`: an exemption is dated. Strings are JSON strings, which YAML reads as they are.
 */
export const exemptionSnippet = (of: {
  readonly control: string;
  readonly resourceArn: string;
  readonly from: string;
}): string => {
  const start = Date.parse(of.from);
  const expires = Number.isFinite(start)
    ? new Date(start + 30 * DAY).toISOString().slice(0, 10)
    : 'YYYY-MM-DD';
  return [
    'exemptions:',
    '  - id: CHOOSE-AN-ID',
    `    controls: [${JSON.stringify(of.control)}]`,
    `    resources: [${JSON.stringify(of.resourceArn)}]`,
    '    owner: WHO-ANSWERS-FOR-IT',
    '    reason: WHY-IT-IS-ACCEPTABLE',
    `    expiresAt: "${expires}T00:00:00.000Z"`,
  ].join('\n');
};
