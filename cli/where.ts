import { callerIdentity, type CallerIdentity } from '../shared/aws/caller-identity.ts';
import { stsClient } from '../shared/aws/clients.ts';
import { configuredRegion, regionsLike } from '../shared/aws/regions.ts';
import { ConfigError } from '../shared/model/errors.ts';
import type { CliSurroundings } from './surroundings.ts';

/** Form of a Region's name. */
export const REGION = {
  expected: 'the name of a Region, like `eu-west-1`',
  accepts: (text: string): string | null => (/^[a-z]{2,6}(?:-[a-z]+)+-[0-9]+$/.test(text) ? text : null),
};

export const REGION_OR_ALL = {
  expected: 'the name of a Region, like `eu-west-1`, or `all`',
  accepts: (text: string): string | null => (text === 'all' ? text : REGION.accepts(text)),
};

/** An emulator is the same in every Region; what signs requests wants one all the same. */
const EMULATED_REGION = 'us-east-1';

/** The Region that the environment or the profile sets. Throws `ConfigError` where none does. */
export const defaultRegion = async ({ environment }: CliSurroundings): Promise<string> => {
  const region = (await configuredRegion()) ?? environment.defaultRegion;
  if (region !== null) return region;
  if (environment.emulated) return EMULATED_REGION;
  throw new ConfigError('no Region is set: give --region, or set AWS_REGION or a Region in your profile');
};

/** The Regions that the options name: the default one, some, or all of the partition. */
export const regionsOf = async (
  surroundings: CliSurroundings,
  named: readonly string[] | undefined,
): Promise<{ readonly regions: readonly string[]; readonly everyRegion: boolean }> => {
  const distinct = [...new Set(named)];
  if (distinct.length === 0) return { regions: [await defaultRegion(surroundings)], everyRegion: false };
  if (!distinct.includes('all')) return { regions: distinct, everyRegion: false };
  const other = distinct.find((region) => region !== 'all');
  const like = other ?? (await defaultRegion(surroundings).catch(() => EMULATED_REGION));
  return { regions: regionsLike(like), everyRegion: true };
};

/** Whose credentials these are. */
export const whoAmI = ({ overrides }: CliSurroundings, region: string): Promise<CallerIdentity> =>
  callerIdentity(stsClient({ region, ...(overrides === undefined ? {} : { overrides }) }));
