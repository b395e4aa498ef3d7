import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundles.ts';
import { thirdPartyNotices } from './licences.ts';

export interface CliRequest {
  /** Absolute path of the project. */
  readonly root: string;
  /** Absolute path of the program's entry point. */
  readonly entry: string;
  readonly outFolder: string;
}

/**
 * Writes the command as the npm package holds it: a launcher that checks the Node version, the program with all its
 * dependencies in one file, and the licences of what is in it. Returns the bytes of the program.
 */
export const packageCli = async (request: CliRequest): Promise<number> => {
  const { code, metafile } = await bundle({
    entry: request.entry,
    outFile: 'main.js',
    target: 'node22',
    sourceMap: false,
    workingDirectory: request.root,
  });
  const launcher = join(request.outFolder, 'ecr-warden.js');
  rmSync(request.outFolder, { recursive: true, force: true });
  mkdirSync(request.outFolder, { recursive: true });
  writeFileSync(join(request.outFolder, 'main.js'), code);
  writeFileSync(
    join(request.outFolder, 'THIRD-PARTY-LICENCES.txt'),
    thirdPartyNotices(request.root, metafile),
  );
  copyFileSync(join(request.root, 'scripts/launcher.js'), launcher);
  chmodSync(launcher, 0o755);
  return Buffer.byteLength(code);
};
