import { createHash } from 'node:crypto';
import type { Settings } from '../model/settings.ts';
import type { ControlDescriptor } from './controls-shape.ts';
import type { Located } from './located.ts';
import type { Problem } from './problem.ts';
import { settingsShape, type Configured } from './settings-shape.ts';

/** Hexadecimal digits of a configuration's version. */
const VERSION_LENGTH = 12;

/** JSON with sorted keys: the same settings give the same text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** The version of effective settings: the first 12 hexadecimal digits of the SHA-256 of their canonical JSON. */
const settingsVersion = (settings: Configured): string =>
  createHash('sha256').update(canonical(settings)).digest('hex').slice(0, VERSION_LENGTH);

const versioned = (configured: Configured): Settings => ({
  version: settingsVersion(configured),
  ...configured,
});

interface ReadSettings {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
}

/** The settings of a file's values, and everything that is wrong with them. */
export const readSettings = (root: Located, controls: readonly ControlDescriptor[]): ReadSettings => {
  const problems: Problem[] = [];
  const configured = settingsShape(controls).read({ node: root, path: [], keyAt: null, problems });
  return { settings: versioned(configured), problems };
};

/** The settings that hold without any configuration. */
export const defaultSettings = (controls: readonly ControlDescriptor[]): Settings =>
  readSettings({ kind: 'map', entries: [], at: null }, controls).settings;
