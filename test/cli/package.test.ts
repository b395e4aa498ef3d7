import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { packageCli } from '../../scripts/package-cli.ts';
import { run } from './run.ts';

/** The bytes that `npx ecr-warden` may fetch, minified; the SDK's credential providers are most of them. */
const MAX_BYTES = 1_200_000;

describe('the command as npm packages it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-'));
  const main = join(folder, 'ecr-warden.js');
  const sandbox = createSandbox({ region: 'eu-west-1', accounts: [{ id: '111122223333' }] });
  let bytes = 0;

  beforeAll(async () => {
    const root = resolve(import.meta.dirname, '../..');
    bytes = await packageCli({ root, entry: join(root, 'cli/main.ts'), outFolder: folder });
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });

  it('is one small program', () => {
    expect(bytes).toBeLessThan(MAX_BYTES);
  });

  it('scans outside of the repository, with nothing beside it', async () => {
    const url = await sandbox.listen();
    const ecr = new ECRClient(sandbox.clientConfig({}));
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' }));
    const env = { AWS_ENDPOINT_URL: url };
    const ran = await run(['scan', '--format', 'json'], { main, cwd: folder, env });
    expect([ran.status, JSON.parse(ran.stdout).summary.resources]).toEqual([1, 2]);
  });

  it('checks policies and configurations', async () => {
    const policy = '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*"}}';
    const args = ['check', 'policy', '-', '--owner-account', '111122223333', '--format', 'sarif'];
    const [checked, config] = await Promise.all([
      run(args, { main, cwd: folder, input: policy }),
      run(['config', 'check', '-'], { main, cwd: folder, input: 'trust: { accounts: ["444455556666"] }\n' }),
    ]);
    expect([checked.status, JSON.parse(checked.stdout).runs[0].results]).toEqual([1, [expect.anything()]]);
    expect([config.status, config.stderr]).toEqual([0, '']);
  });
});
