import { PutRegistryScanningConfigurationCommand } from '@aws-sdk/client-ecr';
import type { ScanningFilterAddition } from '../model/change.ts';
import { AwsRequestError } from '../model/errors.ts';
import type { RegistryScanning } from '../model/facts.ts';
import { addScanningFilter } from '../model/registry-scanning.ts';
import { registryScanning, type RegistryAccess } from './ecr-calls.ts';
import { callAws } from './faults.ts';

// `PutRegistryScanningConfiguration` replaces every rule of the registry. Callers hold the registry's lock against each
// other; against the console and other tools there is only reading just before the write and again after it.

/** The registry's rules now. Throws `AwsRequestError` where they cannot be read: nothing may be written then. */
export const currentRegistryScanning = async (access: RegistryAccess): Promise<RegistryScanning> => {
  const fact = await registryScanning(access);
  if (fact.status === 'known') return fact.value;
  throw new AwsRequestError(`the registry's scanning rules cannot be read: ${fact.message}`);
};

/**
 * Adds a filter to the rules as they are at this moment; whatever is there stays. Gives the rules as read after the
 * write. Where the filter is there already nothing is written. `before` is what the caller has on record.
 */
export const addRegistryFilter = async (
  access: RegistryAccess,
  add: ScanningFilterAddition,
  before: RegistryScanning,
): Promise<RegistryScanning> => {
  const current = await currentRegistryScanning(access);
  mustBeSafe(current, add, before);
  const wanted = addScanningFilter(current, add);
  if (wanted === null) throw new AwsRequestError("ECR's limits leave no room for another rule or filter");
  if (wanted === current) return current;
  return putRegistryScanning(access, wanted);
};

/** Refuses what would narrow the registry's scanning, or mean something else than when it was planned. */
const mustBeSafe = (
  current: RegistryScanning,
  add: ScanningFilterAddition,
  before: RegistryScanning,
): void => {
  if (current.scanType !== before.scanType) {
    throw new AwsRequestError('the scan type of the registry has changed since the plan was made');
  }
  if (current.scanType === 'ENHANCED' && current.rules.length === 0) {
    throw new AwsRequestError('without rules ENHANCED scans every repository: a first rule would end that');
  }
  if (current.scanType === 'BASIC' && add.frequency !== 'SCAN_ON_PUSH') {
    throw new AwsRequestError(`BASIC scanning has no frequency ${add.frequency}`);
  }
};

/** Writes exactly these rules, reads them back and gives what is there. Throws if a rule or filter is missing. */
export const putRegistryScanning = async (
  access: RegistryAccess,
  wanted: RegistryScanning,
): Promise<RegistryScanning> => {
  await callAws({ service: 'ecr', operation: 'PutRegistryScanningConfiguration' }, () =>
    access.ecr.send(
      new PutRegistryScanningConfigurationCommand({
        scanType: wanted.scanType,
        rules: wanted.rules.map(({ frequency, filters }) => ({
          scanFrequency: frequency,
          repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' as const })),
        })),
      }),
    ),
  );
  const now = await currentRegistryScanning(access);
  if (!holds(now, wanted)) {
    throw new AwsRequestError(
      'the registry lacks a rule or filter that was written: somebody else changed it',
      {
        data: { ...access.at },
      },
    );
  }
  return now;
};

/** Whether every rule and filter of `wanted` is in `now`. */
const holds = (now: RegistryScanning, wanted: RegistryScanning): boolean =>
  now.scanType === wanted.scanType &&
  wanted.rules.every((rule) => {
    const same = now.rules.filter(({ frequency }) => frequency === rule.frequency);
    return same.length > 0 && rule.filters.every((filter) => same.some((r) => r.filters.includes(filter)));
  });
