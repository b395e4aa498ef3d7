import { integer, records, text, texts } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import type { Registries, RepositoryState } from './ecr-state.ts';
import { operations } from './service.ts';
import type { Service } from './service.ts';

interface TagFilter {
  readonly key: string;
  readonly values: readonly string[];
}

const MAX_PER_PAGE = 100;
const MAX_ARNS = 100;

const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterException', message);

const filtersOf = (input: JsonObject): readonly TagFilter[] =>
  (records(input, 'TagFilters') ?? []).map((filter) => ({
    key: text(filter, 'Key') ?? '',
    values: texts(filter, 'Values') ?? [],
  }));

const passes = (repository: RepositoryState, filters: readonly TagFilter[]): boolean =>
  filters.every(({ key, values }) => {
    const value = repository.tags.get(key);
    return value !== undefined && (values.length === 0 || values.includes(value));
  });

const wantsRepositories = (types: readonly string[] | undefined): boolean =>
  types === undefined ||
  types.length === 0 ||
  types.some((type) => type === 'ecr' || type === 'ecr:repository');

const select = (
  registries: Registries,
  place: { account: string; region: string },
  input: JsonObject,
): RepositoryState[] => {
  const arns = texts(input, 'ResourceARNList');
  const filters = filtersOf(input);
  if (arns !== undefined && (filters.length > 0 || texts(input, 'ResourceTypeFilters') !== undefined)) {
    throw invalid('ResourceARNList cannot be combined with filters');
  }
  if (arns !== undefined && arns.length > MAX_ARNS)
    throw invalid(`ResourceARNList may have ${MAX_ARNS} ARNs`);
  if (!wantsRepositories(texts(input, 'ResourceTypeFilters'))) return [];
  const wanted = arns === undefined ? undefined : new Set(arns);
  return [...registries.of(place.account, place.region).repositories.values()]
    .filter(({ arn, tags }) => tags.size > 0 && (wanted?.has(arn) ?? true))
    .filter((repository) => passes(repository, filters));
};

const positionOf = (token: string | undefined): number => {
  if (token === undefined || token === '') return 0;
  const position = Number(Buffer.from(token, 'base64url').toString('utf8'));
  if (!Number.isInteger(position)) {
    throw new ServiceError(
      'PaginationTokenExpiredException',
      'The pagination token has expired or is not valid.',
    );
  }
  return position;
};

/**
 * Resource Groups Tagging API over repositories. It knows only those that carry a tag. AWS also gives those
 * that did so before; the sandbox forgets them.
 */
export const createTagging = (registries: Registries): Service => ({
  name: 'tagging',
  signingName: 'tagging',
  protocol: 'json-1.1',
  eventSource: 'tagging.amazonaws.com',
  iamPrefix: 'tag',
  resourceOf: () => '*',
  operation: operations({
    GetResources: ({ input, account, region }) => {
      const size = integer(input, 'ResourcesPerPage') ?? MAX_PER_PAGE;
      if (size < 1 || size > MAX_PER_PAGE) throw invalid('ResourcesPerPage must be between 1 and 100');
      const after = positionOf(text(input, 'PaginationToken'));
      const rest = select(registries, { account, region }, input).filter(({ serial }) => serial > after);
      const page = rest.slice(0, size);
      const last = page.at(-1);
      return {
        ResourceTagMappingList: page.map(({ arn, tags }) => ({
          ResourceARN: arn,
          Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
        })),
        PaginationToken:
          rest.length > size && last !== undefined
            ? Buffer.from(String(last.serial)).toString('base64url')
            : '',
      };
    },
  }),
});
