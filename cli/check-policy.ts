import { Command, Option } from 'commander';
import { MalformedInputError } from '../shared/model/errors.ts';
import { analyzeAccess } from '../shared/policy/access.ts';
import { readDocument } from '../shared/policy/parse.ts';
import type { AccessReport } from '../shared/policy/report.ts';
import { accessText, NOT_LOOKED_AT } from './access-text.ts';
import { EXIT } from './failure.ts';
import { runJsonl } from './jsonl.ts';
import { checkPolicyLine } from './policy-line.ts';
import { policySarif } from './policy-sarif.ts';
import { inputName, readInput } from './read-input.ts';
import type { CliSurroundings } from './surroundings.ts';
import { columnsOf, paletteFor } from './terminal.ts';
import { parseAccount, parseTime, trustOf, withTrustOptions, type TrustOptions } from './trust-options.ts';

interface PolicyOptions extends TrustOptions {
  readonly ownerAccount?: string;
  readonly now?: string;
  readonly scope: 'repository' | 'registry';
  readonly format: 'text' | 'json' | 'sarif';
  readonly jsonl?: boolean;
}

const HELP = `
Answers whether a repository policy (or, with --scope registry, a registry policy) lets in any AWS account, or
somebody who is neither of the owner account nor trusted; by which statement; and with which request, for example.
Deny statements, NotPrincipal, NotAction and conditions count. What cannot be decided is reported, never passed over.

Examples:
  $ ecr-warden check policy policy.json --owner-account 111122223333
  $ aws ecr get-repository-policy --repository-name app --query policyText --output text |
      ecr-warden check policy - --owner-account 111122223333 --trust-organization o-a1b2c3d4e5
  $ ecr-warden check policy --jsonl < policies.jsonl

With --jsonl each line of standard input is
  {"id","ownerAccount","trust":{"accounts","organizations","organizationalUnits","principals"},"now"?,"policy"}
and is answered, in the same order, by a line
  {"id","public","untrusted","externalAccounts","undecided","grants","notes"}
or, if it cannot be read, by {"id"?,"error"}; the rest go on.

Exit status: 0 nothing to report, 1 public or untrusted access, 2 bad usage or input`;

/** The document of a file. Text that is no JSON is a wrong file rather than a wrong policy. */
export const readPolicy = async (surroundings: CliSurroundings, file: string): Promise<string> => {
  const text = await readInput(surroundings.io, file);
  if (readDocument(text) === undefined) {
    throw new MalformedInputError(`${inputName(file)} is not JSON: a policy document is expected`);
  }
  return text;
};

const asJson = (report: AccessReport): string => {
  const { public: open, untrusted, externalAccounts, undecided, grants, notes, witnesses } = report;
  const answer = { public: open, untrusted, externalAccounts, undecided, grants, notes, witnesses };
  return `${JSON.stringify({ ...answer, notLookedAt: NOT_LOOKED_AT }, null, 2)}\n`;
};

const checkFile = async (
  surroundings: CliSurroundings,
  file: string,
  options: PolicyOptions & { readonly ownerAccount: string },
): Promise<void> => {
  const { io, clock } = surroundings;
  const text = await readPolicy(surroundings, file);
  const report = analyzeAccess({
    document: text,
    ownerAccount: options.ownerAccount,
    trust: trustOf(options),
    now: options.now ?? clock.now(),
    scope: options.scope,
  });
  io.stdout.write(rendered(report, { options, file, text, surroundings }));
  io.exitCode = report.public || report.untrusted ? EXIT.reported : EXIT.clean;
};

interface Rendering {
  readonly options: PolicyOptions;
  readonly file: string;
  readonly text: string;
  readonly surroundings: CliSurroundings;
}

const rendered = (report: AccessReport, { options, file, text, surroundings }: Rendering): string => {
  const { stdout } = surroundings.io;
  switch (options.format) {
    case 'text': {
      const layout = { palette: paletteFor(stdout), columns: Math.min(columnsOf(stdout), 120) };
      return `${inputName(file)}: ${accessText(report, layout)}`;
    }
    case 'json':
      return asJson(report);
    case 'sarif':
      return `${JSON.stringify(policySarif(report, { path: file === '-' ? 'stdin' : file, text }), null, 2)}\n`;
  }
};

/** `ecr-warden check policy`. */
export const checkPolicyCommand = (surroundings: CliSurroundings): Command => {
  const command = new Command('policy')
    .description('say whether a resource policy lets in everybody or somebody who is not trusted')
    .argument('[file]', 'the policy document; `-`: standard input')
    .addOption(
      new Option('--owner-account <id>', 'the account that owns the repository, 12 digits').argParser(
        parseAccount,
      ),
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
    .addOption(
      new Option('--format <format>', 'how to answer').choices(['text', 'json', 'sarif']).default('text'),
    )
    .option('--jsonl', 'answer one JSON object a line, from standard input')
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, options: PolicyOptions) => {
      if (options.jsonl === true) {
        if (file !== undefined && file !== '-')
          command.error('error: --jsonl reads standard input, not a file');
        return runJsonl(surroundings.io, (line) => checkPolicyLine(line, surroundings.clock.now()));
      }
      if (file === undefined) return command.error('error: name a file, or `-` for standard input');
      const { ownerAccount } = options;
      if (ownerAccount === undefined) return command.error('error: --owner-account is needed');
      return checkFile(surroundings, file, { ...options, ownerAccount });
    });
};
