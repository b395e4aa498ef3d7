import {
  CreateRepositoryCommand,
  GetRepositoryPolicyCommand,
  PutImageScanningConfigurationCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, REGION, startAccount, type Account } from '../end-to-end/account.ts';
import { run } from './run.ts';

const arn = (name: string): string => `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${name}`;

describe('working with a deployment', () => {
  let account: Account;
  let url = '';

  beforeAll(async () => {
    account = await startAccount();
    url = await account.sandbox.listen();
    await account.ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' }));
    await account.ecr.send(new CreateRepositoryCommand({ repositoryName: 'open' }));
    await account.ecr.send(
      new SetRepositoryPolicyCommand({
        repositoryName: 'open',
        policyText: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Sid: 'Ours', Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'ecr:BatchGetImage' },
            { Sid: 'World', Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' },
          ],
        }),
      }),
    );
    await account.sandbox.settle();
  });
  afterAll(() => account.sandbox.close());

  const warden = (...args: readonly string[]) =>
    run(args, { env: { AWS_ENDPOINT_URL: url, ECR_WARDEN_TABLE: account.warden.tableName } });
  const scanOnPush = (): boolean | undefined =>
    account.sandbox.ecr.registry({ account: ACCOUNT, region: REGION }).repositories.get('app')?.scanOnPush;

  it('lists the open findings, gravest first, with status 1', async () => {
    const ran = await warden('findings', '--format', 'json');
    const { findings } = JSON.parse(ran.stdout) as { findings: { key: string; severity: string }[] };
    expect(ran.status).toBe(1);
    expect(findings.map(({ key }) => key)).toContain(`image-scanning/${arn('app')}`);
    expect(findings[0]?.severity).toBe('HIGH');
    const one = await warden('findings', '--control', 'public-access');
    expect(one.stdout).toMatch(/public-access\s+open/);
  });

  it('shows a plan and changes nothing; asks for approval where nobody can be asked', async () => {
    const key = `image-scanning/${arn('app')}`;
    const plan = await warden('remediate', key);
    expect([plan.status, plan.stderr]).toEqual([0, '']);
    expect(plan.stdout).toContain('1. set scanOnPush=true on the repository');
    const unasked = await warden('remediate', key, '--apply');
    expect([unasked.status, scanOnPush()]).toEqual([2, false]);
    const unknown = await warden('remediate', `image-scanning/${arn('nope')}`);
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('there is no finding')]);
  });

  it('applies under the name of the caller, judges again, and takes it back only from its own state', async () => {
    const key = `image-scanning/${arn('app')}`;
    const applied = await warden('remediate', key, '--apply', '--yes');
    expect([applied.status, applied.stderr, scanOnPush()]).toEqual([0, '', true]);
    expect(applied.stdout).toContain('judged again: COMPLIANT');
    const listed = await warden('remediations', arn('app'), '--format', 'json');
    const { attempts } = JSON.parse(listed.stdout) as { attempts: Record<string, unknown>[] };
    expect(attempts).toHaveLength(1);
    expect(attempts[0]).toMatchObject({
      outcome: 'applied',
      triggeredBy: expect.stringContaining(`:iam::${ACCOUNT}:`),
    });

    const id = String(attempts[0]?.['id']);
    const set = (value: boolean) =>
      account.ecr.send(
        new PutImageScanningConfigurationCommand({
          repositoryName: 'app',
          imageScanningConfiguration: { scanOnPush: value },
        }),
      );
    await set(false);
    const differs = await warden('remediate', '--revert', id, '--yes');
    expect([differs.status, differs.stdout]).toEqual([
      1,
      expect.stringContaining('now it is scanOnPush=false'),
    ]);
    await set(true);
    const reverted = await warden('remediate', '--revert', id, '--yes');
    expect([reverted.status, scanOnPush()]).toEqual([0, false]);
    expect((await account.finding('app', 'image-scanning'))?.compliance).toBe('NON_COMPLIANT');
    const again = await warden('remediate', '--revert', id, '--yes');
    expect([again.status, again.stderr]).toEqual([
      2,
      expect.stringContaining('is reverted: nothing to take back'),
    ]);
  });

  it('narrows a policy after approval, keeping whoever is trusted', async () => {
    const key = `public-access/${arn('open')}`;
    const plan = await warden('remediate', key);
    expect(plan.stdout).toContain('replace the repository policy by the proposed one');
    const applied = await warden('remediate', key, '--apply', '--yes');
    expect(applied.stdout).toContain('judged again: COMPLIANT');
    const { policyText } = await account.ecr.send(new GetRepositoryPolicyCommand({ repositoryName: 'open' }));
    const { Statement } = JSON.parse(policyText ?? '') as {
      Statement: { Sid: string; Principal: unknown; Condition?: object }[];
    };
    expect(Statement.map(({ Sid }) => Sid)).toContain('Ours');
    // What is left for everybody is bound: services may still act for the account itself, which nobody distrusts.
    expect(Statement.filter(({ Principal, Condition }) => Principal === '*' && !Condition)).toEqual([]);
  });
});
