import { awsCaller, type AwsConcrete, type Setting } from './callers.ts';
import {
  accountsOf,
  admitsPrincipals,
  passes,
  pathsIn,
  SLOT,
  type Casting,
  type Place,
  type Visit,
} from './casting.ts';
import { FRESH, freshAccount, instancesOf, orgOfPath } from './fresh.ts';
import type { Mentions } from './mentions.ts';
import { splitArn } from './pattern.ts';
import type { PrincipalEntry } from './principals.ts';
import { visitServices } from './service-candidates.ts';

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

const visitPrincipals = (
  accounts: readonly (readonly [string, string])[],
  casting: Casting,
  visit: Visit,
): boolean => {
  if (!admitsPrincipals(casting)) return true;
  const places = placesOf(casting);
  for (const [account, partition] of accounts) {
    if (!passes(casting, SLOT.account, account)) continue;
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

const NOWHERE: Place = { where: null, unnamed: true };
const ONLY_NOWHERE: readonly Place[] = [NOWHERE];

const placesOf = (casting: Casting): readonly Place[] => (casting.places ??= tellPlaces(casting));

const tellPlaces = (casting: Casting): readonly Place[] => {
  const { mentions, source } = casting;
  const { org, path, folded } = mentions.uses;
  if (!org && !path) return ONLY_NOWHERE;
  const written = folded ? `${source} ${source.toLowerCase()}` : source;
  const places: Place[] =
    passes(casting, SLOT.org, null) && passes(casting, SLOT.path, null) ? [NOWHERE] : [];
  for (const orgPath of pathsIn(mentions)) {
    const organization = orgOfPath(orgPath);
    if (passes(casting, SLOT.org, organization) && passes(casting, SLOT.path, orgPath))
      places.push({ where: { org: organization, orgPath }, unnamed: !written.includes(organization) });
  }
  return places;
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

const sessionOf = (
  { account, partition }: Home,
  { path, role, session }: { readonly path: string; readonly role: string; readonly session: string },
): AwsConcrete => ({
  kind: 'role-session',
  account,
  ...(partition === undefined ? {} : { partition }),
  path,
  role,
  session,
});

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
      return sessionsOf(name, home, casting.mentions).map((session) =>
        sessionOf(home, { path, role: name, session }),
      );
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
  return [...paths].map((path) => sessionOf(home, { path, role, session }));
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
  if (!admitsPrincipals(casting) || !passes(casting, SLOT.account, entry.account)) return true;
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
