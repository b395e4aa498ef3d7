import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_FILE } from '../shared/config/packaged-settings.ts';
import { bundle } from './bundles.ts';
import { zip } from './zip.ts';

export interface PackageRequest {
  /** Absolute path of the folder whose sub-folders each hold a `handler.ts`. */
  readonly functionsFolder: string;
  /** Absolute path; the archives of an earlier build in it are replaced. */
  readonly outFolder: string;
  /** Text of `settings.json`, the validated configuration, put beside the code of each function. */
  readonly settings: string;
  readonly sourceMap: boolean;
}

export interface PackagedFunction {
  readonly name: string;
  readonly path: string;
  /** Bytes of the minified code that is loaded at the start. */
  readonly codeBytes: number;
  /** Bytes of the archive. */
  readonly zipBytes: number;
  /** Of the archive, hexadecimal: differs exactly where the function does. */
  readonly sha256: string;
}

/** No function may grow beyond this many bytes of minified code: what is loaded is paid at each cold start. */
export const MAX_CODE_BYTES = 600 * 1024;

const HANDLER = 'handler.ts';

/** Names of the functions below a folder, sorted. */
export const functionNames = (functionsFolder: string): readonly string[] =>
  readdirSync(functionsFolder)
    .filter((name) => existsSync(join(functionsFolder, name, HANDLER)))
    .sort();

const packageOne = async (request: PackageRequest, name: string): Promise<PackagedFunction> => {
  const { code, sourceMap, chunks, eagerBytes } = await bundle({
    entry: join(request.functionsFolder, name, HANDLER),
    outFile: 'index.mjs',
    target: 'node24',
    sourceMap: request.sourceMap,
    splitting: true,
    workingDirectory: request.functionsFolder,
    alias: {
      '@aws-sdk/credential-provider-node': join(import.meta.dirname, 'lambda-credentials.ts'),
    },
  });
  const archive = zip(
    new Map([
      ['index.mjs', code],
      ...chunks,
      [SETTINGS_FILE, request.settings],
      ...(sourceMap === null ? [] : [['index.mjs.map', sourceMap] as const]),
    ]),
  );
  const path = join(request.outFolder, `${name}.zip`);
  writeFileSync(path, archive);
  return {
    name,
    path,
    codeBytes: eagerBytes,
    zipBytes: archive.byteLength,
    sha256: createHash('sha256').update(archive).digest('hex'),
  };
};

/** Writes one reproducible archive for each function, as `serverless.yml` names them. */
export const packageFunctions = async (request: PackageRequest): Promise<readonly PackagedFunction[]> => {
  rmSync(request.outFolder, { recursive: true, force: true });
  mkdirSync(request.outFolder, { recursive: true });
  return Promise.all(functionNames(request.functionsFolder).map((name) => packageOne(request, name)));
};
