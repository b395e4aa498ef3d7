import { slot } from './condition-keys.ts';
import type { ConditionTest } from './conditions.ts';
import type { Statement } from './parse-statement.ts';
import { splitArn } from './pattern.ts';
import type { PrincipalEntry } from './principals.ts';
import { isVariable, type KeyLookup, type Template } from './template.ts';

/** A value that statements tell callers apart by; `wild`: its wildcards count. */
export interface Mention {
  readonly text: string;
  readonly wild: boolean;
}

/** What some statements mention, and so tell callers apart by. */
export interface Mentions {
  readonly accounts: ReadonlySet<string>;
  readonly accountPatterns: ReadonlySet<string>;
  /** Whole principal ARNs, and patterns of them. */
  readonly arns: ReadonlySet<string>;
  readonly arnPatterns: ReadonlySet<string>;
  readonly userNames: ReadonlySet<string>;
  readonly providers: ReadonlySet<string>;
  readonly orgs: ReadonlySet<string>;
  readonly orgPatterns: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
  readonly pathPatterns: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly sourceArns: ReadonlySet<string>;
  /** Which sides of a caller are looked at by any condition. */
  readonly uses: Readonly<Uses>;
}

interface Uses {
  form: boolean;
  org: boolean;
  path: boolean;
  sourceAccount: boolean;
  sourceArn: boolean;
  sourceOrg: boolean;
  sourcePath: boolean;
  /** Some comparison ignores case. */
  folded: boolean;
}

/** Mentions being gathered. Most sets stay empty, so that they share one until something is added. */
type Gathering = { -readonly [K in Exclude<keyof Mentions, 'uses'>]: Set<string> } & {
  readonly uses: Uses;
};

/** INVARIANT: never added to. */
const EMPTY = new Set<string>();

const nothing = (): Gathering => ({
  accounts: EMPTY,
  accountPatterns: EMPTY,
  arns: EMPTY,
  arnPatterns: EMPTY,
  userNames: EMPTY,
  providers: EMPTY,
  orgs: EMPTY,
  orgPatterns: EMPTY,
  paths: EMPTY,
  pathPatterns: EMPTY,
  services: EMPTY,
  sourceArns: EMPTY,
  uses: {
    form: false,
    org: false,
    path: false,
    sourceAccount: false,
    sourceArn: false,
    sourceOrg: false,
    sourcePath: false,
    folded: false,
  },
});

const add = (found: Gathering, where: Exclude<keyof Mentions, 'uses'>, text: string): void => {
  const texts = found[where];
  if (texts === EMPTY) found[where] = new Set([text]);
  else texts.add(text);
};

const ACCOUNT = /^\d{12}$/u;

/** What these tests and principals mention. `constants`: keys whose value is the same in every request. */
export const mentionsOf = (
  statements: readonly Statement[],
  entries: readonly PrincipalEntry[],
  constants: KeyLookup,
): Mentions => {
  const found = nothing();
  for (const statement of statements)
    for (const test of statement.tests) {
      use(found, test.slot, test);
      if (test.operator.base === 'stringequalsignorecase') found.uses.folded = true;
      for (const key of test.variables) useKey(found, key);
      if (test.slot === S.resourceAccount && test.variables.length > 0) mentionOwner(found, constants);
      if (test.slot >= 0)
        for (const mention of mentionsIn(test, constants)) mentionBySlot(found, test, mention);
    }
  for (const entry of entries) mentionEntry(found, entry);
  return found;
};

const S = {
  account: slot('aws:principalaccount'),
  arn: slot('aws:principalarn'),
  org: slot('aws:principalorgid'),
  path: slot('aws:principalorgpaths'),
  type: slot('aws:principaltype'),
  serviceName: slot('aws:principalservicename'),
  serviceNames: slot('aws:principalservicenameslist'),
  sourceAccount: slot('aws:sourceaccount'),
  sourceArn: slot('aws:sourcearn'),
  sourceOrg: slot('aws:sourceorgid'),
  sourcePath: slot('aws:sourceorgpaths'),
  username: slot('aws:username'),
  provider: slot('aws:federatedprovider'),
  resourceAccount: slot('aws:resourceaccount'),
} as const;

/** Callers whose own values are compared with the repository's account may be the owner's. */
const mentionOwner = (found: Gathering, constants: KeyLookup): void => {
  const owner = constants('aws:resourceaccount');
  if (owner === null) return;
  add(found, 'accounts', owner);
  add(found, 'userNames', owner);
};

const useKey = (found: Gathering, key: string): void => {
  if (key.startsWith('aws:')) use(found, slotByKey(key), null);
};

const slotByKey = (key: string): number => {
  switch (key) {
    case 'aws:principalarn':
    case 'aws:username':
    case 'aws:principaltype':
    case 'aws:federatedprovider':
      return S.arn;
    case 'aws:principalorgid':
      return S.org;
    case 'aws:principalorgpaths':
      return S.path;
    case 'aws:sourceaccount':
      return S.sourceAccount;
    case 'aws:sourcearn':
      return S.sourceArn;
    case 'aws:sourceorgid':
      return S.sourceOrg;
    case 'aws:sourceorgpaths':
      return S.sourcePath;
    default:
      return -1;
  }
};

const use = ({ uses }: Gathering, at: number, test: ConditionTest | null): void => {
  if (at === S.arn || at === S.type || at === S.username || at === S.provider) uses.form = true;
  else if (at === S.org) uses.org = true;
  else if (at === S.path) uses.path = true;
  else if (at === S.sourceAccount) uses.sourceAccount = true;
  else if (at === S.sourceArn) uses.sourceArn = true;
  else if (at === S.sourceOrg) uses.sourceOrg = true;
  else if (at === S.sourcePath) uses.sourcePath = true;
  else if (test === null) return;
};

/** The values of a test as texts: variables become their constant, their default, or a wildcard. */
const mentionsIn = (test: ConditionTest, constants: KeyLookup): Mention[] => {
  const wildcards = test.operator.base === 'stringlike' || test.operator.base === 'arnlike';
  return test.values.flatMap((expected, n): Mention[] => {
    if (expected.kind === 'template') return templateMentions(expected.template, wildcards, constants);
    const text = test.texts[n] ?? '';
    return [{ text, wild: wildcards && /[*?]/u.test(text) }];
  });
};

const templateMentions = (template: Template, wildcards: boolean, constants: KeyLookup): Mention[] => {
  const write = (filled: (key: string, fallback: string | null) => string): string =>
    template.map((part) => (isVariable(part) ? filled(part.key, part.fallback) : part.text)).join('');
  const open = write((key) => constants(key) ?? '*');
  const closed = write((key, fallback) => constants(key) ?? fallback ?? '*');
  return [...new Set([open, closed])].map((text) => ({
    text,
    wild: text.includes('*') || (wildcards && text.includes('?')),
  }));
};

const mentionBySlot = (found: Gathering, test: ConditionTest, mention: Mention): void => {
  const { text, wild } = mention;
  switch (test.slot) {
    case S.account:
    case S.sourceAccount:
      if (wild) add(found, 'accountPatterns', text);
      else for (const account of accountsAround(test, text)) add(found, 'accounts', account);
      break;
    case S.arn:
      mentionArn(found, mention);
      break;
    case S.org:
    case S.sourceOrg:
      add(found, wild ? 'orgPatterns' : 'orgs', text);
      if (test.operator.base === 'stringequalsignorecase') add(found, 'orgs', text.toLowerCase());
      break;
    case S.path:
    case S.sourcePath:
      add(found, wild ? 'pathPatterns' : 'paths', text);
      if (test.operator.base === 'stringequalsignorecase') add(found, 'paths', text.toLowerCase());
      break;
    case S.serviceName:
    case S.serviceNames:
      if (!wild) add(found, 'services', text);
      break;
    case S.sourceArn:
      add(found, 'sourceArns', text);
      mentionAccountOf(found, text);
      break;
    case S.username:
      if (!wild) add(found, 'userNames', text);
      break;
    case S.provider:
      if (!wild) add(found, 'providers', text);
      break;
    default:
      break;
  }
};

/** A number compared with an account tells apart the accounts on both sides of it. */
const accountsAround = (test: ConditionTest, text: string): string[] => {
  if (!ACCOUNT.test(text)) return [];
  if (!test.operator.base.startsWith('numeric')) return [text];
  return [Number(text) - 1, Number(text), Number(text) + 1].map((value) => String(value).padStart(12, '0'));
};

const mentionAccountOf = (found: Gathering, arn: string): void => {
  const account = splitArn(arn)[4];
  if (account === undefined) return;
  if (ACCOUNT.test(account)) add(found, 'accounts', account);
  else if (/^[\d*?]+$/u.test(account)) add(found, 'accountPatterns', account);
};

const mentionArn = (found: Gathering, { text, wild }: Mention): void => {
  add(found, wild ? 'arnPatterns' : 'arns', text);
  mentionAccountOf(found, text);
};

const mentionEntry = (found: Gathering, entry: PrincipalEntry): void => {
  switch (entry.kind) {
    case 'account':
      add(found, 'accounts', entry.account);
      if (entry.partition !== null) add(found, 'arns', entry.text);
      break;
    case 'arn':
      found.uses.form = true;
      mentionArn(found, { text: entry.text, wild: false });
      break;
    case 'pattern':
      found.uses.form = true;
      mentionArn(found, { text: entry.text, wild: true });
      break;
    case 'service':
      add(found, 'services', entry.service);
      break;
    case 'provider':
      found.uses.form = true;
      add(found, 'providers', entry.text);
      break;
    case 'everyone':
    case 'any-service':
    case 'orphan':
    case 'unknown':
      break;
    default:
      entry satisfies never;
  }
};
