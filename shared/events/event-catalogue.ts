import { factSources, type ChangeEvent } from '../model/fact-sources.ts';
import type { FactName } from '../model/facts.ts';
import type { ResourceType } from '../model/resource.ts';

/** The services whose calls are relevant, by the name in their `eventSource`. */
export const EVENT_SERVICES = ['ecr', 'iam', 'eks', 'ecs', 'lambda'] as const;
export type EventService = (typeof EVENT_SERVICES)[number];

/** Where a call carries the name of one resource that it changes. */
export interface Naming {
  readonly type: ResourceType;
  /** Keys of `requestParameters`, the first that is there wins. A value may be a name, an ARN or a list of them. */
  readonly request: readonly string[];
  /** Paths into `responseElements`: names and ARNs. */
  readonly response: readonly (readonly string[])[];
  /** Not every call of this name has it: absence is no reason to sweep. */
  readonly optional?: true;
}

/** One API call that can change what is judged. */
export interface RelevantCall extends ChangeEvent {
  readonly service: EventService;
  readonly action: 'evaluate' | 'delete';
  readonly names: readonly Naming[];
  /** Of a `delete`: with this request parameter the call removes a part only, and is an evaluation. */
  readonly partOnlyWith: string | null;
}

const REPOSITORY: Naming = {
  type: 'repository',
  request: ['repositoryName', 'resourceArn'],
  response: [['repository', 'repositoryArn'], ['repository', 'repositoryName'], ['repositoryName']],
};
/** The account id; see `namesOf`. */
const REGISTRY: Naming = { type: 'registry', request: ['registryId'], response: [['registryId']] };

const ROLE: Naming = {
  type: 'role',
  request: ['roleName'],
  response: [
    ['role', 'arn'],
    ['role', 'roleName'],
  ],
};
const USER: Naming = {
  type: 'user',
  request: ['userName'],
  response: [
    ['user', 'arn'],
    ['user', 'userName'],
  ],
};
const GROUP: Naming = {
  type: 'group',
  request: ['groupName'],
  response: [
    ['group', 'arn'],
    ['group', 'groupName'],
  ],
};
const POLICY: Naming = {
  type: 'policy',
  request: ['policyArn', 'policyName'],
  response: [
    ['policy', 'arn'],
    ['policy', 'policyName'],
  ],
};
const renamed = (type: ResourceType, key: string): Naming => ({
  type,
  request: [key],
  response: [],
  optional: true,
});

/** `name` is the cluster in every EKS call on something inside a cluster too; old records say `clusterName`. */
const CLUSTER: Naming = {
  type: 'cluster',
  request: ['name', 'clusterName'],
  response: [
    ['cluster', 'arn'],
    ['cluster', 'name'],
    ['fargateProfile', 'clusterName'],
    ['accessEntry', 'clusterName'],
  ],
};
const NODEGROUP: Naming = {
  type: 'nodegroup',
  request: ['nodegroupName'],
  response: [
    ['nodegroup', 'nodegroupArn'],
    ['nodegroup', 'nodegroupName'],
  ],
};

const TASK_DEFINITION: Naming = {
  type: 'task-definition',
  request: ['family', 'taskDefinition', 'taskDefinitions'],
  response: [
    ['taskDefinition', 'taskDefinitionArn'],
    ['taskDefinition', 'family'],
  ],
};
const FUNCTION: Naming = {
  type: 'function',
  request: ['functionName'],
  response: [['functionArn'], ['functionName']],
};

interface Calls {
  readonly service: EventService;
  readonly names: readonly Naming[];
  readonly evaluate?: readonly string[];
  readonly delete?: readonly string[];
  readonly partOnlyWith?: string;
}

/**
 * Every API call that can change what some control judges, and where it says of which resource.
 * Left out on purpose, as no fact of the catalogue follows from them: pushes, pulls and other calls on images;
 * trust policies, keys and passwords of IAM; tags of anything but repositories; add-ons, versions and sizes of EKS;
 * services and tasks of ECS (their task definition says what they run); configuration, versions and aliases of Lambda.
 * Sources: API references of the five services, CloudTrail record contents.
 */
const CALLS: readonly Calls[] = [
  {
    service: 'ecr',
    names: [REPOSITORY],
    evaluate: [
      'CreateRepository',
      'SetRepositoryPolicy',
      'DeleteRepositoryPolicy',
      'PutImageScanningConfiguration',
      'PutImageTagMutability',
      'PutLifecyclePolicy',
      'DeleteLifecyclePolicy',
      'TagResource',
      'UntagResource',
    ],
    delete: ['DeleteRepository'],
  },
  {
    service: 'ecr',
    names: [REGISTRY],
    evaluate: [
      'PutRegistryScanningConfiguration',
      'PutRegistryPolicy',
      'DeleteRegistryPolicy',
      'PutAccountSetting',
      'PutReplicationConfiguration',
      'CreatePullThroughCacheRule',
      'UpdatePullThroughCacheRule',
      'DeletePullThroughCacheRule',
      'CreateRepositoryCreationTemplate',
      'UpdateRepositoryCreationTemplate',
      'DeleteRepositoryCreationTemplate',
    ],
  },
  {
    service: 'iam',
    names: [ROLE],
    evaluate: [
      'CreateRole',
      'CreateServiceLinkedRole',
      'AttachRolePolicy',
      'DetachRolePolicy',
      'PutRolePolicy',
      'DeleteRolePolicy',
      'PutRolePermissionsBoundary',
      'DeleteRolePermissionsBoundary',
    ],
    delete: ['DeleteRole', 'DeleteServiceLinkedRole'],
  },
  {
    service: 'iam',
    names: [USER],
    evaluate: [
      'CreateUser',
      'AttachUserPolicy',
      'DetachUserPolicy',
      'PutUserPolicy',
      'DeleteUserPolicy',
      'PutUserPermissionsBoundary',
      'DeleteUserPermissionsBoundary',
    ],
    delete: ['DeleteUser'],
  },
  {
    service: 'iam',
    names: [GROUP],
    evaluate: [
      'CreateGroup',
      'AttachGroupPolicy',
      'DetachGroupPolicy',
      'PutGroupPolicy',
      'DeleteGroupPolicy',
    ],
    delete: ['DeleteGroup'],
  },
  // A change of membership changes what the user may do and whom the group lets in.
  { service: 'iam', names: [USER, GROUP], evaluate: ['AddUserToGroup', 'RemoveUserFromGroup'] },
  // Renaming takes one name away and makes another.
  { service: 'iam', names: [USER, renamed('user', 'newUserName')], evaluate: ['UpdateUser'] },
  { service: 'iam', names: [GROUP, renamed('group', 'newGroupName')], evaluate: ['UpdateGroup'] },
  {
    service: 'iam',
    names: [POLICY],
    evaluate: ['CreatePolicy', 'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'DeletePolicyVersion'],
    delete: ['DeletePolicy'],
  },
  {
    service: 'eks',
    names: [CLUSTER],
    evaluate: [
      'CreateCluster',
      'UpdateClusterConfig',
      'CreateFargateProfile',
      'DeleteFargateProfile',
      'CreateAccessEntry',
      'UpdateAccessEntry',
      'DeleteAccessEntry',
    ],
    delete: ['DeleteCluster'],
  },
  { service: 'eks', names: [NODEGROUP], evaluate: ['CreateNodegroup'], delete: ['DeleteNodegroup'] },
  {
    service: 'ecs',
    names: [TASK_DEFINITION],
    // A deregistered task definition still exists and still runs.
    evaluate: ['RegisterTaskDefinition', 'DeregisterTaskDefinition'],
    delete: ['DeleteTaskDefinitions'],
  },
  {
    service: 'lambda',
    names: [FUNCTION],
    // Lambda dates its names in CloudTrail; the plain ones are accepted so that a change of that habit loses nothing.
    evaluate: [
      'CreateFunction20150331',
      'CreateFunction',
      'UpdateFunctionCode20150331v2',
      'UpdateFunctionCode20150331',
      'UpdateFunctionCode',
    ],
    delete: ['DeleteFunction20150331', 'DeleteFunction'],
    partOnlyWith: 'qualifier',
  },
];

const relevantCalls = (
  { service, names, partOnlyWith, ...lists }: Calls,
  action: RelevantCall['action'],
): readonly RelevantCall[] =>
  (lists[action] ?? []).map((eventName) => ({
    service,
    eventSource: `${service}.amazonaws.com`,
    eventName,
    action,
    names,
    partOnlyWith: partOnlyWith ?? null,
  }));

/** The one list of relevant calls; event patterns and the reading of events follow from it. */
export const RELEVANT_CALLS: readonly RelevantCall[] = CALLS.flatMap((calls) =>
  relevantCalls(calls, 'evaluate').concat(relevantCalls(calls, 'delete')),
);

const callKey = (eventSource: string, eventName: string): string => `${eventSource} ${eventName}`;

const BY_KEY: ReadonlyMap<string, RelevantCall> = new Map(
  RELEVANT_CALLS.map((call) => [callKey(call.eventSource, call.eventName), call]),
);

/** The relevant call of this service and name, if there is one. */
export const relevantCall = (eventSource: string, eventName: string): RelevantCall | undefined =>
  BY_KEY.get(callKey(eventSource, eventName));

/** ECR's own event: the registry's rules now give some repositories another scan frequency. */
export const SCAN_RESOURCE_CHANGE = 'ECR Scan Resource Change';
/** What may differ after it: AWS's own answer for each repository, and the rules that it follows from. */
export const SCAN_RESOURCE_CHANGE_FACTS: readonly FactName[] = ['appliedScanning', 'registryScanning'];

const isFactName = (name: string): name is FactName => Object.hasOwn(factSources, name);

/** The facts read today that this call may have changed; empty where none is read. A delete changes all of its type. */
export const factsChangedBy = (call: RelevantCall): readonly FactName[] =>
  Object.keys(factSources)
    .filter(isFactName)
    .filter((fact) =>
      call.action === 'delete'
        ? call.names.some((naming) => naming.type === factSources[fact].of)
        : factSources[fact].changedBy.some(
            (event) => event.eventSource === call.eventSource && event.eventName === call.eventName,
          ),
    );
