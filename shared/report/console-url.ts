import type { Resource } from '../model/resource.ts';

/** The console of each partition. Source: the AWS documentation of each partition; isolated ones have no public name. */
const CONSOLE_DOMAIN: ReadonlyMap<string, string> = new Map([
  ['aws', 'console.aws.amazon.com'],
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
  ['aws-eusc', 'console.amazonaws-eusc.eu'],
]);

/** A path of names: each segment encoded, so that no name leaves its place in the address. */
const path = (...names: readonly string[]): string =>
  names
    .flatMap((name) => name.toWellFormed().split('/'))
    .map((segment) => (/^\.+$/.test(segment) ? segment.replaceAll('.', '%2E') : encodeURIComponent(segment)))
    .join('/');

const pagePath = (resource: Resource): string => {
  const { name, account } = resource;
  switch (resource.type) {
    case 'repository':
      return `ecr/repositories/private/${path(account, name)}`;
    case 'registry':
      return 'ecr/private-registry/repositories';
    case 'role':
      return `iam/home#/roles/details/${encodeURIComponent(name.toWellFormed())}`;
    case 'user':
      return `iam/home#/users/details/${encodeURIComponent(name.toWellFormed())}`;
    case 'group':
      return `iam/home#/groups/details/${encodeURIComponent(name.toWellFormed())}`;
    case 'policy':
      return `iam/home#/policies/details/${encodeURIComponent(resource.arn.toWellFormed())}`;
    case 'cluster':
      return `eks/clusters/${path(name)}`;
    case 'nodegroup':
      return 'eks/clusters';
    case 'task-definition':
      return `ecs/v2/task-definitions/${path(name)}`;
    case 'function':
      return `lambda/home#/functions/${encodeURIComponent(name.toWellFormed())}`;
  }
};

/**
 * The console page of a resource; null where the partition's console is not known.
 * A name, whatever is in it, stays one part of the path. The reader must be signed in to the account.
 */
export const consoleUrl = (resource: Resource): string | null => {
  const domain = CONSOLE_DOMAIN.get(resource.partition);
  if (domain === undefined || !/^[a-z0-9-]+$/.test(resource.region)) return null;
  const [page = '', fragment] = pagePath(resource).split('#', 2);
  const anchor = fragment === undefined ? '' : `#${fragment}`;
  return `https://${resource.region}.${domain}/${page}?region=${resource.region}${anchor}`;
};
