import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import type { ControlDescriptor } from './controls-shape.ts';
import type { Environment } from './environment.ts';
import { locatedJson } from './located.ts';
import { configError } from './problem.ts';
import { readSettings } from './read-settings.ts';

/** The file beside a packaged function that holds its settings. */
export const SETTINGS_FILE = 'settings.json';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ConfigError(`${SETTINGS_FILE} is not valid JSON`, { cause });
  }
};

/** The text of `settings.json` for these settings. */
export const settingsToJson = (settings: Settings): string => `${JSON.stringify(settings, null, 2)}\n`;

/**
 * Settings from the text that `settingsToJson` made, validated again.
 * @throws ConfigError if they are not valid for these controls, or not those that their version stands for
 */
export const settingsFromJson = (text: string, controls: readonly ControlDescriptor[]): Settings => {
  const root = locatedJson(parseJson(text));
  const entries = root.kind === 'map' ? root.entries : [];
  const version = entries.find(({ key }) => key === 'version')?.value;
  const file =
    root.kind === 'map' ? { ...root, entries: entries.filter(({ key }) => key !== 'version') } : root;
  const { settings, problems } = readSettings(file, controls);
  if (problems.length > 0) throw configError(SETTINGS_FILE, problems);
  if (version?.kind !== 'scalar' || version.value !== settings.version) {
    throw new ConfigError(`${SETTINGS_FILE} is not what its version stands for: build the package again`, {
      data: { expected: settings.version },
    });
  }
  return settings;
};

/**
 * The settings packaged with the running function: `settings.json` in `LAMBDA_TASK_ROOT`. Call it once, at start.
 * @throws ConfigError if there are none or they are not valid
 */
export const loadPackagedSettings = (
  controls: readonly ControlDescriptor[],
  environment: Environment = process.env,
): Settings => {
  const root = environment['LAMBDA_TASK_ROOT'] ?? '';
  if (root === '') throw new ConfigError('environment variable `LAMBDA_TASK_ROOT` is not set');
  let text: string;
  try {
    text = readFileSync(join(root, SETTINGS_FILE), 'utf8');
  } catch (cause) {
    throw new ConfigError(`${SETTINGS_FILE} is not beside the function`, { cause });
  }
  return settingsFromJson(text, controls);
};
