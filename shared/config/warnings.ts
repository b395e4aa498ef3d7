import { matchesPattern } from '../model/pattern.ts';
import type { Scope, Settings } from '../model/settings.ts';
import { unapprovedAliases } from './approved-pattern.ts';
import { pathText } from './located.ts';
import { quoted } from './problem.ts';

type Path = readonly (string | number)[];

/** Something that is allowed and probably not meant. */
export interface Warning {
  readonly path: Path;
  readonly key: string;
  readonly message: string;
}

const warning = (path: Path, message: string): Warning => ({ path, key: pathText(path), message });

const DAY = 24 * 60 * 60 * 1000;
/** Days before the end of an exemption at which it is time to look at it again. */
const SOON_DAYS = 14;

const expiryWarnings = ({ exemptions }: Settings, now: string): readonly Warning[] =>
  exemptions.flatMap(({ id, expiresAt }, index) => {
    const left = Date.parse(expiresAt) - Date.parse(now);
    const path = ['exemptions', index, 'expiresAt'];
    if (left <= 0) return [warning(path, `exemption ${quoted(id)} has expired: it covers nothing`)];
    return left > SOON_DAYS * DAY
      ? []
      : [warning(path, `exemption ${quoted(id)} ends in ${Math.ceil(left / DAY)} day(s)`)];
  });

const coverageWarnings = ({ exemptions, controls }: Settings): readonly Warning[] =>
  exemptions.flatMap(({ controls: patterns }, index) =>
    patterns
      .map((pattern, at) => ({ pattern, path: ['exemptions', index, 'controls', at] }))
      .filter(({ pattern }) => !Object.keys(controls).some((id) => matchesPattern(pattern, id)))
      .map(({ pattern, path }) => warning(path, `${quoted(pattern)} matches no control`)),
  );

/** Characters that names of repositories have. Source: ECR API reference, CreateRepository. */
const POSSIBLE_NAME = /^[a-z0-9._/*-]+$/;

const scopeWarnings = (scope: Scope, path: Path): readonly Warning[] => {
  const impossible = (['repositories', 'excludeRepositories'] as const).flatMap((key) =>
    scope[key]
      .map((pattern, at) => ({ pattern, path: [...path, key, at] }))
      .filter(({ pattern }) => !POSSIBLE_NAME.test(pattern))
      .map((each) =>
        warning(
          each.path,
          `${quoted(each.pattern)} matches no repository: their names have other characters`,
        ),
      ),
  );
  return scope.excludeRepositories.some((pattern) => /^\*+$/.test(pattern))
    ? [...impossible, warning([...path, 'excludeRepositories'], 'every repository is excluded')]
    : impossible;
};

const aliasWarnings = ({ registries }: Settings): readonly Warning[] =>
  unapprovedAliases(registries.approved).map(({ approved, alias }) =>
    warning(
      ['registries', 'approved', registries.approved.indexOf(approved)],
      `${quoted(approved)} is approved, its other name ${quoted(alias)} is not`,
    ),
  );

const controlWarnings = ({ controls }: Settings): readonly Warning[] =>
  Object.keys(controls).length > 0 && Object.values(controls).every((control) => !control.enabled)
    ? [warning(['controls'], 'every control is turned off: nothing is judged')]
    : [];

/** Everything that is allowed and probably not meant. `now`: ISO 8601. */
export const configWarnings = (settings: Settings, now: string): readonly Warning[] => [
  ...controlWarnings(settings),
  ...scopeWarnings(settings.scope, ['scope']),
  ...scopeWarnings(settings.remediation.scope, ['remediation', 'scope']),
  ...expiryWarnings(settings, now),
  ...coverageWarnings(settings),
  ...aliasWarnings(settings),
];
