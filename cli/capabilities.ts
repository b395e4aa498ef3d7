import { accessLevelOf } from '../shared/policy/ecr-actions.ts';
import type { AccessGrant } from '../shared/policy/report.ts';

/** What somebody can do with a repository, in the words of people. */
export const CAPABILITIES = ['pull', 'push', 'delete', 'administer', 'read'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** `some`: a part of the calls that it takes. */
export type Extent = 'all' | 'some';

/** The calls that a client makes for it. Source: ECR user guide, IAM permissions for pushing and pulling an image. */
const TAKES: { readonly [C in Capability]?: readonly string[] } = {
  pull: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
  push: ['ecr:CompleteLayerUpload', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart'],
};

/** Other ways to bring an image in, and the ways to take one away. */
const ALSO: ReadonlyMap<string, Capability> = new Map([
  ['ecr:ReplicateImage', 'push'],
  ['ecr:BatchImportUpstreamImage', 'push'],
  ['ecr:BatchDeleteImage', 'delete'],
  ['ecr:DeleteRepository', 'delete'],
]);

const capabilityOf = (action: string): Capability => {
  if (TAKES.pull?.includes(action) === true) return 'pull';
  if (TAKES.push?.includes(action) === true) return 'push';
  const other = ALSO.get(action);
  if (other !== undefined) return other;
  const level = accessLevelOf(action);
  return level === 'List' || level === 'Read' ? 'read' : 'administer';
};

/** What a set of effective actions amounts to. Settings, tags, the policy and scans count as `administer`. */
export const capabilitiesOf = ({
  actions,
}: Pick<AccessGrant, 'actions'>): ReadonlyMap<Capability, Extent> => {
  const found = new Map<Capability, Extent>();
  for (const action of actions) {
    const capability = capabilityOf(action);
    if (found.has(capability)) continue;
    const missing = TAKES[capability]?.some((needed) => !actions.includes(needed)) ?? false;
    found.set(capability, missing && !ALSO.has(action) ? 'some' : 'all');
  }
  return found;
};
