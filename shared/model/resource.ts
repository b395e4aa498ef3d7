/** Everything that an event can name (spec: events). Controls judge a subset. */
export const RESOURCE_TYPES = [
  'repository',
  'registry',
  'role',
  'user',
  'group',
  'policy',
  'cluster',
  'nodegroup',
  'task-definition',
  'function',
] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/**
 * One resource of one account and Region.
 * `name` is the name in its service; a registry's name is its account id. `arn` is the key under which it is stored.
 */
export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** Where a registry lives: ECR has one per account and Region. */
export interface RegistryLocation {
  readonly account: string;
  readonly region: string;
}

/** The ARN partition of a Region, by the published Region prefixes. Source: AWS General Reference, ARNs. */
export const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  if (region.startsWith('us-isob-')) return 'aws-iso-b';
  if (region.startsWith('us-iso-')) return 'aws-iso';
  if (region.startsWith('eusc-')) return 'aws-eusc';
  return 'aws';
};

export const repositoryResource = (at: RegistryLocation, name: string): Resource => {
  const partition = partitionOf(at.region);
  return {
    type: 'repository',
    name,
    arn: `arn:${partition}:ecr:${at.region}:${at.account}:repository/${name}`,
    account: at.account,
    region: at.region,
    partition,
  };
};

/**
 * A registry has no ARN of its own in the service authorization reference.
 * Ours follows the pattern of the others: `arn:aws:ecr:REGION:ACCOUNT:registry/ACCOUNT`.
 */
export const registryResource = (at: RegistryLocation): Resource => {
  const partition = partitionOf(at.region);
  return {
    type: 'registry',
    name: at.account,
    arn: `arn:${partition}:ecr:${at.region}:${at.account}:registry/${at.account}`,
    account: at.account,
    region: at.region,
    partition,
  };
};
