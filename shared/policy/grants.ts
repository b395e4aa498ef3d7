import { equalSets, namesIn, type ActionSet, type ActionUniverse } from './actions.ts';
import type { ConditionTest } from './conditions.ts';
import { accessLevelOf } from './ecr-actions.ts';
import type { Statement } from './parse-statement.ts';
import type { PrincipalEntry } from './principals.ts';
import type { AccessGrant } from './report.ts';

/** What one entry of a statement's principal effectively gets. */
export interface EntryAccess {
  readonly entry: PrincipalEntry;
  readonly actions: ActionSet;
  readonly trusted: boolean;
  readonly public: boolean;
}

/** The evidence of one statement: entries that get the same are one grant. */
export const grantsOf = (
  statement: Statement,
  results: readonly EntryAccess[],
  universe: ActionUniverse,
): AccessGrant[] => {
  if (results.length === 1) return [describe(statement, results, universe)];
  const groups: EntryAccess[][] = [];
  for (const result of results) {
    const alike = groups.find((group) => group[0] !== undefined && sameAccess(group[0], result));
    if (alike === undefined) groups.push([result]);
    else alike.push(result);
  }
  return groups.flatMap((group) => (group[0] === undefined ? [] : [describe(statement, group, universe)]));
};

const sameAccess = (a: EntryAccess, b: EntryAccess): boolean =>
  a.trusted === b.trusted && a.public === b.public && equalSets(a.actions, b.actions);

const describe = (
  statement: Statement,
  group: readonly EntryAccess[],
  universe: ActionUniverse,
): AccessGrant => {
  const [first] = group;
  const principals = principalTexts(statement, group);
  const actions = first === undefined ? [] : namesIn(universe, first.actions);
  const conditions = statement.tests.map(conditionText);
  const trusted = first?.trusted ?? true;
  const open = first?.public ?? false;
  const subject = { principals, actions, conditions, trusted, public: open };
  return {
    statement: statement.index,
    ...(statement.origin === 'registry' ? { origin: statement.origin } : {}),
    sid: statement.sid,
    ...subject,
    sentence: sentenceOf(statement, subject),
  };
};

const principalTexts = (statement: Statement, group: readonly EntryAccess[]): string[] => {
  const { excepted } = statement.principal;
  if (excepted === null) return group.map(({ entry }) => entry.text);
  return [`everyone except ${excepted.map((entry) => entry.text).join(', ')}`];
};

/** `StringEquals aws:PrincipalOrgID o-a1b2c3d4e5` */
const conditionText = ({ operatorText, keyText, texts }: ConditionTest): string =>
  `${operatorText} ${keyText} ${texts.join(', ')}`;

type Evidence = Pick<AccessGrant, 'principals' | 'actions' | 'conditions' | 'trusted' | 'public'>;

const sentenceOf = (statement: Statement, evidence: Evidence): string => {
  const where = statement.origin === 'registry' ? ' of the registry policy' : '';
  const sid = statement.sid === null ? '' : ` \`${statement.sid}\``;
  const name = `statement ${statement.index}${sid}${where}`;
  return `${whoText(evidence)} can ${doingText(evidence.actions)}: ${name} names Principal ${listText(evidence.principals, 3)} ${conditionsText(evidence.conditions)}`;
};

/** Whoever can be named is named: `untrusted account 999988887777`. */
const whoText = ({ public: open, trusted, principals }: Evidence): string => {
  if (open) return 'any AWS account';
  const names = principals.map(nameText);
  const known = names.filter((name) => name !== null);
  if (known.length < names.length || known.length > 2)
    return trusted ? 'a trusted caller' : 'an untrusted caller';
  return `${trusted ? 'trusted' : 'untrusted'} ${known.join(' and ')}`;
};

const ACCOUNT = /^(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?$/;
const SERVICE = /^[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?$/;

/** A principal as the subject of a sentence; null for one that stands for many. */
const nameText = (principal: string): string | null => {
  const account = ACCOUNT.exec(principal)?.[1];
  if (account !== undefined) return `account ${account}`;
  if (SERVICE.test(principal)) return `service \`${principal}\``;
  return principal.startsWith('arn:') && !/[*?]/.test(principal) ? `\`${principal}\`` : null;
};

const conditionsText = (conditions: readonly string[]): string =>
  conditions.length === 0
    ? 'with no condition'
    : `with ${conditions.map((text) => `\`${text}\``).join(' and ')}`;

const listText = (items: readonly string[], shown: number): string => {
  const head = items.slice(0, shown).map((item) => `\`${item}\``);
  return items.length > shown ? `${head.join(', ')} and ${items.length - shown} more` : head.join(', ');
};

const PULL = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const PUSH = ['ecr:PutImage'];
const DELETE = ['ecr:BatchDeleteImage', 'ecr:DeleteRepository'];
const POLICY = ['ecr:SetRepositoryPolicy', 'ecr:DeleteRepositoryPolicy', 'ecr:PutRegistryPolicy'];

/** `pull images (ecr:BatchGetImage, …)` */
const doingText = (actions: readonly string[]): string => {
  const has = (some: readonly string[]): boolean => some.some((action) => actions.includes(action));
  const verbs = [
    ...(has(PULL) ? ['pull images'] : []),
    ...(has(PUSH) ? ['push images'] : []),
    ...(has(DELETE) ? ['delete'] : []),
    ...(has(POLICY) ? ['change the policy'] : []),
  ];
  const what = verbs.length === 0 ? otherwise(actions) : joinWords(verbs);
  return `${what} (${actions.slice(0, 3).join(', ')}${actions.length > 3 ? `, and ${actions.length - 3} more` : ''})`;
};

const otherwise = (actions: readonly string[]): string =>
  actions.every((action) => ['List', 'Read'].includes(accessLevelOf(action)))
    ? 'read metadata'
    : 'change the repository';

const joinWords = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
