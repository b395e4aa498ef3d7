import manifest from '../package.json' with { type: 'json' };

/** Of the package. The build writes it into the program. */
export const VERSION: string = manifest.version;
