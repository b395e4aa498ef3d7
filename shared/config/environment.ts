import { ConfigError } from '../model/errors.ts';
import { partitionOf } from '../model/resource.ts';

/** Environment variables; `process.env` is one. An empty variable counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How resources of another account are reached. */
export interface MemberAccess {
  readonly roleName: string;
  readonly externalId: string | null;
}

/** What every function is told by its deployment. */
export interface FunctionEnvironment {
  readonly account: string;
  readonly region: string;
  readonly tableName: string;
  readonly logLevel: LogLevel;
}

export interface EvaluateEnvironment extends FunctionEnvironment {
  readonly queueUrl: string;
  /** The role to read with in other accounts; null: all is read with our own. */
  readonly memberRead: MemberAccess | null;
  /** ARNs under which remediation makes its calls, here and in the member accounts. */
  readonly ownRoleArns: readonly string[];
}

export interface SweepEnvironment extends FunctionEnvironment {
  readonly queueUrl: string;
  readonly memberRead: MemberAccess | null;
  /** At least one: our own if none is given. */
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  readonly deadLetterQueueUrls: readonly string[];
}

export interface AlertEnvironment extends FunctionEnvironment {
  /** The role to import findings with into the Security Hub of other accounts; null: only our own account's are. */
  readonly memberRead: MemberAccess | null;
  /** Null: alerts of this form are not published. */
  readonly topics: {
    readonly human: string | null;
    readonly chat: string | null;
    readonly machine: string | null;
  };
}

export interface RemediateEnvironment extends FunctionEnvironment {
  readonly queueUrl: string;
  readonly memberRead: MemberAccess | null;
  /** The narrower role to write with in other accounts; null: nothing is changed there. */
  readonly memberRemediate: MemberAccess | null;
}

interface Rule {
  readonly expected: string;
  readonly pattern: RegExp;
}

const ACCOUNT: Rule = { expected: 'an account id of 12 digits', pattern: /^\d{12}$/ };
const REGION: Rule = { expected: 'the name of a Region', pattern: /^[a-z]{2,6}(?:-[a-z]+)+-\d+$/ };
const TABLE: Rule = { expected: 'the name of a table', pattern: /^[\w.-]{3,255}$/ };
const QUEUE: Rule = { expected: 'the URL of a queue', pattern: /^https?:\/\/[^\s/]+\/\S+$/ };
const TOPIC: Rule = {
  expected: 'the ARN of a topic',
  pattern: /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/,
};
const ROLE_ARN: Rule = {
  expected: 'the ARN of a role',
  pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
};
const ROLE_NAME: Rule = {
  expected: 'the name of a role, with its path if it has one',
  pattern: /^[\w+=,.@/-]{1,576}$/,
};
const EXTERNAL_ID: Rule = { expected: 'an external id', pattern: /^[\w+=,.@:/-]{2,1224}$/ };

const optional = (environment: Environment, name: string, rule: Rule): string | null => {
  const value = environment[name] ?? '';
  if (value === '') return null;
  // The value is not shown: a variable may hold what no log should.
  if (!rule.pattern.test(value)) {
    throw new ConfigError(`environment variable \`${name}\` is not ${rule.expected}`, {
      data: { variable: name },
    });
  }
  return value;
};

const required = (environment: Environment, name: string, rule: Rule): string => {
  const value = optional(environment, name, rule);
  if (value === null) {
    throw new ConfigError(`environment variable \`${name}\` is not set: expected ${rule.expected}`, {
      data: { variable: name },
    });
  }
  return value;
};

/** Values between commas, spaces around them ignored; empty if the variable is not set. */
const several = (environment: Environment, name: string, rule: Rule): readonly string[] =>
  (environment[name] ?? '')
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '')
    .map((value) => required({ [name]: value }, name, rule));

const logLevel = (environment: Environment): LogLevel => {
  const value = (environment['LOG_LEVEL'] ?? '').toUpperCase();
  if (value === '') return 'INFO';
  const level = LOG_LEVELS.find((known) => known === value);
  if (level !== undefined) return level;
  throw new ConfigError(`environment variable \`LOG_LEVEL\` is not one of ${LOG_LEVELS.join(', ')}`, {
    data: { variable: 'LOG_LEVEL' },
  });
};

const common = (environment: Environment): FunctionEnvironment => ({
  account: required(environment, 'ACCOUNT_ID', ACCOUNT),
  region: required(environment, 'AWS_REGION', REGION),
  tableName: required(environment, 'TABLE_NAME', TABLE),
  logLevel: logLevel(environment),
});

const memberAccess = (environment: Environment, variable: string): MemberAccess | null => {
  const roleName = optional(environment, variable, ROLE_NAME);
  return roleName === null
    ? null
    : { roleName, externalId: optional(environment, 'MEMBER_EXTERNAL_ID', EXTERNAL_ID) };
};

const queueUrl = (environment: Environment): string => required(environment, 'CHANGES_QUEUE_URL', QUEUE);

const roleArnIn = (account: string, region: string, roleName: string): string =>
  `arn:${partitionOf(region)}:iam::${account}:role/${roleName.replace(/^\//, '')}`;

const ownRoleArns = (environment: Environment): readonly string[] => {
  const region = required(environment, 'AWS_REGION', REGION);
  const member = optional(environment, 'MEMBER_REMEDIATION_ROLE_NAME', ROLE_NAME);
  const accounts = several(environment, 'ACCOUNTS', ACCOUNT);
  return [
    ...several(environment, 'REMEDIATION_ROLE_ARN', ROLE_ARN),
    ...(member === null ? [] : accounts.map((account) => roleArnIn(account, region, member))),
  ];
};

/** @throws ConfigError naming the variable */
export const evaluateEnvironment = (environment: Environment = process.env): EvaluateEnvironment => ({
  ...common(environment),
  queueUrl: queueUrl(environment),
  memberRead: memberAccess(environment, 'MEMBER_ROLE_NAME'),
  ownRoleArns: ownRoleArns(environment),
});

const orOwn = (values: readonly string[], own: string): readonly string[] =>
  values.length === 0 ? [own] : values;

/** @throws ConfigError naming the variable */
export const sweepEnvironment = (environment: Environment = process.env): SweepEnvironment => {
  const base = common(environment);
  return {
    ...base,
    queueUrl: queueUrl(environment),
    memberRead: memberAccess(environment, 'MEMBER_ROLE_NAME'),
    accounts: orOwn(several(environment, 'ACCOUNTS', ACCOUNT), base.account),
    regions: orOwn(several(environment, 'REGIONS', REGION), base.region),
    deadLetterQueueUrls: several(environment, 'DEAD_LETTER_QUEUE_URLS', QUEUE),
  };
};

/** @throws ConfigError naming the variable */
export const alertEnvironment = (environment: Environment = process.env): AlertEnvironment => ({
  ...common(environment),
  memberRead: memberAccess(environment, 'MEMBER_ROLE_NAME'),
  topics: {
    human: optional(environment, 'HUMAN_TOPIC_ARN', TOPIC),
    chat: optional(environment, 'CHAT_TOPIC_ARN', TOPIC),
    machine: optional(environment, 'MACHINE_TOPIC_ARN', TOPIC),
  },
});

/** @throws ConfigError naming the variable */
export const remediateEnvironment = (environment: Environment = process.env): RemediateEnvironment => ({
  ...common(environment),
  queueUrl: queueUrl(environment),
  memberRead: memberAccess(environment, 'MEMBER_ROLE_NAME'),
  memberRemediate: memberAccess(environment, 'MEMBER_REMEDIATION_ROLE_NAME'),
});
