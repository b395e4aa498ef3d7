import type { Trust } from '../model/trust.ts';
import type { ConcreteCaller, ServiceCaller } from './concrete-caller.ts';
import type { SlotValues } from './condition-keys.ts';
import { splitArn } from './pattern.ts';
import type { PrincipalIdentity } from './principals.ts';

/** Where the policy stands: what is the same for every caller. */
export interface Setting {
  readonly ownerAccount: string;
  readonly partition: string;
  /** ISO 8601. */
  readonly now: string;
  readonly trust: TrustIndex;
}

/** Texts to be looked up: a set only where a list would be slow. */
interface Texts {
  readonly list: readonly string[];
  readonly set: ReadonlySet<string> | null;
}

/** Trust, ready to be asked. */
export interface TrustIndex {
  readonly accounts: Texts;
  readonly organizations: Texts;
  readonly units: readonly string[];
  readonly principals: Texts;
  /** Role ARNs among the trusted principals. */
  readonly roles: readonly string[];
}

const FEW = 12;
const textsOf = (list: readonly string[]): Texts => ({ list, set: list.length > FEW ? new Set(list) : null });

/** Whether a text is among others. */
export const isAmong = ({ list, set }: Texts, text: string): boolean =>
  set === null ? list.includes(text) : set.has(text);

/** A root ARN among the trusted principals is the account, as it is in a policy. */
export const indexTrust = (trust: Trust): TrustIndex => {
  const roots = trust.principals.filter((arn) => arn.endsWith(':root')).flatMap(rootAccount);
  return {
    accounts: textsOf(roots.length === 0 ? trust.accounts : [...trust.accounts, ...roots]),
    organizations: textsOf(trust.organizations),
    units: trust.organizationalUnits.every((unit) => unit.endsWith('/'))
      ? trust.organizationalUnits
      : trust.organizationalUnits.map((unit) => (unit.endsWith('/') ? unit : `${unit}/`)),
    principals: textsOf(trust.principals),
    roles: trust.principals,
  };
};

const rootAccount = (arn: string): string[] => {
  const [head, , service, , account = '', resource] = splitArn(arn);
  return head === 'arn' && service === 'iam' && resource === 'root' ? [account] : [];
};

/** One representative caller with everything that is decided by who it is. */
export interface Caller {
  readonly concrete: ConcreteCaller;
  readonly identity: PrincipalIdentity;
  readonly slots: SlotValues;
  /** The account it belongs to or acts for. */
  readonly account: string | null;
  readonly trusted: boolean;
  /** Nothing of it is named in the policy: an AWS principal of an arbitrary account. */
  readonly stranger: boolean;
}

export type AwsConcrete = Exclude<ConcreteCaller, ServiceCaller>;

const resourceOf = (caller: AwsConcrete): string => {
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

const TYPES = {
  root: 'Account',
  user: 'User',
  'role-session': 'AssumedRole',
  'federated-user': 'FederatedUser',
} as const;

/** An AWS principal. `stranger`: its account, and its organization if it has one, are named nowhere in the policy. */
export const awsCaller = (concrete: AwsConcrete, setting: Setting, stranger: boolean): Caller => {
  const { account, partition = 'aws', org, orgPath } = concrete;
  const head = `arn:${partition}:${concrete.kind === 'federated-user' ? 'sts' : 'iam'}::${account}:`;
  const arn = head + resourceOf(concrete);
  const arns = [`arn:${partition}:iam::${account}:root`, arn];
  if (concrete.kind === 'role-session')
    arns.push(`arn:${partition}:sts::${account}:assumed-role/${concrete.role}/${concrete.session}`);
  const provider = concrete.kind === 'role-session' ? (concrete.provider ?? null) : null;
  const organization = org ?? null;
  return {
    concrete,
    identity: { account, arns, service: null, provider },
    slots: [
      account,
      arn,
      organization,
      orgPath ?? (organization === null ? null : `${organization}/r-0000/`),
      TYPES[concrete.kind],
      'false',
      null,
      null,
      null,
      null,
      null,
      null,
      concrete.kind === 'user' ? concrete.name : null,
      provider,
      setting.ownerAccount,
      setting.now,
    ],
    account,
    trusted: isTrusted({ account, org: organization, path: orgPath ?? null, arns }, setting),
    stranger,
  };
};

/** What the guide leaves open for services: their own account is AWS's, equal to no value of a policy. */
const SERVICE_ACCOUNT = '000000000000';
const SERVICE_ARN = 'arn:aws:sts::000000000000:service-principal';

/** A service that acts for somebody, as far as the request says. */
export const serviceCaller = (concrete: ServiceCaller, setting: Setting): Caller => {
  const {
    service,
    sourceAccount = null,
    sourceArn = null,
    sourceOrg = null,
    sourceOrgPath = null,
  } = concrete;
  const account = sourceAccount ?? (sourceArn === null ? null : splitArn(sourceArn)[4] || null);
  const org =
    sourceOrg ?? (sourceOrgPath === null ? null : sourceOrgPath.slice(0, sourceOrgPath.indexOf('/')));
  return {
    concrete,
    identity: { account: null, arns: [], service, provider: null },
    slots: [
      SERVICE_ACCOUNT,
      SERVICE_ARN,
      null,
      null,
      null,
      'true',
      service,
      service,
      sourceAccount,
      sourceArn,
      sourceOrg,
      sourceOrgPath,
      null,
      null,
      setting.ownerAccount,
      setting.now,
    ],
    account,
    trusted: isTrusted({ account, org, path: sourceOrgPath, arns: [] }, setting),
    stranger: false,
  };
};

interface Standing {
  readonly account: string | null;
  readonly org: string | null;
  readonly path: string | null;
  /** After the first one, its account's root: the caller's own ARNs. */
  readonly arns: readonly string[];
}

const isTrusted = ({ account, org, path, arns }: Standing, { ownerAccount, trust }: Setting): boolean =>
  (account !== null && (account === ownerAccount || isAmong(trust.accounts, account))) ||
  (org !== null && isAmong(trust.organizations, org)) ||
  (path !== null && trust.units.some((unit) => path.startsWith(unit))) ||
  arns.some((arn, n) => n > 0 && isAmong(trust.principals, arn));
