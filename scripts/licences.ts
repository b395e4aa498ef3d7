import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

const PACKAGE_FOLDER = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

/** Folders of the packages that went into a bundle, sorted, relative to where the bundle was made. */
const bundledPackages = (metafile: Metafile): readonly string[] => {
  const folders = Object.keys(metafile.inputs).flatMap((path) => PACKAGE_FOLDER.exec(path)?.[1] ?? []);
  return [...new Set(folders)].sort();
};

interface Notice {
  /** Name, version and licence of a package. */
  readonly title: string;
  readonly text: string;
}

const noticeOf = (root: string, folder: string): Notice => {
  const about: { name: string; version: string; license?: string } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  );
  const texts = readdirSync(join(root, folder))
    .filter((name) => LICENCE_FILE.test(name))
    .sort()
    .map((name) => readFileSync(join(root, folder, name), 'utf8').trim());
  return {
    title: `${about.name} ${about.version} (${about.license ?? 'see below'})`,
    text: texts.join('\n\n'),
  };
};

const RULE = `\n\n${'-'.repeat(78)}\n\n`;

/** The licences of everything in a bundle, each text once: a package that contains others' code has to carry them. */
export const thirdPartyNotices = (root: string, metafile: Metafile): string => {
  const notices = bundledPackages(metafile).map((folder) => noticeOf(root, folder));
  const byText = Map.groupBy(notices, ({ text }) => text);
  const sections = [...byText].map(([text, same]) =>
    [...same.map(({ title }) => title), '', text].join('\n'),
  );
  return `${sections.join(RULE)}\n`;
};
