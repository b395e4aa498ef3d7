import { basename, parse } from 'node:path';
import { build, type BuildOptions, type Metafile } from 'esbuild';

/** A bundle as text: nothing has been written yet. */
export interface Bundle {
  readonly code: string;
  readonly sourceMap: string | null;
  /** With `splitting`: the code that the entry shares with its dynamic imports, and theirs, by file name. */
  readonly chunks: ReadonlyMap<string, string>;
  /** Bytes of minified code that are loaded at the start: all but what is imported dynamically. */
  readonly eagerBytes: number;
  readonly metafile: Metafile;
}

export interface BundleRequest {
  /** Absolute path of the entry point. */
  readonly entry: string;
  /** File name of the code; a source map is named after it. */
  readonly outFile: string;
  /** esbuild's target: the oldest Node that has to run it. */
  readonly target: 'node22' | 'node24';
  readonly sourceMap: boolean;
  readonly workingDirectory: string;
  /** Puts what is imported dynamically into files of its own, so that it is loaded when it is asked for. Default: no. */
  readonly splitting?: boolean;
  /** Modules that stand in for packages, by the package's name. */
  readonly alias?: Readonly<Record<string, string>>;
}

/** What esbuild's stand-in for `require` says where no real one exists. */
const REQUIRE_SHIM = 'Dynamic require of "';
/** Gives bundled CommonJS packages, which ask for built-in modules, a `require` inside an ES module. */
const REQUIRE_BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

const outputOf = ({ outFile, splitting = false }: BundleRequest): BuildOptions => {
  if (!splitting) return { outfile: outFile };
  const { name, ext } = parse(outFile);
  return {
    splitting,
    outdir: '.',
    entryNames: name,
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': ext },
  };
};

const optionsFor = (request: BundleRequest): BuildOptions => ({
  absWorkingDir: request.workingDirectory,
  entryPoints: [request.entry],
  ...outputOf(request),
  bundle: true,
  write: false,
  minify: true,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: request.target,
  // The ES builds of packages first: the CommonJS ones cannot be tree-shaken.
  mainFields: ['module', 'main'],
  alias: { ...request.alias },
  sourcemap: request.sourceMap ? 'linked' : false,
  sourcesContent: false,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
});

/** Bytes of an output and of all that it imports statically. */
const eagerBytesOf = ({ outputs }: Metafile, entry: string, seen = new Set<string>()): number => {
  const output = outputs[entry];
  if (output === undefined || seen.has(entry)) return 0;
  seen.add(entry);
  return output.imports
    .filter(({ kind }) => kind === 'import-statement')
    .reduce((sum, { path }) => sum + eagerBytesOf({ inputs: {}, outputs }, path, seen), output.bytes);
};

const run = async (options: BuildOptions, outFile: string): Promise<Bundle> => {
  const { outputFiles = [], metafile = { inputs: {}, outputs: {} } } = await build(options);
  const texts = new Map(outputFiles.map((file) => [basename(file.path), file.text]));
  const entry = basename(outFile);
  return {
    code: texts.get(entry) ?? '',
    sourceMap: texts.get(`${entry}.map`) ?? null,
    chunks: new Map([...texts].filter(([name]) => name !== entry && name !== `${entry}.map`)),
    eagerBytes: eagerBytesOf(
      metafile,
      Object.keys(metafile.outputs).find((path) => basename(path) === entry) ?? '',
    ),
    metafile,
  };
};

/**
 * One minified ES module with every dependency in it; with `splitting`, less what is imported dynamically.
 * The `require` banner is added only where some bundled package needs it.
 */
export const bundle = async (request: BundleRequest): Promise<Bundle> => {
  const options = optionsFor(request);
  const plain = await run(options, request.outFile);
  const needsRequire = [plain.code, ...plain.chunks.values()].some((code) => code.includes(REQUIRE_SHIM));
  return needsRequire ? run({ ...options, banner: { js: REQUIRE_BANNER } }, request.outFile) : plain;
};
