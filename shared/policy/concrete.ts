import type { Trust } from '../model/trust.ts';
import {
  accountOf,
  contextOf,
  isTrustedCaller,
  principalArnOf,
  sessionArnOf,
  type ConcreteCaller,
  type ConcreteRequest,
  type ConcreteSetting,
  type ContextKeys,
} from './concrete-caller.ts';
import {
  conditionsHold,
  expectedValues,
  inCidr,
  patternOf,
  readCidr,
  testHolds,
  testsOf,
  wildcardMatches,
  type Test,
} from './concrete-conditions.ts';

/**
 * The plain answer to one request: what IAM would do with this resource policy alone.
 * Written apart from the analysis, with its own parsing, so that neither can hide the other's mistake.
 * Parts that IAM refuses lean to access: in an Allow they apply, in a Deny they do not.
 */
export type ConcreteDecision = 'allowed' | 'explicit-deny' | 'implicit-deny';

type JsonRecord = Readonly<Record<string, unknown>>;

const asRecord = (value: unknown): JsonRecord | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
const own = (record: JsonRecord, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;
const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

interface PlainPolicy {
  readonly variables: boolean;
  readonly statements: readonly JsonRecord[];
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
};

/** Null: no policy document at all. */
const readPolicy = (document: unknown): PlainPolicy | null => {
  const value =
    typeof document === 'string' ? (parseJson(document) ?? parseJson(decoded(document))) : document;
  const record = asRecord(value);
  if (record === null || own(record, 'Statement') === undefined) return null;
  const statements = listOf(own(record, 'Statement')).map(asRecord);
  return {
    variables: own(record, 'Version') === '2012-10-17',
    statements: statements.filter((statement) => statement !== null),
  };
};

/** Whether the policy lets exactly this request through. A document that cannot be read lets everything through. */
export const evaluateConcretely = (
  document: unknown,
  request: ConcreteRequest,
  setting: ConcreteSetting,
): ConcreteDecision => {
  const policy = readPolicy(document);
  if (policy === null) return 'allowed';
  const asked = { policy, request, keys: contextOf(request, setting) };
  if (policy.statements.some((statement) => isDeny(statement) && applies(statement, asked)))
    return 'explicit-deny';
  const allowed = policy.statements.some((statement) => !isDeny(statement) && applies(statement, asked));
  return allowed ? 'allowed' : 'implicit-deny';
};

interface Asked {
  readonly policy: PlainPolicy;
  readonly request: ConcreteRequest;
  readonly keys: ContextKeys;
}

const isDeny = (statement: JsonRecord): boolean => own(statement, 'Effect') === 'Deny';

const applies = (statement: JsonRecord, asked: Asked): boolean =>
  namesPrincipal(statement, asked.request.caller) &&
  namesAction(statement, asked.request.action) &&
  namesResource(statement, asked) &&
  conditionsHold(own(statement, 'Condition'), asked.keys, modeOf(statement, asked.policy));

const modeOf = (statement: JsonRecord, policy: PlainPolicy) => ({
  lean: !isDeny(statement),
  variables: policy.variables,
});

/** An element and its negation: neither or both is invalid, and leans to access. */
const either = (
  statement: JsonRecord,
  element: string,
  names: (value: unknown, lean: boolean) => boolean,
): boolean => {
  const lean = !isDeny(statement);
  const positive = own(statement, element);
  const negative = own(statement, `Not${element}`);
  if (positive === undefined && negative === undefined) return lean;
  if (negative === undefined) return names(positive, lean);
  const others = !names(negative, !lean);
  if (positive === undefined) return others;
  return lean ? names(positive, lean) || others : names(positive, lean) && others;
};

const namesPrincipal = (statement: JsonRecord, caller: ConcreteCaller): boolean =>
  either(statement, 'Principal', (value, lean) => principalsInclude(value, caller, lean));

const principalsInclude = (value: unknown, caller: ConcreteCaller, lean: boolean): boolean => {
  const record = asRecord(value);
  if (value === null || typeof value === 'boolean') return lean;
  if (record === null) return listOf(value).some((entry) => awsEntryIncludes(entry, caller, lean));
  return Object.entries(record).some(([type, entries]) =>
    listOf(entries).some((entry) => {
      switch (type) {
        case 'AWS':
          return awsEntryIncludes(entry, caller, lean);
        case 'Service':
          return caller.kind === 'service' && (entry === caller.service || (entry === '*' && lean));
        case 'Federated':
          return caller.kind === 'role-session' && caller.provider !== undefined && entry === caller.provider;
        default:
          return false;
      }
    }),
  );
};

/** One entry of the AWS type: everyone, an account, or one exact principal; a role covers its sessions. */
const awsEntryIncludes = (value: unknown, caller: ConcreteCaller, lean: boolean): boolean => {
  const entry = typeof value === 'number' ? String(value) : value;
  if (entry === '*') return true;
  if (typeof entry !== 'string' || caller.kind === 'service') return false;
  if (entry === caller.account) return true;
  const arns = [
    `arn:${caller.partition ?? 'aws'}:iam::${caller.account}:root`,
    principalArnOf(caller),
    sessionArnOf(caller),
  ];
  if (!/[*?]/u.test(entry)) return arns.includes(entry);
  const pattern = patternOf(entry, { keys: new Map(), variables: false });
  return lean && pattern !== undefined && arns.some((arn) => arn !== null && wildcardMatches(pattern, arn));
};

const textMatches = (pattern: unknown, text: string): boolean => {
  const chars =
    typeof pattern === 'string' ? patternOf(pattern, { keys: new Map(), variables: false }) : undefined;
  return chars !== undefined && wildcardMatches(chars, text);
};

/** Action names are matched in any case, with wildcards anywhere. */
const namesAction = (statement: JsonRecord, action: string): boolean =>
  either(statement, 'Action', (value) =>
    listOf(value).some(
      (entry) => typeof entry === 'string' && textMatches(entry.toLowerCase(), action.toLowerCase()),
    ),
  );

/** Repository policies have no Resource; where there is one it must cover the requested ARN. */
const namesResource = (statement: JsonRecord, asked: Asked): boolean => {
  const { resource } = asked.request;
  if (resource === undefined) return true;
  if (own(statement, 'Resource') === undefined && own(statement, 'NotResource') === undefined) return true;
  const at = { keys: asked.keys, variables: asked.policy.variables };
  return either(statement, 'Resource', (value, lean) =>
    listOf(value).some((entry) => {
      // Neither an ARN nor "*": IAM refuses it.
      if (typeof entry !== 'string' || !/^(?:arn:|[*?$])/u.test(entry)) return lean;
      const pattern = patternOf(entry, at);
      return pattern !== undefined && wildcardMatches(pattern, resource);
    }),
  );
};

// What an allowed request proves about the policy.

/** Every string inside a document, keys aside. */
const stringsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
};

const readDocument = (document: unknown): unknown =>
  typeof document === 'string' ? (parseJson(document) ?? parseJson(decoded(document))) : document;

/** A CIDR block broader than this many bits is no bound. */
const boundedPrefix = (bits: 32 | 128): number => (bits === 32 ? 8 : 32);

/**
 * Whether an allowed request shows that the policy is public: the caller is an AWS principal whose account, organization
 * and network the policy names nowhere.
 */
export const provesPublic = (
  document: unknown,
  request: ConcreteRequest,
  setting: ConcreteSetting,
): boolean => {
  const { caller } = request;
  if (caller.kind === 'service' || caller.account === setting.ownerAccount) return false;
  const keys = contextOf(request, setting);
  const texts = stringsIn(readDocument(document)).map((text) => text.toLowerCase());
  const named = (key: string): boolean =>
    (keys.get(key) ?? []).some((value) => texts.some((text) => text.includes(value.toLowerCase())));
  if (['aws:principalaccount', 'aws:principalorgid', 'aws:sourcevpc', 'aws:sourcevpce'].some(named))
    return false;
  return !(keys.get('aws:sourceip') ?? []).some((address) =>
    texts.some((text) => boundsAddress(text, address)),
  );
};

const boundsAddress = (text: string, address: string): boolean => {
  const block = readCidr(text);
  return block !== null && block.prefix >= boundedPrefix(block.bits) && inCidr(address, text);
};

/** Whether an allowed request shows that the policy lets somebody untrusted in. */
export const provesUntrusted = (request: ConcreteRequest, setting: ConcreteSetting, trust: Trust): boolean =>
  !isTrustedCaller(request.caller, setting.ownerAccount, trust);

/**
 * The external account that an allowed request shows to be identified by the policy, or null:
 * by Principal, by a positive condition, or by the exception of a negated Deny.
 */
export const provesExternalAccount = (
  document: unknown,
  request: ConcreteRequest,
  setting: ConcreteSetting,
): string | null => {
  const account = accountOf(request.caller);
  const policy = readPolicy(document);
  if (account === null || policy === null || account === setting.ownerAccount) return null;
  if (!/^\d{12}$/u.test(account)) return null;
  const asked = { policy, request, keys: contextOf(request, setting) };
  const identified = policy.statements.some((statement) =>
    isDeny(statement) ? excepts(statement, asked, account) : identifies(statement, asked, account),
  );
  return identified ? account : null;
};

/** Whether an ARN pattern, or an account id, has this account in its account field. */
const fieldNames = (value: unknown, account: string, byFields = false): boolean => {
  if (value === account || String(value) === account) return true;
  if (typeof value !== 'string') return false;
  const fields = value.split(':');
  // In a plain string a wildcard spans colons, and then no field is sure.
  const anchored = byFields || !fields.slice(0, 4).some((field) => /[*?$]/u.test(field));
  return fields.length >= 6 && anchored && fields[4] === account;
};

const IDENTITY = new Set(['aws:principalaccount', 'aws:principalarn', 'aws:sourceaccount', 'aws:sourcearn']);

const principalNames = (value: unknown, asked: Asked, account: string): boolean => {
  const record = asRecord(value);
  if (record === null) return false;
  const { caller } = asked.request;
  return [...listOf(own(record, 'AWS')), ...listOf(own(record, 'Federated'))].some(
    (entry) =>
      fieldNames(entry, account) &&
      (awsEntryIncludes(entry, caller, true) ||
        (caller.kind === 'role-session' && caller.provider === entry)),
  );
};

/** The values of a test that name the account and match the request by themselves. */
const namedBy = (test: Test, asked: Asked, account: string): boolean =>
  IDENTITY.has(test.key.toLowerCase()) &&
  asked.keys.has(test.key.toLowerCase()) &&
  (expectedValues(test.expected) ?? []).some(
    (value) =>
      fieldNames(value, account, test.operator.base.startsWith('arn')) &&
      testHolds(
        { ...test, operator: { ...test.operator, negated: false, set: 'none' }, expected: value },
        asked.keys,
        { lean: false, variables: asked.policy.variables },
      ),
  );

const identifies = (statement: JsonRecord, asked: Asked, account: string): boolean =>
  applies(statement, asked) &&
  (principalNames(own(statement, 'Principal'), asked, account) ||
    testsOf(own(statement, 'Condition')).some(
      (test) => !test.operator.negated && test.operator.base !== 'null' && namedBy(test, asked, account),
    ));

/** A Deny that would hold but for an exception that names the account. */
const excepts = (statement: JsonRecord, asked: Asked, account: string): boolean => {
  if (!namesAction(statement, asked.request.action) || !namesResource(statement, asked)) return false;
  const mode = modeOf(statement, asked.policy);
  const failing = testsOf(own(statement, 'Condition')).filter((test) => !testHolds(test, asked.keys, mode));
  const byPrincipal = principalNames(own(statement, 'NotPrincipal'), asked, account);
  if (!namesPrincipal(statement, asked.request.caller) && !byPrincipal) return false;
  const byCondition = failing.every((test) => test.operator.negated && namedBy(test, asked, account));
  return byCondition && (byPrincipal || failing.length > 0);
};
