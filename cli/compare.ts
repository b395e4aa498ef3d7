import { Command, Option } from 'commander';
import { comparePolicies, type PolicyComparison } from '../shared/policy/compare.ts';
import { grantLines, NOT_LOOKED_AT, placeOf, section, type Layout } from './access-text.ts';
import { plainText } from '../shared/report/sanitise.ts';
import { readPolicy } from './check-policy.ts';
import { EXIT } from './failure.ts';
import type { CliSurroundings } from './surroundings.ts';
import { columnsOf, paletteFor } from './terminal.ts';
import { parseAccount, parseTime, trustOf, withTrustOptions, type TrustOptions } from './trust-options.ts';
import { witnessWords } from './witness-text.ts';

interface CompareOptions extends TrustOptions {
  readonly ownerAccount: string;
  readonly now?: string;
  readonly scope: 'repository' | 'registry';
  readonly format: 'text' | 'json';
}

const HELP = `
Compares what two versions of a policy let in, request by request, not their texts: a new order of statements is no
change. Lists what the second version newly lets in, with a request that only it lets through, and what it shuts out.

Examples:
  $ ecr-warden compare before.json after.json --owner-account 111122223333
  $ git show main:policy.json | ecr-warden compare - policy.json --owner-account 111122223333

Exit status: 0 nobody who is not trusted newly gets in, 1 somebody does, or it could not be decided,
  2 bad usage or input`;

/** Trusted callers that newly get in are shown, and are nothing to report. */
const isReported = ({ gained, undecided }: PolicyComparison): boolean =>
  undecided.length > 0 || gained.some(({ trusted }) => !trusted);

const verdictOf = (comparison: PolicyComparison, { palette }: Layout): string => {
  if (comparison.newlyPublic) return palette.red(palette.bold('✗ NEWLY PUBLIC: any AWS account gets in'));
  if (comparison.gained.some(({ trusted }) => !trusted)) {
    return palette.red(
      palette.bold('✗ MORE UNTRUSTED ACCESS: somebody who is not trusted newly gets something'),
    );
  }
  if (comparison.undecided.length > 0) return palette.yellow(palette.bold('? COULD NOT BE DECIDED'));
  const what =
    comparison.gained.length === 0 ? 'nobody newly gets anything' : 'only trusted callers get more';
  return palette.green(palette.bold(`✓ NOTHING TO REPORT: ${what}`));
};

const witnessLines = ({ witness }: PolicyComparison): readonly string[] =>
  witness === null ? [] : witnessWords(witness).map(([label, value]) => `    ${label.padEnd(9)} ${value}`);

const asText = (comparison: PolicyComparison, layout: Layout): string => {
  const { gained, lost, newExternalAccounts, undecided } = comparison;
  const doubts = undecided.map((part) => `  ? ${plainText(`${placeOf(part)}: ${part.reason}`, 1_000)}`);
  return [
    verdictOf(comparison, layout),
    ...(newExternalAccounts.length === 0 ? [] : [`  newly named: ${newExternalAccounts.join(', ')}`]),
    ...section('Newly gets in', grantLines(gained, layout), layout),
    ...section(
      'For example, this request gets through now and did not before',
      witnessLines(comparison),
      layout,
    ),
    ...section('No longer gets in', grantLines(lost, layout), layout),
    ...section('Could not be decided', doubts, layout),
    '',
    layout.palette.dim(`Not looked at: ${NOT_LOOKED_AT}.`),
    '',
  ].join('\n');
};

const asJson = ({ before, after, ...comparison }: PolicyComparison): string => {
  const answers = {
    before: { public: before.public, untrusted: before.untrusted },
    after: { public: after.public, untrusted: after.untrusted },
  };
  return `${JSON.stringify({ ...comparison, ...answers, notLookedAt: NOT_LOOKED_AT }, null, 2)}\n`;
};

const compare = async (
  surroundings: CliSurroundings,
  files: readonly [before: string, after: string],
  options: CompareOptions,
): Promise<void> => {
  const { io, clock } = surroundings;
  const comparison = comparePolicies({
    before: await readPolicy(surroundings, files[0]),
    after: await readPolicy(surroundings, files[1]),
    ownerAccount: options.ownerAccount,
    trust: trustOf(options),
    now: options.now ?? clock.now(),
    scope: options.scope,
  });
  const layout = { palette: paletteFor(io.stdout), columns: Math.min(columnsOf(io.stdout), 120) };
  io.stdout.write(options.format === 'json' ? asJson(comparison) : asText(comparison, layout));
  io.exitCode = isReported(comparison) ? EXIT.reported : EXIT.clean;
};

/** `ecr-warden compare`. */
export const compareCommand = (surroundings: CliSurroundings): Command => {
  const command = new Command('compare')
    .description('say what a change of a policy newly lets in')
    .argument('<before>', 'the policy document as it was; `-`: standard input')
    .argument('<after>', 'the policy document as it is to be')
    .addOption(
      new Option('--owner-account <id>', 'the account that owns the repository, 12 digits')
        .argParser(parseAccount)
        .makeOptionMandatory(),
    );
  return withTrustOptions(command)
    .addOption(
      new Option('--now <time>', 'compare date conditions with this time (default: now)').argParser(
        parseTime,
      ),
    )
    .addOption(
      new Option('--scope <scope>', 'what the policy is attached to')
        .choices(['repository', 'registry'])
        .default('repository'),
    )
    .addOption(new Option('--format <format>', 'how to answer').choices(['text', 'json']).default('text'))
    .addHelpText('after', HELP)
    .action(async (before: string, after: string, options: CompareOptions) => {
      if (before === '-' && after === '-') command.error('error: only one of the two can be standard input');
      return compare(surroundings, [before, after], options);
    });
};
