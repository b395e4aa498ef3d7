import type { Trust } from '../model/trust.ts';

/**
 * One concrete caller of the concrete evaluator. Accounts are 12 digits; `path` begins and ends with `/`;
 * `orgPath` is `o-…/r-…/ou-…/` and says the organization too.
 */
export type ConcreteCaller =
  | (AwsCaller & { readonly kind: 'root' })
  | (AwsCaller & { readonly kind: 'user'; readonly path?: string; readonly name: string })
  | (AwsCaller & {
      readonly kind: 'role-session';
      readonly path?: string;
      readonly role: string;
      readonly session: string;
      /** The identity provider through which the role was assumed, if any. */
      readonly provider?: string;
    })
  | (AwsCaller & { readonly kind: 'federated-user'; readonly name: string })
  | ServiceCaller;

interface AwsCaller {
  readonly account: string;
  /** Default `aws`. */
  readonly partition?: string;
  readonly org?: string;
  readonly orgPath?: string;
}

/** A service principal. Each source field is a context key that the service passes on, or does not. */
export interface ServiceCaller {
  readonly kind: 'service';
  readonly service: string;
  readonly sourceAccount?: string;
  readonly sourceArn?: string;
  readonly sourceOrg?: string;
  readonly sourceOrgPath?: string;
}

/** One concrete request. `context` holds what does not follow from the caller; keys in any case. */
export interface ConcreteRequest {
  readonly caller: ConcreteCaller;
  /** `ecr:BatchGetImage` */
  readonly action: string;
  readonly resource?: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** Where the policy stands and when the request is made. */
export interface ConcreteSetting {
  readonly ownerAccount: string;
  /** ISO 8601; default: 2026-01-01T00:00:00Z. */
  readonly now?: string;
}

/** Lower-case condition key -> its values. */
export type ContextKeys = ReadonlyMap<string, readonly string[]>;

/** A caller's `aws:PrincipalArn`: a session's is its role's. Services have none. */
export const principalArnOf = (caller: ConcreteCaller): string | null => {
  if (caller.kind === 'service') return null;
  const at = `arn:${caller.partition ?? 'aws'}:${caller.kind === 'federated-user' ? 'sts' : 'iam'}::${caller.account}`;
  return `${at}:${arnResourceOf(caller)}`;
};

const arnResourceOf = (caller: Exclude<ConcreteCaller, ServiceCaller>): string => {
  switch (caller.kind) {
    case 'root':
      return 'root';
    case 'user':
      return `user${caller.path ?? '/'}${caller.name}`;
    case 'role-session':
      return `role${caller.path ?? '/'}${caller.role}`;
    case 'federated-user':
      return `federated-user/${caller.name}`;
    default:
      return caller satisfies never;
  }
};

/** The ARN of a role session itself; it carries the role's name without its path. */
export const sessionArnOf = (caller: ConcreteCaller): string | null =>
  caller.kind === 'role-session'
    ? `arn:${caller.partition ?? 'aws'}:sts::${caller.account}:assumed-role/${caller.role}/${caller.session}`
    : null;

/** The account a caller belongs to or, for a service, acts for as far as the request says so. */
export const accountOf = (caller: ConcreteCaller): string | null => {
  if (caller.kind !== 'service') return caller.account;
  return caller.sourceAccount ?? (caller.sourceArn?.split(':')[4] || null);
};

const orgOf = (caller: ConcreteCaller): string | null => {
  if (caller.kind === 'service') return caller.sourceOrg ?? caller.sourceOrgPath?.split('/')[0] ?? null;
  return caller.org ?? caller.orgPath?.split('/')[0] ?? null;
};

const orgPathOf = (caller: ConcreteCaller): string | null =>
  (caller.kind === 'service' ? caller.sourceOrgPath : caller.orgPath) ?? null;

/** Whether the spec's trust covers this caller: owner, account (or its root ARN), organization, OU, or exact principal. */
export const isTrustedCaller = (caller: ConcreteCaller, ownerAccount: string, trust: Trust): boolean => {
  const account = accountOf(caller);
  if (account === ownerAccount || (account !== null && trust.accounts.includes(account))) return true;
  const org = orgOf(caller);
  if (org !== null && trust.organizations.includes(org)) return true;
  const path = orgPathOf(caller);
  if (path !== null && trust.organizationalUnits.some((unit) => path.startsWith(unit))) return true;
  const ofAccount =
    caller.kind === 'service' ? null : `arn:${caller.partition ?? 'aws'}:iam::${caller.account}:root`;
  return [principalArnOf(caller), sessionArnOf(caller), ofAccount].some(
    (arn) => arn !== null && trust.principals.includes(arn),
  );
};

const PRINCIPAL_TYPES = {
  root: 'Account',
  user: 'User',
  'role-session': 'AssumedRole',
  'federated-user': 'FederatedUser',
} as const;

const awsCallerKeys = (caller: Exclude<ConcreteCaller, ServiceCaller>): [string, string | null][] => {
  const org = orgOf(caller);
  return [
    ['aws:principalaccount', caller.account],
    ['aws:principalarn', principalArnOf(caller)],
    ['aws:principaltype', PRINCIPAL_TYPES[caller.kind]],
    ['aws:principalisawsservice', 'false'],
    ['aws:principalorgid', org],
    ['aws:principalorgpaths', caller.orgPath ?? (org === null ? null : `${org}/r-0000/`)],
    ['aws:username', caller.kind === 'user' ? caller.name : null],
    ['aws:federatedprovider', caller.kind === 'role-session' ? (caller.provider ?? null) : null],
  ];
};

const serviceKeys = (caller: ServiceCaller): [string, string | null][] => [
  ['aws:principalisawsservice', 'true'],
  // The guide has these two in every (signed) request without saying what they are for a service: no policy's value.
  ['aws:principalaccount', '000000000000'],
  ['aws:principalarn', 'arn:aws:sts::000000000000:service-principal'],
  ['aws:principalservicename', caller.service],
  ['aws:principalservicenameslist', caller.service],
  ['aws:sourceaccount', caller.sourceAccount ?? null],
  ['aws:sourcearn', caller.sourceArn ?? null],
  ['aws:sourceorgid', caller.sourceOrg ?? null],
  ['aws:sourceorgpaths', caller.sourceOrgPath ?? null],
];

/** Keys that a caller's identity decides, whether it has a value for them or not. */
const IDENTITY_KEYS: ReadonlySet<string> = new Set([
  ...['account', 'arn', 'type', 'isawsservice', 'orgid', 'orgpaths', 'servicename', 'servicenameslist'].map(
    (name) => `aws:principal${name}`,
  ),
  ...['account', 'arn', 'orgid', 'orgpaths'].map((name) => `aws:source${name}`),
  'aws:username',
  'aws:federatedprovider',
]);

const DEFAULT_NOW = '2026-01-01T00:00:00Z';

const derivedKeys = (caller: ConcreteCaller, setting: ConcreteSetting): Map<string, readonly string[]> => {
  const now = setting.now ?? DEFAULT_NOW;
  const pairs: [string, string | null][] = [
    ...(caller.kind === 'service' ? serviceKeys(caller) : awsCallerKeys(caller)),
    ['aws:resourceaccount', setting.ownerAccount],
    ['aws:currenttime', now],
    ['aws:epochtime', String(Math.floor(Date.parse(now) / 1000))],
  ];
  return new Map(pairs.flatMap(([key, value]) => (value === null ? [] : [[key, [value]] as const])));
};

/** The whole request context: what follows from the caller, then the rest of the request. */
export const contextOf = (request: ConcreteRequest, setting: ConcreteSetting): ContextKeys => {
  const keys = derivedKeys(request.caller, setting);
  for (const [key, value] of Object.entries(request.context)) {
    const name = key.toLowerCase();
    if (!keys.has(name)) keys.set(name, typeof value === 'string' ? [value] : value);
  }
  return keys;
};

/**
 * Why a request cannot exist: context keys that contradict its caller, or a network that is both the internet and a VPC.
 * Empty for a possible request.
 */
export const contradictions = (request: ConcreteRequest, setting: ConcreteSetting): string[] => {
  const derived = derivedKeys(request.caller, setting);
  const found: string[] = [];
  const given = new Map(Object.entries(request.context).map(([key, value]) => [key.toLowerCase(), value]));
  for (const [key, value] of given) {
    const own = derived.get(key);
    if (own === undefined && IDENTITY_KEYS.has(key)) found.push(`this caller has no ${key}`);
    if (own !== undefined && !sameTime(key) && [value].flat().join() !== own.join())
      found.push(`${key} is ${own.join()} for this caller, not ${[value].flat().join()}`);
  }
  const vpcKeys = ['aws:sourcevpc', 'aws:sourcevpce', 'aws:vpcsourceip'].filter((key) => given.has(key));
  if (vpcKeys.length > 0 && given.has('aws:sourceip'))
    found.push('aws:SourceIp is absent through a VPC endpoint');
  return [...found, ...serviceContradictions(request.caller)];
};

/** Two spellings of one instant are no contradiction. */
const sameTime = (key: string): boolean => key === 'aws:currenttime' || key === 'aws:epochtime';

const serviceContradictions = (caller: ConcreteCaller): string[] => {
  if (caller.kind !== 'service' || caller.sourceArn === undefined || caller.sourceAccount === undefined)
    return [];
  const account = caller.sourceArn.split(':')[4];
  return account && account !== caller.sourceAccount ? ['aws:SourceArn and aws:SourceAccount disagree'] : [];
};
