import {
  CreateRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  ECRClient,
  PutImageScanningConfigurationCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../sandbox/event-pattern.ts';
import { createSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

const ALL = { source: ['aws.ecr'] };
const watch = (sandbox: Sandbox, pattern = ALL) => {
  const { arn } = sandbox.sqs.create({ name: 'events' });
  sandbox.eventBridge.putRule({ name: 'all', region: 'us-east-1', pattern, targets: [arn] });
  return () =>
    sandbox.sqs.messages(arn).map(({ body }) => JSON.parse(body) as { time: string; detail: Detail });
};
interface Detail {
  eventName: string;
  errorCode?: string;
  requestParameters: Record<string, unknown> | null;
  responseElements: Record<string, unknown> | null;
  userIdentity: Record<string, unknown>;
  recipientAccountId: string;
  eventID: string;
  sharedEventID?: string;
}
const create = (sandbox: Sandbox, repositoryName: string, more: object = {}) =>
  new ECRClient(sandbox.clientConfig({ role: 'developer', session: 'ann', ...more })).send(
    new CreateRepositoryCommand({ repositoryName }),
  );

describe('management events', () => {
  it('have the shape of CloudTrail', async () => {
    const sandbox = createSandbox({ startTime: '2026-03-04T05:06:07.000Z', apiLatency: 0 });
    const events = watch(sandbox);
    await create(sandbox, 'api');
    expect(events()).toEqual([]);
    await sandbox.settle();
    expect(events()).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'AWS API Call via CloudTrail',
        source: 'aws.ecr',
        account: '111111111111',
        time: '2026-03-04T05:06:07Z',
        region: 'us-east-1',
        resources: [],
        detail: {
          eventVersion: '1.11',
          userIdentity: {
            type: 'AssumedRole',
            principalId: expect.stringMatching(/^AROA[A-Z2-7]{17}:ann$/),
            arn: 'arn:aws:sts::111111111111:assumed-role/developer/ann',
            accountId: '111111111111',
            accessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
            sessionContext: {
              sessionIssuer: {
                type: 'Role',
                principalId: expect.stringMatching(/^AROA/),
                arn: 'arn:aws:iam::111111111111:role/developer',
                accountId: '111111111111',
                userName: 'developer',
              },
              attributes: { creationDate: '2026-03-04T05:06:07Z', mfaAuthenticated: 'false' },
            },
          },
          eventTime: '2026-03-04T05:06:07Z',
          eventSource: 'ecr.amazonaws.com',
          eventName: 'CreateRepository',
          awsRegion: 'us-east-1',
          sourceIPAddress: expect.any(String),
          userAgent: expect.stringContaining('aws-sdk-js'),
          requestParameters: { repositoryName: 'api' },
          responseElements: {
            repository: expect.objectContaining({
              repositoryName: 'api',
              createdAt: 'Mar 4, 2026 5:06:07 AM',
            }),
          },
          requestID: expect.any(String),
          eventID: expect.any(String),
          readOnly: false,
          resources: [
            { accountId: '111111111111', ARN: 'arn:aws:ecr:us-east-1:111111111111:repository/api' },
          ],
          eventType: 'AwsApiCall',
          managementEvent: true,
          recipientAccountId: '111111111111',
          eventCategory: 'Management',
          tlsDetails: expect.any(Object),
        },
      },
    ]);
  });

  it('follow each write, also a failed one, and no read', async () => {
    const sandbox = createSandbox();
    const events = watch(sandbox);
    const ecr = new ECRClient(sandbox.clientConfig());
    const policy = { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:*' }] };
    await create(sandbox, 'api');
    await ecr.send(
      new SetRepositoryPolicyCommand({ repositoryName: 'api', policyText: JSON.stringify(policy) }),
    );
    await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName: 'api' }));
    await expect(
      ecr.send(
        new PutImageScanningConfigurationCommand({ repositoryName: 'gone', imageScanningConfiguration: {} }),
      ),
    ).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
    await sandbox.settle();
    const details = events().map(({ detail }) => detail);
    expect(details.map(({ eventName, errorCode }) => [eventName, errorCode])).toEqual([
      ['CreateRepository', undefined],
      ['SetRepositoryPolicy', undefined],
      ['DeleteRepositoryPolicy', undefined],
      ['PutImageScanningConfiguration', 'RepositoryNotFoundException'],
    ]);
    expect(details[1]?.requestParameters).toEqual({
      repositoryName: 'api',
      policyText: JSON.stringify(policy),
      force: false,
    });
    expect(JSON.parse(details[2]?.responseElements?.['policyText'] as string)).toEqual(policy);
    expect(details[3]).toMatchObject({
      requestParameters: { repositoryName: 'gone' },
      responseElements: null,
    });
  });

  it('tell a refusal without the parameters, and an IAM user by name', async () => {
    const sandbox = createSandbox();
    const events = watch(sandbox);
    sandbox.faults.deny({ operation: 'CreateRepository' });
    await expect(create(sandbox, 'api', { role: undefined, user: 'bob' })).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await sandbox.settle();
    expect(events()[0]?.detail).toMatchObject({
      errorCode: 'AccessDenied',
      requestParameters: null,
      userIdentity: { type: 'IAMUser', userName: 'bob' },
    });
  });

  it('say where a call came from and whether with MFA', async () => {
    const sandbox = createSandbox();
    const events = watch(sandbox);
    await create(sandbox, 'api', { sourceIp: '192.0.2.44', mfa: true });
    await sandbox.settle();
    expect(events()[0]?.detail).toMatchObject({
      sourceIPAddress: '192.0.2.44',
      userIdentity: { sessionContext: { attributes: { mfaAuthenticated: 'true' } } },
    });
  });

  it('leave out parameters that are too large', async () => {
    const sandbox = createSandbox();
    const events = watch(sandbox);
    const policyText = 'x'.repeat(110_000);
    const ecr = new ECRClient(sandbox.clientConfig());
    await expect(
      ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'api', policyText })),
    ).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
    await sandbox.settle();
    expect(events()[0]?.detail.requestParameters).toEqual({
      reason: 'requestParameters too large',
      omitted: 'true',
      originalSize: expect.stringMatching(/^11\d{4}$/),
    });
  });

  it('name tags in lower case and the resource by ARN alone', async () => {
    const sandbox = createSandbox();
    const events = watch(sandbox);
    await create(sandbox, 'api');
    const resourceArn = 'arn:aws:ecr:us-east-1:111111111111:repository/api';
    const tags = [{ Key: '__proto__', Value: 'v' }];
    await new ECRClient(sandbox.clientConfig()).send(new TagResourceCommand({ resourceArn, tags }));
    await sandbox.settle();
    expect(events()[1]?.detail).toMatchObject({
      requestParameters: { resourceArn, tags: [{ key: '__proto__', value: 'v' }] },
      responseElements: null,
      resources: [{ ARN: resourceArn }],
    });
  });

  it('reach the owner and the caller of a call across accounts, each with its own id', async () => {
    const sandbox = createSandbox({
      accounts: [
        { id: '111111111111' },
        { id: '222222222222', roles: [{ name: 'ci', reaches: ['111111111111'] }] },
      ],
    });
    const registryId = '111111111111';
    const call = (role: string) =>
      new ECRClient(sandbox.clientConfig({ account: '222222222222', role })).send(
        new CreateRepositoryCommand({ repositoryName: 'shared', registryId }),
      );
    await expect(call('stranger')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await call('ci');
    const details = sandbox.eventBridge
      .emitted()
      .filter(({ detail }) => (detail as unknown as Detail).errorCode === undefined)
      .map(({ account, detail }) => Object.assign({ envelope: account }, detail as unknown as Detail));
    expect(details.map(({ envelope, recipientAccountId }) => [envelope, recipientAccountId])).toEqual([
      ['111111111111', '111111111111'],
      ['222222222222', '222222222222'],
    ]);
    expect(new Set(details.map(({ sharedEventID }) => sharedEventID)).size).toBe(1);
    expect(new Set(details.map(({ eventID }) => eventID)).size).toBe(2);
    expect(sandbox.ecr.registry({ account: '111111111111' }).repositories.has('shared')).toBe(true);
  });
});

describe('event patterns', () => {
  const event = {
    source: 'aws.ecr',
    detail: { eventName: 'PutImage', n: 1, list: ['a', 'b'], empty: [], inner: [{ k: 'x' }, { k: 'y' }] },
  };
  it.each<[unknown, boolean]>([
    [{ source: ['aws.ecr'] }, true],
    [{ source: ['aws.iam', 'aws.ecr'] }, true],
    [{ source: ['AWS.ECR'] }, false],
    [{ source: [{ 'equals-ignore-case': 'AWS.ECR' }] }, true],
    [{ detail: { eventName: [{ prefix: 'Put' }] } }, true],
    [{ detail: { eventName: [{ suffix: 'Image' }] } }, true],
    [{ detail: { eventName: [{ wildcard: 'P*m*e' }] } }, true],
    [{ detail: { eventName: [{ wildcard: '*x*' }] } }, false],
    [{ detail: { eventName: [{ 'anything-but': ['PutImage'] }] } }, false],
    [{ detail: { eventName: [{ 'anything-but': { prefix: 'Get' } }] } }, true],
    [{ detail: { missing: [{ 'anything-but': ['x'] }] } }, false],
    [{ detail: { errorCode: [{ exists: false }] } }, true],
    [{ detail: { eventName: [{ exists: false }] } }, false],
    [{ detail: { eventName: [{ exists: true }] } }, true],
    [{ gone: { deep: [{ exists: false }] } }, true],
    [{ detail: { n: [1] } }, true],
    [{ detail: { n: ['1'] } }, false],
    [{ detail: { list: ['b'] } }, true],
    [{ detail: { empty: ['b'] } }, false],
    [{ detail: { inner: { k: ['y'] } } }, true],
    [{ detail: { constructor: [{ exists: false }] } }, true],
    [{ $or: [{ source: ['x'] }, { detail: { eventName: ['PutImage'] } }] }, true],
  ])('%j matches: %s', (pattern, matches) => {
    expect(compilePattern(pattern)(event)).toBe(matches);
  });

  it.each([
    null,
    'x',
    { source: 'aws.ecr' },
    { source: [{ numeric: ['>', 1] }] },
    { source: [{ prefix: 1 }] },
  ])('refuse %j', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(TypeError);
  });
});

describe('delivery of events', () => {
  const names = (events: { detail: Detail }[]) =>
    events.map(({ detail }) => detail.requestParameters?.['repositoryName']);

  it('goes by plan: late, twice, lost', async () => {
    const sandbox = createSandbox();
    const events = watch(sandbox);
    const of = (name: string) => (envelope: object) =>
      JSON.stringify(envelope).includes(`"repositoryName":"${name}"`);
    sandbox.faults.events({ match: of('late'), late: 60_000 });
    sandbox.faults.events({ match: of('twice'), again: 1 });
    sandbox.faults.events({ match: of('lost'), lost: true, times: 1 });
    for (const name of ['late', 'twice', 'lost', 'usual']) await create(sandbox, name);
    await sandbox.settle();
    expect(names(events())).toEqual(['twice', 'twice', 'usual', 'late']);
    expect(sandbox.eventBridge.emitted()).toHaveLength(4);
  });

  it('goes out of order by chance of the seed, the same each time', async () => {
    const run = async (seed: number) => {
      const sandbox = createSandbox({ seed });
      const events = watch(sandbox);
      sandbox.faults.events({ late: [0, 300_000] });
      for (let i = 0; i < 12; i += 1) await create(sandbox, `repo-${i}`);
      await sandbox.settle();
      return names(events());
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set(other));
  });

  it('goes on to a central bus in one hop, with the envelope of the sender', async () => {
    const sandbox = createSandbox({
      accounts: [{ id: '999999999999' }, { id: '111111111111' }, { id: '222222222222' }],
    });
    const { arn } = sandbox.sqs.create({ name: 'central' });
    const bus = (account: string) => `arn:aws:events:us-east-1:${account}:event-bus/default`;
    const rule = (account: string, targets: string[]) =>
      sandbox.eventBridge.putRule({
        name: `to-${account}`,
        account,
        region: 'us-east-1',
        pattern: ALL,
        targets,
      });
    rule('111111111111', [bus('999999999999')]);
    rule('222222222222', [bus('111111111111')]);
    rule('999999999999', [arn]);
    await create(sandbox, 'one-hop', { account: '111111111111' });
    await create(sandbox, 'two-hops', { account: '222222222222' });
    await sandbox.settle();
    expect(sandbox.sqs.messages(arn).map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { account: '111111111111', detail: { requestParameters: { repositoryName: 'one-hop' } } },
    ]);
  });

  it('buries what no target takes', async () => {
    const sandbox = createSandbox();
    const dead = sandbox.sqs.create({ name: 'dead' });
    const missing = 'arn:aws:sqs:us-east-1:111111111111:missing';
    const rule = { name: 'broken', region: 'us-east-1', pattern: ALL, targets: [missing] };
    sandbox.eventBridge.putRule({ ...rule, deadLetterArn: dead.arn });
    await create(sandbox, 'api');
    await sandbox.settle();
    expect(sandbox.sqs.messages(dead.arn)).toMatchObject([
      { attributes: { TARGET_ARN: { StringValue: missing }, ERROR_CODE: { StringValue: 'NO_PERMISSIONS' } } },
    ]);
  });

  it('puts an envelope of somebody else on the bus of its account and Region', async () => {
    const sandbox = createSandbox();
    const events = watch(sandbox);
    const envelope = { source: 'aws.ecr', account: '111111111111', detail: { eventName: 'X' } };
    sandbox.eventBridge.put({ ...envelope, region: 'us-east-1' });
    sandbox.eventBridge.put({ ...envelope, region: 'eu-west-1' });
    await sandbox.settle();
    expect(events()).toEqual([{ ...envelope, region: 'us-east-1' }]);
  });
});
