import type { FactName } from './facts.ts';
import type { ResourceType } from './resource.ts';

/** One AWS API call that reads: the service's SDK name, the operation and the IAM action that allows it. */
export interface ReadCall {
  readonly service: 'ecr' | 'tagging';
  readonly operation: string;
  readonly iamAction: string;
}

/** A management event of CloudTrail: who emits it and the name of the API call. */
export interface ChangeEvent {
  readonly eventSource: `${string}.amazonaws.com`;
  readonly eventName: string;
}

export interface FactSource {
  readonly of: ResourceType;
  readonly readBy: readonly ReadCall[];
  readonly changedBy: readonly ChangeEvent[];
}

const ecr = (operation: string): ReadCall => ({ service: 'ecr', operation, iamAction: `ecr:${operation}` });
const byEcr = (...names: readonly string[]): readonly ChangeEvent[] =>
  names.map((eventName) => ({ eventSource: 'ecr.amazonaws.com', eventName }));

const DESCRIBE = ecr('DescribeRepositories');
const BATCH_SCANNING = ecr('BatchGetRepositoryScanningConfiguration');
/** A new repository has new values of every fact. its deletion closes findings, see `DELETE_EVENTS`. */
const CREATE = 'CreateRepository';

/**
 * The one table that ties a fact to the AWS calls that read it and to the API calls that change it.
 * Readers, read-only IAM statements, EventBridge patterns and the permission docs follow from it.
 * Source: ECR API reference and service authorization reference.
 */
export const factSources: { readonly [N in FactName]: FactSource } = {
  scanOnPush: {
    of: 'repository',
    readBy: [BATCH_SCANNING, DESCRIBE],
    changedBy: byEcr(CREATE, 'PutImageScanningConfiguration'),
  },
  appliedScanning: {
    of: 'repository',
    readBy: [BATCH_SCANNING],
    changedBy: byEcr(CREATE, 'PutImageScanningConfiguration', 'PutRegistryScanningConfiguration'),
  },
  registryScanning: {
    of: 'registry',
    readBy: [ecr('GetRegistryScanningConfiguration')],
    changedBy: byEcr('PutRegistryScanningConfiguration'),
  },
  repositoryPolicy: {
    of: 'repository',
    readBy: [ecr('GetRepositoryPolicy')],
    changedBy: byEcr(CREATE, 'SetRepositoryPolicy', 'DeleteRepositoryPolicy'),
  },
  lifecyclePolicy: {
    of: 'repository',
    readBy: [ecr('GetLifecyclePolicy')],
    changedBy: byEcr(CREATE, 'PutLifecyclePolicy', 'DeleteLifecyclePolicy'),
  },
  tagMutability: {
    of: 'repository',
    readBy: [DESCRIBE],
    changedBy: byEcr(CREATE, 'PutImageTagMutability'),
  },
  encryption: { of: 'repository', readBy: [DESCRIBE], changedBy: byEcr(CREATE) },
  tags: {
    of: 'repository',
    readBy: [{ service: 'tagging', operation: 'GetResources', iamAction: 'tag:GetResources' }],
    changedBy: byEcr(CREATE, 'TagResource', 'UntagResource'),
  },
  registryPolicy: {
    of: 'registry',
    readBy: [ecr('GetRegistryPolicy')],
    changedBy: byEcr('PutRegistryPolicy', 'DeleteRegistryPolicy'),
  },
  registryPolicyScope: {
    of: 'registry',
    readBy: [ecr('GetAccountSetting')],
    changedBy: byEcr('PutAccountSetting'),
  },
};

/** Calls that remove a tracked resource. A delete is confirmed by a live read before findings are closed. */
export const DELETE_EVENTS: readonly (ChangeEvent & { readonly of: ResourceType })[] = [
  { of: 'repository', eventSource: 'ecr.amazonaws.com', eventName: 'DeleteRepository' },
];
