import {
  CreateRepositoryCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { ServiceError } from '../../sandbox/wire.ts';

const DESCRIBE = { service: 'ecr', operation: 'DescribeRepositories' };
const describeAll = () => new DescribeRepositoriesCommand({});

describe('throttling', () => {
  it('is retried by the SDK on the virtual clock', async () => {
    const sandbox = createSandbox({ apiLatency: 0 });
    const ecr = new ECRClient(sandbox.clientConfig());
    sandbox.faults.throttle(DESCRIBE, { times: 2 });
    const started = performance.now();
    const { $metadata } = await ecr.send(describeAll());
    expect($metadata.attempts).toBe(3);
    expect(sandbox.calls.all().map(({ outcome }) => outcome)).toEqual([
      'ThrottlingException',
      'ThrottlingException',
      'ok',
    ]);
    expect(sandbox.clock.milliseconds() - Date.parse('2026-01-01T00:00:00.000Z')).toBe(300);
    expect(performance.now() - started).toBeLessThan(250);
  });

  it('reaches the caller after the last attempt', async () => {
    const sandbox = createSandbox();
    sandbox.faults.throttle(DESCRIBE);
    const ecr = new ECRClient(sandbox.clientConfig({ maxAttempts: 4 }));
    await expect(ecr.send(describeAll())).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(sandbox.calls.count({ operation: 'DescribeRepositories' })).toBe(4);
  });

  it('strikes by chance, and by the same chance for the same seed', async () => {
    const outcomes = async (seed: number) => {
      const sandbox = createSandbox({ seed });
      sandbox.faults.throttle(DESCRIBE, { probability: 0.5 });
      const ecr = new ECRClient(sandbox.clientConfig({ maxAttempts: 1 }));
      for (let i = 0; i < 20; i += 1) await ecr.send(describeAll()).catch(() => undefined);
      return sandbox.calls.all().map(({ outcome }) => outcome);
    };
    const first = await outcomes(3);
    expect(await outcomes(3)).toEqual(first);
    expect(new Set(first)).toEqual(new Set(['ok', 'ThrottlingException']));
  });
});

describe('an answer that gets lost', () => {
  it('leaves the call applied: the SDK tries again and meets its own work', async () => {
    const sandbox = createSandbox();
    sandbox.faults.failAfterApplying({ operation: 'CreateRepository' }, { times: 1 });
    const ecr = new ECRClient(sandbox.clientConfig());
    await expect(ecr.send(new CreateRepositoryCommand({ repositoryName: 'api' }))).rejects.toMatchObject({
      name: 'RepositoryAlreadyExistsException',
    });
    expect(sandbox.calls.all().map(({ outcome }) => outcome)).toEqual([
      'lost',
      'RepositoryAlreadyExistsException',
    ]);
    expect(sandbox.eventBridge.emitted()).toHaveLength(2);
  });
});

describe('permissions', () => {
  const roles = [
    { name: 'reader', allow: ['ecr:Describe*', 'ecr:Get*'], deny: ['ecr:GetRepositoryPolicy'] },
    { name: 'nobody', allow: [] },
  ];
  const sandbox = createSandbox({ accounts: [{ id: '111111111111', roles }] });

  it('come from the list of a declared role', async () => {
    const ecr = new ECRClient(sandbox.clientConfig({ role: 'reader' }));
    await ecr.send(describeAll());
    for (const command of [
      new GetRepositoryPolicyCommand({ repositoryName: 'api' }),
      new CreateRepositoryCommand({ repositoryName: 'api' }),
    ]) {
      await expect(ecr.send(command)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('assumed-role/reader/session is not authorized to perform: ecr:'),
      });
    }
  });

  it('are refused in the words of the protocol', async () => {
    const sns = new SNSClient(sandbox.clientConfig({ role: 'nobody' }));
    const TopicArn = sandbox.sns.create({ name: 'alerts' });
    await expect(sns.send(new PublishCommand({ TopicArn, Message: 'x' }))).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
    });
  });

  it('can be taken away for one action and given back', async () => {
    const ecr = new ECRClient(sandbox.clientConfig({ role: 'undeclared' }));
    const giveBack = sandbox.faults.deny({ operation: 'DescribeRepositories', role: 'undeclared' });
    await expect(ecr.send(describeAll())).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await ecr.send(new DescribeRegistryCommand({}));
    giveBack();
    await ecr.send(describeAll());
  });
});

describe('a service that is down', () => {
  it('comes back when its time is over', async () => {
    const sandbox = createSandbox();
    const ecr = new ECRClient(sandbox.clientConfig({ maxAttempts: 2 }));
    sandbox.faults.down({ service: 'ecr', region: 'us-east-1' }, 60_000);
    await expect(ecr.send(describeAll())).rejects.toMatchObject({ name: 'ServiceUnavailable' });
    await new ECRClient(sandbox.clientConfig({ region: 'eu-west-1' })).send(describeAll());
    await sandbox.run(60_000);
    await ecr.send(describeAll());
  });

  it('can answer any error, and take its time', async () => {
    const sandbox = createSandbox({ apiLatency: 0 });
    const ecr = new ECRClient(sandbox.clientConfig());
    sandbox.faults.slow(DESCRIBE, 5_000, { times: 1 });
    sandbox.faults.error(DESCRIBE, new ServiceError('KmsException', 'no key'), { times: 1 });
    const before = sandbox.clock.milliseconds();
    await expect(ecr.send(describeAll())).rejects.toMatchObject({ name: 'KmsException', message: 'no key' });
    expect(sandbox.clock.milliseconds() - before).toBe(5_000);
    sandbox.faults.throttle({});
    sandbox.faults.clear();
    await ecr.send(describeAll());
  });
});
