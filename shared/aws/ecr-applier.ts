import {
  DeleteRepositoryPolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  SetRepositoryPolicyCommand,
  type ECRClient,
  type Repository,
} from '@aws-sdk/client-ecr';
import type { Change, StateBefore } from '../model/change.ts';
import { AwsRequestError } from '../model/errors.ts';
import { TAG_MUTABILITIES, type Fact } from '../model/facts.ts';
import type { Resource } from '../model/resource.ts';
import type { ChangeApplier } from '../ports/effects.ts';
import type { ClientFor } from './clients.ts';
import { describeByName, repositoryPolicy, type RegistryAccess } from './ecr-calls.ts';
import { scanOnPushOf, tagMutabilityOf } from './ecr-wire.ts';
import { callAws } from './faults.ts';
import {
  addRegistryFilter,
  currentRegistryScanning,
  putRegistryScanning,
} from './registry-scanning-writer.ts';

/**
 * Applies changes through ECR. Each write is read back, and a setting that did not take is an `AwsRequestError`.
 * It does not decide: guards, locks and records are the caller's.
 */
export const ecrChangeApplier = (ecr: ClientFor<ECRClient>): ChangeApplier => {
  const accessOf = ({ account, region }: Resource): RegistryAccess => {
    const at = { account, region };
    return { ecr: ecr(at), at };
  };
  return {
    current: (resource, change) => currentState(accessOf(resource), resource, change.kind),
    apply: (resource, change, before) => apply({ access: accessOf(resource), resource }, change, before),
    restore: (resource, state) => putBack({ access: accessOf(resource), resource }, state),
  };
};

interface Target {
  readonly access: RegistryAccess;
  readonly resource: Resource;
}

/** The value of a fact that must be known before anything may be changed. */
const mustKnow = <T>(fact: Fact<T> | null, resource: Resource): T => {
  if (fact?.status === 'known') return fact.value;
  const why = fact === null ? 'there is no such repository' : fact.message;
  throw new AwsRequestError(`the state before the change cannot be read: ${why}`, {
    data: { arn: resource.arn },
  });
};

const describe = async (access: RegistryAccess, resource: Resource): Promise<Repository> => {
  const described = await describeByName(access, [resource.name]);
  return mustKnow(described.get(resource.name) ?? null, resource);
};

const currentState = async (
  access: RegistryAccess,
  resource: Resource,
  kind: Change['kind'],
): Promise<StateBefore> => {
  switch (kind) {
    case 'put-image-scanning-configuration':
      return { kind, scanOnPush: mustKnow(scanOnPushOf(await describe(access, resource)), resource) };
    case 'put-image-tag-mutability':
      return { kind, ...mustKnow(tagMutabilityOf(await describe(access, resource)), resource) };
    case 'set-repository-policy':
      return { kind, policyText: mustKnow(await repositoryPolicy(access, resource.name), resource) };
    case 'put-registry-scanning-configuration':
      return { kind, registryScanning: await currentRegistryScanning(access) };
  }
};

const apply = async (target: Target, change: Change, before: StateBefore): Promise<StateBefore> => {
  if (before.kind !== change.kind) throw new AwsRequestError('the recorded state is of another change');
  if (change.kind === 'put-registry-scanning-configuration') {
    if (before.kind !== change.kind) throw new AwsRequestError('the recorded state is of another change');
    const registryScanning = await addRegistryFilter(target.access, change.add, before.registryScanning);
    return { kind: change.kind, registryScanning };
  }
  const wanted = stateAfter(change);
  await write(target, wanted);
  return verified(target, wanted);
};

/** The state that a change of one repository leads to. */
const stateAfter = (change: RepositoryChange): RepositoryState => {
  switch (change.kind) {
    case 'put-image-scanning-configuration':
      return { kind: change.kind, scanOnPush: change.scanOnPush };
    case 'put-image-tag-mutability':
      return { kind: change.kind, mode: change.mode, exclusionFilters: [] };
    case 'set-repository-policy':
      return { kind: change.kind, policyText: change.policyText };
  }
};

type RegistryKind = 'put-registry-scanning-configuration';
type RepositoryChange = Exclude<Change, { kind: RegistryKind }>;
type RepositoryState = Exclude<StateBefore, { kind: RegistryKind }>;

const putBack = async (target: Target, state: StateBefore): Promise<void> => {
  if (state.kind === 'put-registry-scanning-configuration') {
    await putRegistryScanning(target.access, state.registryScanning);
    return;
  }
  await write(target, state);
  await verified(target, state);
};

const write = async ({ access, resource }: Target, state: RepositoryState): Promise<void> => {
  const of = { registryId: resource.account, repositoryName: resource.name };
  const { ecr } = access;
  switch (state.kind) {
    case 'put-image-scanning-configuration': {
      const imageScanningConfiguration = { scanOnPush: state.scanOnPush };
      const command = new PutImageScanningConfigurationCommand({ ...of, imageScanningConfiguration });
      await callAws({ service: 'ecr', operation: 'PutImageScanningConfiguration' }, () => ecr.send(command));
      return;
    }
    case 'put-image-tag-mutability': {
      const command = new PutImageTagMutabilityCommand({ ...of, ...wireMutability(state) });
      await callAws({ service: 'ecr', operation: 'PutImageTagMutability' }, () => ecr.send(command));
      return;
    }
    case 'set-repository-policy':
      await writePolicy(ecr, of, state.policyText);
  }
};

const wireMutability = ({
  mode,
  exclusionFilters,
}: Extract<StateBefore, { kind: 'put-image-tag-mutability' }>): Pick<
  ConstructorParameters<typeof PutImageTagMutabilityCommand>[0],
  'imageTagMutability' | 'imageTagMutabilityExclusionFilters'
> => {
  const imageTagMutability = TAG_MUTABILITIES.find((known) => known === mode);
  if (imageTagMutability === undefined) throw new AwsRequestError(`\`${mode}\` is no tag mutability of ECR`);
  if (exclusionFilters.length === 0) return { imageTagMutability };
  const filters = exclusionFilters.map((filter) => ({ filterType: 'WILDCARD' as const, filter }));
  return { imageTagMutability, imageTagMutabilityExclusionFilters: filters };
};

/** A policy is deleted only to put back that there was none. `force` stays false: ECR then refuses a lock-out. */
const writePolicy = async (
  ecr: ECRClient,
  of: { readonly registryId: string; readonly repositoryName: string },
  policyText: string | null,
): Promise<void> => {
  await (policyText === null
    ? callAws({ service: 'ecr', operation: 'DeleteRepositoryPolicy' }, () =>
        ecr.send(new DeleteRepositoryPolicyCommand(of)),
      )
    : callAws({ service: 'ecr', operation: 'SetRepositoryPolicy' }, () =>
        ecr.send(new SetRepositoryPolicyCommand({ ...of, policyText })),
      ));
};

/** The state as it is after the write, if it is the wanted one. */
const verified = async ({ access, resource }: Target, wanted: RepositoryState): Promise<StateBefore> => {
  const now = await currentState(access, resource, wanted.kind);
  if (!isSame(now, wanted)) {
    throw new AwsRequestError(
      'the setting is not what was written: somebody else changed it or ECR keeps it',
      {
        data: { arn: resource.arn, kind: wanted.kind },
      },
    );
  }
  return now;
};

const isSame = (now: StateBefore, wanted: RepositoryState): boolean => {
  switch (wanted.kind) {
    case 'put-image-scanning-configuration':
      return now.kind === wanted.kind && now.scanOnPush === wanted.scanOnPush;
    case 'put-image-tag-mutability':
      return (
        now.kind === wanted.kind &&
        now.mode === wanted.mode &&
        now.exclusionFilters.toSorted().join('\n') === wanted.exclusionFilters.toSorted().join('\n')
      );
    case 'set-repository-policy':
      return now.kind === wanted.kind && samePolicy(now.policyText, wanted.policyText);
  }
};

/** ECR gives a policy back formatted in its own way. */
const samePolicy = (a: string | null, b: string | null): boolean =>
  a === b || (a !== null && b !== null && canonical(a) === canonical(b));

const canonical = (policyText: string): string => {
  try {
    return JSON.stringify(sorted(JSON.parse(policyText)));
  } catch {
    // Not JSON: only the very same text is the same.
    return policyText;
  }
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, entry]): [string, unknown] => [key, sorted(entry)])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
};
