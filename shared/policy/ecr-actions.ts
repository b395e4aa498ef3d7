/** Access level of an action, as the Service Authorization Reference has it. */
export type AccessLevel = 'List' | 'Read' | 'Write' | 'Permissions management' | 'Tagging';

export interface EcrAction {
  /** Without prefix: `BatchGetImage`. */
  readonly name: string;
  readonly level: AccessLevel;
  /** The action has resource type `repository`, so that a repository policy can grant it. */
  readonly repository: boolean;
}

const named = (level: AccessLevel, repository: boolean, names: string): EcrAction[] =>
  names
    .trim()
    .split(/\s+/u)
    .map((name) => ({ name, level, repository }));

/**
 * Every action with prefix `ecr` (60).
 * Source: Service Authorization Reference, Amazon Elastic Container Registry; newer ones from the managed policies.
 */
export const ECR_ACTIONS: readonly EcrAction[] = [
  ...named('List', true, 'DescribeImages ListImages'),
  ...named(
    'Read',
    true,
    `BatchCheckLayerAvailability BatchGetImage BatchGetRepositoryScanningConfiguration
    DescribeImageReplicationStatus DescribeImageScanFindings DescribeImageSigningStatus DescribeRepositories
    GetDownloadUrlForLayer GetImageCopyStatus GetLifecyclePolicy GetLifecyclePolicyPreview GetRepositoryPolicy
    ListTagsForResource`,
  ),
  ...named(
    'Write',
    true,
    `BatchDeleteImage BatchImportUpstreamImage CompleteLayerUpload CreateRepository DeleteLifecyclePolicy
    DeleteRepository InitiateLayerUpload PutImage PutImageScanningConfiguration PutImageTagMutability
    PutLifecyclePolicy ReplicateImage StartImageScan StartLifecyclePolicyPreview UpdateImageStorageClass
    UploadLayerPart`,
  ),
  ...named('Permissions management', true, 'DeleteRepositoryPolicy SetRepositoryPolicy'),
  ...named('Tagging', true, 'TagResource UntagResource'),
  ...named('List', false, 'DescribePullThroughCacheRules ListPullTimeUpdateExclusions'),
  ...named(
    'Read',
    false,
    `DescribeRegistry DescribeRepositoryCreationTemplates GetAccountSetting GetAuthorizationToken GetRegistryPolicy
    GetRegistryScanningConfiguration GetSigningConfiguration ValidatePullThroughCacheRule`,
  ),
  ...named(
    'Write',
    false,
    `CreatePullThroughCacheRule CreateRepositoryCreationTemplate DeletePullThroughCacheRule
    DeleteRepositoryCreationTemplate DeleteSigningConfiguration DeregisterPullTimeUpdateExclusion PutAccountSetting
    PutRegistryScanningConfiguration PutReplicationConfiguration PutSigningConfiguration
    RegisterPullTimeUpdateExclusion UpdatePullThroughCacheRule UpdateRepositoryCreationTemplate`,
  ),
  ...named('Permissions management', false, 'DeleteRegistryPolicy PutRegistryPolicy'),
];

/** What registry policies of scope V1 can grant. Source: ECR user guide, private registry permissions. */
const V1_ACTIONS: ReadonlySet<string> = new Set([
  'ReplicateImage',
  'BatchImportUpstreamImage',
  'CreateRepository',
]);

const LEVELS: ReadonlyMap<string, AccessLevel> = new Map(
  ECR_ACTIONS.map((action) => [`ecr:${action.name.toLowerCase()}`, action.level]),
);

/** The access level of `ecr:Name` in any case. An action newer than the table counts as a write. */
export const accessLevelOf = (action: string): AccessLevel => LEVELS.get(action.toLowerCase()) ?? 'Write';

export type PolicyScope = 'repository' | 'registry-v1' | 'registry-v2';

const grantable = (scope: PolicyScope): string[] =>
  ECR_ACTIONS.filter((action) => {
    switch (scope) {
      case 'repository':
        return action.repository;
      case 'registry-v1':
        return V1_ACTIONS.has(action.name);
      case 'registry-v2':
        // A token carries no permission of its own: the actions done with it are decided one by one.
        return action.name !== 'GetAuthorizationToken';
      default:
        return scope satisfies never;
    }
  })
    .map((action) => `ecr:${action.name}`)
    .sort();

/** The actions that a policy of each scope can effectively grant, sorted. */
export const GRANTABLE_ACTIONS: Readonly<Record<PolicyScope, readonly string[]>> = {
  repository: grantable('repository'),
  'registry-v1': grantable('registry-v1'),
  'registry-v2': grantable('registry-v2'),
};

/** Every known action name, lower-case, with prefix. */
export const isKnownAction = (lowerCase: string): boolean => LEVELS.has(lowerCase);
