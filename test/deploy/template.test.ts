import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { memberTemplate } from '../../scripts/member-template.ts';
import { tableDefinition, TTL_ATTRIBUTE } from '../../shared/aws/table-definition.ts';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRIC_SERVICE } from '../../shared/aws/telemetry.ts';
import {
  alertEnvironment,
  evaluateEnvironment,
  remediateEnvironment,
  sweepEnvironment,
} from '../../shared/config/environment.ts';
import { defaultSettings } from '../../shared/config/read-settings.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import { EVENT_SERVICES } from '../../shared/events/event-catalogue.ts';
import { eventPatterns } from '../../shared/events/patterns.ts';
import { factSources } from '../../shared/model/fact-sources.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { METRICS } from '../../shared/ports/effects.ts';
import {
  FUNCTIONS,
  actionsOf,
  at,
  environmentOf,
  functionId,
  listAt,
  logicalIdOf,
  ofType,
  packageTemplate,
  parseTemplate,
  permissionsOf,
  sorted,
  statementsOf,
  textAt,
  type CfnResource,
  type FunctionName,
  type Physical,
  type Statement,
  type Template,
} from './template.ts';

/** With whatever needs a permission of its own. */
const APPLY_SCANNING = {
  controls: { 'image-scanning': { enabled: true, severity: null, remediate: 'apply', options: {} } },
  alerts: { ...defaultSettings(CATALOGUE).alerts, securityHub: true },
} satisfies Pick<Settings, 'controls' | 'alerts'>;

let text = '';
let template: Template;
let applyingText = '';
let applying: Template;
beforeAll(async () => {
  const [plain, withWrites] = await Promise.all(
    [{ controls: {}, alerts: { securityHub: false } }, APPLY_SCANNING].map((settings) =>
      packageTemplate(settings),
    ),
  );
  text = plain ?? '';
  template = parseTemplate(text);
  applyingText = withWrites ?? '';
  applying = parseTemplate(applyingText);
});

const properties = (id: string): Readonly<Record<string, unknown>> => {
  const resource = template.Resources[id];
  if (resource === undefined) throw new Error(`the template has no ${id}`);
  return resource.Properties;
};
const idsOf = (type: string): readonly string[] => sorted(ofType(template, type).map(([id]) => id));
const targetsOf = (rule: CfnResource): readonly unknown[] => listAt(rule.Properties, 'Targets');

/** What deploys under the name of a function: its resource and its role. */
const functionOf = (name: string) => {
  const own = properties(functionId(name));
  return { properties: own, role: logicalIdOf(own['Role']) };
};

/** ECR reads besides those of facts: how the repositories of a registry are listed. */
const LIST_REPOSITORIES = 'ecr:DescribeRepositories';
const factReads = (): readonly string[] =>
  sorted(
    new Set([
      LIST_REPOSITORIES,
      ...Object.values(factSources).flatMap((source) => source.readBy.map((call) => call.iamAction)),
    ]),
  );

const isOfEcr = (action: string): boolean => action.startsWith('ecr:') || action.startsWith('tag:');
const ecrActionsOf = (from: Template, role: string): readonly string[] =>
  actionsOf(permissionsOf(from, role)).filter(isOfEcr);

/** Actions for which AWS defines no resource; nothing else may be allowed on `*`. */
const WITHOUT_RESOURCE = new Set([
  'ecr:GetAccountSetting',
  'ecr:GetRegistryPolicy',
  'ecr:GetRegistryScanningConfiguration',
  'ecr:PutRegistryScanningConfiguration',
  'tag:GetResources',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]);

const changeRules = (): readonly (readonly [string, CfnResource])[] =>
  ofType(template, 'AWS::Events::Rule').filter(([, rule]) =>
    targetsOf(rule).some((target) => logicalIdOf(at(target, 'Arn')) === 'ChangesQueue'),
  );

/** The patterns of the rules on the account's default bus, or on our own. */
const patternsOn = (bus: 'default' | 'own') =>
  changeRules()
    .filter(([, rule]) => (rule.Properties['EventBusName'] === undefined) === (bus === 'default'))
    .map(([, rule]) => rule.Properties['EventPattern']);

/** The rules that a policy lets send to its queue, and nobody but EventBridge. */
const sendersIn = (policyId: string): readonly string[] => {
  const allow = statementsOf(properties(policyId)['PolicyDocument']).filter(
    ({ Effect }) => Effect === 'Allow',
  );
  expect(allow.map(({ Principal }) => Principal)).toEqual([{ Service: 'events.amazonaws.com' }]);
  return sorted(listAt(allow, 0, 'Condition', 'ArnEquals', 'aws:SourceArn').map(logicalIdOf));
};

describe('the rules', () => {
  const needed = EVENT_SERVICES.filter((service) =>
    Object.values(factSources).some((source) =>
      source.changedBy.some((event) => event.eventSource === `${service}.amazonaws.com`),
    ),
  );
  const derived = eventPatterns(needed).map(({ pattern }) => pattern);

  it('on the default bus have exactly the derived patterns', () => {
    expect(patternsOn('default')).toEqual(derived);
  });

  it('on the bus for other Regions and accounts have the same', () => {
    expect(patternsOn('own')).toEqual(derived);
  });

  it('together name every call that changes a fact, in a pattern that AWS accepts', () => {
    const names = new Set(derived.flatMap((pattern) => pattern.detail.eventName ?? []));
    const changing = Object.values(factSources).flatMap((source) => source.changedBy);
    expect(changing.filter((event) => !names.has(event.eventName))).toEqual([]);
    expect(derived.filter((pattern) => JSON.stringify(pattern).length > 2048)).toEqual([]);
  });

  it('leave failed calls out', () => {
    expect(changeRules().length).toBeGreaterThan(2);
    for (const [id, rule] of changeRules()) {
      expect(at(rule.Properties, 'EventPattern', 'detail', 'errorCode'), id).toEqual([{ exists: false }]);
    }
  });

  it('lose nothing that a target refuses: each target has a dead-letter queue and a retry policy', () => {
    const targets = ofType(template, 'AWS::Events::Rule').flatMap(([, rule]) => targetsOf(rule));
    expect(targets.length).toBeGreaterThan(6);
    for (const target of targets) {
      expect(logicalIdOf(at(target, 'DeadLetterConfig', 'Arn'))).toBe('UndeliveredEvents');
      expect(at(target, 'RetryPolicy', 'MaximumRetryAttempts')).toBeGreaterThan(2);
    }
  });

  it('alone may send to the queues they use', () => {
    expect(sendersIn('ChangesQueuePolicy')).toEqual(sorted(changeRules().map(([id]) => id)));
    expect(sendersIn('UndeliveredEventsPolicy')).toEqual(idsOf('AWS::Events::Rule'));
  });

  it('sweep by the clock and after each deployment of this very stack', () => {
    expect(properties('SweepScheduleRule')['ScheduleExpression']).toEqual({ Ref: 'SweepSchedule' });
    expect(properties('SweepAfterDeployRule')['EventPattern']).toMatchObject({
      source: ['aws.cloudformation'],
      detail: { 'stack-id': [{ Ref: 'AWS::StackId' }] },
    });
  });

  it('may invoke their functions, each by a permission of its own', () => {
    const invoking = ofType(template, 'AWS::Events::Rule').flatMap(([id, rule]) =>
      targetsOf(rule)
        .map((target) => logicalIdOf(at(target, 'Arn')))
        .filter((target) => target.endsWith('LambdaFunction'))
        .map((target) => `${id} ${target}`),
    );
    const permitted = ofType(template, 'AWS::Lambda::Permission').map(
      ([, { Properties: own }]) => `${logicalIdOf(own['SourceArn'])} ${logicalIdOf(own['FunctionName'])}`,
    );
    expect(sorted(permitted)).toEqual(sorted(invoking));
  });

  it('hand JSON to functions once EventBridge has filled the template in', () => {
    const inputs = ofType(template, 'AWS::Events::Rule')
      .flatMap(([, rule]) => targetsOf(rule))
      .filter((target) => at(target, 'InputTransformer') !== undefined)
      .map((target) => textAt(target, 'InputTransformer', 'InputTemplate'));
    expect(inputs.map((input) => JSON.parse(input.replaceAll(/<(\w+)>/g, '"$1"')))).toEqual([
      { kind: 'sweep', trigger: 'schedule', id: 'id', time: 'time' },
      { kind: 'sweep', trigger: 'deploy', id: 'id', time: 'time' },
      { kind: 'health', id: 'id', time: 'time' },
      { kind: 'digest', id: 'id', time: 'time' },
    ]);
  });
});

/** The filter patterns by which a function is woken. */
const filtersOf = (name: string): readonly unknown[] =>
  ofType(template, 'AWS::Lambda::EventSourceMapping')
    .filter(([, mapping]) => logicalIdOf(mapping.Properties['FunctionName']) === functionId(name))
    .flatMap(([, mapping]) => listAt(mapping.Properties, 'FilterCriteria', 'Filters'))
    .map((filter): unknown => JSON.parse(textAt(filter, 'Pattern')));

describe('the functions', () => {
  it('are those of the architecture', () => {
    expect(idsOf('AWS::Lambda::Function')).toEqual(sorted(FUNCTIONS.map(functionId)));
  });

  it.each(FUNCTIONS)('%s runs on Node 24 and arm64 with a role and a bounded log of its own', (name) => {
    const own = functionOf(name);
    expect(own.properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: { Ref: 'Tracing' } },
    });
    expect(own.properties).not.toHaveProperty('ReservedConcurrentExecutions');
    expect(own.role).toBe(functionId(name).replace('LambdaFunction', 'Role'));
    expect(properties(functionId(name).replace('LambdaFunction', 'LogGroup'))).toMatchObject({
      RetentionInDays: 90,
      KmsKeyId: { 'Fn::If': ['HasLogKey', { Ref: 'LogKmsKeyArn' }, { Ref: 'AWS::NoValue' }] },
    });
  });

  it('evaluate takes batches from the queue, answers for each message and reads ECR with bounded concurrency', () => {
    const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping').filter(
      ([, mapping]) => logicalIdOf(mapping.Properties['EventSourceArn']) === 'ChangesQueue',
    );
    expect(mappings).toHaveLength(1);
    expect(mappings[0]?.[1].Properties).toMatchObject({
      FunctionName: { 'Fn::GetAtt': [functionId('evaluate'), 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
  });

  it('alert and remediate are the only consumers of the stream, and give up to a queue', () => {
    const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping')
      .map(([, mapping]) => mapping.Properties)
      .filter((own) => logicalIdOf(own['EventSourceArn']) === 'StateTable');
    expect(sorted(mappings.map((own) => logicalIdOf(own['FunctionName'])))).toEqual([
      functionId('alert'),
      functionId('remediate'),
    ]);
    for (const own of mappings) {
      expect(own).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } } },
      });
      expect(own['MaximumRetryAttempts']).toBeGreaterThan(2);
    }
  });

  it('are woken by the stream for the items that concern them', () => {
    expect(filtersOf('alert')).toEqual([
      {
        eventName: ['INSERT', 'MODIFY'],
        dynamodb: { NewImage: { entity: { S: ['finding', 'attempt'] } } },
      },
    ]);
    expect(filtersOf('remediate')).toEqual([
      {
        eventName: ['INSERT', 'MODIFY'],
        dynamodb: { NewImage: { entity: { S: ['finding'] }, compliance: { S: ['NON_COMPLIANT'] } } },
      },
    ]);
  });

  it('that are invoked by a rule keep what failed three times', () => {
    const configured = ofType(template, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties: own }]) => [
      logicalIdOf(own['FunctionName']),
      own['MaximumRetryAttempts'],
      logicalIdOf(at(own, 'DestinationConfig', 'OnFailure', 'Destination')),
    ]);
    expect(configured).toEqual([
      [functionId('alert'), 2, 'FailedRuns'],
      [functionId('sweep'), 2, 'FailedRuns'],
    ]);
  });
});

/** What a deployment would know, with nothing optional set. */
const PHYSICAL: Physical = {
  'AWS::AccountId': '111122223333',
  StateTable: 'ecr-warden-dev-state',
  LogLevel: 'INFO',
  MemberRoleName: '',
  MemberRemediationRoleName: '',
  MemberExternalId: '',
  Accounts: '',
  Regions: '',
  'RemediateRole.Arn': 'arn:aws:iam::111122223333:role/ecr-warden-dev-RemediateRole-1A2B',
  ...Object.fromEntries(
    [
      'ChangesQueue',
      'ChangesDeadLetters',
      'UndeliveredEvents',
      'AlertFailures',
      'RemediateFailures',
      'FailedRuns',
    ].map((queue) => [queue, `https://sqs.eu-west-1.amazonaws.com/111122223333/${queue}`]),
  ),
  ...Object.fromEntries(
    ['HumanTopic', 'ChatTopic', 'MachineTopic'].map((topic) => [
      topic,
      `arn:aws:sns:eu-west-1:111122223333:${topic}`,
    ]),
  ),
};

describe('the environment of the functions', () => {
  const of = (name: FunctionName, more: Physical = {}) => ({
    ...environmentOf(template, name, { ...PHYSICAL, ...more }),
    AWS_REGION: 'eu-west-1',
  });

  it('tells evaluate its queue, its table and the calls of our own remediation', () => {
    expect(evaluateEnvironment(of('evaluate'))).toEqual({
      account: '111122223333',
      region: 'eu-west-1',
      tableName: 'ecr-warden-dev-state',
      logLevel: 'INFO',
      queueUrl: PHYSICAL['ChangesQueue'],
      memberRead: null,
      ownRoleArns: [PHYSICAL['RemediateRole.Arn']],
    });
  });

  it('tells evaluate and remediate the roles of an organization', () => {
    const more = {
      MemberRoleName: 'reader',
      MemberRemediationRoleName: 'repairer',
      MemberExternalId: 'our-id',
      Accounts: '111122223333,444455556666',
    };
    expect(evaluateEnvironment(of('evaluate', more))).toMatchObject({
      memberRead: { roleName: 'reader', externalId: 'our-id' },
      ownRoleArns: [
        PHYSICAL['RemediateRole.Arn'],
        'arn:aws:iam::111122223333:role/repairer',
        'arn:aws:iam::444455556666:role/repairer',
      ],
    });
    expect(remediateEnvironment(of('remediate', more))).toMatchObject({
      memberRead: { roleName: 'reader' },
      memberRemediate: { roleName: 'repairer' },
    });
  });

  it('tells sweep where to go and every queue of failures', () => {
    expect(sweepEnvironment(of('sweep'))).toMatchObject({
      accounts: ['111122223333'],
      regions: ['eu-west-1'],
    });
    const { deadLetterQueueUrls, regions } = sweepEnvironment(
      of('sweep', { Regions: 'eu-west-1,us-east-1' }),
    );
    expect(regions).toEqual(['eu-west-1', 'us-east-1']);
    expect(sorted(deadLetterQueueUrls)).toEqual(
      sorted(
        idsOf('AWS::SQS::Queue')
          .filter((id) => id !== 'ChangesQueue')
          .map((id) => PHYSICAL[id] ?? ''),
      ),
    );
  });

  it('tells alert the three topics', () => {
    expect(alertEnvironment(of('alert')).topics).toEqual({
      human: PHYSICAL['HumanTopic'],
      chat: PHYSICAL['ChatTopic'],
      machine: PHYSICAL['MachineTopic'],
    });
  });

  it('tells remediate nothing of roles it does not have', () => {
    expect(remediateEnvironment(of('remediate'))).toMatchObject({ memberRead: null, memberRemediate: null });
  });
});

describe('the queues', () => {
  it('give evaluate six times its timeout and five attempts', () => {
    const queue = properties('ChangesQueue');
    const timeout = Number(functionOf('evaluate').properties['Timeout']);
    expect(timeout).toBeGreaterThan(0);
    expect(queue['VisibilityTimeout']).toBeGreaterThanOrEqual(6 * timeout);
    expect(queue['RedrivePolicy']).toEqual({
      maxReceiveCount: 5,
      deadLetterTargetArn: { 'Fn::GetAtt': ['ChangesDeadLetters', 'Arn'] },
    });
  });

  it('are all encrypted, and closed to plain HTTP', () => {
    const tlsOnly = ofType(template, 'AWS::SQS::QueuePolicy').flatMap(([, { Properties: own }]) =>
      statementsOf(own['PolicyDocument']).some(
        (statement) =>
          statement.Effect === 'Deny' &&
          statement.Action === 'sqs:*' &&
          statement.Condition?.['Bool']?.['aws:SecureTransport'] === 'false',
      )
        ? listAt(own, 'Queues').map(logicalIdOf)
        : [],
    );
    expect(sorted(tlsOnly)).toEqual(idsOf('AWS::SQS::Queue'));
    for (const [id, queue] of ofType(template, 'AWS::SQS::Queue')) {
      expect(queue.Properties['SqsManagedSseEnabled'], id).toBe(true);
    }
  });

  it('keep what failed for two weeks, longer than the queue it came from', () => {
    const failures = idsOf('AWS::SQS::Queue').filter((id) => id !== 'ChangesQueue');
    expect(failures).toHaveLength(5);
    for (const id of failures) expect(properties(id)['MessageRetentionPeriod'], id).toBe(14 * 86_400);
    expect(Number(properties('ChangesQueue')['MessageRetentionPeriod'])).toBeLessThan(14 * 86_400);
  });
});

describe('the table', () => {
  it('is the one that the store and its tests use', () => {
    expect(properties('StateTable')).toMatchObject({
      ...tableDefinition(),
      TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
    });
  });

  it('cannot be lost: stream, backups, own key, protection, and it outlives the stack', () => {
    expect(properties('StateTable')).toMatchObject({
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: {
        SSEEnabled: true,
        SSEType: 'KMS',
        KMSMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
      },
      DeletionProtectionEnabled: true,
    });
    for (const id of ['StateTable', 'Key']) {
      expect(template.Resources[id]).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
    }
  });
});

describe('the topics', () => {
  it('are encrypted with a key that lets alarms and the account in, nobody else', () => {
    for (const [id, topic] of ofType(template, 'AWS::SNS::Topic')) {
      expect(topic.Properties['KmsMasterKeyId'], id).toEqual({ Ref: 'Key' });
    }
    const statements = statementsOf(properties('Key')['KeyPolicy']);
    const open = statements.filter((statement) => JSON.stringify(statement.Principal) === '{"AWS":"*"}');
    expect(open.map((statement) => Object.keys(statement.Condition?.['StringEquals'] ?? {}))).toEqual([
      ['kms:CallerAccount', 'kms:ViaService'],
    ]);
    expect(
      statements.find((statement) => JSON.stringify(statement.Principal).includes('cloudwatch')),
    ).toMatchObject({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] });
  });

  it('refuse plain HTTP', () => {
    const closed = ofType(template, 'AWS::SNS::TopicPolicy').flatMap(([, { Properties: own }]) =>
      statementsOf(own['PolicyDocument']).flatMap((statement) =>
        statement.Condition?.['Bool']?.['aws:SecureTransport'] === 'false' && statement.Effect === 'Deny'
          ? [logicalIdOf(statement.Resource)]
          : [],
      ),
    );
    expect(sorted(closed)).toEqual(idsOf('AWS::SNS::Topic'));
  });
});

/** Every statement of every role, with and without the writes of remediation. */
const every = (): readonly { readonly role: string; readonly statement: Statement }[] =>
  [template, applying].flatMap((from) =>
    ofType(from, 'AWS::IAM::Role').flatMap(([role]) =>
      permissionsOf(from, role).map((statement) => ({ role, statement })),
    ),
  );

describe('the roles', () => {
  it('are one a function, assumed by Lambda only', () => {
    expect([...idsOf('AWS::IAM::Role')].sort()).toEqual(
      FUNCTIONS.map((name) => functionOf(name).role).sort(),
    );
    for (const [id, role] of ofType(template, 'AWS::IAM::Role')) {
      const trusted = statementsOf(role.Properties['AssumeRolePolicyDocument']);
      expect(
        trusted.map((s) => [s.Principal, s.Action]),
        id,
      ).toEqual([[{ Service: 'lambda.amazonaws.com' }, 'sts:AssumeRole']]);
      expect(role.Properties, id).not.toHaveProperty('ManagedPolicyArns');
    }
  });

  it('hold no wildcard in an action', () => {
    expect(every().length).toBeGreaterThan(20);
    const wild = every().filter(({ statement }) => actionsOf([statement]).some((a) => a.includes('*')));
    expect(wild).toEqual([]);
  });

  it('allow on every resource only what AWS cannot limit', () => {
    const wide = every()
      .filter(({ statement }) => statement.Resource === '*')
      .flatMap(({ statement }) => actionsOf([statement]));
    expect(wide.length).toBeGreaterThan(0);
    expect(wide.filter((action) => !WITHOUT_RESOURCE.has(action))).toEqual([]);
  });

  it.each(['evaluate', 'remediate'])('let %s read exactly what the facts are read by', (name) => {
    expect(ecrActionsOf(template, functionOf(name).role)).toEqual(factReads());
  });

  it.each(['alert', 'sweep'])('let %s do nothing on ECR', (name) => {
    expect(ecrActionsOf(template, functionOf(name).role)).toEqual([]);
  });

  it('hold no write on ECR, and no policy for it, while no control is in mode apply', () => {
    const reads = new Set(factReads());
    for (const name of FUNCTIONS) {
      const writes = ecrActionsOf(template, functionOf(name).role).filter((action) => !reads.has(action));
      expect(writes, name).toEqual([]);
    }
    expect(template.Resources).not.toHaveProperty('RemediationWrites');
  });

  it('give remediate alone the write that an applied control makes', () => {
    const writes = FUNCTIONS.map((name) => [
      name,
      ecrActionsOf(applying, functionOf(name).role).filter((action) => !factReads().includes(action)),
    ]);
    expect(Object.fromEntries(writes)).toEqual({
      evaluate: [],
      alert: [],
      remediate: ['ecr:PutImageScanningConfiguration'],
      sweep: [],
    });
  });

  it('assume roles of other accounts only in the own organization, and for writing only where there is a write', () => {
    const assuming = every().filter(({ statement }) => actionsOf([statement]).includes('sts:AssumeRole'));
    expect(new Set(assuming.map(({ role, statement }) => `${role} ${String(statement.Sid)}`))).toEqual(
      new Set([
        'AlertRole ImportInMembers',
        'EvaluateRole ReadMembers',
        'RemediateRole ReadMembers',
        'RemediateRole WriteInMembers',
      ]),
    );
    for (const { statement } of assuming) {
      expect(textAt(statement.Resource, 'Fn::Sub')).toMatch(
        /^arn:\$\{AWS::Partition}:iam::\*:role\/\$\{Member\w+}$/,
      );
      expect(statement.Condition).toEqual({
        StringEquals: { 'aws:ResourceOrgID': { Ref: 'OrganizationId' } },
      });
    }
    expect(permissionsOf(template, 'RemediateRole').map(({ Sid }) => Sid)).not.toContain('WriteInMembers');
  });

  it('let alert import findings, and nobody else, only where the configuration says so', () => {
    const isImport = (statement: Statement): boolean =>
      actionsOf([statement]).some((action) => action.startsWith('securityhub:'));
    const importing = every().filter(({ statement }) => isImport(statement));
    expect(importing).toEqual([
      {
        role: 'AlertRole',
        statement: {
          Sid: 'ImportFindings',
          Effect: 'Allow',
          Action: 'securityhub:BatchImportFindings',
          Resource: {
            'Fn::Sub':
              'arn:${AWS::Partition}:securityhub:*:${AWS::AccountId}:product/${AWS::AccountId}/default',
          },
        },
      },
    ]);
    expect(template.Resources).not.toHaveProperty('FindingImport');
    expect(permissionsOf(template, 'AlertRole').map(({ Sid }) => Sid)).not.toContain('ImportInMembers');
  });

  it('let the member role import findings only where the configuration says so', () => {
    const importsOf = (settings: Pick<Settings, 'controls' | 'alerts'>): boolean =>
      JSON.stringify(memberTemplate(settings)).includes('securityhub:BatchImportFindings');
    expect(importsOf(APPLY_SCANNING)).toBe(true);
    expect(importsOf(defaultSettings(CATALOGUE))).toBe(false);
  });

  it('let alert alone publish, and only to the three topics', () => {
    const publishing = every().filter(({ statement }) => actionsOf([statement]).includes('sns:Publish'));
    expect(new Set(publishing.map(({ role }) => role))).toEqual(new Set(['AlertRole']));
    expect(sorted(listAt(publishing, 0, 'statement', 'Resource').map(logicalIdOf))).toEqual(
      idsOf('AWS::SNS::Topic'),
    );
  });
});

const alarms = (): readonly Readonly<Record<string, unknown>>[] =>
  ofType(template, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm.Properties);
const watchedBy = (alarm: unknown): string => logicalIdOf(at(alarm, 'Dimensions', 0, 'Value'));

describe('the alarms', () => {
  it('watch every queue of failures for a single message', () => {
    const ofQueues = alarms().filter((own) => own['MetricName'] === 'ApproximateNumberOfMessagesVisible');
    expect(sorted(ofQueues.map(watchedBy))).toEqual(
      idsOf('AWS::SQS::Queue').filter((id) => id !== 'ChangesQueue'),
    );
    for (const own of ofQueues) {
      expect(own).toMatchObject({ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' });
    }
  });

  it('watch both consumers of the stream and the errors of judging', () => {
    const watched = alarms()
      .filter((own) => own['Namespace'] === 'AWS/Lambda')
      .map((own) => `${textAt(own, 'MetricName')} ${watchedBy(own)}`);
    expect(sorted(watched)).toEqual([
      `Errors ${functionId('evaluate')}`,
      `IteratorAge ${functionId('alert')}`,
      `IteratorAge ${functionId('remediate')}`,
    ]);
  });

  it('watch lag, failed alerts and the missing sweep by metrics that the functions write', () => {
    const own = alarms().filter((alarm) => alarm['Namespace'] === METRIC_NAMESPACE);
    expect(sorted(own.map((alarm) => textAt(alarm, 'MetricName')))).toEqual([
      METRICS.alertsFailed,
      METRICS.eventLag,
      METRICS.sweepStarted,
    ]);
    for (const alarm of own) {
      expect(alarm['Dimensions']).toEqual([{ Name: METRIC_DIMENSION, Value: METRIC_SERVICE }]);
    }
  });

  it('take silence for a failure where silence is the failure: the sweep', () => {
    const silent = alarms().filter((own) => own['TreatMissingData'] === 'breaching');
    expect(silent.map((own) => own['MetricName'])).toEqual([METRICS.sweepStarted]);
    const { Period, EvaluationPeriods } = properties('SweepMissingAlarm');
    expect(Number(Period) * Number(EvaluationPeriods)).toBe(26 * 3600);
  });

  it('all tell people, also when they end', () => {
    expect(alarms().length).toBe(12);
    for (const own of alarms()) {
      expect(own['AlarmActions']).toEqual([{ Ref: 'HumanTopic' }]);
      expect(own['OKActions']).toEqual([{ Ref: 'HumanTopic' }]);
    }
  });
});

const cfnLint = spawnSync('cfn-lint', ['--version'], { encoding: 'utf8' });
const HAS_CFN_LINT = cfnLint.status === 0;
/** Milliseconds. The linter alone takes seconds, and there may be one core for everything. */
const LINT_LIMIT = 180_000;
/** The dependency that osls adds beside a reference to the role. */
const KNOWN = ['W3005'];

describe('CloudFormation itself', () => {
  it('would not need the account that packaged it', () => {
    expect(text).not.toMatch(/\d{12}:/);
  });

  it.skipIf(!HAS_CFN_LINT)(
    'finds nothing wrong with either template, says cfn-lint (skipped where it is not on the PATH)',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-lint-'));
      const paths = [applyingText, JSON.stringify(memberTemplate(APPLY_SCANNING))].map((content, index) => {
        const path = join(folder, `${index}.json`);
        writeFileSync(path, content);
        return path;
      });
      const run = spawnSync('cfn-lint', ['--ignore-checks', ...KNOWN, '--', ...paths], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      expect(run.stdout + run.stderr).toBe('');
    },
    LINT_LIMIT,
  );
});
