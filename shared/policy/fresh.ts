/**
 * Values that no policy mentions, for what a condition leaves open: names that read as made up, and texts made from
 * patterns by filling their wildcards.
 */
export const FRESH = {
  role: 'example-role',
  session: 'example-session',
  user: 'example-user',
  federatedUser: 'example-federated-user',
  service: 'example.amazonaws.com',
  org: 'o-q7q7q7q7q7',
  root: 'r-q7q7',
  unit: 'ou-q7q7-q7q7q7q7',
} as const;

const ACCOUNTS = ['900000000001', '810000000002', '720000000003', '630000000004', '540000000005'] as const;

/** An account that the policy text does not contain. */
export const freshAccount = (source: string): string => {
  const usual = ACCOUNTS.find((account) => !source.includes(account));
  if (usual !== undefined) return usual;
  for (let n = 999_999_999_999; ; n -= 1) if (!source.includes(String(n))) return String(n);
};

/** More wildcards than this are all filled alike. */
const MANY = 6;

/** Texts that match a pattern: its wildcards filled in each of the ways, at most `limit` texts. */
export const instancesOf = (pattern: string, fills: readonly string[], limit = 64): string[] => {
  const pieces = pattern.replaceAll('?', '7').split(/\*+/u);
  if (pieces.length > MANY) return fills.slice(0, limit).map((fill) => pieces.join(fill));
  let texts = [pieces[0] ?? ''];
  for (const piece of pieces.slice(1)) {
    const choices = texts.length * fills.length <= limit ? fills : fills.slice(0, 1);
    texts = texts.flatMap((text) => choices.map((fill) => text + fill + piece));
  }
  return texts;
};

const ACCOUNT = /^\d{12}$/u;

/** Accounts that match a pattern over twelve digits: the digits that are missing go into one of its wildcards. */
export const accountsMatching = (pattern: string): string[] => {
  const pieces = pattern.replaceAll('?', '7').split(/\*+/u);
  const missing = 12 - pieces.join('').length;
  if (missing < 0 || (missing > 0 && pieces.length === 1)) return [];
  if (missing === 0) return ACCOUNT.test(pieces.join('')) ? [pieces.join('')] : [];
  return ['9', '8', '3'].flatMap((digit) => {
    const at = pieces.length === 2 ? [1] : pieces.slice(1).map((_, n) => n + 1);
    return at
      .map((gap) => pieces.slice(0, gap).join('') + digit.repeat(missing) + pieces.slice(gap).join(''))
      .filter((account) => ACCOUNT.test(account));
  });
};

const PATH = /^o-[A-Za-z0-9-]+\/r-[A-Za-z0-9]+\/(?:ou-[A-Za-z0-9-]+\/)*$/u;
const ORG = /^o-[A-Za-z0-9-]+$/u;

export const isOrg = (text: string): boolean => ORG.test(text);

/** The organization of a path. */
export const orgOfPath = (path: string): string => path.slice(0, path.indexOf('/'));

const PATH_FILLS = [
  '',
  `${FRESH.unit}/`,
  FRESH.org.slice(2),
  FRESH.root,
  `${FRESH.root}/`,
  `${FRESH.org}/${FRESH.root}/`,
  FRESH.unit,
];

/** Organization paths that match: the path itself, or the pattern filled so that it is a path. */
export const pathsMatching = (text: string, wild: boolean): string[] =>
  (wild ? instancesOf(text, PATH_FILLS, 256) : [text]).filter((path) => PATH.test(path));

/** Every level above a path, the path, and one unit below it. */
export const levelsOf = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  const levels = parts.slice(1).map((_, n) => `${parts.slice(0, n + 2).join('/')}/`);
  return [...levels, `${path}${FRESH.unit}/`];
};
