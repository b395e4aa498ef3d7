import { CATALOGUE, configureCatalogue } from '../shared/controls/catalogue.ts';
import { nearest } from '../shared/config/nearest.ts';
import { defaultSettings } from '../shared/config/read-settings.ts';
import { neededFacts } from '../shared/engine/needs.ts';
import type { ConfiguredControl } from '../shared/model/control.ts';
import { ConfigError } from '../shared/model/errors.ts';
import type { Settings } from '../shared/model/settings.ts';
import { readActions, readPolicyDocument, type PolicyDocument } from '../shared/report/iam-policy.ts';
import { plainText } from '../shared/report/sanitise.ts';

const knownControl = (id: string): void => {
  const ids = CATALOGUE.map((control) => control.id);
  if (ids.includes(id)) return;
  const meant = nearest(id, ids);
  const hint = meant === null ? `there are ${ids.join(', ')}` : `did you mean \`${meant}\`?`;
  throw new ConfigError(`there is no control \`${plainText(id, 80)}\`: ${hint}`);
};

/**
 * The controls to judge by: those that the configuration enables, or exactly the named ones, turned off or not.
 * Throws `ConfigError` for a name that no control has.
 */
export const chosenControls = (
  settings: Settings,
  wanted: readonly string[] | undefined,
): readonly ConfiguredControl[] => {
  if (wanted === undefined) return configureCatalogue(settings);
  wanted.forEach(knownControl);
  const defaults = defaultSettings(CATALOGUE).controls;
  const enabled = wanted.flatMap((id) => {
    const control = settings.controls[id] ?? defaults[id];
    return control === undefined ? [] : [[id, { ...control, enabled: true }] as const];
  });
  const configured = configureCatalogue({
    controls: { ...settings.controls, ...Object.fromEntries(enabled) },
  });
  return configured.filter(({ id }) => wanted.includes(id));
};

/** The least that the credentials must allow for these controls. `GetCallerIdentity` needs no permission. */
export const scanPolicy = (
  controls: readonly ConfiguredControl[],
  at: { readonly partition: string; readonly account?: string },
): PolicyDocument => {
  const repositories = neededFacts(controls, 'repository', []);
  const actions = readActions([...repositories, ...neededFacts(controls, 'registry', [])]);
  const listing = repositories.size === 0 ? [] : ['ecr:DescribeRepositories'];
  return readPolicyDocument({ ...at, actions: [...actions, ...listing] });
};
