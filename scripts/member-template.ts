import { changePatterns, registryReads, repositoryReads } from './deployment.ts';

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
      'Who may assume it: outputs EvaluateRoleArn and RemediateRoleArn of the deployment, with a comma.',
  },
  RoleRegion: {
    Type: 'String',
    Default: 'us-east-1',
    Description: 'Roles are the same in all Regions: only the stack of this Region makes the reading role.',
  },
};

const CONDITIONS = {
  MakesReader: {
    'Fn::And': [
      { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'MemberRoleName' }, ''] }] },
      { 'Fn::Equals': [{ Ref: 'AWS::Region' }, { Ref: 'RoleRegion' }] },
    ],
  },
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

const readerRole = (): object => ({
  Type: 'AWS::IAM::Role',
  Condition: 'MakesReader',
  Properties: {
    RoleName: { Ref: 'MemberRoleName' },
    Description: 'Lets ecr-warden read the settings of ECR, nothing else',
    AssumeRolePolicyDocument: policy({
      Effect: 'Allow',
      // The account with a condition, not the roles: IAM would tie the trust to the identity of a role that may be made anew.
      Principal: {
        AWS: { 'Fn::Sub': ['arn:${AWS::Partition}:iam::${Account}:root', { Account: CENTRAL_ACCOUNT }] },
      },
      Action: 'sts:AssumeRole',
      Condition: { ArnEquals: { 'aws:PrincipalArn': { Ref: 'ReaderRoleArns' } } },
    }),
    Policies: [
      {
        PolicyName: 'read',
        PolicyDocument: policy(
          {
            Effect: 'Allow',
            Action: repositoryReads(),
            Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:ecr:*:${AWS::AccountId}:repository/*' },
          },
          { Effect: 'Allow', Action: registryReads(), Resource: '*' },
        ),
      },
    ],
  },
});

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
 * bus, and the role by which it reads there. One stack an account and Region, best as a StackSet.
 */
export const memberTemplate = (): object => {
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
      ReaderRole: readerRole(),
    },
  };
};
