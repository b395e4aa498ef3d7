import { MalformedInputError } from '../shared/model/errors.ts';
import { repositoryResource, type Resource } from '../shared/model/resource.ts';
import { plainText } from '../shared/report/sanitise.ts';
import type { CliSurroundings } from './surroundings.ts';
import { defaultRegion, whoAmI } from './where.ts';

const REPOSITORY_ARN =
  /^arn:aws[a-z-]*:ecr:(?<region>[a-z0-9-]+):(?<account>[0-9]{12}):repository\/(?<name>.+)$/;
/** Source: ECR API reference, CreateRepository. */
const REPOSITORY_NAME = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;

/** Where a repository that is named without ARN is. */
export interface RepositoryPlace {
  readonly region?: string;
  readonly account?: string;
}

/** The repository of an ARN, or of a name in the account of the credentials. Throws `MalformedInputError`. */
export const repositoryOf = async (
  surroundings: CliSurroundings,
  text: string,
  place: RepositoryPlace,
): Promise<Resource> => {
  const { region, account, name } = REPOSITORY_ARN.exec(text)?.groups ?? {};
  if (region !== undefined && account !== undefined && name !== undefined) {
    return repositoryResource({ account, region }, name);
  }
  if (!REPOSITORY_NAME.test(text)) {
    throw new MalformedInputError(
      `\`${plainText(text, 120)}\` is neither a file nor the name or ARN of a repository`,
    );
  }
  const at = place.region ?? (await defaultRegion(surroundings));
  return repositoryResource(
    { region: at, account: place.account ?? (await whoAmI(surroundings, at)).account },
    text,
  );
};
