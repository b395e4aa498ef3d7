import type { Settings } from '../shared/model/settings.ts';
import {
  changePatterns,
  importStatements,
  registryReads,
  remediationWrites,
  repositoryReads,
  writeStatement,
} from './deployment.ts';

/** Where the events go: `BusArn` of the deployment's outputs. */
const CENTRAL_BUS = { Ref: 'CentralBusArn' };
const CENTRAL_ACCOUNT = { 'Fn::Select': [4, { 'Fn::Split': [':', CENTRAL_BUS] }] };

const PARAMETERS = {
  CentralBusArn: {
    Type: 'String',
    AllowedPattern: '^arn:[\\w-]+:events:[\\w-]+:\\d{12}:event-bus/.+$',
    Description: 'Output BusArn of the deployment.',
  },
  MemberRoleName: {
    Type: 'String',
    Default: '',
    AllowedPattern: '^$|^[\\w+=,.@-]{1,64}$',
    Description:
      'Name of the role that the deployment assumes for reading, its parameter of the same name. Empty in the account of the deployment itself.',
  },
  ReaderRoleArns: {
    Type: 'CommaDelimitedList',
    Default: '',
    Description:
      'Who may assume it: outputs EvaluateRoleArn and RemediateRoleArn of the deployment, with a comma; AlertRoleArn, too, if findings go to Security Hub.',
  },
  MemberRemediationRoleName: {
    Type: 'String',
    Default: '',
    AllowedPattern: '^$|^[\\w+=,.@-]{1,64}$',
    Description:
      'Name of the role that the deployment assumes for remediation. Empty to let it change nothing here.',
  },
  RemediatorRoleArn: {
    Type: 'String',
    Default: '',
    Description: 'Who may assume it: output RemediateRoleArn of the deployment.',
  },
  MemberExternalId: {
    Type: 'String',
    Default: '',
    Description:
      'External id that the deployment has to give, its parameter of the same name. Empty for none.',
  },
  RoleRegion: {
    Type: 'String',
    Default: 'us-east-1',
    Description: 'Roles are the same in all Regions: only the stack of this Region makes them.',
  },
};

const isGiven = (parameter: string): object => ({ 'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, ''] }] });
const IN_ROLE_REGION = { 'Fn::Equals': [{ Ref: 'AWS::Region' }, { Ref: 'RoleRegion' }] };

const CONDITIONS = {
  MakesReader: { 'Fn::And': [isGiven('MemberRoleName'), IN_ROLE_REGION] },
  MakesRemediator: { 'Fn::And': [isGiven('MemberRemediationRoleName'), IN_ROLE_REGION] },
  AsksForExternalId: isGiven('MemberExternalId'),
};

const policy = (...statements: readonly object[]): object => ({
  Version: '2012-10-17',
  Statement: statements,
});

const forwardRole = (): object => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    Description: 'Lets the rules of ecr-warden send events to its bus',
    AssumeRolePolicyDocument: policy({
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }),
    Policies: [
      {
        PolicyName: 'forward',
        PolicyDocument: policy({ Effect: 'Allow', Action: 'events:PutEvents', Resource: CENTRAL_BUS }),
      },
    ],
  },
});

/** The account with a condition, not the role: IAM would tie the trust to the identity of a role that may be made anew. */
const trustOf = (roleArns: object): object =>
  policy({
    Effect: 'Allow',
    Principal: {
      AWS: { 'Fn::Sub': ['arn:${AWS::Partition}:iam::${Account}:root', { Account: CENTRAL_ACCOUNT }] },
    },
    Action: 'sts:AssumeRole',
    Condition: {
      ArnEquals: { 'aws:PrincipalArn': roleArns },
      StringEquals: {
        'Fn::If': [
          'AsksForExternalId',
          { 'sts:ExternalId': { Ref: 'MemberExternalId' } },
          { Ref: 'AWS::NoValue' },
        ],
      },
    },
  });

const REPOSITORIES = { 'Fn::Sub': 'arn:${AWS::Partition}:ecr:*:${AWS::AccountId}:repository/*' };

const readerRole = (imports: readonly object[]): object => ({
  Type: 'AWS::IAM::Role',
  Condition: 'MakesReader',
  Properties: {
    RoleName: { Ref: 'MemberRoleName' },
    Description:
      imports.length === 0
        ? 'Lets ecr-warden read the settings of ECR, nothing else'
        : 'Lets ecr-warden read the settings of ECR and import findings into Security Hub, nothing else',
    AssumeRolePolicyDocument: trustOf({ Ref: 'ReaderRoleArns' }),
    Policies: [
      {
        PolicyName: 'read',
        PolicyDocument: policy(
          { Effect: 'Allow', Action: repositoryReads(), Resource: REPOSITORIES },
          { Effect: 'Allow', Action: registryReads(), Resource: '*' },
          ...imports,
        ),
      },
    ],
  },
});

/** None where the configuration lets remediation write nothing. */
const remediatorRole = (writes: readonly string[]): Record<string, object> =>
  writes.length === 0
    ? {}
    : {
        RemediatorRole: {
          Type: 'AWS::IAM::Role',
          Condition: 'MakesRemediator',
          Properties: {
            RoleName: { Ref: 'MemberRemediationRoleName' },
            Description: 'Lets ecr-warden repair what its configuration says, nothing else',
            AssumeRolePolicyDocument: trustOf({ Ref: 'RemediatorRoleArn' }),
            Policies: [{ PolicyName: 'write', PolicyDocument: policy(...writes.map(writeStatement)) }],
          },
        },
      };

const undeliveredEvents = (ruleIds: readonly string[]): Record<string, object> => ({
  UndeliveredEvents: {
    Type: 'AWS::SQS::Queue',
    Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 },
  },
  UndeliveredEventsPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'UndeliveredEvents' }],
      PolicyDocument: policy({
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': ['UndeliveredEvents', 'Arn'] },
        Condition: {
          ArnEquals: { 'aws:SourceArn': ruleIds.map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })) },
        },
      }),
    },
  },
});

const forwardingRules = (): Record<string, object> =>
  Object.fromEntries(
    changePatterns().map(({ name, pattern }) => [
      `${name}Rule`,
      {
        Type: 'AWS::Events::Rule',
        Properties: {
          Description: `${name} to ecr-warden`,
          EventPattern: pattern,
          Targets: [
            {
              Id: 'ecr-warden',
              Arn: CENTRAL_BUS,
              RoleArn: { 'Fn::GetAtt': ['ForwardRole', 'Arn'] },
              DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredEvents', 'Arn'] } },
            },
          ],
        },
      },
    ]),
  );

/**
 * The CloudFormation template for every other Region and account: rules that send the same events to the deployment's
 * bus, and the roles by which it reads and, where the configuration says so, repairs there. One stack an account and
 * Region, best as a StackSet.
 */
export const memberTemplate = (settings: Pick<Settings, 'controls' | 'alerts'>): object => {
  const rules = forwardingRules();
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Events and read access for ecr-warden',
    Parameters: PARAMETERS,
    Conditions: CONDITIONS,
    Resources: {
      ...rules,
      ...undeliveredEvents(Object.keys(rules)),
      ForwardRole: forwardRole(),
      ReaderRole: readerRole(importStatements(settings)),
      ...remediatorRole(remediationWrites(settings)),
    },
  };
};
