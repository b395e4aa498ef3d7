/* oxlint-disable oxc/no-map-spread -- a search over small lists, clarity first */
import type { Trust } from '../../shared/model/trust.ts';
import type {
  ConcreteCaller,
  ConcreteRequest,
  ConcreteSetting,
} from '../../shared/policy/concrete-caller.ts';
import {
  evaluateConcretely,
  provesExternalAccount,
  provesPublic,
  provesUntrusted,
} from '../../shared/policy/concrete.ts';

/**
 * What a search through concrete requests proves about one policy. It tries requests made from the policy's own values
 * (each account, ARN, organization, range, tag it names, and one stranger to each), so that it finds what there is to
 * find in the case table. It proves access, never its absence.
 */
export interface Proofs {
  readonly public: ConcreteRequest | null;
  readonly untrusted: ConcreteRequest | null;
  readonly externalAccounts: readonly string[];
}

/** Every ECR action whose resource type is `repository`. Source: Service Authorization Reference, Amazon ECR. */
const REPOSITORY_ACTIONS = `BatchCheckLayerAvailability BatchDeleteImage BatchGetImage
  BatchGetRepositoryScanningConfiguration BatchImportUpstreamImage CompleteLayerUpload CreateRepository
  DeleteLifecyclePolicy DeleteRepository DeleteRepositoryPolicy DescribeImageReplicationStatus
  DescribeImageScanFindings DescribeImages DescribeRepositories GetDownloadUrlForLayer GetLifecyclePolicy
  GetLifecyclePolicyPreview GetRepositoryPolicy InitiateLayerUpload ListImages ListTagsForResource PutImage
  PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy ReplicateImage SetRepositoryPolicy
  StartImageScan StartLifecyclePolicyPreview TagResource UntagResource UploadLayerPart`
  .split(/\s+/u)
  .map((name) => `ecr:${name}`);
const V1_ACTIONS = ['ecr:ReplicateImage', 'ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'];

const STRANGER = '900000000001';
const FRESH_ORG = 'o-fresh00000';
const FRESH_IDS = ['vpc-fresh', FRESH_ORG, 'x'];
const FRESH_IPS = ['8.8.4.4', '151.101.1.1', '2606:4700::1'];

const stringsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? [String(value)] : [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)]);
};

const parsed = (document: unknown): unknown => {
  if (typeof document !== 'string') return document;
  for (const text of [document, document.startsWith('%') ? decodeURIComponent(document) : ''])
    try {
      return JSON.parse(text);
    } catch {
      // Not this spelling.
    }
  return null;
};

const unique = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];

/** Concrete texts for a pattern: wildcards become something, variables become every account. */
const instances = (text: string, accounts: readonly string[]): string[] => {
  const plain = text.replaceAll(/\$\{([*?$])\}/gu, '$1');
  if (plain !== text) return [plain];
  const filled = text.includes('${') ? accounts.map((id) => text.replaceAll(/\$\{[^}]*\}/gu, id)) : [text];
  return filled.flatMap((one) =>
    /[*?]/u.test(one) ? ['x', '', '1'].map((fill) => one.replaceAll('*', fill).replaceAll('?', '7')) : [one],
  );
};

const accountsIn = (texts: readonly string[], owner: string): string[] => {
  const named = texts.flatMap((text) => text.match(/\d{12}/gu) ?? []);
  const patterns = texts
    .flatMap((text) => [text, text.split(':')[4] ?? ''])
    .filter((text) => /^[\d*?]+$/u.test(text) && /[*?]/u.test(text));
  const made = patterns.map((text) => {
    const base = text.replaceAll('?', '7');
    return base.includes('*')
      ? base.replace('*', '9'.repeat(Math.max(0, 13 - base.length))).replaceAll('*', '')
      : base;
  });
  return unique([owner, ...named, ...made, STRANGER]).filter((id) => /^\d{12}$/u.test(id));
};

const callersFromArn = (arn: string, accounts: readonly string[]): ConcreteCaller[] => {
  const [, partition = '', , , account = '', ...resource] = arn.split(':');
  const owners = /^\d{12}$/u.test(account) ? [account] : accounts;
  const foreign = /^aws-[a-z-]+$/u.test(partition) ? { partition } : {};
  return owners.flatMap((id) => callersOf(resource.join(':'), { account: id, ...foreign }));
};

const callersOf = (resource: string, base: { account: string; partition?: string }): ConcreteCaller[] => {
  const [type = '', ...parts] = resource.split('/');
  const name = parts.at(-1) ?? '';
  const path = parts.length > 1 ? `/${parts.slice(0, -1).join('/')}/` : '/';
  switch (type) {
    case 'role':
      return ['s', 'build'].map((session) => ({
        ...base,
        kind: 'role-session',
        role: name || 'x',
        path,
        session,
      }));
    case 'user':
      return [{ ...base, kind: 'user', name: name || 'x', path }];
    case 'assumed-role':
      return [{ ...base, kind: 'role-session', role: parts[0] ?? 'x', session: parts[1] ?? 's' }];
    case 'federated-user':
      return [{ ...base, kind: 'federated-user', name: name || 'x' }];
    case 'saml-provider':
    case 'oidc-provider':
      return [];
    default:
      return [{ ...base, kind: 'root' }];
  }
};

const orgPathsIn = (texts: readonly string[], accounts: readonly string[]): string[] => {
  const made = texts
    .filter((text) => /^o-/iu.test(text) || /^[*?]/u.test(text))
    .flatMap((text) => instances(text, accounts))
    .filter((text) => text.startsWith('o-') && text.length > 2);
  const paths = made.flatMap((text) => {
    const [org = '', root = 'r-ab12', ...units] = text.replace(/\/+$/u, '').split('/');
    return [
      `${[org, root === '' ? 'r-ab12' : root, ...units.filter((unit) => unit !== '')].join('/')}/`,
      `${org}/r-0000/`,
    ];
  });
  return unique([...paths, `${FRESH_ORG}/r-fr00/ou-fr00-00000000/`]);
};

const callersIn = (texts: readonly string[], owner: string): ConcreteCaller[] => {
  const accounts = accountsIn(texts, owner);
  const arns = texts
    .filter((text) => /^(?:arn|\*)/u.test(text))
    .flatMap((text) => accounts.map((id) => withAccount(text, id)))
    .flatMap((text) => instances(text, accounts));
  const plain = accounts.flatMap((account): ConcreteCaller[] => [
    { kind: 'root', account },
    { kind: 'user', account, name: 'alice', path: '/' },
    { kind: 'user', account, name: account, path: '/' },
    { kind: 'federated-user', account, name: 'carol' },
    { kind: 'role-session', account, role: 'ci', path: '/', session: 'build' },
    ...accounts.slice(0, 4).map((other) => ({
      kind: 'role-session' as const,
      account,
      role: 'y',
      path: `/x:${other}:role/`,
      session: 's',
    })),
  ]);
  const providers = arns.filter((arn) => arn.includes('-provider/'));
  const federated = [...providers, ...texts.filter((text) => text === 'cognito-identity.amazonaws.com')].map(
    (provider): ConcreteCaller => ({
      kind: 'role-session',
      account: /:(\d{12}):/u.exec(provider)?.[1] ?? STRANGER,
      role: 'web',
      session: 's',
      provider,
    }),
  );
  const people = unique([...plain, ...arns.flatMap((arn) => callersFromArn(arn, accounts)), ...federated]);
  const paths = orgPathsIn(texts, accounts);
  return [
    ...people,
    ...people.flatMap((caller) =>
      caller.kind === 'service' ? [] : paths.map((orgPath) => ({ ...caller, orgPath })),
    ),
    ...servicesIn(texts, accounts, paths),
  ];
};

/** An ARN pattern whose account field is open, closed with this account. */
const withAccount = (arn: string, account: string): string =>
  arn
    .split(':')
    .map((field, n) => (n === 4 && patternCovers(field, account) ? account : field))
    .join(':');

const patternCovers = (pattern: string, text: string): boolean =>
  /[*?]/u.test(pattern) && textPattern(pattern).test(text);

const textPattern = (text: string): RegExp => {
  const escaped = text.replaceAll(/[\\^$.|+()[\]{}]/gu, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'iu');
};

const servicesIn = (texts: readonly string[], accounts: readonly string[], paths: readonly string[]) => {
  const names = unique([
    ...texts.filter((text) => /^[a-z0-9.-]+\.amazonaws\.com$/u.test(text)),
    'fresh.amazonaws.com',
  ]);
  const patterns = texts.filter((text) => /^(?:arn:aws:(?!iam|sts)|\*$)/u.test(text));
  const arns = unique([
    ...patterns
      .flatMap((text) => accounts.map((id) => withAccount(text, id)))
      .flatMap((text) => instances(text, accounts)),
    ...accounts.map((id) => `arn:aws:lambda:us-east-1:${id}:function:f`),
  ]).filter((text) => text.split(':').length > 5);
  const sources = unique<object>([
    {},
    ...accounts.map((sourceAccount) => ({ sourceAccount })),
    ...arns.map((sourceArn) => ({ sourceArn })),
    ...arns.flatMap((sourceArn) => accounts.map((sourceAccount) => ({ sourceArn, sourceAccount }))),
  ]).filter((source) => {
    const { sourceArn, sourceAccount } = source as { sourceArn?: string; sourceAccount?: string };
    const field = sourceArn?.split(':')[4];
    return !field || sourceAccount === undefined || field === sourceAccount;
  });
  const orgs = [{}, ...paths.map((path) => ({ sourceOrg: path.split('/')[0] ?? '', sourceOrgPath: path }))];
  return names.flatMap((service) =>
    sources.flatMap((source) =>
      orgs.map((org) => ({ kind: 'service' as const, service, ...source, ...org })),
    ),
  );
};

const DERIVED =
  /^aws:(?:principal(?!tag)|source(?:account|arn|orgid|orgpaths)|resourceaccount|currenttime|epochtime|username|federatedprovider)/u;
const NETWORK = new Set(['aws:sourceip', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:vpcsourceip']);

/** The address one block further: `53.…` for `52.…`, `2600:1f01:…` for `2600:1f00:…`. */
const nextBlock = (address: string): string[] => {
  const [head = '', ...rest] = address.split('.');
  if (rest.length > 0) return [[String(Number(head) + 1), ...rest].join('.')];
  return [
    address.replace(
      /^([^:]+):([^:]*)/u,
      (_all, one: string, two: string) => `${one}:${(Number.parseInt(two || '0', 16) + 1).toString(16)}`,
    ),
  ];
};

const networksIn = (texts: readonly string[]): Record<string, string>[] => {
  const ips = texts
    .map((text) => text.split('/')[0] ?? '')
    .filter(
      (text) => /^\d+\.\d+\.\d+\.\d+$/u.test(text) || (/:.*:/u.test(text) && /^[\da-f:]+$/iu.test(text)),
    )
    .flatMap((text) =>
      text.includes(':')
        ? [text, text.replace(/::$/u, '::7')]
        : [text, text.replace(/\.0$/u, '.77'), text.replace(/\.0$/u, '.200')],
    );
  const addresses = unique([...ips, ...ips.flatMap(nextBlock), ...FRESH_IPS, '203.9.9.9', '10.9.9.9']);
  const idsOf = (prefix: string) =>
    unique([
      ...texts.filter((text) => text.startsWith(prefix)).flatMap((text) => instances(text, [])),
      `${prefix}fresh`,
    ]);
  const endpoints = idsOf('vpce-').flatMap((vpce) =>
    idsOf('vpc-').flatMap((vpc) =>
      ['10.0.0.9', '192.168.1.1'].map((ip) => ({
        'aws:SourceVpce': vpce,
        'aws:SourceVpc': vpc,
        'aws:VpcSourceIp': ip,
      })),
    ),
  );
  return [...addresses.map((ip) => ({ 'aws:SourceIp': ip })), ...endpoints];
};

/** Free keys that conditions or variables mention, each with the values worth trying; null is absence. */
const freeKeysIn = (document: unknown, accounts: readonly string[]): [string, (string | null)[]][] => {
  const found = new Map<string, Set<string | null>>();
  const add = (key: string, values: readonly string[]): void => {
    const name = key.toLowerCase();
    if (DERIVED.test(name) || NETWORK.has(name) || !name.includes(':'))
      if (!/^(?:__proto__|constructor)$/u.test(name)) return;
    const set = found.get(name) ?? new Set([null, 'other', 'true', 'false', '5', '2025-12-31T00:00:00Z']);
    values.forEach((value) => set.add(value));
    found.set(name, set);
  };
  const walk = (value: unknown): void => {
    if (typeof value === 'string')
      for (const [, key = ''] of value.matchAll(/\$\{\s*([^},]+?)\s*[,}]/gu))
        add(key, [...accounts, ...FRESH_IDS]);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (!Array.isArray(value))
        add(
          key,
          stringsIn(inner).flatMap((text) => instances(text, accounts)),
        );
      walk(inner);
    }
  };
  walk(document);
  return [...found].map(([key, values]) => [key, [...values]]);
};

/** A small deterministic generator: the search is the same in every run. */
const generator = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 4_294_967_296;
};

export interface SearchInput {
  readonly document: unknown;
  readonly setting: ConcreteSetting;
  readonly trust: Trust;
  readonly registryScope?: string;
  readonly resourceArn?: string;
  /** How many requests to try. */
  readonly budget: number;
  /** Stop when this much is proven. */
  readonly enough?: (proofs: Proofs) => boolean;
}

/** Tries concrete requests made from the policy's own values until `enough` is proven or the budget is spent. */
export const searchProofs = (input: SearchInput): Proofs => {
  const document = parsed(input.document);
  const texts = unique([
    ...stringsIn(document),
    ...input.trust.accounts,
    ...input.trust.principals,
    ...input.trust.organizations,
    ...input.trust.organizationalUnits,
  ]);
  const callers = callersIn(texts, input.setting.ownerAccount);
  const networks = networksIn(texts);
  const free = freeKeysIn(document, accountsIn(texts, input.setting.ownerAccount));
  const actions = input.registryScope === 'V1' ? V1_ACTIONS : REPOSITORY_ACTIONS;
  const resource =
    input.resourceArn ?? `arn:aws:ecr:us-west-2:${input.setting.ownerAccount}:repository/ecr-public/app`;
  const random = generator(1);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const proofs = {
    public: null as ConcreteRequest | null,
    untrusted: null as ConcreteRequest | null,
    externalAccounts: [] as string[],
  };
  for (let n = 0; n < input.budget; n += 1) {
    const caller = n < callers.length * 2 ? callers[n % callers.length]! : pick(callers);
    // A key may be called __proto__.
    const context: Record<string, string> = Object.assign(
      Object.create(null),
      caller.kind === 'service' ? {} : pick(networks),
    );
    for (const [key, values] of free) {
      const value = pick(values);
      if (value !== null && !(caller.kind === 'service' && key.startsWith('aws:principal')))
        context[key] = value;
    }
    for (const action of actionsToTry(document, actions))
      note(proofs, { caller, action, context, resource }, input);
    if (input.enough?.(proofs) === true) break;
  }
  return { ...proofs, externalAccounts: unique(proofs.externalAccounts).sort() };
};

const note = (
  proofs: { public: ConcreteRequest | null; untrusted: ConcreteRequest | null; externalAccounts: string[] },
  request: ConcreteRequest,
  input: SearchInput,
): void => {
  if (evaluateConcretely(input.document, request, input.setting) !== 'allowed') return;
  if (provesPublic(input.document, request, input.setting)) proofs.public ??= request;
  if (provesUntrusted(request, input.setting, input.trust)) proofs.untrusted ??= request;
  const account = provesExternalAccount(input.document, request, input.setting);
  if (account !== null && !proofs.externalAccounts.includes(account)) proofs.externalAccounts.push(account);
};

const classes = new WeakMap<object, string[]>();

/** One action of each class that the policy's action patterns tell apart. */
const actionsToTry = (document: unknown, actions: readonly string[]): string[] => {
  if (typeof document !== 'object' || document === null) return actions.slice(0, 1);
  const known = classes.get(document);
  if (known !== undefined) return known;
  const patterns = actionPatterns(document).map(textPattern);
  const bySignature = new Map(
    actions.map((action) => [patterns.map((pattern) => pattern.test(action)).join(), action]),
  );
  classes.set(document, [...bySignature.values()]);
  return [...bySignature.values()];
};

const actionPatterns = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'Action' || key === 'NotAction' ? stringsIn(inner) : actionPatterns(inner),
  );
};
