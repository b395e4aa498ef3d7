import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';

describe('a sandbox that runs for long', () => {
  it('has a rule of the same name in each Region', async () => {
    const sandbox = createSandbox();
    const queue = sandbox.sqs.create({ name: 'changes' });
    for (const region of ['eu-west-1', 'us-east-1']) {
      sandbox.eventBridge.putRule({
        name: 'ecr',
        region,
        pattern: { source: ['aws.ecr'] },
        targets: [queue.arn],
      });
      const ecr = new ECRClient(sandbox.clientConfig({ region }));
      await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    }
    await sandbox.settle();
    expect(sandbox.sqs.messages(queue.arn)).toHaveLength(2);
    sandbox.eventBridge.removeRule('ecr');
    const ecr = new ECRClient(sandbox.clientConfig({ region: 'eu-west-1' }));
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'api' }));
    await sandbox.settle();
    expect(sandbox.sqs.messages(queue.arn)).toHaveLength(2);
  });

  it('takes accounts that were not there at its beginning', async () => {
    const sandbox = createSandbox();
    expect(() => sandbox.clientConfig({ account: '222222222222' })).toThrow('no account');
    sandbox.addAccount({ id: '222222222222' });
    const sts = new STSClient(sandbox.clientConfig({ account: '222222222222' }));
    expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe('222222222222');
  });

  it('forgets what it kept to be looked at, and nothing else', async () => {
    const sandbox = createSandbox();
    await new ECRClient(sandbox.clientConfig()).send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    expect([sandbox.calls.count(), sandbox.eventBridge.emitted().length]).toEqual([1, 1]);
    sandbox.forget();
    expect([sandbox.calls.count(), sandbox.eventBridge.emitted().length]).toEqual([0, 0]);
    expect(sandbox.ecr.registry().repositories.has('web')).toBe(true);
  });
});
