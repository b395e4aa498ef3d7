import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  PutImageScanningConfigurationCommand,
} from '@aws-sdk/client-ecr';
import { afterEach, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { deployWarden, type DeployedWarden } from '../../sandbox/warden.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';

let sandbox: Sandbox | undefined;
afterEach(async () => sandbox?.close());

const start = async (yaml: string): Promise<{ sandbox: Sandbox; warden: DeployedWarden; ecr: ECRClient }> => {
  sandbox = createSandbox({ seed: 1, region: REGION, accounts: [{ id: ACCOUNT }] });
  const errors: unknown[] = [];
  const warden = await deployWarden(sandbox, {
    settings: parseConfig(yaml, 'ecr-warden.yml', CATALOGUE),
    account: ACCOUNT,
    region: REGION,
    onError: (message, data) => errors.push([message, data]),
  });
  const ecr = new ECRClient(sandbox.clientConfig({ role: 'developer', session: 'ann' }));
  return { sandbox, warden, ecr };
};

describe('the way of the data', () => {
  it('judges a new repository, tells once, repairs scanning and tells the repair', async () => {
    const { sandbox, warden, ecr } = await start('controls:\n  image-scanning:\n    remediate: apply\n');
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team-a/api' }));
    await sandbox.settle();
    const subjects = sandbox.sns.published(warden.topics.human).map(({ subject }) => subject);
    console.log(subjects, sandbox.lambda.failures().length, Object.fromEntries(warden.metrics));
    console.log(sandbox.sns.published(warden.topics.human).map(({ message }) => message).join('\n=====\n'));
    await ecr.send(new PutImageScanningConfigurationCommand({ repositoryName: 'team-a/api', imageScanningConfiguration: { scanOnPush: false } }));
    await sandbox.settle();
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'team-a/api' }));
    await sandbox.settle();
    console.log(sandbox.sns.published(warden.topics.human).map(({ subject }) => subject));
    expect(sandbox.lambda.failures()).toEqual([]);
  });
});
