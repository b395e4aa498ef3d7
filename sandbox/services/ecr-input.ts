import { isRecord, records, text, texts } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import type { TagMutability } from './ecr-state.ts';

/** The refusal of a parameter, in ECR's words. */
export const invalid = (parameter: string, constraint: string): ServiceError =>
  new ServiceError(
    'InvalidParameterException',
    `Invalid parameter at '${parameter}' failed to satisfy constraint: '${constraint}'`,
  );

const NAME_PATTERN = String.raw`[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*`;
const LETTERS = /^[a-z0-9]+$/;
const SEPARATOR = /^(?:\.|__?|-+)$/;

const isPathPart = (part: string): boolean => {
  const pieces = part.split(/([._-]+)/);
  return pieces.every((piece, i) => (i % 2 === 1 ? SEPARATOR.test(piece) : LETTERS.test(piece)));
};

/** A checked repository name: 2 to 256 characters of ECR's grammar, tested part by part in linear time. */
export const checkedName = (name: string | undefined): string => {
  if (name === undefined) throw invalid('repositoryName', 'must not be null');
  if (name.length < 2) throw invalid('repositoryName', 'Member must have length greater than or equal to 2');
  if (name.length > 256) throw invalid('repositoryName', 'Member must have length less than or equal to 256');
  if (!name.split('/').every(isPathPart)) {
    throw invalid('repositoryName', `must satisfy regular expression '${NAME_PATTERN}'`);
  }
  return name;
};

export const nameOf = (input: JsonObject): string => checkedName(text(input, 'repositoryName'));

export const namesOf = (input: JsonObject, max: number): readonly string[] | undefined => {
  const names = texts(input, 'repositoryNames');
  if (names === undefined) return undefined;
  if (names.length === 0)
    throw invalid('repositoryNames', 'Member must have length greater than or equal to 1');
  if (names.length > max) {
    throw invalid('repositoryNames', `Member must have length less than or equal to ${max}`);
  }
  return names.map(checkedName);
};

export const required = (value: string | undefined, parameter: string): string => {
  if (value === undefined) throw invalid(parameter, 'must not be null');
  return value;
};

export const oneOf = <T extends string>(value: string, allowed: readonly T[], parameter: string): T => {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    throw invalid(parameter, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
  }
  return found;
};

const MUTABILITIES: readonly TagMutability[] = [
  'IMMUTABLE',
  'MUTABLE',
  'MUTABLE_WITH_EXCLUSION',
  'IMMUTABLE_WITH_EXCLUSION',
];
const EXCLUSION_FILTER = /^[0-9a-zA-Z._*-]{1,128}$/;
const MAX_EXCLUSION_FILTERS = 5;

const exclusionFiltersOf = (input: JsonObject): readonly string[] => {
  const parameter = 'imageTagMutabilityExclusionFilters';
  const filters = records(input, parameter) ?? [];
  if (filters.length > MAX_EXCLUSION_FILTERS) {
    throw invalid(parameter, `Member must have length less than or equal to ${MAX_EXCLUSION_FILTERS}`);
  }
  return filters.map((entry) => {
    oneOf(required(text(entry, 'filterType'), parameter), ['WILDCARD'], `${parameter}.filterType`);
    const filter = required(text(entry, 'filter'), parameter);
    if (!EXCLUSION_FILTER.test(filter)) {
      throw invalid(parameter, `must satisfy regular expression '${EXCLUSION_FILTER.source}'`);
    }
    return filter;
  });
};

/** Mode and exclusion filters: the two modes WITH_EXCLUSION need filters, the other two refuse them. */
export const mutabilityOf = (
  input: JsonObject,
): { readonly tagMutability: TagMutability; readonly exclusionFilters: readonly string[] } => {
  const mode = text(input, 'imageTagMutability') ?? 'MUTABLE';
  const tagMutability = oneOf(mode, MUTABILITIES, 'imageTagMutability');
  const exclusionFilters = exclusionFiltersOf(input);
  if (tagMutability.endsWith('_WITH_EXCLUSION') !== exclusionFilters.length > 0) {
    const presence = exclusionFilters.length > 0 ? 'must' : "can't";
    throw invalid(
      'imageTagMutabilityExclusionFilters',
      `ImageTagMutabilityExclusionFilters ${presence} be null when imageTagMutability is set as ${tagMutability}`,
    );
  }
  return { tagMutability, exclusionFilters };
};

const MAX_TAGS = 50;
const MAX_TAG_KEY = 128;
const MAX_TAG_VALUE = 256;
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const badTag = (message: string): ServiceError => new ServiceError('InvalidTagParameterException', message);

const checkTag = (key: string, value: string): void => {
  if (key.length < 1 || key.length > MAX_TAG_KEY) throw badTag('A tag key must have 1 to 128 characters');
  if (value.length > MAX_TAG_VALUE) throw badTag('A tag value must have at most 256 characters');
  if (key.toLowerCase().startsWith('aws:')) throw badTag('A tag key must not begin with aws:');
  if (!TAG_CHARACTERS.test(key) || !TAG_CHARACTERS.test(value)) throw badTag('Invalid characters in a tag');
};

/** Tags of a request over those that are there. Source: ECR API, Tag. */
export const mergedTags = (
  input: JsonObject,
  before: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> => {
  const tags = new Map(before);
  for (const tag of records(input, 'tags') ?? []) {
    const key = required(text(tag, 'Key'), 'tags');
    const value = required(text(tag, 'Value'), 'tags');
    checkTag(key, value);
    tags.set(key, value);
  }
  if (tags.size > MAX_TAGS) {
    throw new ServiceError('TooManyTagsException', `A repository can have at most ${MAX_TAGS} tags`);
  }
  return tags;
};

/** The page size of a request. */
export const pageSize = (value: number | undefined, parameter = 'maxResults'): number => {
  if (value === undefined) return 100;
  if (value < 1) throw invalid(parameter, 'Member must have value greater than or equal to 1');
  if (value > 1000) throw invalid(parameter, 'Member must have value less than or equal to 1000');
  return value;
};

const TOKEN_KIND = 'after';

/** An opaque page token: it names the last item given, so that deletions between pages skip nothing. */
export const pageToken = (after: number): string =>
  Buffer.from(JSON.stringify({ [TOKEN_KIND]: after })).toString('base64url');

export const tokenPosition = (token: string | undefined): number => {
  if (token === undefined) return 0;
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    const after = isRecord(value) ? value[TOKEN_KIND] : undefined;
    if (typeof after === 'number') return after;
  } catch {
    // Told below: a token of somebody else's making.
  }
  throw invalid('nextToken', 'Invalid token');
};
