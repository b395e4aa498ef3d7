import { Command, InvalidArgumentError, Option } from 'commander';
import { SEVERITIES, severityRank, type Severity } from '../shared/model/compliance.ts';
import type { Finding } from '../shared/model/finding.ts';
import type { FindingStore, OpenFilter } from '../shared/ports/finding-store.ts';
import { findingsTable } from '../shared/report/findings-table.ts';
import { openStores, withDeploymentOptions, type DeploymentOptions } from './deployment.ts';
import { EXIT } from './failure.ts';
import type { CliSurroundings } from './surroundings.ts';
import { columnsOf, paletteFor } from './terminal.ts';
import { parseAccount } from './trust-options.ts';

interface FindingsOptions extends DeploymentOptions {
  readonly severity?: Severity;
  readonly control?: string;
  readonly account?: string;
  readonly in?: string;
  readonly limit: number;
  readonly format: 'table' | 'json';
}

const HELP = `
Reads the deployment's table; nothing is judged again. Without a filter every severity is listed, gravest first.

Examples:
  $ ecr-warden findings --table ecr-warden-dev-state
  $ ecr-warden findings --severity CRITICAL --format json
  $ ecr-warden findings --account 111122223333 --in eu-west-1

Exit status: 0 nothing is open, 1 something is, 2 bad usage or configuration, 3 the table could not be read`;

/** The store's own filters: one of them answers from one index. */
const filtersOf = (options: FindingsOptions): readonly OpenFilter['by'][] => {
  const { severity, control, account, in: region } = options;
  if (control !== undefined) return [{ control }];
  if (account !== undefined && region !== undefined) return [{ account, region }];
  if (severity !== undefined) return [{ severity }];
  return SEVERITIES.toReversed().map((each) => ({ severity: each }));
};

/** Whether the finding has everything that was asked for, not only what the index answers. */
const wanted = ({ severity, control, account, in: region }: FindingsOptions, finding: Finding): boolean =>
  (severity === undefined || finding.severity === severity) &&
  (control === undefined || finding.control === control) &&
  (account === undefined || finding.resource.account === account) &&
  (region === undefined || finding.resource.region === region);

const collect = async (
  findings: FindingStore,
  options: FindingsOptions,
): Promise<{ readonly found: readonly Finding[]; readonly more: boolean }> => {
  const found: Finding[] = [];
  for (const by of filtersOf(options)) {
    let token: string | null = null;
    do {
      const page = await findings.openFindings({ by, ...(token === null ? {} : { pageToken: token }) });
      for (const finding of page.items) {
        if (!wanted(options, finding)) continue;
        if (found.length === options.limit) return { found, more: true };
        found.push(finding);
      }
      token = page.nextToken;
    } while (token !== null);
  }
  return {
    found: found.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity)),
    more: false,
  };
};

const parseLimit = (text: string): number => {
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`\`${text}\` is not a number from 1`);
};

const list = async (surroundings: CliSurroundings, options: FindingsOptions): Promise<void> => {
  const { io } = surroundings;
  const { stores } = await openStores(surroundings, options);
  const { found, more } = await collect(stores.findings, options);
  const layout = { palette: paletteFor(io.stdout), columns: columnsOf(io.stdout) };
  io.stdout.write(
    options.format === 'json'
      ? `${JSON.stringify({ findings: found, more }, null, 2)}\n`
      : `${findingsTable(found, layout)}\n`,
  );
  if (more) io.stderr.write(`ecr-warden: there are more than ${options.limit}; --limit shows more\n`);
  io.exitCode = found.length > 0 ? EXIT.reported : EXIT.clean;
};

/** `ecr-warden findings`. */
export const findingsCommand = (surroundings: CliSurroundings): Command => {
  const command = new Command('findings').description('list the open findings of a deployment');
  return withDeploymentOptions(command)
    .addOption(new Option('--severity <severity>', 'only these').choices([...SEVERITIES]))
    .option('--control <id>', 'only of this control')
    .addOption(new Option('--account <id>', 'only of this account').argParser(parseAccount))
    .option('--in <region>', 'only of resources in this Region')
    .addOption(new Option('--limit <count>', 'at most so many').argParser(parseLimit).default(1_000))
    .addOption(new Option('--format <format>', 'how to answer').choices(['table', 'json']).default('table'))
    .addHelpText('after', HELP)
    .action((options: FindingsOptions) => list(surroundings, options));
};
