import { createInterface } from 'node:readline/promises';
import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import type { RemediationDecision } from '../shared/engine/remediation.ts';
import type { Finding } from '../shared/model/finding.ts';
import { attemptsOn, planRemediation, remediate } from '../shared/pipeline/remediate.ts';
import { statePhrase } from '../shared/report/phrases.ts';
import { plainText } from '../shared/report/sanitise.ts';
import {
  findingOfKey,
  mustReach,
  openDeployment,
  withDeploymentOptions,
  withMemberOptions,
  type Deployment,
  type DeploymentOptions,
  type MemberOptions,
} from './deployment.ts';
import { EXIT } from './failure.ts';
import { planLines } from './plan-text.ts';
import { attemptOf, revertAttempt } from './revert.ts';
import type { CliSurroundings } from './surroundings.ts';
import { canAnswer } from './terminal.ts';

interface RemediateOptions extends DeploymentOptions, MemberOptions {
  readonly plan?: boolean;
  readonly apply?: boolean;
  readonly yes?: boolean;
  readonly revert?: string;
}

const HELP = `
A finding is named CONTROL/RESOURCE-ARN, as alerts and \`ecr-warden findings\` show it. The resource is read and the
plan made again each time. --apply changes it with your own credentials and under your name, after you have seen the
plan; then the resource is judged again. --revert puts back exactly what an attempt replaced, if the resource still is
as the attempt left it.

Examples:
  $ export ECR_WARDEN_TABLE=ecr-warden-dev-state
  $ ecr-warden remediate image-scanning/arn:aws:ecr:eu-west-1:111122223333:repository/app
  $ ecr-warden remediate image-scanning/arn:aws:ecr:eu-west-1:111122223333:repository/app --apply
  $ ecr-warden remediate --revert 20260101000000000-0123456789ab

Exit status: 0 the plan was shown, or was applied and the resource is now compliant, or the attempt was taken back;
  1 there is nothing to apply, it was refused or failed, or the resource differs from what the attempt left;
  2 bad usage or configuration, or no such finding or attempt; 3 something could not be read`;

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

const decisionLines = (
  finding: Finding,
  { do: what, reason, plan }: RemediationDecision,
): readonly string[] => {
  const head = plainText(finding.key);
  if (plan === null) return [`${head}: nothing to do: ${plainText(reason, 1_000)}`];
  const remark = what === 'apply' ? [] : ['', `Not to be applied: ${plainText(reason, 1_000)}`];
  return [`${head}:`, ...planLines(plan), ...remark];
};

const warnOfOtherSettings = ({ io }: CliSurroundings, finding: Finding, { deps }: Deployment): void => {
  if (finding.configVersion === deps.settings.version) return;
  io.stderr.write(
    `ecr-warden: the finding was judged by configuration ${finding.configVersion}, this one is ${deps.settings.version}; --config names the deployment's\n`,
  );
};

const confirmed = async (
  { io }: CliSurroundings,
  { yes }: RemediateOptions,
  question: string,
): Promise<boolean> => {
  if (yes === true) return true;
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return /^y(?:es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
};

/** What was applied is told by the attempt's record and by the judgement that followed. */
const outcomeOf = async (
  finding: Finding,
  { deps }: Deployment,
): Promise<{ readonly text: readonly string[]; readonly status: number }> => {
  const attempts = await deps.attempts.attemptsOf(finding.resource.arn);
  const attempt = attemptsOn(finding, attempts)[0] ?? null;
  const stored = await deps.findings.findingsOf(finding.resource.arn);
  const now = stored.find(({ control }) => control === finding.control) ?? finding;
  const applied = attempt?.outcome === 'applied';
  const detail = attempt?.detail === null || attempt === null ? '' : `: ${plainText(attempt.detail, 1_000)}`;
  const states = (attempt?.after ?? []).map((state) => `  now ${plainText(statePhrase(state), 2_000)}`);
  return {
    text: [
      `attempt ${attempt?.id ?? 'not recorded'} ${attempt?.outcome ?? ''}${detail}`,
      ...states,
      `judged again: ${now.compliance}`,
      ...(applied && attempt !== null
        ? [`to take it back: ecr-warden remediate --revert ${attempt.id}`]
        : []),
    ],
    status: applied && now.compliance === 'COMPLIANT' ? EXIT.clean : EXIT.reported,
  };
};

const apply = async (
  surroundings: CliSurroundings,
  deployment: Deployment,
  { finding, shown, options }: Approval,
): Promise<void> => {
  const { io } = surroundings;
  io.exitCode = EXIT.reported;
  if (!(await confirmed(surroundings, options, 'Apply this plan?'))) {
    io.stderr.write('not applied\n');
    return;
  }
  const { deps, caller } = deployment;
  const again = await planRemediation(finding, deps, caller);
  if (!isDeepStrictEqual(again.plan?.changes, shown.plan?.changes)) {
    io.stderr.write('not applied: the plan is another one now; look at it again\n');
    return;
  }
  await remediate(finding, deps, caller);
  const { text, status } = await outcomeOf(finding, deployment);
  io.stdout.write(lines(['', ...text]));
  io.exitCode = status;
};

interface Approval {
  readonly finding: Finding;
  readonly shown: RemediationDecision;
  readonly options: RemediateOptions;
}

const run = async (surroundings: CliSurroundings, key: string, options: RemediateOptions): Promise<void> => {
  const { io } = surroundings;
  const deployment = await openDeployment(surroundings, options);
  const finding = await findingOfKey(deployment.deps, key);
  mustReach(deployment, finding);
  warnOfOtherSettings(surroundings, finding, deployment);
  const shown = await planRemediation(finding, deployment.deps, deployment.caller);
  io.stdout.write(lines(decisionLines(finding, shown)));
  if (options.apply !== true) {
    io.exitCode = shown.plan === null ? EXIT.reported : EXIT.clean;
    return;
  }
  io.exitCode = EXIT.reported;
  if (shown.do === 'apply') await apply(surroundings, deployment, { finding, shown, options });
};

const revert = async (
  surroundings: CliSurroundings,
  id: string,
  options: RemediateOptions,
): Promise<void> => {
  const { io } = surroundings;
  const deployment = await openDeployment(surroundings, options);
  const attempt = await attemptOf(id, deployment);
  mustReach(deployment, attempt);
  const back = attempt.before.map((state) => `  back to ${plainText(statePhrase(state), 2_000)}`);
  io.stdout.write(lines([`${plainText(attempt.findingKey)}, attempt ${plainText(attempt.id)}:`, ...back]));
  io.exitCode = EXIT.reported;
  if (!(await confirmed(surroundings, options, 'Take it back?'))) {
    io.stderr.write('not taken back\n');
    return;
  }
  const reverted = await revertAttempt(attempt, deployment);
  if (reverted.done) io.exitCode = EXIT.clean;
  io.stdout.write(
    lines(reverted.done ? ['taken back'] : ['not taken back:', ...reverted.why.map((why) => `  ${why}`)]),
  );
};

/** `ecr-warden remediate`. */
export const remediateCommand = (surroundings: CliSurroundings): Command => {
  const command = new Command('remediate')
    .description('show what would repair a finding, apply it after approval, or take it back')
    .argument('[finding]', 'CONTROL/RESOURCE-ARN')
    .option('--plan', 'show the plan and change nothing (the default)')
    .option('--apply', 'apply the plan with your own credentials')
    .option('--revert <attempt>', 'put back what an attempt replaced')
    .option('--yes', 'do not ask');
  return withMemberOptions(withDeploymentOptions(command))
    .addHelpText('after', HELP)
    .action(async (finding: string | undefined, options: RemediateOptions) => {
      const named = [finding, options.revert].filter((each) => each !== undefined).length;
      if (named !== 1) return command.error('error: name a finding, or an attempt with --revert');
      if (options.plan === true && (options.apply === true || options.revert !== undefined)) {
        return command.error('error: --plan changes nothing: leave it, or the other, out');
      }
      const changes = options.apply === true || options.revert !== undefined;
      if (changes && options.yes !== true && !canAnswer(surroundings.io.stdin)) {
        return command.error('error: nobody is there to be asked: --yes approves');
      }
      if (options.revert !== undefined) return revert(surroundings, options.revert, options);
      return run(surroundings, finding ?? '', options);
    });
};
