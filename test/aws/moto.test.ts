import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateRepositoryCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerIdentity } from '../../shared/aws/caller-identity.ts';
import { ecrClients, stsClient, taggingClients } from '../../shared/aws/clients.ts';
import { ecrReader } from '../../shared/aws/ecr-reader.ts';
import { systemClock } from '../../shared/aws/system-clock.ts';
import { known, type FactName } from '../../shared/model/facts.ts';
import { registryResource, repositoryResource } from '../../shared/model/resource.ts';
import { freePort } from './store-engines.ts';

const AT = { account: '123456789012', region: 'us-east-1' };
const READY_WITHIN_MS = 60_000;
const present = spawnSync('moto_server', ['--help'], { stdio: 'ignore' }).status === 0;

const ready = async (endpoint: string): Promise<void> => {
  for (const start = Date.now(); Date.now() - start < READY_WITHIN_MS; await sleep(200)) {
    if (
      await fetch(`${endpoint}/moto-api/`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
  }
  throw new Error('moto_server did not answer in time');
};

const againstMoto = (): void => {
  let moto: ChildProcess;
  let options: Parameters<typeof ecrClients>[0];
  beforeAll(async () => {
    const port = await freePort();
    moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    const endpoint = `http://127.0.0.1:${port}`;
    await ready(endpoint);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    options = { region: AT.region, account: AT.account, overrides: { endpoint, credentials } };
  }, 70_000);
  afterAll(async () => {
    const ended = once(moto, 'exit');
    moto.kill();
    await ended;
  });

  it('reads what is there, misses what is not, and says what moto does not know', async () => {
    const ecr = ecrClients(options);
    const policyText = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Sid: 'a', Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage'] }],
    });
    await ecr(AT).send(
      new CreateRepositoryCommand({
        repositoryName: 'team-a/api',
        imageScanningConfiguration: { scanOnPush: true },
        imageTagMutability: 'IMMUTABLE',
      }),
    );
    await ecr(AT).send(new SetRepositoryPolicyCommand({ repositoryName: 'team-a/api', policyText }));
    const reader = ecrReader({ ecr, tagging: taggingClients(options), clock: systemClock });
    const needs: FactName[] = ['scanOnPush', 'registryScanning', 'repositoryPolicy', 'lifecyclePolicy'];
    const [api, gone, registry] = await reader.read(
      [repositoryResource(AT, 'team-a/api'), repositoryResource(AT, 'team-a/gone'), registryResource(AT)],
      new Set<FactName>([...needs, 'tagMutability', 'registryPolicy', 'registryPolicyScope']),
    );
    expect(api).toMatchObject({
      exists: true,
      facts: {
        scanOnPush: known(true),
        registryScanning: known({ scanType: 'BASIC', rules: [] }),
        lifecyclePolicy: known(null),
        tagMutability: known({ mode: 'IMMUTABLE', exclusionFilters: [] }),
        repositoryPolicy: { status: 'known' },
      },
    });
    expect(gone?.exists).toBe(false);
    expect(registry).toMatchObject({
      exists: true,
      facts: {
        registryPolicy: known(null),
        registryPolicyScope: known(null),
      },
    });
    expect((await reader.listRepositories(AT)).repositories.map(({ name }) => name)).toEqual(['team-a/api']);
    expect((await callerIdentity(stsClient(options))).account).toBe(AT.account);
  });
};

describe('the reader against moto', () => {
  if (present) againstMoto();
  else it.skip('skipped: there is no moto_server on this machine', () => undefined);
});
