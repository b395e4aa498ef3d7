import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { ControlDescriptor } from '../shared/config/controls-shape.ts';
import { checkConfig, configJsonSchema, type CheckedConfig } from '../shared/config/load.ts';
import { problemLine, type Problem } from '../shared/config/problem.ts';
import { CATALOGUE } from '../shared/controls/catalogue.ts';
import { plainText } from '../shared/report/sanitise.ts';
import type { CommandIo } from './jsonl.ts';

/** The file that is read when none is named. */
const CONFIG_FILE = 'ecr-warden.yml';

/** What `ecr-warden config` works with; tests give their own. */
export interface ConfigCommandDependencies {
  readonly io: CommandIo;
  readonly controls: readonly ControlDescriptor[];
  /** ISO 8601. */
  readonly now: () => string;
}

const listed = (problems: readonly Problem[]) =>
  problems.map(({ key, message, at }) => ({
    key,
    message,
    line: at?.line ?? null,
    column: at?.column ?? null,
  }));

const asJson = (file: string, { settings, problems, warnings }: CheckedConfig): string => {
  const answer = {
    file,
    valid: settings !== null,
    version: settings?.version ?? null,
    problems: listed(problems),
    warnings: listed(warnings),
    settings,
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const asText = (file: string, { settings, problems, warnings }: CheckedConfig): string => {
  const lines = problems.map((problem) => `${problemLine(file, problem)}\n`);
  if (settings === null) return `${lines.join('')}${file}: ${counted(problems.length, 'problem')}\n`;
  const { version, ...effective } = settings;
  const hints = warnings.map((each) => problemLine(file, { ...each, message: `warning: ${each.message}` }));
  return [
    `${file}: valid, version ${version}, ${counted(warnings.length, 'warning')}`,
    ...hints,
    '',
    '# Effective settings, defaults filled in',
    stringify(effective, { lineWidth: 0, aliasDuplicateObjects: false }),
  ].join('\n');
};

const readInput = async (io: CommandIo, file: string): Promise<string> => {
  if (file !== '-') return readFile(file, 'utf8');
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
};

const label = (file: string): string => (file === '-' ? 'standard input' : plainText(file));

const check = async (
  { io, controls, now }: ConfigCommandDependencies,
  file: string,
  format: 'text' | 'json',
): Promise<void> => {
  let text: string;
  try {
    text = await readInput(io, file);
  } catch (error) {
    io.stderr.write(`${label(file)}: ${error instanceof Error ? error.message : 'cannot be read'}\n`);
    io.exitCode = 2;
    return;
  }
  const checked = checkConfig(text, controls, now());
  io.stdout.write(format === 'json' ? asJson(label(file), checked) : asText(label(file), checked));
  io.exitCode = checked.settings === null ? 2 : 0;
};

const HELP = `
Examples:
  $ ecr-warden config check
  $ ecr-warden config check staging.yml --format json | jq '.problems'

Exit status: 0 the configuration is valid (there may be warnings), 2 it is not, or cannot be read`;

const checkCommand = (dependencies: ConfigCommandDependencies): Command =>
  new Command('check')
    .description(
      'validate a configuration; show what holds, defaults filled in, and what is probably not meant',
    )
    .argument('[file]', 'the configuration; `-`: standard input', CONFIG_FILE)
    .addOption(new Option('--format <format>', 'how to answer').choices(['text', 'json']).default('text'))
    .addHelpText('after', HELP)
    .action(async (file: string, options: { readonly format: 'text' | 'json' }) =>
      check(dependencies, file, options.format),
    );

const schemaCommand = ({ io, controls }: ConfigCommandDependencies): Command =>
  new Command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action(() => void io.stdout.write(`${JSON.stringify(configJsonSchema(controls), null, 2)}\n`));

/** `ecr-warden config check` and `ecr-warden config schema`. Sets the exit status on `io`. */
export const configCommand = ({
  io = process,
  controls = CATALOGUE,
  now = () => new Date().toISOString(),
}: Partial<ConfigCommandDependencies> = {}): Command => {
  const dependencies = { io, controls, now };
  return new Command('config')
    .description('work with the configuration file')
    .addCommand(checkCommand(dependencies))
    .addCommand(schemaCommand(dependencies));
};
