import { tableDefinition, TTL_ATTRIBUTE } from '../shared/aws/table-definition.ts';
import { EVENT_SERVICES, type EventService } from '../shared/events/event-catalogue.ts';
import { eventPatterns, type NamedPattern } from '../shared/events/patterns.ts';
import { factSources, type ReadCall } from '../shared/model/fact-sources.ts';
import type { ControlSettings, Settings } from '../shared/model/settings.ts';

/** A reference that CloudFormation resolves. */
type GetAtt = { readonly 'Fn::GetAtt': readonly [logicalId: string, attribute: string] };
const arnOf = (logicalId: string): GetAtt => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** One resource of a CloudFormation template. */
interface CloudFormationResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
type Resources = Readonly<Record<string, CloudFormationResource>>;

/**
 * ECR's read actions that IAM cannot limit to a repository.
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon ECR".
 */
const WITHOUT_RESOURCE: ReadonlySet<string> = new Set([
  'ecr:GetAccountSetting',
  'ecr:GetRegistryPolicy',
  'ecr:GetRegistryScanningConfiguration',
]);

/** Besides the calls that read facts: how the repositories of a registry are listed. */
const LIST_REPOSITORIES = 'ecr:DescribeRepositories';

const readActions = (): readonly string[] => {
  const calls: readonly ReadCall[] = Object.values(factSources).flatMap((source) => source.readBy);
  return [...new Set([LIST_REPOSITORIES, ...calls.map((call) => call.iamAction)])].sort();
};

const isOnRepositories = (action: string): boolean =>
  action.startsWith('ecr:') && !WITHOUT_RESOURCE.has(action);

/** IAM actions that read repositories: to be allowed on repository ARNs. */
export const repositoryReads = (): readonly string[] => readActions().filter(isOnRepositories);

/** IAM actions that read registries, or many repositories through the tagging API: AWS knows no resources for them. */
export const registryReads = (): readonly string[] =>
  readActions().filter((action) => !isOnRepositories(action));

const changesSomeFact = (service: EventService): boolean =>
  Object.values(factSources).some((source) =>
    source.changedBy.some((event) => event.eventSource === `${service}.amazonaws.com`),
  );

/** The patterns of the services whose calls change a fact that is read today; other events would be paid for and ignored. */
export const changePatterns = (): readonly NamedPattern[] =>
  eventPatterns(EVENT_SERVICES.filter(changesSomeFact));

/** A day and 185 attempts are EventBridge's own maximum; then the event goes to a queue instead of nowhere. */
const toChangesQueue = {
  Id: 'changes',
  Arn: arnOf('ChangesQueue'),
  DeadLetterConfig: { Arn: arnOf('UndeliveredEvents') },
  RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
};

const ruleOn = (description: string, pattern: object, bus: object): CloudFormationResource => ({
  Type: 'AWS::Events::Rule',
  Properties: { Description: description, ...bus, EventPattern: pattern, Targets: [toChangesQueue] },
});

/** The account's own events arrive on the default bus, those of other Regions and accounts on ours. */
const rulesFor = ({ name, pattern }: NamedPattern): readonly [string, CloudFormationResource][] => [
  [`${name}Rule`, ruleOn(`${name} of this account and Region`, pattern, {})],
  [
    `${name}FromElsewhereRule`,
    ruleOn(`${name} of other Regions and accounts`, pattern, { EventBusName: { Ref: 'Bus' } }),
  ],
];

/** The rules from the event buses to the `changes` queue. */
export const changeRules = (): Resources => Object.fromEntries(changePatterns().flatMap(rulesFor));

/** Who may send to the `changes` queue. */
export const changeRuleArns = (): readonly GetAtt[] => Object.keys(changeRules()).map(arnOf);

/** The rules of deploy/ticks.yml. */
const TICK_RULES = ['SweepScheduleRule', 'SweepAfterDeployRule', 'HealthTickRule', 'DigestTickRule'];

/** Who may send to the queue of undelivered events. */
export const allRuleArns = (): readonly GetAtt[] => [...changeRuleArns(), ...TICK_RULES.map(arnOf)];

/**
 * What remediation may write unattended for a control whose `remediate` is `apply`. Policies are not among it: a change
 * of a policy is proposed, and made with the rights of the person who approves it.
 */
const WRITES: Readonly<Record<string, (settings: ControlSettings) => readonly string[]>> = {
  'image-scanning': ({ options }) => [
    ...(options['basicRemedy'] === 'registry-rule' ? [] : ['ecr:PutImageScanningConfiguration']),
    ...(options['registryRules'] === 'apply' ? ['ecr:PutRegistryScanningConfiguration'] : []),
  ],
  'registry-scanning': ({ options }) =>
    options['registryRules'] === 'apply' ? ['ecr:PutRegistryScanningConfiguration'] : [],
  'tag-immutability': () => ['ecr:PutImageTagMutability'],
};

/** The ECR writes that this configuration lets remediation make; none unless some control is in mode `apply`. */
export const remediationWrites = (settings: Pick<Settings, 'controls'>): readonly string[] => {
  const writes = Object.entries(WRITES).flatMap(([control, writesOf]) => {
    const own = Object.hasOwn(settings.controls, control) ? settings.controls[control] : undefined;
    return own?.enabled === true && own.remediate === 'apply' ? writesOf(own) : [];
  });
  return [...new Set(writes)].sort();
};

/** IAM knows no resource for it: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html. */
const ON_REGISTRY: ReadonlySet<string> = new Set(['ecr:PutRegistryScanningConfiguration']);

const REPOSITORIES = { 'Fn::Sub': 'arn:${AWS::Partition}:ecr:*:${AWS::AccountId}:repository/*' };

const writeStatement = (action: string): object => ({
  Sid: action.replace('ecr:', ''),
  Effect: 'Allow',
  Action: action,
  Resource: ON_REGISTRY.has(action) ? '*' : REPOSITORIES,
});

/** The policy that lets `remediate` write; there is none where it may not. */
export const remediationPolicy = (settings: Pick<Settings, 'controls'>): Resources => {
  const writes = remediationWrites(settings);
  if (writes.length === 0) return {};
  const document = { Version: '2012-10-17', Statement: writes.map(writeStatement) };
  return {
    RemediationWrites: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'remediation-writes',
        Roles: [{ Ref: 'RemediateRole' }],
        PolicyDocument: document,
      },
    },
  };
};

/** Keys, indexes and expiry of the state table. */
export const table = () => ({
  ...tableDefinition(),
  TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
});
