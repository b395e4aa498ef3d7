import { MalformedInputError } from '../shared/model/errors.ts';
import { NO_TRUST, type Trust } from '../shared/model/trust.ts';
import { analyzeAccess } from '../shared/policy/access.ts';
import type { AccessInput } from '../shared/policy/report.ts';
import type { LineAnswer } from './jsonl.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An own field; what a prototype has does not count. */
const field = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

const ownerOf = (line: Fields): string => {
  const owner = field(line, 'ownerAccount');
  if (typeof owner === 'string' && /^[0-9]{12}$/.test(owner)) return owner;
  throw new MalformedInputError('`ownerAccount` must be an account id of 12 digits, as text');
};

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const textsOf = (trust: Fields, name: keyof Trust): readonly string[] => {
  const value = field(trust, name) ?? [];
  if (isTexts(value)) return value;
  throw new MalformedInputError(`\`trust.${name}\` must be a list of texts`);
};

/** An entry of the wrong form trusts nobody, which errs on reporting. */
const trustOf = (line: Fields): Trust => {
  const trust = field(line, 'trust') ?? NO_TRUST;
  if (!isFields(trust)) throw new MalformedInputError('`trust` must be an object');
  return {
    accounts: textsOf(trust, 'accounts'),
    organizations: textsOf(trust, 'organizations'),
    organizationalUnits: textsOf(trust, 'organizationalUnits'),
    principals: textsOf(trust, 'principals'),
  };
};

const timeOf = (line: Fields, now: string): string => {
  const given = field(line, 'now') ?? now;
  const time = typeof given === 'string' ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(time)) throw new MalformedInputError('`now` must be an ISO 8601 time');
  return new Date(time).toISOString();
};

/** Text that is no JSON is a policy all the same: an invalid one, which errs on reporting. */
const documentOf = (line: Fields): unknown => {
  const policy = field(line, 'policy');
  if (typeof policy === 'string' || (typeof policy === 'object' && policy !== null)) return policy;
  throw new MalformedInputError('`policy` must be a policy document, as text or as an object');
};

const inputOf = (line: Fields, now: string): AccessInput => ({
  ownerAccount: ownerOf(line),
  trust: trustOf(line),
  now: timeOf(line, now),
  document: documentOf(line),
});

/**
 * Answers one line of `check policy --jsonl`; throws `MalformedInputError` for a line that asks nothing.
 * @param now ISO 8601, for lines that give no time of their own
 */
export const checkPolicyLine = (line: unknown, now: string): LineAnswer => {
  if (!isFields(line)) throw new MalformedInputError('the line is not an object');
  const report = analyzeAccess(inputOf(line, now));
  const answer = {
    ...(Object.hasOwn(line, 'id') ? { id: line['id'] } : {}),
    public: report.public,
    untrusted: report.untrusted,
    externalAccounts: report.externalAccounts,
    undecided: report.undecided,
    grants: report.grants,
    notes: report.notes,
  };
  return { answer, reported: report.public || report.untrusted };
};
