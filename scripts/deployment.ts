import { tableDefinition, TTL_ATTRIBUTE } from '../shared/aws/table-definition.ts';
import { EVENT_SERVICES, type EventService } from '../shared/events/event-catalogue.ts';
import { eventPatterns, type NamedPattern } from '../shared/events/patterns.ts';
import { factSources } from '../shared/model/fact-sources.ts';
import type { ControlSettings, Settings } from '../shared/model/settings.ts';
import { readActions, readPolicyDocument } from '../shared/report/iam-policy.ts';

/** A reference that CloudFormation resolves. */
type GetAtt = { readonly 'Fn::GetAtt': readonly [logicalId: string, attribute: string] };
const arnOf = (logicalId: string): GetAtt => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** One resource of a CloudFormation template. */
interface CloudFormationResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
type Resources = Readonly<Record<string, CloudFormationResource>>;

/** IAM actions of one statement of the policy that `ecr-warden scan --print-iam-policy` prints, too. */
const readsOf = (sid: string): readonly string[] =>
  readPolicyDocument({ actions: readActions() }).Statement.find((statement) => statement.Sid === sid)
    ?.Action ?? [];

/** IAM actions that read repositories: to be allowed on repository ARNs. */
export const repositoryReads = (): readonly string[] => readsOf('ReadRepositories');

/** IAM actions that read registries, or many repositories through the tagging API: AWS knows no resources for them. */
export const registryReads = (): readonly string[] => readsOf('ReadRegistry');

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

/** What one write is allowed on, in whatever account the policy is made. */
export const writeStatement = (action: string): object => ({
  Sid: action.replace('ecr:', ''),
  Effect: 'Allow',
  Action: action,
  Resource: ON_REGISTRY.has(action) ? '*' : REPOSITORIES,
});

/** In other accounts the writes are made under a role of that account; see member-template.ts. */
const WRITES_IN_MEMBERS = {
  'Fn::If': [
    'WritesMembers',
    {
      Sid: 'WriteInMembers',
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::*:role/${MemberRemediationRoleName}' },
      Condition: { StringEquals: { 'aws:ResourceOrgID': { Ref: 'OrganizationId' } } },
    },
    { Ref: 'AWS::NoValue' },
  ],
};

/** The policy that lets `remediate` write; there is none where it may not. */
export const remediationPolicy = (settings: Pick<Settings, 'controls'>): Resources => {
  const writes = remediationWrites(settings);
  if (writes.length === 0) return {};
  const document = { Version: '2012-10-17', Statement: [...writes.map(writeStatement), WRITES_IN_MEMBERS] };
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

/** IAM's name for what findings are imported as: the default product of an account, in every Region. */
const DEFAULT_PRODUCT = {
  'Fn::Sub': 'arn:${AWS::Partition}:securityhub:*:${AWS::AccountId}:product/${AWS::AccountId}/default',
};

/** What imports findings into Security Hub, in whatever account the policy is made; nothing where it is turned off. */
export const importStatements = ({ alerts }: Pick<Settings, 'alerts'>): readonly object[] =>
  alerts.securityHub
    ? [
        {
          Sid: 'ImportFindings',
          Effect: 'Allow',
          Action: 'securityhub:BatchImportFindings',
          Resource: DEFAULT_PRODUCT,
        },
      ]
    : [];

/** In other accounts findings are imported under the member role. */
const IMPORTS_IN_MEMBERS = {
  'Fn::If': [
    'ReadsMembers',
    {
      Sid: 'ImportInMembers',
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::*:role/${MemberRoleName}' },
      Condition: { StringEquals: { 'aws:ResourceOrgID': { Ref: 'OrganizationId' } } },
    },
    { Ref: 'AWS::NoValue' },
  ],
};

/** The policy that lets `alert` import findings; there is none while that is turned off. */
export const importPolicy = (settings: Pick<Settings, 'alerts'>): Resources => {
  const statements = importStatements(settings);
  if (statements.length === 0) return {};
  return {
    FindingImport: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'import-findings',
        Roles: [{ Ref: 'AlertRole' }],
        PolicyDocument: { Version: '2012-10-17', Statement: [...statements, IMPORTS_IN_MEMBERS] },
      },
    },
  };
};

/** Keys, indexes and expiry of the state table. */
export const table = () => ({
  ...tableDefinition(),
  TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
});
