import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CATALOGUE } from '../shared/controls/catalogue.ts';
import { parseConfig } from '../shared/config/load.ts';
import { SETTINGS_FILE, settingsToJson } from '../shared/config/packaged-settings.ts';
import { defaultSettings } from '../shared/config/read-settings.ts';
import { ConfigError } from '../shared/model/errors.ts';
import type { Settings } from '../shared/model/settings.ts';
import { memberTemplate } from './member-template.ts';
import { packageCli } from './package-cli.ts';
import { MAX_CODE_BYTES, packageFunctions, type PackagedFunction } from './package-functions.ts';

const root = resolve(import.meta.dirname, '..');

const USAGE = `usage: npm run build -- [options]
  --config FILE   the configuration that goes into the functions (default: ecr-warden.yml, if there is one)
  --source-map    put source maps beside the code; set NODE_OPTIONS=--enable-source-maps on the functions
  --cli           build the ecr-warden command instead of the functions`;

const DEFAULT_CONFIG = 'ecr-warden.yml';

const readSettings = (file: string | undefined): Settings => {
  const path = resolve(file ?? join(root, DEFAULT_CONFIG));
  if (existsSync(path)) return parseConfig(readFileSync(path, 'utf8'), file ?? DEFAULT_CONFIG, CATALOGUE);
  if (file !== undefined) throw new ConfigError(`there is no file \`${file}\``);
  return defaultSettings(CATALOGUE);
};

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} KB`;

const describe = ({ name, codeBytes, zipBytes, sha256 }: PackagedFunction): string =>
  `${name.padEnd(12)}${kilobytes(codeBytes).padStart(8)} minified${kilobytes(zipBytes).padStart(8)} zipped  ${sha256.slice(0, 12)}`;

/** Writes what `serverless.yml` deploys to `dist/functions`, and the template for other accounts and Regions. */
const buildFunctions = async (settings: Settings, sourceMap: boolean): Promise<void> => {
  const outFolder = join(root, 'dist/functions');
  const text = settingsToJson(settings);
  const packaged = await packageFunctions({
    functionsFolder: join(root, 'functions'),
    outFolder,
    settings: text,
    sourceMap,
  });
  writeFileSync(join(outFolder, SETTINGS_FILE), text);
  writeFileSync(
    join(root, 'dist/member-account.template.json'),
    `${JSON.stringify(memberTemplate(settings), null, 2)}\n`,
  );
  console.log([...packaged.map(describe), `configuration ${settings.version}`].join('\n'));
  const tooLarge = packaged.filter(({ codeBytes }) => codeBytes > MAX_CODE_BYTES);
  if (tooLarge.length === 0) return;
  console.error(`over ${kilobytes(MAX_CODE_BYTES)}: ${tooLarge.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
};

const main = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      'source-map': { type: 'boolean', default: false },
      cli: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (!values.cli) return buildFunctions(readSettings(values.config), values['source-map']);
  const bytes = await packageCli({
    root,
    entry: join(root, 'cli/main.ts'),
    outFolder: join(root, 'dist/cli'),
  });
  console.log(`ecr-warden${kilobytes(bytes).padStart(10)} minified`);
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  const expected = error instanceof ConfigError || (error instanceof TypeError && 'code' in error);
  console.error(expected ? `ecr-warden: ${error.message}` : error);
  process.exitCode = expected ? 2 : 1;
}
