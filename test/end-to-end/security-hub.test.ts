import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  PutImageScanningConfigurationCommand,
} from '@aws-sdk/client-ecr';
import { afterEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../sandbox/wire.ts';
import { ACCOUNT, only, REGION, startAccount, type Account } from './account.ts';

let account: Account | undefined;
const start = async (...parameters: Parameters<typeof startAccount>): Promise<Account> => {
  account = await startAccount(...parameters);
  return account;
};
afterEach(async () => {
  await account?.sandbox.close();
  account = undefined;
});

const SCANNING = only('image-scanning');
const IMPORTING = `${SCANNING}alerts: { securityHub: true }\n`;
const IMPORT = { service: 'securityhub', operation: 'BatchImportFindings' };
/** Of the other account, whose events the rules bring. */
const MEMBER = '444455556666';

const create = (ecr: ECRClient, repositoryName: string, scanOnPush = false) =>
  ecr.send(new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration: { scanOnPush } }));
const scan = (ecr: ECRClient, repositoryName: string, scanOnPush = true) =>
  ecr.send(
    new PutImageScanningConfigurationCommand({
      repositoryName,
      imageScanningConfiguration: { scanOnPush },
    }),
  );
const hub = ({ sandbox }: Account, place: { account?: string } = {}) =>
  sandbox.securityHub.findings(place).map(({ Id, Compliance, RecordState, ProductFields }) => ({
    Id,
    Compliance,
    RecordState,
    ProductFields,
  }));
const arn = (name: string, of = ACCOUNT): string => `arn:aws:ecr:${REGION}:${of}:repository/${name}`;

describe('Security Hub', () => {
  it('is not called by default', async () => {
    const { sandbox, ecr, alerts } = await start(SCANNING);
    await create(ecr, 'api');
    await sandbox.settle();
    expect(alerts()).toHaveLength(1);
    expect(sandbox.calls.count({ service: 'securityhub' })).toBe(0);
  });

  it('gets a finding when it opens, and the same one again when it is resolved and when its resource is gone', async () => {
    const own = await start(IMPORTING);
    const { sandbox, ecr } = own;
    await create(ecr, 'api');
    await sandbox.settle();
    const Id = `ecr-warden/image-scanning/${arn('api')}`;
    expect(hub(own)).toMatchObject([{ Id, Compliance: { Status: 'FAILED' }, RecordState: 'ACTIVE' }]);
    await scan(ecr, 'api');
    await sandbox.settle();
    expect(hub(own)).toMatchObject([{ Id, Compliance: { Status: 'PASSED' }, RecordState: 'ACTIVE' }]);
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'api' }));
    await sandbox.settle();
    expect(hub(own)).toMatchObject([{ Id, RecordState: 'ARCHIVED' }]);
    expect(own.errors).toEqual([]);
    expect(sandbox.lambda.failures()).toEqual([]);
  });

  it('archives an exempt finding, and gets transitions that are not told', async () => {
    const own = await start(
      IMPORTING.replace('securityHub: true', 'securityHub: true, minimumSeverity: CRITICAL') +
        `exemptions:\n  - id: sandbox-repositories\n    controls: [image-scanning]\n    resources: ['*repository/play']\n` +
        `    owner: ann\n    reason: a playground\n    expiresAt: '2026-06-01T00:00:00.000Z'\n`,
    );
    await create(own.ecr, 'play');
    await create(own.ecr, 'api');
    await own.sandbox.settle();
    expect(own.alerts()).toEqual([]);
    expect(new Map(hub(own).map(({ Id, RecordState }) => [Id, RecordState]))).toEqual(
      new Map([
        [`ecr-warden/image-scanning/${arn('play')}`, 'ARCHIVED'],
        [`ecr-warden/image-scanning/${arn('api')}`, 'ACTIVE'],
      ]),
    );
  });

  it('hears nothing of a repository that was in order from its creation to its end', async () => {
    const own = await start(IMPORTING);
    await create(own.ecr, 'api', true);
    await own.sandbox.settle();
    await own.ecr.send(new DeleteRepositoryCommand({ repositoryName: 'api' }));
    await own.sandbox.settle();
    expect(own.sandbox.calls.count({ service: 'securityhub' })).toBe(0);
  });

  it('away for a while: each alert is published once, and the finding arrives later', async () => {
    const own = await start(IMPORTING);
    own.sandbox.faults.down(IMPORT, 60_000);
    await create(own.ecr, 'api');
    await own.sandbox.settle();
    expect(hub(own)).toMatchObject([{ Compliance: { Status: 'FAILED' } }]);
    expect(own.alerts().map(({ transition }) => transition)).toEqual(['opened']);
    expect(own.warden.metrics.get('FindingsNotImported')).toBeGreaterThan(0);
    expect(own.sandbox.sqs.messages(own.warden.failureArns.alert)).toEqual([]);
  });

  it.each([
    [
      'not turned on',
      new ServiceError('InvalidAccessException', 'Account is not subscribed to AWS Security Hub', {
        status: 401,
      }),
    ],
    ['refused', new ServiceError('AccessDeniedException', 'not authorized', { status: 403 })],
  ])('%s: alerts go out, it is logged, and nothing is held up', async (_name, refusal) => {
    const own = await start(IMPORTING);
    own.sandbox.faults.error(IMPORT, refusal);
    await create(own.ecr, 'api');
    await own.sandbox.settle();
    expect(hub(own)).toEqual([]);
    expect(own.alerts()).toHaveLength(1);
    expect(own.errors.map(({ message }) => message)).toEqual(['finding not imported']);
    expect(own.sandbox.calls.count(IMPORT)).toBe(1);
    expect(own.sandbox.sqs.messages(own.warden.failureArns.alert)).toEqual([]);
  });

  it('is filled by a redrive with what it missed, in one call, without a second alert', async () => {
    const own = await start(IMPORTING);
    own.sandbox.faults.deny(IMPORT);
    for (const name of ['app-a', 'app-b', 'app-c']) await create(own.ecr, name);
    await own.sandbox.settle();
    await scan(own.ecr, 'app-b');
    await own.sandbox.settle();
    expect(hub(own)).toEqual([]);
    const told = own.alerts().length;
    own.sandbox.faults.clear();
    own.sandbox.calls.reset();
    const outcome = await own.sandbox.lambda.invoke('alert', {
      kind: 'redrive',
      since: '2026-01-01T00:00:00.000Z',
    });
    expect(outcome.kind).toBe('returned');
    expect(own.alerts()).toHaveLength(told);
    expect(own.sandbox.calls.count(IMPORT)).toBe(1);
    const statuses = hub(own).map(({ Id, Compliance }) => [Id, Compliance]);
    expect(Object.fromEntries(statuses)).toMatchObject({
      [`ecr-warden/image-scanning/${arn('app-a')}`]: { Status: 'FAILED' },
      [`ecr-warden/image-scanning/${arn('app-b')}`]: { Status: 'PASSED' },
      [`ecr-warden/image-scanning/${arn('app-c')}`]: { Status: 'FAILED' },
    });
  });

  it('gets the findings of a sweep in few calls', async () => {
    const own = await start(IMPORTING);
    own.sandbox.faults.events({ lost: true });
    for (let n = 0; n < 60; n += 1) await create(own.ecr, `team/app-${n}`);
    await own.sandbox.settle();
    expect(hub(own)).toEqual([]);
    await own.warden.sweep();
    await own.sandbox.settle();
    expect(hub(own)).toHaveLength(60);
    expect(own.sandbox.calls.count(IMPORT)).toBeLessThanOrEqual(20);
    expect(own.errors).toEqual([]);
  });

  it('of another account is reached through the member role', async () => {
    const role = { name: 'ecr-warden-read', trusts: [ACCOUNT] };
    const own = await start(IMPORTING, { accounts: [{ id: ACCOUNT }, { id: MEMBER, roles: [role] }] });
    own.warden.watch({ account: MEMBER, region: REGION });
    const ecr = new ECRClient(own.sandbox.clientConfig({ account: MEMBER, role: 'developer' }));
    await create(ecr, 'api');
    await own.sandbox.settle();
    expect(hub(own, { account: MEMBER })).toMatchObject([
      { Id: `ecr-warden/image-scanning/${arn('api', MEMBER)}`, Compliance: { Status: 'FAILED' } },
    ]);
    expect(hub(own)).toEqual([]);
  });
});
