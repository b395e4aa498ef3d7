import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  alertEnvironment,
  evaluateEnvironment,
  remediateEnvironment,
  sweepEnvironment,
  type Environment,
} from '../../shared/config/environment.ts';
import {
  loadPackagedSettings,
  SETTINGS_FILE,
  settingsToJson,
} from '../../shared/config/packaged-settings.ts';
import { defaultSettings } from '../../shared/config/read-settings.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import { ConfigError } from '../../shared/model/errors.ts';

const base: Environment = {
  ACCOUNT_ID: '111122223333',
  AWS_REGION: 'eu-west-1',
  TABLE_NAME: 'ecr-warden-state',
  CHANGES_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/changes',
};
const common = {
  account: '111122223333',
  region: 'eu-west-1',
  tableName: 'ecr-warden-state',
  logLevel: 'INFO',
};
const queueUrl = base['CHANGES_QUEUE_URL'];

const complaintAbout = (environment: Environment): string => {
  try {
    evaluateEnvironment(environment);
    return 'none';
  } catch (error) {
    return error instanceof ConfigError ? error.message : 'another error';
  }
};

describe('the environment of a function', () => {
  it('needs little', () => {
    expect(evaluateEnvironment(base)).toEqual({ ...common, queueUrl, memberRead: null, ownRoleArns: [] });
    expect(sweepEnvironment(base)).toEqual({
      ...common,
      queueUrl,
      memberRead: null,
      accounts: ['111122223333'],
      regions: ['eu-west-1'],
      deadLetterQueueUrls: [],
    });
    expect(alertEnvironment(base)).toEqual({
      ...common,
      memberRead: null,
      topics: { human: null, chat: null, machine: null },
    });
    expect(remediateEnvironment(base)).toEqual({
      ...common,
      queueUrl,
      memberRead: null,
      memberRemediate: null,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    const empty = { ...base, MEMBER_ROLE_NAME: '', ACCOUNTS: ' , ', LOG_LEVEL: '', HUMAN_TOPIC_ARN: '' };
    expect(sweepEnvironment(empty)).toEqual(sweepEnvironment(base));
    expect(alertEnvironment(empty)).toEqual(alertEnvironment(base));
  });

  it('can say more', () => {
    const full: Environment = {
      ...base,
      LOG_LEVEL: 'debug',
      MEMBER_ROLE_NAME: 'team/ecr-warden-read',
      MEMBER_EXTERNAL_ID: 'x-123',
      MEMBER_REMEDIATION_ROLE_NAME: 'ecr-warden-remediate',
      ACCOUNTS: '111122223333, 444455556666',
      REGIONS: 'eu-west-1,us-gov-west-1',
      REMEDIATION_ROLE_ARN: 'arn:aws:iam::111122223333:role/ecr-warden/remediate',
      DEAD_LETTER_QUEUE_URLS: 'https://q.example/1,https://q.example/2',
      CHAT_TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chat',
    };
    expect(evaluateEnvironment(full)).toMatchObject({
      logLevel: 'DEBUG',
      memberRead: { roleName: 'team/ecr-warden-read', externalId: 'x-123' },
      ownRoleArns: [
        'arn:aws:iam::111122223333:role/ecr-warden/remediate',
        'arn:aws:iam::111122223333:role/ecr-warden-remediate',
        'arn:aws:iam::444455556666:role/ecr-warden-remediate',
      ],
    });
    expect(sweepEnvironment(full)).toMatchObject({
      accounts: ['111122223333', '444455556666'],
      regions: ['eu-west-1', 'us-gov-west-1'],
      deadLetterQueueUrls: ['https://q.example/1', 'https://q.example/2'],
    });
    expect(alertEnvironment(full).topics).toEqual({
      human: null,
      chat: 'arn:aws:sns:eu-west-1:111122223333:chat',
      machine: null,
    });
    expect(remediateEnvironment(full).memberRemediate?.roleName).toBe('ecr-warden-remediate');
  });

  it('knows the partition of its own roles', () => {
    const china = {
      ...base,
      AWS_REGION: 'cn-north-1',
      ACCOUNTS: '111122223333',
      MEMBER_REMEDIATION_ROLE_NAME: 'r',
    };
    expect(evaluateEnvironment(china).ownRoleArns).toEqual(['arn:aws-cn:iam::111122223333:role/r']);
  });

  it.each(['ACCOUNT_ID', 'AWS_REGION', 'TABLE_NAME', 'CHANGES_QUEUE_URL'])(
    'names what is missing: %s',
    (name) => {
      const without = { ...base, [name]: undefined };
      expect(() => evaluateEnvironment(without)).toThrow(ConfigError);
      expect(() => evaluateEnvironment(without)).toThrow(
        `environment variable \`${name}\` is not set: expected `,
      );
    },
  );

  it.each([
    ['ACCOUNT_ID', '12', 'an account id of 12 digits'],
    ['AWS_REGION', 'Frankfurt', 'the name of a Region'],
    ['TABLE_NAME', 'a/b', 'the name of a table'],
    ['CHANGES_QUEUE_URL', 'changes', 'the URL of a queue'],
    ['MEMBER_ROLE_NAME', 'a role', 'the name of a role, with its path if it has one'],
    ['REMEDIATION_ROLE_ARN', 'arn:aws:iam::111122223333:user/x', 'the ARN of a role'],
    ['ACCOUNTS', '111122223333,secret', 'an account id of 12 digits'],
  ])('names what is wrong, and does not show it: %s', (name, value, expected) => {
    const wrong = { ...base, MEMBER_REMEDIATION_ROLE_NAME: 'r', [name]: value };
    expect(complaintAbout(wrong)).toBe(`environment variable \`${name}\` is not ${expected}`);
  });

  it('refuses a log level that is none', () => {
    expect(() => alertEnvironment({ ...base, LOG_LEVEL: 'loud' })).toThrow(
      '`LOG_LEVEL` is not one of DEBUG, INFO',
    );
  });
});

describe('the settings beside a function', () => {
  const folder = (content?: string): Environment => {
    const path = mkdtempSync(join(tmpdir(), 'settings-'));
    onTestFinished(() => rmSync(path, { recursive: true }));
    if (content !== undefined) writeFileSync(join(path, SETTINGS_FILE), content);
    return { LAMBDA_TASK_ROOT: path };
  };

  it('are read', () => {
    const settings = defaultSettings(CATALOGUE);
    expect(loadPackagedSettings(CATALOGUE, folder(settingsToJson(settings)))).toEqual(settings);
  });

  it('must be there and be valid', () => {
    expect(() => loadPackagedSettings(CATALOGUE, {})).toThrow('`LAMBDA_TASK_ROOT` is not set');
    expect(() => loadPackagedSettings(CATALOGUE, folder())).toThrow(
      'settings.json is not beside the function',
    );
    expect(() => loadPackagedSettings(CATALOGUE, folder('{'))).toThrow('settings.json is not valid JSON');
    expect(() => loadPackagedSettings(CATALOGUE, folder('{"trust":[]}'))).toThrow(ConfigError);
  });
});
