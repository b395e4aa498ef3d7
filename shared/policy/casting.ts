import type { Caller, Setting } from './callers.ts';
import { slot } from './condition-keys.ts';
import { testHolds } from './conditions.ts';
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
import type { Statement } from './parse-statement.ts';
import { splitArn } from './pattern.ts';

/** What representative callers are made from. */
export interface Casting {
  readonly mentions: Mentions;
  readonly setting: Setting;
  /** The policy as text: what it does not contain, it does not name. */
  readonly source: string;
  /** The statement that is to let them in: whoever fails one of its tests is not made at all. */
  readonly statement: Statement;
  /** Worked out when they are first needed, for all entries of the statement. */
  accounts: readonly (readonly [string, string])[] | null;
  places: readonly Place[] | null;
}

/** A place in an organization, or outside of any. */
export interface Place {
  readonly where: { readonly org: string; readonly orgPath: string } | null;
  readonly unnamed: boolean;
}

/** Receives callers; false ends the visit. */
export type Visit = (caller: Caller) => boolean;

const NO_LOOKUP = (): null => null;

/** Whether the statement's tests on one key, by themselves, let a value pass. */
export const passes = ({ statement }: Casting, at: number, value: string | null): boolean => {
  for (const test of statement.tests)
    if (test.slot === at && test.variables.length === 0 && !testHolds(test, value, NO_LOOKUP)) return false;
  return true;
};

/** Slots of the keys that callers are made by. */
export const SLOT = {
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

const SERVICE_ONLY = [SLOT.serviceName, SLOT.sourceAccount, SLOT.sourceArn, SLOT.sourceOrg, SLOT.sourcePath];
const PRINCIPAL_ONLY = [SLOT.org, SLOT.path, SLOT.type, SLOT.username];

/** Whether an AWS principal can get in at all: it has none of a service's keys. */
export const admitsPrincipals = (casting: Casting): boolean =>
  casting.statement.tests.length === 0 ||
  (passes(casting, SLOT.isService, 'false') && SERVICE_ONLY.every((at) => passes(casting, at, null)));

/** Whether a service can get in at all: it has none of a principal's keys. */
export const admitsServices = (casting: Casting): boolean =>
  casting.statement.tests.length === 0 ||
  (passes(casting, SLOT.isService, 'true') && PRINCIPAL_ONLY.every((at) => passes(casting, at, null)));

/** Accounts that the mentioned values tell apart, each with its partition; the first one is a stranger's. */
export const accountsOf = (casting: Casting): readonly (readonly [string, string])[] =>
  (casting.accounts ??= tellAccounts(casting));

const tellAccounts = (casting: Casting): (readonly [string, string])[] => {
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

const ORG_FILLS = ['q7q7q7q7q7', '', 'o-q7q7q7q7q7', 'z3'];

/** Organization paths that the mentioned organizations and paths tell apart. */
export const pathsIn = (mentions: Mentions): ReadonlySet<string> => {
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
