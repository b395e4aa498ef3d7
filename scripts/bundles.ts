import { build, type BuildOptions, type Metafile } from 'esbuild';

/** A bundle as text: nothing has been written yet. */
export interface Bundle {
  readonly code: string;
  readonly sourceMap: string | null;
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
  /** Modules that stand in for packages, by the package's name. */
  readonly alias?: Readonly<Record<string, string>>;
}

/** What esbuild's stand-in for `require` says where no real one exists. */
const REQUIRE_SHIM = 'Dynamic require of "';
/** Gives bundled CommonJS packages, which ask for built-in modules, a `require` inside an ES module. */
const REQUIRE_BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

const optionsFor = (request: BundleRequest): BuildOptions => ({
  absWorkingDir: request.workingDirectory,
  entryPoints: [request.entry],
  outfile: request.outFile,
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

const run = async (options: BuildOptions): Promise<Bundle> => {
  const result = await build(options);
  const textOf = (suffix: string): string | null =>
    result.outputFiles?.find((file) => file.path.endsWith(suffix))?.text ?? null;
  return {
    code: textOf('js') ?? '',
    sourceMap: textOf('.map'),
    metafile: result.metafile ?? { inputs: {}, outputs: {} },
  };
};

/**
 * One minified ES module with every dependency in it.
 * The `require` banner is added only where some bundled package needs it.
 */
export const bundle = async (request: BundleRequest): Promise<Bundle> => {
  const options = optionsFor(request);
  const plain = await run(options);
  if (!plain.code.includes(REQUIRE_SHIM)) return plain;
  return run({ ...options, banner: { js: REQUIRE_BANNER } });
};
