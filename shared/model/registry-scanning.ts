import type { ScanningFilterAddition } from './change.ts';
import type { RegistryScanning, ScanningRule } from './facts.ts';

/** Limits of `PutRegistryScanningConfiguration`. Source: ECR API reference, RegistryScanningRule. */
const MAX_SCANNING_RULES = 2;
const MAX_FILTERS_PER_RULE = 100;

/**
 * The registry's rules with one filter more, every rule and filter that was there kept, in its order.
 * Adding what is there already changes nothing. Null where ECR's limits leave no room.
 */
export const addScanningFilter = (
  current: RegistryScanning,
  add: ScanningFilterAddition,
): RegistryScanning | null => {
  const at = current.rules.findIndex((rule) => rule.frequency === add.frequency);
  const rule = current.rules[at];
  if (rule === undefined) return withRule(current, { frequency: add.frequency, filters: [add.filter] });
  if (rule.filters.includes(add.filter)) return current;
  if (rule.filters.length >= MAX_FILTERS_PER_RULE) return null;
  const grown: ScanningRule = { ...rule, filters: [...rule.filters, add.filter] };
  return { ...current, rules: current.rules.with(at, grown) };
};

const withRule = (current: RegistryScanning, rule: ScanningRule): RegistryScanning | null =>
  current.rules.length >= MAX_SCANNING_RULES ? null : { ...current, rules: [...current.rules, rule] };
