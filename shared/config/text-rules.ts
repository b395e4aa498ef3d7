import { approvedPatternProblem } from './approved-pattern.ts';
import type { TextRule } from './shape.ts';

const matching = (expected: string, pattern: RegExp): TextRule => ({
  expected,
  accepts: (text) => (pattern.test(text) ? text : null),
  schema: { pattern: pattern.source },
});

export const ACCOUNT_ID: TextRule = {
  ...matching('an account id of 12 digits', /^[0-9]{12}$/),
  // Unquoted it is a number to an editor; we read it as it is written.
  schema: { type: ['string', 'integer'], pattern: '^[0-9]{12}$' },
};
export const ACCOUNT_PATTERN: TextRule = {
  ...matching(
    'an account id of 12 digits, or a pattern of digits and `*`',
    /^(?:[0-9]{12}|(?=.{1,12}$)[0-9*]*\*[0-9*]*)$/,
  ),
  schema: { type: ['string', 'integer'] },
};
export const REGION_PATTERN = matching(
  'the name of a Region, or a pattern with `*`',
  /^(?=.{1,64}$)(?:[a-z]{2,6}(?:-[a-z]+)+-[0-9]+|[a-z0-9-]*\*[a-z0-9*-]*)$/,
);
export const REPOSITORY_PATTERN = matching(
  'the name of a repository, or a pattern with `*`',
  /^[^\s\p{Cc}]{1,256}$/u,
);
/** Source: Organizations API reference, Organization. */
export const ORGANIZATION = matching('an organization id like `o-a1b2c3d4e5`', /^o-[a-z0-9]{10,32}$/);
/** Source: IAM User Guide, AWS Organizations entity path. */
export const UNIT_PATH = matching(
  'an organization path like `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, with the last slash',
  /^o-[a-z0-9]{10,32}\/r-[a-z0-9]{4,32}\/(?:ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}\/)*$/,
);
export const PRINCIPAL = matching(
  'the exact ARN of a role, user or account root, without `*`',
  /^arn:aws[a-z-]*:(?:iam::[0-9]{12}:(?:root|(?:role|user)\/[\w+=,.@/-]+)|sts::[0-9]{12}:(?:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+|federated-user\/[\w+=,.@-]+))$/,
);
export const IDENTIFIER = matching(
  'an id of letters, digits, `.`, `_` and `-`',
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
);
export const PATTERN = matching('a pattern, `*` for any characters', /^[^\s\p{Cc}]{1,512}$/u);
export const SENTENCE: TextRule = {
  expected: 'some text in one line, at most 1,000 characters',
  accepts: (text) => (/\S/.test(text) && /^[^\p{Cc}]{1,1000}$/u.test(text.trim()) ? text.trim() : null),
  schema: { minLength: 1, maxLength: 1000 },
};
/** Source: AWS tagging limits, tag keys. */
export const TAG_KEY = matching(
  'a tag key of 1 to 128 characters',
  /^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,128}$/u,
);
export const DIGEST = matching('a fingerprint of lower-case hexadecimal digits', /^[0-9a-f]{8,128}$/);

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/;

/** A date that no calendar has (31 February) is none: `Date` would take it for one in March. */
const isoTime = (text: string): string | null => {
  if (!ISO_TIME.test(text)) return null;
  const time = Date.parse(text);
  const iso = Number.isNaN(time) ? null : new Date(time).toISOString();
  return iso !== null && iso.slice(0, 10) === text.slice(0, 10) ? iso : null;
};

export const EXPIRY: TextRule = {
  expected: 'a date like `2027-01-31`, or a time in UTC like `2027-01-31T12:00Z`',
  accepts: isoTime,
  schema: { pattern: ISO_TIME.source },
};

const httpsUrl = (text: string): string | null => {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? text : null;
};

export const HTTPS_URL: TextRule = {
  expected: 'an https address',
  accepts: httpsUrl,
  schema: { format: 'uri', pattern: '^https://' },
};

export const APPROVED_PATTERN: TextRule = {
  expected: 'a registry like `host[:port][/path]`, without scheme, tag or digest',
  accepts: (text) => (approvedPatternProblem(text) === null ? text : null),
  schema: { minLength: 1 },
};
