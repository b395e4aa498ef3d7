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
import type { Mentions } from './mentions.ts';
import { splitArn } from './pattern.ts';
import type { PrincipalEntry } from './principals.ts';

/** What representative callers are made from. */
export interface Casting {
  readonly mentions: Mentions;
  readonly setting: Setting;
  /** The policy as text: what it does not contain, it does not name. */
  readonly source: string;
}

/** Callers that stand for all those an entry covers, as far as the mentioned values can tell them apart. */
export const callersFor = (entry: PrincipalEntry, casting: Casting): Iterable<Caller> => {
  switch (entry.kind) {
    case 'everyone':
      return everyone(casting);
    case 'account':
      return principalsOf([[entry.account, entry.partition ?? casting.setting.partition]], casting);
    case 'arn':
      return named(entry, casting);
    case 'pattern':
      return awsPrincipals(casting);
    case 'service':
      return services([entry.service], casting);
    case 'any-service':
      return services(serviceNames(casting), casting);
    case 'provider':
      return federated(entry, casting);
    case 'orphan':
    case 'unknown':
      return [];
    default:
      return entry satisfies never;
  }
};

function* everyone(casting: Casting): Iterable<Caller> {
  yield* awsPrincipals(casting);
  yield* services(serviceNames(casting), casting);
}

const serviceNames = ({ mentions }: Casting): string[] => [FRESH.service, ...mentions.services];

/** Accounts that the mentioned values tell apart, each with its partition; the first one is a stranger's. */
const accountsOf = ({ mentions, setting, source }: Casting): [string, string][] => {
  const accounts = new Set([freshAccount(source), ...mentions.accounts]);
  for (const pattern of mentions.accountPatterns)
    for (const account of accountsMatching(pattern)) accounts.add(account);
  const pairs = [...accounts].map((account): [string, string] => [account, setting.partition]);
  const partitions = new Set(
    [...mentions.arns, ...mentions.arnPatterns].map((arn) => splitArn(arn)[1] ?? ''),
  );
  for (const partition of partitions)
    if (partition !== setting.partition && /^aws(?:-[a-z]+)*$/u.test(partition))
      for (const account of accounts) pairs.push([account, partition]);
  return pairs;
};

const awsPrincipals = (casting: Casting): Iterable<Caller> => principalsOf(accountsOf(casting), casting);

function* principalsOf(accounts: readonly (readonly [string, string])[], casting: Casting): Iterable<Caller> {
  const places = placesOf(casting);
  for (const [account, partition] of accounts) {
    const stranger = account !== casting.setting.ownerAccount && !casting.source.includes(account);
    for (const form of formsOf(account, partition, casting))
      yield* placed(form, { places, stranger }, casting);
  }
}

interface Places {
  readonly places: readonly Place[];
  readonly stranger: boolean;
}

function* placed(form: AwsConcrete, { places, stranger }: Places, { setting }: Casting): Iterable<Caller> {
  for (const place of places)
    yield awsCaller(
      place.org === undefined ? form : { ...form, ...place.where },
      setting,
      stranger && place.unnamed,
    );
}

/** A place in an organization, or outside of any. */
interface Place {
  readonly org: string | undefined;
  readonly where: { readonly org?: string; readonly orgPath?: string };
  readonly unnamed: boolean;
}

const NOWHERE: Place = { org: undefined, where: {}, unnamed: true };

const placesOf = ({ mentions, source }: Casting): Place[] => {
  const { org, path, folded } = mentions.uses;
  if (!org && !path) return [NOWHERE];
  const written = folded ? `${source} ${source.toLowerCase()}` : source;
  return [
    NOWHERE,
    ...pathsIn(mentions).map((orgPath): Place => {
      const organization = orgOfPath(orgPath);
      return {
        org: organization,
        where: { org: organization, orgPath },
        unnamed: !written.includes(organization),
      };
    }),
  ];
};

/** Organization paths that the mentioned organizations and paths tell apart. */
const pathsIn = (mentions: Mentions): string[] => {
  const paths = new Set<string>();
  for (const { text, wild } of mentions.orgs.values())
    for (const org of wild ? instancesOf(text, ['q7q7q7q7q7', '', 'o-q7q7q7q7q7', 'z3']) : [text])
      if (isOrg(org)) paths.add(`${org}/${FRESH.root}/`);
  paths.add(`${FRESH.org}/${FRESH.root}/`);
  for (const { text, wild } of mentions.paths.values())
    for (const path of pathsMatching(text, wild)) {
      paths.add(`${orgOfPath(path)}/${FRESH.root}/`);
      for (const level of levelsOf(path)) paths.add(level);
    }
  if (mentions.uses.path) paths.add(`${FRESH.org}/${FRESH.root}/${FRESH.unit}/`);
  return [...paths];
};

interface Home {
  readonly account: string;
  readonly partition?: string;
}

const homeOf = (account: string, partition: string): Home =>
  partition === 'aws' ? { account } : { account, partition };

/** Forms of identity that the mentioned values tell apart in one account. */
const formsOf = (account: string, partition: string, { mentions }: Casting): AwsConcrete[] => {
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
  for (const resource of resources) forms.push(...formsNamed(resource, home, mentions));
  return forms;
};

const inAccount = (arn: string, account: string): boolean => splitArn(arn)[4] === account;

const NAME = /^[\w+=,.@-]{1,64}$/u;
const PATH = /^\/(?:[\u0021-\u007E]{1,510}\/)?$/u;

/** What a resource field can be filled with, so that a pattern of it names a user, a role or the like. */
const RESOURCE_FILLS = ['q7', '', 'role/q7', 'user/q7', 'q7/q7', 'role/', 'federated-user/q7'];

/** Resource fields of principals that a pattern over the whole ARN may match. */
const resourcesMatching = (pattern: string): string[] => {
  const resource = splitArn(pattern)[5];
  const whole = resource === undefined ? [] : instancesOf(resource, RESOURCE_FILLS);
  // A path may hold colons, so what follows a wildcard may all be path and name.
  const tails = pattern
    .split('*')
    .slice(1, 9)
    .map((_, n, pieces) => pieces.slice(n).join('*'));
  const hidden = tails.flatMap((tail) =>
    instancesOf(tail, ['q7', ''], 8).flatMap((text) => [`role/q7${text}`, `user/q7${text}`, `role/${text}`]),
  );
  return [...whole, ...hidden];
};

/** The callers behind a resource field; none when it is not one of a principal. */
const formsNamed = (resource: string, home: Home, mentions: Mentions): AwsConcrete[] => {
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
      return sessionsOf(name, home, mentions).map((session) => ({
        ...home,
        kind: 'role-session',
        path,
        role: name,
        session,
      }));
    case 'assumed-role':
      return sessionForms(path.slice(1, -1), name, { home, mentions });
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
  { home, mentions }: { home: Home; mentions: Mentions },
): AwsConcrete[] => {
  if (!NAME.test(role)) return [];
  const paths = new Set(['/']);
  for (const arn of mentions.arns) {
    const resource = splitArn(arn)[5] ?? '';
    if (inAccount(arn, home.account) && resource.startsWith('role/') && resource.endsWith(`/${role}`))
      paths.add(resource.slice(4, resource.length - role.length));
  }
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

function* named(entry: NamedEntry, casting: Casting): Iterable<Caller> {
  const places = placesOf(casting);
  const home = homeOf(entry.account, entry.partition);
  for (const form of formsNamed(entry.resource, home, casting.mentions))
    yield* placed(form, { places, stranger: false }, casting);
}

type ProviderEntry = Extract<PrincipalEntry, { kind: 'provider' }>;

/** Sessions of a role that trusts the provider; for a provider of no account, a stranger's. */
function* federated(entry: ProviderEntry, casting: Casting): Iterable<Caller> {
  const account = entry.account ?? freshAccount(casting.source);
  const home = homeOf(account, entry.partition ?? casting.setting.partition);
  const places = placesOf(casting);
  for (const form of formsOf(account, home.partition ?? 'aws', casting))
    if (form.kind === 'role-session')
      yield* placed({ ...form, provider: entry.text }, { places, stranger: false }, casting);
}

/** Services with every combination of what they may say about whom they act for. */
function* services(names: readonly string[], casting: Casting): Iterable<Caller> {
  const origins = originsOf(casting);
  const memberships = sourceMembershipsOf(casting);
  for (const service of names)
    for (const origin of origins)
      for (const membership of memberships)
        yield serviceCaller({ kind: 'service', service, ...origin, ...membership }, casting.setting);
}

type Origin = Pick<ServiceCaller, 'sourceAccount' | 'sourceArn'>;

const originsOf = (casting: Casting): Origin[] => {
  const { uses } = casting.mentions;
  if (!uses.sourceAccount && !uses.sourceArn) return [{}];
  const accounts = [...new Set(accountsOf(casting).map(([account]) => account))];
  const arns = uses.sourceArn ? sourceArnsOf(casting, accounts) : [];
  const origins: Origin[] = [{}, ...arns.map((sourceArn) => ({ sourceArn }))];
  if (!uses.sourceAccount) return origins;
  for (const sourceAccount of accounts) {
    origins.push({ sourceAccount });
    for (const sourceArn of arns) {
      const field = splitArn(sourceArn)[4];
      if (!field || field === sourceAccount) origins.push({ sourceAccount, sourceArn });
    }
  }
  return origins;
};

const SOURCE_FILLS = ['', 'q7'];

/** Source ARNs that the mentioned ones tell apart, for each account where they leave it open. */
const sourceArnsOf = ({ mentions, setting }: Casting, accounts: readonly string[]): string[] => {
  const arns = new Set<string>();
  for (const account of accounts)
    arns.add(`arn:${setting.partition}:codebuild:us-east-1:${account}:project/q7`);
  for (const text of mentions.sourceArns) {
    const fields = splitArn(text);
    const field = fields[4];
    if (fields.length < 6 || field === undefined) {
      for (const account of accounts)
        for (const arn of instancesOf(text, [
          `arn:${setting.partition}:codebuild:us-east-1:${account}:project/q7`,
          'q7',
          '',
        ]))
          if (splitArn(arn).length === 6) arns.add(arn);
      continue;
    }
    const open = /[*?]/u.test(field) ? accounts : [field];
    for (const account of open) {
      const filled = [
        ...fields.slice(0, 4).map((part) => (part === '*' ? 'aws' : part)),
        account,
        ...fields.slice(5),
      ];
      for (const arn of instancesOf(filled.join(':'), SOURCE_FILLS, 8)) arns.add(arn);
    }
  }
  return [...arns];
};

type Membership = Pick<ServiceCaller, 'sourceOrg' | 'sourceOrgPath'>;

const sourceMembershipsOf = ({ mentions }: Casting): Membership[] => {
  const { sourceOrg, sourcePath } = mentions.uses;
  if (!sourceOrg && !sourcePath) return [{}];
  const paths = pathsIn(mentions);
  const orgs = [...new Set(paths.map(orgOfPath))];
  return [
    {},
    ...(sourceOrg ? orgs.map((org) => ({ sourceOrg: org })) : []),
    ...(sourcePath ? paths.map((sourceOrgPath) => ({ sourceOrgPath })) : []),
    ...(sourceOrg && sourcePath
      ? paths.map((path) => ({ sourceOrg: orgOfPath(path), sourceOrgPath: path }))
      : []),
  ];
};
