import { InvalidArgumentError, Option, type Command } from 'commander';
import { ACCOUNT_ID, PRINCIPAL } from '../shared/config/text-rules.ts';
import type { Trust } from '../shared/model/trust.ts';
import { plainText } from '../shared/report/sanitise.ts';

/** The values of the trust options, as commander gives them. */
export interface TrustOptions {
  readonly trustAccount?: readonly string[];
  readonly trustOrganization?: readonly string[];
  readonly trustOu?: readonly string[];
  readonly trustPrincipal?: readonly string[];
}

interface Form {
  readonly expected: string;
  readonly accepts: (text: string) => string | null;
}

const form = (expected: string, pattern: RegExp): Form => ({
  expected,
  accepts: (text) => (pattern.test(text) ? text : null),
});

// By shape only, shorter ids than AWS gives out too: a wrong one trusts nobody.
const ORGANIZATION = form('an organization id like `o-a1b2c3d4e5`', /^o-[a-z0-9]{1,32}$/);
const UNIT = form(
  'an organization path like `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, with the last slash',
  /^o-[a-z0-9]{1,32}\/r-[a-z0-9]{1,32}\/(?:ou-[a-z0-9-]{1,68}\/)*$/,
);
const ISO_TIME = form(
  'a time like `2027-01-31T12:00:00Z`',
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/,
);

/** A parser for commander that says what was expected. */
const parsedBy =
  ({ accepts, expected }: Form) =>
  (text: string): string => {
    const value = accepts(text);
    if (value === null) throw new InvalidArgumentError(`\`${plainText(text, 80)}\` is not ${expected}`);
    return value;
  };

const collected =
  (rule: Form) =>
  (text: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    parsedBy(rule)(text),
  ];

/** An option that may be given several times. */
export const repeatable = (flags: string, description: string, rule: Form): Option =>
  new Option(flags, `${description} (repeatable)`).argParser(collected(rule));

/** An option whose value must have a form. */
export const singleOption = (flags: string, description: string, rule: Form): Option =>
  new Option(flags, description).argParser(parsedBy(rule));

/** Any text at all. */
export const ANY_TEXT: Form = { expected: 'some text', accepts: (text) => (text === '' ? null : text) };

export const parseAccount = parsedBy(ACCOUNT_ID);

/** An ISO 8601 time; a date that no calendar has is refused. */
export const parseTime = (text: string): string => {
  const value = parsedBy(ISO_TIME)(text);
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new InvalidArgumentError(`\`${plainText(text, 80)}\` is no time of any day`);
  return new Date(time).toISOString();
};

/** Adds the options that say who is trusted. */
export const withTrustOptions = (command: Command): Command =>
  command
    .addOption(repeatable('--trust-account <id>', 'trust this account, 12 digits', ACCOUNT_ID))
    .addOption(repeatable('--trust-organization <o-id>', 'trust this organization', ORGANIZATION))
    .addOption(
      repeatable('--trust-ou <path>', 'trust this organizational unit, o-…/r-…/ou-…/, and those below', UNIT),
    )
    .addOption(
      repeatable('--trust-principal <arn>', 'trust this principal; a role covers its sessions', PRINCIPAL),
    );

/** The trust that the options declare, added to what the configuration declares. */
export const trustOf = (options: TrustOptions, configured?: Trust): Trust => ({
  accounts: [...(configured?.accounts ?? []), ...(options.trustAccount ?? [])],
  organizations: [...(configured?.organizations ?? []), ...(options.trustOrganization ?? [])],
  organizationalUnits: [...(configured?.organizationalUnits ?? []), ...(options.trustOu ?? [])],
  principals: [...(configured?.principals ?? []), ...(options.trustPrincipal ?? [])],
});
