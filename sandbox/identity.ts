import { partitionOf } from '../shared/model/resource.ts';
import { stableId } from './random.ts';
import { wildcardMatches } from './wildcard.ts';
import type { JsonObject } from './wire.ts';

/** Who calls: a role session or an IAM user of one account. */
export interface Identity {
  readonly account: string;
  readonly kind: 'role' | 'user';
  /** Name of the role or user. */
  readonly name: string;
  readonly sessionName: string;
  readonly arn: string;
  readonly accessKeyId: string;
  /** When the session began, milliseconds. */
  readonly since: number;
  /** Where the calls come from; null leaves it to the sandbox. */
  readonly sourceIp: string | null;
  readonly mfa: boolean;
}

/** What a test says about a caller. Without a role or user it is the IAM user `admin`. */
export interface Actor {
  readonly account?: string;
  readonly role?: string;
  readonly session?: string;
  readonly user?: string;
  /** Default 203.0.113.10, or 198.51.100.20 for calls made by a function. */
  readonly sourceIp?: string;
  /** Whether the session began with MFA. Default false. */
  readonly mfa?: boolean;
}

export interface RoleConfig {
  readonly name: string;
  /** IAM actions with `*` as wildcard, such as `ecr:Describe*`. Default: everything. */
  readonly allow?: readonly string[];
  /** Beats `allow`. */
  readonly deny?: readonly string[];
  /** Accounts whose principals may assume the role. Default: every account of the sandbox. */
  readonly trusts?: readonly string[];
  /** Other accounts whose registries the role may touch, as their policies would let it. Default: none. */
  readonly reaches?: readonly string[];
}

export interface AccountConfig {
  readonly id: string;
  readonly roles?: readonly RoleConfig[];
}

export interface Identities {
  readonly defaultAccount: string;
  readonly hasAccount: (account: string) => boolean;
  /** Adds an account, or replaces one of that id. */
  readonly addAccount: (account: AccountConfig) => void;
  readonly roleConfig: (account: string, role: string) => RoleConfig | undefined;
  /** A new identity with its own access key; the same actor gets the same key, with its latest address. */
  readonly signIn: (actor: Actor) => Identity;
  /** The identity behind an access key. A key nobody issued belongs to `admin` of the default account. */
  readonly byAccessKey: (accessKeyId: string) => Identity;
}

const nameOf = (account: string, { role, session = 'session', user = 'admin' }: Actor) =>
  role === undefined
    ? {
        kind: 'user' as const,
        name: user,
        sessionName: '',
        arn: `arn:aws:iam::${account}:user/${user}`,
        accessKeyId: stableId('AKIA', `${account}/user/${user}`, 16),
      }
    : {
        kind: 'role' as const,
        name: role,
        sessionName: session,
        arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`,
        accessKeyId: stableId('ASIA', `${account}/role/${role}/${session}`, 16),
      };

export const createIdentities = (accounts: readonly AccountConfig[], now: () => number): Identities => {
  const [first] = accounts;
  if (first === undefined) throw new RangeError('a sandbox needs at least one account');
  const configs = new Map<string, ReadonlyMap<string, RoleConfig>>();
  const addAccount = ({ id, roles = [] }: AccountConfig): void =>
    void configs.set(id, new Map(roles.map((role) => [role.name, role])));
  accounts.forEach(addAccount);
  const byKey = new Map<string, Identity>();
  const signIn = (actor: Actor): Identity => {
    const { account = first.id, sourceIp = null, mfa = false } = actor;
    if (!configs.has(account)) throw new RangeError(`\`${account}\` is no account of the sandbox`);
    const named = nameOf(account, actor);
    const since = byKey.get(named.accessKeyId)?.since ?? now();
    const identity = { account, since, sourceIp, mfa, ...named };
    byKey.set(named.accessKeyId, identity);
    return identity;
  };
  return {
    defaultAccount: first.id,
    hasAccount: (account) => configs.has(account),
    addAccount,
    roleConfig: (account, role) => configs.get(account)?.get(role),
    signIn,
    byAccessKey: (accessKeyId) => byKey.get(accessKeyId) ?? signIn({}),
  };
};

/** Whether the role's own list lets the action through. A user and an undeclared role may do everything. */
export const mayDo = (config: RoleConfig | undefined, action: string): boolean => {
  if (config === undefined) return true;
  const matches = (pattern: string): boolean => wildcardMatches(pattern.toLowerCase(), action.toLowerCase());
  return (config.allow ?? ['*']).some(matches) && !(config.deny ?? []).some(matches);
};

/** `userIdentity` of a management event. Source: CloudTrail user guide, userIdentity element. */
export const userIdentityRecord = (identity: Identity, region: string): JsonObject => {
  const { account, name, sessionName, accessKeyId } = identity;
  const partition = partitionOf(region);
  const arn = identity.arn.replace(/^arn:aws:/, `arn:${partition}:`);
  if (identity.kind === 'user') {
    const principalId = stableId('AIDA', `${account}/${name}`);
    return { type: 'IAMUser', principalId, arn, accountId: account, accessKeyId, userName: name };
  }
  const roleId = stableId('AROA', `${account}/${name}`);
  return {
    type: 'AssumedRole',
    principalId: `${roleId}:${sessionName}`,
    arn,
    accountId: account,
    accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: roleId,
        arn: `arn:${partition}:iam::${account}:role/${name}`,
        accountId: account,
        userName: name,
      },
      attributes: {
        creationDate: new Date(identity.since).toISOString().replace(/\.\d+Z$/, 'Z'),
        mfaAuthenticated: String(identity.mfa),
      },
    },
  };
};
