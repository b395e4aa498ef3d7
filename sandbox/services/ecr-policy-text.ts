import { isRecord } from '../fields.ts';
import type { Json, JsonObject } from '../wire.ts';
import { invalid } from './ecr-input.ts';

const indent = (depth: number): string => '  '.repeat(depth);

const formatArray = (items: readonly Json[], depth: number): string =>
  items.length === 0 ? '[ ]' : `[ ${items.map((item) => format(item, depth)).join(', ')} ]`;

const formatObject = (value: JsonObject, depth: number): string => {
  const fields = Object.entries(value).map(
    ([key, child]) => `${indent(depth + 1)}${JSON.stringify(key)} : ${format(child ?? null, depth + 1)}`,
  );
  return fields.length === 0 ? '{ }' : `{\n${fields.join(',\n')}\n${indent(depth)}}`;
};

const format = (value: Json, depth: number): string => {
  if (Array.isArray(value)) return formatArray(value as readonly Json[], depth);
  if (isRecord(value)) return formatObject(value, depth);
  return JSON.stringify(value);
};

/** Policy text as ECR gives it back: the same document, laid out anew with spaces around colons and brackets. */
const formatPolicy = (document: JsonObject): string => format(document, 0);

const MAX_POLICY_CHARACTERS = 10_240;
const MAX_DEPTH = 100;
const VERSIONS: ReadonlySet<unknown> = new Set([undefined, '2008-10-17', '2012-10-17']);
const PRINCIPAL_TYPES: ReadonlySet<string> = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser']);
const AWS_PRINCIPAL = /^(?:\*|\d{12}|A(?:ROA|IDA)[A-Z0-9]{12,}|arn:aws[a-z-]*:(?:iam|sts)::\d{12}:[^*?]+)$/;

const isTooDeep = (value: unknown, depth = 0): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return depth > MAX_DEPTH || Object.values(value).some((child) => isTooDeep(child, depth + 1));
};

const isTextOrTexts = (value: unknown): boolean =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'));

const principalValues = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as readonly unknown[]) : [value];

const isPrincipal = (value: unknown): boolean => {
  if (value === '*') return true;
  if (!isRecord(value) || Object.keys(value).length === 0) return false;
  return Object.entries(value).every(([type, names]) => {
    if (!PRINCIPAL_TYPES.has(type) || !isTextOrTexts(names)) return false;
    if (type !== 'AWS') return true;
    return principalValues(names).every((name) => typeof name === 'string' && AWS_PRINCIPAL.test(name));
  });
};

const isCondition = (value: unknown): boolean =>
  value === undefined || (isRecord(value) && Object.values(value).every(isRecord));

const STATEMENT_KEYS: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

const ownField = (value: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined;

/** Exactly one of two fields, and that one valid. */
const hasOne = (
  value: JsonObject,
  keys: readonly [string, string],
  isValid: (field: unknown) => boolean,
): boolean => {
  const present = keys.map((key) => ownField(value, key)).filter((field) => field !== undefined);
  return present.length === 1 && isValid(present[0]);
};

type PolicyKind = 'repository' | 'registry';

/** A repository policy refuses a Resource, as its repository is meant; a registry policy needs one. */
const hasFitResource = (value: JsonObject, kind: PolicyKind): boolean => {
  if (kind === 'registry') return hasOne(value, ['Resource', 'NotResource'], isTextOrTexts);
  return !Object.hasOwn(value, 'Resource') && !Object.hasOwn(value, 'NotResource');
};

const isStatement = (value: unknown, kind: PolicyKind): boolean => {
  if (!isRecord(value) || !Object.keys(value).every((key) => STATEMENT_KEYS.has(key))) return false;
  const effect = ownField(value, 'Effect');
  return (
    (effect === 'Allow' || effect === 'Deny') &&
    hasOne(value, ['Principal', 'NotPrincipal'], isPrincipal) &&
    hasOne(value, ['Action', 'NotAction'], isTextOrTexts) &&
    hasFitResource(value, kind) &&
    isCondition(ownField(value, 'Condition'))
  );
};

const isPolicy = (value: unknown, kind: PolicyKind): value is JsonObject => {
  if (!isRecord(value) || isTooDeep(value)) return false;
  const statement = ownField(value, 'Statement');
  const statements = Array.isArray(statement) ? (statement as readonly unknown[]) : [statement];
  return (
    VERSIONS.has(ownField(value, 'Version')) &&
    statements.length > 0 &&
    statements.every((item) => isStatement(item, kind))
  );
};

const parse = (policyText: string): unknown => {
  try {
    return JSON.parse(policyText);
  } catch {
    return undefined;
  }
};

/** The text that ECR would keep for a repository or registry policy. Throws InvalidParameterException. */
export const checkedPolicy = (policyText: string, kind: PolicyKind): string => {
  if (policyText.length > MAX_POLICY_CHARACTERS) {
    throw invalid('policyText', `Member must have length less than or equal to ${MAX_POLICY_CHARACTERS}`);
  }
  const document = parse(policyText);
  if (!isPolicy(document, kind)) throw invalid('PolicyText', `Invalid ${kind} policy provided`);
  return formatPolicy(document);
};
