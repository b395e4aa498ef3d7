import { awsCaller, serviceCaller, type AwsConcrete, type Caller, type Setting } from './callers.ts';
import type { ServiceCaller } from './concrete-caller.ts';
import {
  accountsMatching,
  FRESH,
  freshAccount,
  instancesOf,
  isOrg,
  levelsOf,
  orgOfPath,
  pathsMatching,
} from './fresh.ts';
import { slot } from './condition-keys.ts';
import { testHolds } from './conditions.ts';
import type { Mentions } from './mentions.ts';
import type { Statement } from './parse-statement.ts';
import { splitArn } from './pattern.ts';
import type { PrincipalEntry } from './principals.ts';

/** What representative callers are made from. */
export interface Casting {
  readonly mentions: Mentions;
  readonly setting: Setting;
  /** The policy as text: what it does not contain, it does not name. */
  readonly source: string;
  /** The statement that is to let them in: whoever fails one of its tests is not made at all. */
  readonly statement: Statement;
}

/** Receives callers; false ends the visit. */
export type Visit = (caller: Caller) => boolean;

/** Visits callers that stand for all those an entry covers, as far as the mentioned values can tell them apart. */
export const visitCallers = (entry: PrincipalEntry, casting: Casting, visit: Visit): boolean => {
  switch (entry.kind) {
    case 'everyone':
      return (
        visitPrincipals(accountsOf(casting), casting, visit) &&
        visitServices(serviceNames(casting), casting, visit)
      );
    case 'account':
      return visitPrincipals([[entry.account, entry.partition ?? casting.setting.partition]], casting, visit);
    case 'arn':
      return visitNamed(entry, casting, visit);
    case 'pattern':
      return visitPrincipals(accountsOf(casting), casting, visit);
    case 'service':
      return visitServices([entry.service], casting, visit);
    case 'any-service':
      return visitServices(serviceNames(casting), casting, visit);
    case 'provider':
      return visitFederated(entry, casting, visit);
    case 'orphan':
    case 'unknown':
      return true;
    default:
      return entry satisfies never;
  }
};

const serviceNames = ({ mentions }: Casting): string[] => [FRESH.service, ...mentions.services];

const NO_LOOKUP = (): null => null;

/** Whether the statement's tests on one key, by themselves, let a value pass. */
const passes = ({ statement }: Casting, at: number, value: string | null): boolean => {
  for (const test of statement.tests)
    if (test.slot === at && test.variables.length === 0 && !testHolds(test, value, NO_LOOKUP)) return false;
  return true;
};

const S = {
  account: slot('aws:principalaccount'),
  org: slot('aws:principalorgid'),
  path: slot('aws:principalorgpaths'),
  type: slot('aws:principaltype'),
  isService: slot('aws:principalisawsservice'),
  serviceName: slot('aws:principalservicename'),
  sourceAccount: slot('aws:sourceaccount'),
  sourceArn: slot('aws:sourcearn'),
  sourceOrg: slot('aws:sourceorgid'),
  sourcePath: slot('aws:sourceorgpaths'),
  username: slot('aws:username'),
} as const;

/** Whether an AWS principal can get in at all: it has none of a service's keys. */
const admitsPrincipals = (casting: Casting): boolean =>
  casting.statement.tests.length === 0 ||
  (passes(casting, S.isService, 'false') &&
    [S.serviceName, S.sourceAccount, S.sourceArn, S.sourceOrg, S.sourcePath].every((at) =>
      passes(casting, at, null),
    ));

/** Whether a service can get in at all: it has none of a principal's keys. */
const admitsServices = (casting: Casting): boolean =>
  casting.statement.tests.length === 0 ||
  (passes(casting, S.isService, 'true') &&
    [S.org, S.path, S.type, S.username].every((at) => passes(casting, at, null)));

/** Accounts that the mentioned values tell apart, each with its partition; the first one is a stranger's. */
const accountsOf = (casting: Casting): (readonly [string, string])[] => {
  const { mentions, setting, source } = casting;
  const accounts = [freshAccount(source), ...mentions.accounts];
  for (const pattern of mentions.accountPatterns) accounts.push(...accountsMatching(pattern));
  const pairs = accounts.map((account) => [account, setting.partition] as const);
  for (const partition of partitionsIn(mentions))
    if (partition !== setting.partition) for (const account of accounts) pairs.push([account, partition]);
  return pairs;
};

const PARTITION = /^aws(?:-[a-z]+)*$/u;

const partitionsIn = ({ arns, arnPatterns }: Mentions): ReadonlySet<string> => {
  if (arns.size === 0 && arnPatterns.size === 0) return arns;
  const partitions = [...arns, ...arnPatterns].map((arn) => splitArn(arn)[1] ?? '');
  return new Set(partitions.filter((partition) => PARTITION.test(partition)));
};

const visitPrincipals = (
  accounts: readonly (readonly [string, string])[],
  casting: Casting,
  visit: Visit,
): boolean => {
  if (!admitsPrincipals(casting)) return true;
  const places = placesOf(casting);
  for (const [account, partition] of accounts) {
    if (!passes(casting, S.account, account)) continue;
    const stranger = account !== casting.setting.ownerAccount && !casting.source.includes(account);
    for (const form of formsOf(account, partition, casting))
      if (!visitPlaces(form, { places, stranger, setting: casting.setting }, visit)) return false;
  }
  return true;
};

interface Whereabouts {
  readonly places: readonly Place[];
  readonly stranger: boolean;
  readonly setting: Setting;
}

const visitPlaces = (
  form: AwsConcrete,
  { places, stranger, setting }: Whereabouts,
  visit: Visit,
): boolean => {
  for (const { where, unnamed } of places) {
    const caller = awsCaller(where === null ? form : { ...form, ...where }, setting, stranger && unnamed);
    if (!visit(caller)) return false;
  }
  return true;
};

/** A place in an organization, or outside of any. */
interface Place {
  readonly where: { readonly org: string; readonly orgPath: string } | null;
  readonly unnamed: boolean;
}

const NOWHERE: Place = { where: null, unnamed: true };
const ONLY_NOWHERE: readonly Place[] = [NOWHERE];

const placesOf = (casting: Casting): readonly Place[] => {
  const { mentions, source } = casting;
  const { org, path, folded } = mentions.uses;
  if (!org && !path) return ONLY_NOWHERE;
  const written = folded ? `${source} ${source.toLowerCase()}` : source;
  const places: Place[] = passes(casting, S.org, null) && passes(casting, S.path, null) ? [NOWHERE] : [];
  for (const orgPath of pathsIn(mentions)) {
    const organization = orgOfPath(orgPath);
    if (passes(casting, S.org, organization) && passes(casting, S.path, orgPath))
      places.push({ where: { org: organization, orgPath }, unnamed: !written.includes(organization) });
  }
  return places;
};

const ORG_FILLS = ['q7q7q7q7q7', '', 'o-q7q7q7q7q7', 'z3'];

/** Organization paths that the mentioned organizations and paths tell apart. */
const pathsIn = (mentions: Mentions): ReadonlySet<string> => {
  const orgs = new Set<string>([FRESH.org]);
  for (const org of mentions.orgs) if (isOrg(org)) orgs.add(org);
  for (const pattern of mentions.orgPatterns)
    for (const org of instancesOf(pattern, ORG_FILLS)) if (isOrg(org)) orgs.add(org);
  const paths = new Set<string>();
  for (const text of mentions.paths) addLevels(paths, orgs, pathsMatching(text, false));
  for (const text of mentions.pathPatterns) {
    const matching = pathsMatching(text, true);
    addLevels(paths, orgs, matching);
    // A pattern that leaves the organization open meets the other tests' organizations.
    if (/[*?]/u.test(text.split('/')[0] ?? ''))
      for (const org of orgs)
        addLevels(
          paths,
          orgs,
          matching.map((path) => org + path.slice(path.indexOf('/'))),
        );
  }
  for (const org of orgs) paths.add(`${org}/${FRESH.root}/`);
  if (mentions.uses.path || mentions.uses.sourcePath) paths.add(`${FRESH.org}/${FRESH.root}/${FRESH.unit}/`);
  return paths;
};

const addLevels = (paths: Set<string>, orgs: Set<string>, found: readonly string[]): void => {
  for (const path of found) {
    orgs.add(orgOfPath(path));
    for (const level of levelsOf(path)) paths.add(level);
  }
};

interface Home {
  readonly account: string;
  readonly partition?: string;
}

const homeOf = (account: string, partition: string): Home =>
  partition === 'aws' ? { account } : { account, partition };

/** Forms of identity that the mentioned values tell apart in one account. */
const formsOf = (account: string, partition: string, casting: Casting): AwsConcrete[] => {
  const { mentions } = casting;
  const home = homeOf(account, partition);
  const forms: AwsConcrete[] = [
    { ...home, kind: 'role-session', path: '/', role: FRESH.role, session: FRESH.session },
  ];
  if (!mentions.uses.form) return forms;
  forms.push(
    { ...home, kind: 'user', path: '/', name: FRESH.user },
    { ...home, kind: 'root' },
    { ...home, kind: 'federated-user', name: FRESH.federatedUser },
  );
  for (const name of mentions.userNames)
    if (NAME.test(name)) forms.push({ ...home, kind: 'user', path: '/', name });
  for (const provider of mentions.providers)
    forms.push({
      ...home,
      kind: 'role-session',
      path: '/',
      role: FRESH.role,
      session: FRESH.session,
      provider,
    });
  const resources = new Set<string>();
  for (const arn of mentions.arns) if (inAccount(arn, account)) resources.add(splitArn(arn)[5] ?? '');
  for (const arn of mentions.arnPatterns)
    for (const resource of resourcesMatching(arn)) resources.add(resource);
  for (const resource of resources) forms.push(...formsNamed(resource, home, casting));
  return forms;
};

const inAccount = (arn: string, account: string): boolean => splitArn(arn)[4] === account;

const NAME = /^[\w+=,.@-]{1,64}$/u;
const PATH = /^\/(?:[\u0021-\u007E]{1,510}\/)?$/u;

/** What a resource field can be filled with, so that a pattern of it names a user, a role or the like. */
const RESOURCE_FILLS = ['q7', '', 'role/q7', 'user/q7', 'q7/q7', 'role/', 'federated-user/q7'];

const LONGEST_ARN = 700;

/** Resource fields of principals that a pattern over the whole ARN may match. */
const resourcesMatching = (pattern: string): string[] => {
  // No principal's ARN is that long.
  if (pattern.replaceAll('*', '').length > LONGEST_ARN) return [];
  const resource = splitArn(pattern)[5];
  const whole = resource === undefined ? [] : instancesOf(resource, RESOURCE_FILLS);
  // A path may hold colons, so what follows a wildcard may all be path and name.
  const tails = pattern
    .split('*')
    .slice(1, 9)
    .map((_, n, pieces) => pieces.slice(n).join('*'));
  const hidden = tails.flatMap((tail) =>
    instancesOf(tail, ['q7', '', 'q7/q7'], 16).flatMap((text) => [
      `role/q7${text}`,
      `user/q7${text}`,
      `role/${text}`,
    ]),
  );
  return [...whole, ...hidden];
};

/** The callers behind a resource field; none when it is not one of a principal. */
const formsNamed = (resource: string, home: Home, casting: Casting): AwsConcrete[] => {
  if (resource === 'root') return [{ ...home, kind: 'root' }];
  const slash = resource.indexOf('/');
  const type = resource.slice(0, slash);
  const last = resource.lastIndexOf('/');
  const name = resource.slice(last + 1);
  const path = resource.slice(slash, last + 1);
  if (slash < 0 || !NAME.test(name)) return [];
  switch (type) {
    case 'user':
      return PATH.test(path) ? [{ ...home, kind: 'user', path, name }] : [];
    case 'role':
      if (!PATH.test(path)) return [];
      return sessionsOf(name, home, casting.mentions).map((session) => ({
        ...home,
        kind: 'role-session',
        path,
        role: name,
        session,
      }));
    case 'assumed-role':
      return sessionForms(path.slice(1, -1), name, { home, casting });
    case 'federated-user':
      return path === '/' ? [{ ...home, kind: 'federated-user', name }] : [];
    default:
      return [];
  }
};

/** A session's ARN does not tell its role's path: it may be that of any mentioned role of the name. */
const sessionForms = (
  role: string,
  session: string,
  { home, casting }: { readonly home: Home; readonly casting: Casting },
): AwsConcrete[] => {
  if (!NAME.test(role)) return [];
  const pathOf = (arn: string): string | null => {
    const resource = splitArn(arn)[5] ?? '';
    const named =
      inAccount(arn, home.account) && resource.startsWith('role/') && resource.endsWith(`/${role}`);
    return named ? resource.slice(4, resource.length - role.length) : null;
  };
  const trusted = casting.setting.trust.roles.map(pathOf).filter((path) => path !== null);
  const mentioned = [...casting.mentions.arns].map(pathOf).filter((path) => path !== null);
  // A role's name is unique in its account: if a role of that name is trusted, it is this one.
  const paths = new Set(trusted.length > 0 ? trusted : ['/', ...mentioned]);
  return [...paths].map((path) => ({ ...home, kind: 'role-session', path, role, session }));
};

/** A session nobody mentions, and those that somebody does. */
const sessionsOf = (role: string, home: Home, mentions: Mentions): string[] => {
  const sessions: string[] = [FRESH.session];
  for (const arn of mentions.arns) {
    if (!inAccount(arn, home.account)) continue;
    const [type, name, session] = (splitArn(arn)[5] ?? '').split('/');
    if (type === 'assumed-role' && name === role && session !== undefined) sessions.push(session);
  }
  return sessions;
};

type NamedEntry = Extract<PrincipalEntry, { kind: 'arn' }>;

const visitNamed = (entry: NamedEntry, casting: Casting, visit: Visit): boolean => {
  if (!admitsPrincipals(casting) || !passes(casting, S.account, entry.account)) return true;
  const places = placesOf(casting);
  const home = homeOf(entry.account, entry.partition);
  for (const form of formsNamed(entry.resource, home, casting))
    if (!visitPlaces(form, { places, stranger: false, setting: casting.setting }, visit)) return false;
  return true;
};

type ProviderEntry = Extract<PrincipalEntry, { kind: 'provider' }>;

/** Sessions of a role that trusts the provider; for a provider of no account, a stranger's. */
const visitFederated = (entry: ProviderEntry, casting: Casting, visit: Visit): boolean => {
  const account = entry.account ?? freshAccount(casting.source);
  const places = placesOf(casting);
  for (const form of formsOf(account, entry.partition ?? casting.setting.partition, casting)) {
    if (form.kind !== 'role-session') continue;
    const session = { ...form, provider: entry.text };
    if (!visitPlaces(session, { places, stranger: false, setting: casting.setting }, visit)) return false;
  }
  return true;
};

/** Services with every combination of what they may say about whom they act for. */
const visitServices = (names: readonly string[], casting: Casting, visit: Visit): boolean => {
  if (!admitsServices(casting)) return true;
  const memberships = sourceMembershipsOf(casting);
  for (const origin of originsOf(casting))
    for (const membership of memberships)
      for (const service of names)
        if (!visit(serviceCaller({ kind: 'service', service, ...origin, ...membership }, casting.setting)))
          return false;
  return true;
};

type Origin = Pick<ServiceCaller, 'sourceAccount' | 'sourceArn'>;

const NOTHING_SAID: readonly [Readonly<Record<never, never>>] = [{}];

const originsOf = (casting: Casting): readonly Origin[] => {
  const { uses } = casting.mentions;
  if (!uses.sourceAccount && !uses.sourceArn) return NOTHING_SAID;
  const accounts = accountsOf(casting).flatMap(([account, partition]) =>
    partition === casting.setting.partition ? [account] : [],
  );
  const silent = passes(casting, S.sourceAccount, null);
  const arns = uses.sourceArn ? sourceArnsOf(casting, accounts) : [];
  const origins: Origin[] = silent ? arns.map((sourceArn) => ({ sourceArn })) : [];
  const unsourced = passes(casting, S.sourceArn, null);
  if (silent && unsourced) origins.push({});
  if (!uses.sourceAccount) return origins;
  for (const sourceAccount of accounts) {
    if (!passes(casting, S.sourceAccount, sourceAccount)) continue;
    if (unsourced) origins.push({ sourceAccount });
    for (const sourceArn of arns) {
      const field = splitArn(sourceArn)[4];
      if (!field || field === sourceAccount) origins.push({ sourceAccount, sourceArn });
    }
  }
  return origins;
};

const SOURCE_FILLS = ['', 'q7'];

const sampleArn = ({ setting }: Casting, account: string): string =>
  `arn:${setting.partition}:codebuild:us-east-1:${account}:project/q7`;

/** Source ARNs that the mentioned ones tell apart, for each account where they leave it open. */
const sourceArnsOf = (casting: Casting, accounts: readonly string[]): string[] => {
  const arns = new Set<string>();
  const consider = (arn: string): void => {
    if (passes(casting, S.sourceArn, arn)) arns.add(arn);
  };
  for (const account of accounts) consider(sampleArn(casting, account));
  for (const text of casting.mentions.sourceArns) {
    const fields = splitArn(text);
    const [head = '', partition = '', service = '', region = '', field, rest] = fields;
    if (field === undefined || rest === undefined) {
      for (const account of accounts)
        for (const arn of instancesOf(text, [sampleArn(casting, account), 'q7', '']))
          if (splitArn(arn).length === 6) consider(arn);
      continue;
    }
    const front = [head, partition, service, region].map((part) => (part === '*' ? 'aws' : part)).join(':');
    for (const account of /[*?]/u.test(field) ? accounts : [field])
      for (const arn of instancesOf(`${front}:${account}:${rest}`, SOURCE_FILLS, 8)) consider(arn);
  }
  return [...arns];
};

type Membership = Pick<ServiceCaller, 'sourceOrg' | 'sourceOrgPath'>;

const sourceMembershipsOf = (casting: Casting): readonly Membership[] => {
  const { sourceOrg, sourcePath } = casting.mentions.uses;
  if (!sourceOrg && !sourcePath) return NOTHING_SAID;
  const paths = [...pathsIn(casting.mentions)];
  const orgs = [...new Set(paths.map(orgOfPath))];
  const all: Membership[] = [
    {},
    ...(sourceOrg ? orgs.map((org) => ({ sourceOrg: org })) : []),
    ...(sourcePath ? paths.map((sourceOrgPath) => ({ sourceOrgPath })) : []),
    ...(sourceOrg && sourcePath
      ? paths.map((path) => ({ sourceOrg: orgOfPath(path), sourceOrgPath: path }))
      : []),
  ];
  return all.filter(
    (one) =>
      passes(casting, S.sourceOrg, one.sourceOrg ?? null) &&
      passes(casting, S.sourcePath, one.sourceOrgPath ?? null),
  );
};
