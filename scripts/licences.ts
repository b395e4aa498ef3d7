import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

const PACKAGE_FOLDER = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

/** Folders of the packages that went into a bundle, sorted, relative to where the bundle was made. */
export const bundledPackages = (metafile: Metafile): readonly string[] => {
  const folders = Object.keys(metafile.inputs).flatMap((path) => PACKAGE_FOLDER.exec(path)?.[1] ?? []);
  return [...new Set(folders)].sort();
};

const noticeOf = (root: string, folder: string): string => {
  const about: { name: string; version: string; license?: string } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  );
  const texts = readdirSync(join(root, folder))
    .filter((name) => LICENCE_FILE.test(name))
    .sort()
    .map((name) => readFileSync(join(root, folder, name), 'utf8').trim());
  return [`${about.name} ${about.version} (${about.license ?? 'see below'})`, ...texts].join('\n\n');
};

/** The licences of everything in a bundle: a package that contains others' code has to carry them. */
export const thirdPartyNotices = (root: string, metafile: Metafile): string =>
  `${bundledPackages(metafile)
    .map((folder) => noticeOf(root, folder))
    .join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
