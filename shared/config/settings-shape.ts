import { SEVERITIES } from '../model/compliance.ts';
import type { Exemption } from '../model/finding.ts';
import type { Scope, Settings } from '../model/settings.ts';
import type { Trust } from '../model/trust.ts';
import { controlsShape, type ControlDescriptor } from './controls-shape.ts';
import { DEFAULTS } from './defaults.ts';
import { isEmpty, pathText, scalarText } from './located.ts';
import { quoted } from './problem.ts';
import {
  boolean,
  documented,
  integer,
  isBlock,
  list,
  mapped,
  object,
  oneOf,
  optionalText,
  report,
  text,
  type Cursor,
  type Shape,
} from './shape.ts';
import * as rules from './text-rules.ts';

/** What a configuration file says, complete; `version` is made of it. */
export type Configured = Omit<Settings, 'version'>;

const trust: Shape<Trust> = object<Trust>({
  accounts: documented('Trusted accounts.', list(text(rules.ACCOUNT_ID), DEFAULTS.trust.accounts)),
  organizations: documented(
    'Trusted organizations.',
    list(text(rules.ORGANIZATION), DEFAULTS.trust.organizations),
  ),
  organizationalUnits: documented(
    'Trusted parts of organizations, as paths that end in `/`; all below a path is meant.',
    list(text(rules.UNIT_PATH), DEFAULTS.trust.organizationalUnits),
  ),
  principals: documented(
    "Trusted principals by exact ARN; a role's ARN covers the role's sessions.",
    list(text(rules.PRINCIPAL), DEFAULTS.trust.principals),
  ),
});

const registries = object<Settings['registries']>({
  approved: documented(
    'Registries from which images may come: `host[:port][/path]`. `*` stays inside one label of the host, and inside one segment of the path unless it is the whole last one.',
    list(text(rules.APPROVED_PATTERN), DEFAULTS.registries.approved),
  ),
});

const scope = (fallback: Scope): Shape<Scope> =>
  object<Scope>({
    accounts: documented(
      'Accounts, `*` any characters; empty: all.',
      list(text(rules.ACCOUNT_PATTERN), fallback.accounts),
    ),
    regions: documented(
      'Regions, `*` any characters; empty: all.',
      list(text(rules.REGION_PATTERN), fallback.regions),
    ),
    repositories: documented(
      'Repositories by name, `*` any characters; empty: all.',
      list(text(rules.REPOSITORY_PATTERN), fallback.repositories),
    ),
    excludeRepositories: documented(
      'Repositories that are left out although they match.',
      list(text(rules.REPOSITORY_PATTERN), fallback.excludeRepositories),
    ),
  });

type ExemptionEntry = Omit<Exemption, 'violationsDigest'> & { readonly violationsDigest: string | null };

/** At least one: an exemption for nothing is a mistake. */
const patterns = (): Shape<readonly string[]> => {
  const shape = list(text(rules.PATTERN));
  return {
    schema: { ...shape.schema, minItems: 1 },
    required: true,
    read: (cursor) => {
      const read = shape.read(cursor);
      const given = cursor.node?.kind === 'list' ? cursor.node.items.length : 0;
      if (given === 0 && (isEmpty(cursor.node) || cursor.node?.kind === 'list')) {
        report(cursor, `${quoted(pathText(cursor.path))} needs at least one pattern`);
      }
      return read;
    },
  };
};

const exemptionEntry = object<ExemptionEntry>({
  id: documented('Unique name of the exemption.', text(rules.IDENTIFIER)),
  controls: documented('Controls it covers, `*` any characters.', patterns()),
  resources: documented('Resources by ARN or name, `*` any characters.', patterns()),
  owner: documented('Who answers for it.', text(rules.SENTENCE)),
  reason: documented('Why it is right.', text(rules.SENTENCE)),
  expiresAt: documented('From then on it no longer holds.', text(rules.EXPIRY)),
  violationsDigest: documented(
    'Covers only the violations with this fingerprint: a policy that is opened further breaks it.',
    optionalText(null, rules.DIGEST),
  ),
});

const exemption: Shape<Exemption> = mapped(exemptionEntry, ({ violationsDigest, ...rest }) =>
  violationsDigest === null ? rest : { ...rest, violationsDigest },
);

/** Two exemptions of one id would be told apart by nobody. */
const uniqueIds = (shape: Shape<readonly Exemption[]>): Shape<readonly Exemption[]> => ({
  ...shape,
  read: (cursor) => {
    const read = shape.read(cursor);
    const seen = new Set<string>();
    for (const [index, { id }] of read.entries()) {
      const item = cursor.node?.kind === 'list' ? cursor.node.items[index] : undefined;
      if (id !== '' && seen.has(id)) {
        report(
          { ...cursor, node: item, path: [...cursor.path, index, 'id'] },
          `the id \`${id}\` is used twice`,
        );
      }
      seen.add(id);
    }
    return read;
  },
});

const remediation = object<Settings['remediation']>({
  optOutTag: documented(
    'Tag key that opts a repository out, with any value but `false`.',
    optionalText(DEFAULTS.remediation.optOutTag, rules.TAG_KEY),
  ),
  scope: documented('What may be changed at all.', scope(DEFAULTS.remediation.scope)),
});

/** A block of account ids with a name each. */
const aliases: Shape<Readonly<Record<string, string>>> = {
  schema: {
    type: 'object',
    propertyNames: { pattern: '^[0-9]{12}$' },
    additionalProperties: { type: 'string' },
    default: DEFAULTS.alerts.accountAliases,
  },
  read: (cursor) =>
    isBlock(cursor) && cursor.node?.kind === 'map'
      ? Object.fromEntries(cursor.node.entries.flatMap((entry) => aliasOf(cursor, entry)))
      : DEFAULTS.alerts.accountAliases,
};

const aliasOf = (
  cursor: Cursor,
  {
    key,
    keyAt,
    value,
  }: { readonly key: string; readonly keyAt: Cursor['keyAt']; readonly value: NonNullable<Cursor['node']> },
): [string, string][] => {
  const at: Cursor = { ...cursor, node: value, keyAt, path: [...cursor.path, key] };
  if (!/^[0-9]{12}$/.test(key)) {
    report(
      at,
      `key ${quoted(key)} of ${quoted(pathText(cursor.path))} is not an account id of 12 digits`,
      keyAt,
    );
    return [];
  }
  text(rules.SENTENCE).read(at);
  return [[key, (scalarText(value) ?? '').trim()]];
};

const alerts = object<Settings['alerts']>({
  minimumSeverity: documented(
    'Findings below it are stored and not told.',
    oneOf(SEVERITIES, DEFAULTS.alerts.minimumSeverity),
  ),
  digestAbove: documented(
    'A sweep that opens more findings than this sends one digest instead of single alerts.',
    integer(DEFAULTS.alerts.digestAbove, { minimum: 0, maximum: 10_000 }),
  ),
  runbookBaseUrl: documented(
    'Where your runbooks are; the id of the control is added.',
    optionalText(DEFAULTS.alerts.runbookBaseUrl, rules.HTTPS_URL),
  ),
  accountAliases: documented('Names of accounts, shown in alerts.', aliases),
  securityHub: documented('Also send findings to Security Hub CSPM.', boolean(DEFAULTS.alerts.securityHub)),
});

const state = object<Settings['state']>({
  historyDays: documented(
    'Days for which the history of a finding is kept.',
    integer(DEFAULTS.state.historyDays, { minimum: 1, maximum: 3650 }),
  ),
  ownerTags: documented(
    "Tag keys that name a repository's owner; the first one that is there wins.",
    list(text(rules.TAG_KEY), DEFAULTS.state.ownerTags),
  ),
});

/** The whole file. */
export const settingsShape = (controls: readonly ControlDescriptor[]): Shape<Configured> =>
  object<Configured>({
    controls: documented(
      'What is judged. A control that is not mentioned is enabled with its defaults.',
      controlsShape(controls),
    ),
    trust: documented('Who is trusted outside the account that owns a repository.', trust),
    registries: documented('Where images may come from.', registries),
    scope: documented('What is judged at all.', scope(DEFAULTS.scope)),
    exemptions: documented(
      'Dated, owned, reasoned exceptions.',
      uniqueIds(list(exemption, DEFAULTS.exemptions)),
    ),
    remediation: documented('The guards of unattended remediation.', remediation),
    alerts: documented('What is told, and how.', alerts),
    state: documented('What is kept.', state),
  });
