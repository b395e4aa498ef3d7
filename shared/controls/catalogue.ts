import type { ConfiguredControl } from '../model/control.ts';
import type { Settings } from '../model/settings.ts';
import type { Control } from './control.ts';
import { customerManagedKey } from './customer-managed-key.ts';
import { imageScanning } from './image-scanning.ts';
import { lifecyclePolicy } from './lifecycle-policy.ts';
import { publicAccess } from './public-access.ts';
import { registryScanning } from './registry-scanning.ts';
import { tagImmutability } from './tag-immutability.ts';
import { untrustedAccess } from './untrusted-access.ts';

/** Every control there is, in the order in which people read about them. */
export const CATALOGUE: readonly Control[] = [
  imageScanning,
  registryScanning,
  publicAccess,
  untrustedAccess,
  tagImmutability,
  lifecyclePolicy,
  customerManagedKey,
];

/**
 * The enabled controls with their settings bound, in the catalogue's order. A control that the settings do not
 * mention is enabled with its defaults: leaving one out must not turn it off.
 * @throws ConfigError for options that are not a control's own.
 */
export const configureCatalogue = (
  settings: Pick<Settings, 'controls'>,
  catalogue: readonly Control[] = CATALOGUE,
): readonly ConfiguredControl[] =>
  catalogue.flatMap((control) => {
    const own = Object.hasOwn(settings.controls, control.id) ? settings.controls[control.id] : undefined;
    if (own?.enabled === false) return [];
    return [control.configure(own ?? { severity: null, remediate: 'off', options: {} })];
  });
