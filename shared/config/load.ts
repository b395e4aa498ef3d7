import type { Settings } from '../model/settings.ts';
import type { ControlDescriptor } from './controls-shape.ts';
import { positionOf } from './located.ts';
import { parseYaml } from './parse-yaml.ts';
import { configError, inFileOrder, type Problem } from './problem.ts';
import { readSettings } from './read-settings.ts';
import { settingsShape } from './settings-shape.ts';
import type { JsonSchema } from './shape.ts';
import { configWarnings } from './warnings.ts';

/** What `config check` tells. `settings` is null if there are problems. */
export interface CheckedConfig {
  readonly settings: Settings | null;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** Things that are allowed and probably not meant. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads a configuration and tells everything that is wrong with it. Never throws for what the file says.
 * @param now ISO 8601, for exemptions that have expired
 */
export const checkConfig = (
  textOfFile: string,
  controls: readonly ControlDescriptor[],
  now: string,
): CheckedConfig => {
  const parsed = parseYaml(textOfFile);
  if (!parsed.ok) return { settings: null, problems: inFileOrder(parsed.problems), warnings: [] };
  const { settings, problems } = readSettings(parsed.root, controls);
  if (problems.length > 0) return { settings: null, problems: inFileOrder(problems), warnings: [] };
  const warnings = configWarnings(settings, now).map(({ path, key, message }) => ({
    key,
    message,
    at: positionOf(parsed.root, path),
  }));
  return { settings, problems: [], warnings: inFileOrder(warnings) };
};

/**
 * The settings that the text of `ecr-warden.yml` means, defaults filled in.
 * @throws ConfigError naming file, line, key, value and what was expected, for all problems at once
 */
export const parseConfig = (
  textOfFile: string,
  fileName: string,
  controls: readonly ControlDescriptor[],
): Settings => {
  const parsed = parseYaml(textOfFile);
  if (!parsed.ok) throw configError(fileName, parsed.problems);
  const { settings, problems } = readSettings(parsed.root, controls);
  if (problems.length > 0) throw configError(fileName, problems);
  return settings;
};

/** The JSON Schema of `ecr-warden.yml`, with descriptions and every default. */
export const configJsonSchema = (controls: readonly ControlDescriptor[]): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Configuration of ecr-warden',
  ...settingsShape(controls).schema,
});
