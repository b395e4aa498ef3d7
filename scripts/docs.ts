import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { format } from 'prettier';
import { CATALOGUE, configureCatalogue } from '../shared/controls/catalogue.ts';
import { configJsonSchema } from '../shared/config/load.ts';
import {
  betweenMarkers,
  controlPage,
  controlsIndexPage,
  controlTable,
} from '../shared/report/catalogue-page.ts';

const CONTROLS_FOLDER = 'docs/controls';

/** Every generated file below the project's root: its path and its text. */
export const generatedDocs = async (): Promise<ReadonlyMap<string, string>> => {
  const controls = configureCatalogue({ controls: {} });
  const schema = await format(JSON.stringify(configJsonSchema(CATALOGUE)), {
    parser: 'json',
    printWidth: 110,
  });
  return new Map([
    [`${CONTROLS_FOLDER}/README.md`, controlsIndexPage(controls)],
    ...controls.map((control) => [`${CONTROLS_FOLDER}/${control.id}.md`, controlPage(control)] as const),
    ['schema/ecr-warden.schema.json', schema],
  ]);
};

/** The README with its table of controls as it should be; null if it has no markers for it. */
export const withControlTable = (readme: string): string | null =>
  betweenMarkers(readme, controlTable(configureCatalogue({ controls: {} }), `${CONTROLS_FOLDER}/`));

/** Pages of controls that are there no more. */
export const strayPages = (root: string, docs: ReadonlyMap<string, string>): readonly string[] => {
  const folder = join(root, CONTROLS_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => `${CONTROLS_FOLDER}/${name}`)
    .filter((path) => !docs.has(path));
};

const updateReadme = (path: string): string => {
  if (!existsSync(path)) return 'README.md is not there: no table of controls written';
  const before = readFileSync(path, 'utf8');
  const after = withControlTable(before);
  if (after === null) return 'README.md has no markers for the table of controls: left as it is';
  writeFileSync(path, after);
  return after === before ? 'README.md is up to date' : 'README.md: table of controls written';
};

const main = async (root: string): Promise<void> => {
  const docs = await generatedDocs();
  for (const path of strayPages(root, docs)) rmSync(join(root, path));
  for (const [path, text] of docs) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  console.log(`${docs.size} files written below ${CONTROLS_FOLDER} and schema`);
  console.log(updateReadme(join(root, 'README.md')));
};

if (import.meta.main) await main(resolve(import.meta.dirname, '..'));
