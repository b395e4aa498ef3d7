import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutRegistryScanningConfigurationCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { afterEach, describe, expect, it } from 'vitest';
import { registryResource } from '../../shared/model/resource.ts';
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

const WORLD = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Open',
      Effect: 'Allow',
      Principal: '*',
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    },
  ],
});
const partner = (id: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${id}:root` }, Action: 'ecr:BatchGetImage' },
    ],
  });
const REPAIR =
  'controls:\n  image-scanning: { remediate: apply }\n  tag-immutability: { enabled: false }\n  lifecycle-policy: { enabled: false }\n  customer-managed-key: { enabled: false }\n';
const JUDGE = REPAIR.replace('remediate: apply', 'remediate: off');

describe('the three events of the mission', () => {
  it('CreateRepository: every control judged, each open finding told once, all forms', async () => {
    const { sandbox, warden, ecr, stores, alerts } = await start();
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team-a/api' }));
    await sandbox.settle();
    const findings = await stores.findings.findingsOf(
      `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/team-a/api`,
    );
    expect(Object.fromEntries(findings.map(({ control, compliance }) => [control, compliance]))).toEqual({
      'image-scanning': 'NON_COMPLIANT',
      'public-access': 'COMPLIANT',
      'untrusted-access': 'COMPLIANT',
      'tag-immutability': 'NON_COMPLIANT',
      'lifecycle-policy': 'NON_COMPLIANT',
      'customer-managed-key': 'NON_COMPLIANT',
    });
    expect(
      alerts()
        .map(({ control, transition }) => `${transition} ${control}`)
        .sort(),
    ).toEqual([
      'opened customer-managed-key',
      'opened image-scanning',
      'opened lifecycle-policy',
      'opened tag-immutability',
    ]);
    expect(sandbox.sns.published(warden.topics.chat)).toHaveLength(4);
    expect(sandbox.sns.published(warden.topics.human)).toHaveLength(4);
    const finding = findings.find(({ control }) => control === 'image-scanning');
    expect(finding).toMatchObject({
      open: true,
      revision: 1,
      transition: 'opened',
      cause: {
        kind: 'event',
        eventName: 'CreateRepository',
        actor: { sessionIssuerArn: `arn:aws:iam::${ACCOUNT}:role/developer` },
      },
    });
    expect(sandbox.lambda.failures()).toEqual([]);
  });

  it('SetRepositoryPolicy: open to the world is told with who did it, and resolved when it is taken back', async () => {
    const { sandbox, ecr, subjects, finding } = await start(JUDGE);
    await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'web',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    await sandbox.settle();
    expect(subjects()).toEqual([]);
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'web', policyText: WORLD }));
    await sandbox.settle();
    expect((await finding('web', 'public-access'))?.violations.length).toBeGreaterThan(0);
    expect(subjects().some((subject) => subject.includes('opened: public-access web'))).toBe(true);
    await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    expect(await finding('web', 'public-access')).toMatchObject({
      compliance: 'COMPLIANT',
      transition: 'resolved',
      revision: 3,
    });
    expect(subjects().some((subject) => subject.startsWith('resolved: public-access web'))).toBe(true);
  });

  it('SetRepositoryPolicy: a trusted partner is no news, a stranger is', async () => {
    const { sandbox, ecr, alerts, finding } = await start(`${JUDGE}trust:\n  accounts: ['444455556666']\n`);
    await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'web',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    await ecr.send(
      new SetRepositoryPolicyCommand({ repositoryName: 'web', policyText: partner('444455556666') }),
    );
    await sandbox.settle();
    expect(alerts()).toEqual([]);
    await ecr.send(
      new SetRepositoryPolicyCommand({ repositoryName: 'web', policyText: partner('999988887777') }),
    );
    await sandbox.settle();
    expect(alerts().map(({ control }) => control)).toEqual(['untrusted-access']);
    expect((await finding('web', 'public-access'))?.compliance).toBe('COMPLIANT');
  });

  it('PutImageScanningConfiguration: turned off, repaired, told as remediated; remediation answers itself no more', async () => {
    const { sandbox, ecr, alerts, stores, warden } = await start(REPAIR);
    await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'api',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    await sandbox.settle();
    await ecr.send(
      new PutImageScanningConfigurationCommand({
        repositoryName: 'api',
        imageScanningConfiguration: { scanOnPush: false },
      }),
    );
    await sandbox.settle();
    expect(alerts().map(({ transition }) => transition)).toEqual(['opened', 'remediated']);
    expect(sandbox.ecr.registry().repositories.get('api')?.scanOnPush).toBe(true);
    const attempts = await stores.attempts.attemptsOf(`arn:aws:ecr:${REGION}:${ACCOUNT}:repository/api`);
    expect(attempts).toHaveLength(1);
    expect(attempts[0]).toMatchObject({
      outcome: 'applied',
      before: [{ kind: 'put-image-scanning-configuration', scanOnPush: false }],
      after: [{ kind: 'put-image-scanning-configuration', scanOnPush: true }],
    });
    expect(
      sandbox.calls.count({
        service: 'ecr',
        operation: 'PutImageScanningConfiguration',
        role: 'ecr-warden-remediate',
      }),
    ).toBe(1);
    expect(warden.metrics.get('RemediationsApplied')).toBe(1);
  });
});

describe('a registry that changes', () => {
  it('switched to ENHANCED with a filter that misses a team: judged again, its plan proposed, nothing flipped', async () => {
    const { sandbox, ecr, finding, alerts } = await start(REPAIR);
    for (const repositoryName of ['team-a/api', 'team-b/api']) {
      await ecr.send(
        new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration: { scanOnPush: true } }),
      );
    }
    await sandbox.settle();
    await ecr.send(
      new PutRegistryScanningConfigurationCommand({
        scanType: 'ENHANCED',
        rules: [
          {
            scanFrequency: 'CONTINUOUS_SCAN',
            repositoryFilters: [{ filter: 'team-b/*', filterType: 'WILDCARD' }],
          },
        ],
      }),
    );
    await sandbox.settle();
    const missed = await finding('team-a/api', 'image-scanning');
    expect(missed).toMatchObject({ compliance: 'NON_COMPLIANT', remediation: { status: 'proposed' } });
    expect(missed?.evidence.summary).toContain('no rule filter matches `team-a/api`');
    expect((await finding('team-b/api', 'image-scanning'))?.compliance).toBe('COMPLIANT');
    expect(alerts().filter(({ control }) => control === 'image-scanning')).toHaveLength(1);
    expect(sandbox.ecr.registry().rules).toHaveLength(1);
  });

  it('with option `registryRules: apply` the filter is added and no rule is lost', async () => {
    const { sandbox, ecr, finding } = await start(
      REPAIR.replace('{ remediate: apply }', '{ remediate: apply, options: { registryRules: apply } }'),
    );
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team-a/api' }));
    await sandbox.settle();
    await ecr.send(
      new PutRegistryScanningConfigurationCommand({
        scanType: 'ENHANCED',
        rules: [
          {
            scanFrequency: 'CONTINUOUS_SCAN',
            repositoryFilters: [{ filter: 'team-b/*', filterType: 'WILDCARD' }],
          },
        ],
      }),
    );
    await sandbox.settle();
    expect((await finding('team-a/api', 'image-scanning'))?.compliance).toBe('COMPLIANT');
    const filters = sandbox.ecr.registry().rules.flatMap((rule) => JSON.stringify(rule));
    expect(filters.join()).toContain('team-b/*');
    expect(filters.join()).toContain('team-a/api');
  });
});

describe('order, repetition and loss', () => {
  it('a repeated and a replayed event tell nothing twice and bring back no old verdict', async () => {
    const { sandbox, ecr, alerts, finding } = await start(JUDGE);
    await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'web',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'web', policyText: WORLD }));
    await sandbox.settle();
    const old = sandbox.eventBridge.emitted().slice();
    await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    const told = alerts().length;
    for (const envelope of old) sandbox.eventBridge.put(envelope);
    await sandbox.settle();
    expect(alerts()).toHaveLength(told);
    expect((await finding('web', 'public-access'))?.compliance).toBe('COMPLIANT');
  });

  it('a lost event is found by the sweep, told in one digest and counted as loss', async () => {
    const { sandbox, warden, ecr, alerts, stores } = await start(JUDGE);
    for (let index = 0; index < 12; index += 1) {
      await ecr.send(
        new CreateRepositoryCommand({
          repositoryName: `app-${index}`,
          imageScanningConfiguration: { scanOnPush: true },
        }),
      );
    }
    await sandbox.settle();
    sandbox.faults.events({ lost: true });
    for (let index = 0; index < 12; index += 1) {
      await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: `app-${index}`, policyText: WORLD }));
    }
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'app-11' }));
    sandbox.faults.clear();
    await sandbox.settle();
    expect(alerts()).toEqual([]);
    await warden.sweep();
    await sandbox.settle();
    expect(alerts()).toEqual([]);
    await sandbox.run(11 * 60_000);
    await warden.tellDigests();
    await sandbox.settle();
    expect(alerts()).toHaveLength(1);
    expect(alerts()[0]?.key).toMatch(/^digest\//);
    expect(warden.metrics.get('EventLoss')).toBeGreaterThanOrEqual(22);
    const gone = await stores.findings.findingsOf(`arn:aws:ecr:${REGION}:${ACCOUNT}:repository/app-11`);
    expect(gone.every(({ resourceDeleted }) => resourceDeleted)).toBe(true);
    await warden.tellDigests();
    await sandbox.settle();
    expect(alerts()).toHaveLength(1);
    await warden.health();
    const health = await stores.health.health();
    expect(health.find(({ name }) => name === 'EVENT_LOSS')?.data['lost']).toBeGreaterThanOrEqual(22);
  });

  it('a repository that is deleted closes its findings, a late event of its creation opens none', async () => {
    const { sandbox, ecr, alerts, finding } = await start(JUDGE);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    const creation = sandbox.eventBridge.emitted()[0];
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    expect(alerts().map(({ transition }) => transition)).toEqual(['opened', 'resolved']);
    if (creation !== undefined) sandbox.eventBridge.put(creation);
    await sandbox.settle();
    expect(alerts()).toHaveLength(2);
    expect(await finding('web', 'image-scanning')).toMatchObject({ resourceDeleted: true, open: false });
  });

  it('an unchanged verdict writes nothing', async () => {
    const { sandbox, ecr } = await start(only('tag-immutability', 'image-scanning'));
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web', imageTagMutability: 'IMMUTABLE' }));
    await sandbox.settle();
    sandbox.calls.reset();
    await ecr.send(
      new PutImageTagMutabilityCommand({ repositoryName: 'web', imageTagMutability: 'IMMUTABLE' }),
    );
    await sandbox.settle();
    const writes = sandbox.calls
      .all()
      .filter(({ service, operation }) => service === 'dynamodb' && /Put|Update|Delete/.test(operation));
    expect(writes).toEqual([]);
    expect(sandbox.calls.count({ service: 'ecr', role: 'ecr-warden-evaluate' })).toBe(1);
  });
});

describe('bad input', () => {
  it('an event that tells no time is judged, and counts no lag of half a century', async () => {
    const { sandbox, warden, ecr, finding } = await start(JUDGE);
    sandbox.faults.events({ lost: true });
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    const timeless = JSON.parse(JSON.stringify(sandbox.eventBridge.emitted()[0])) as {
      time?: string;
      detail: { eventTime?: string };
    };
    delete timeless.time;
    delete timeless.detail.eventTime;
    sandbox.sqs.send(warden.queueArn, JSON.stringify(timeless));
    await sandbox.settle();
    expect((await finding('web', 'image-scanning'))?.compliance).toBe('NON_COMPLIANT');
    expect(warden.metrics.has('EventLag')).toBe(false);
  });

  it('a malformed event is counted and dead-lettered, the rest of its batch is judged', async () => {
    const { sandbox, warden, ecr, deadLetters, finding } = await start(JUDGE);
    sandbox.sqs.send(warden.queueArn, '{"half":');
    sandbox.sqs.send(warden.queueArn, '[]');
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    expect(deadLetters()).toBe(2);
    expect(warden.metrics.get('RecordsMalformed')).toBeGreaterThan(0);
    expect((await finding('web', 'image-scanning'))?.compliance).toBe('NON_COMPLIANT');
  });

  it('a policy text that is not JSON is reported, never clean', async () => {
    const { sandbox, ecr, finding } = await start(JUDGE);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'web', policyText: WORLD }));
    await sandbox.settle();
    const state = sandbox.ecr.registry().repositories.get('web');
    expect(state).toBeDefined();
    if (state !== undefined) state.policyText = '{"Statement": [';
    await ecr.send(
      new PutImageScanningConfigurationCommand({
        repositoryName: 'web',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    sandbox.eventBridge.put(
      sandbox.eventBridge
        .emitted()
        .find((envelope) => JSON.stringify(envelope).includes('"SetRepositoryPolicy"'))!,
    );
    await sandbox.settle();
    expect(['NON_COMPLIANT', 'INSUFFICIENT_DATA']).toContain(
      (await finding('web', 'public-access'))?.compliance,
    );
  });

  it('a denied permission is INSUFFICIENT_DATA for the controls that need the fact, and the others go on', async () => {
    const { sandbox, ecr, finding } = await start(JUDGE);
    sandbox.faults.deny({ operation: 'GetRepositoryPolicy', role: 'ecr-warden-evaluate' });
    await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'web',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    await sandbox.settle();
    const denied = await finding('web', 'public-access');
    expect(denied?.compliance).toBe('INSUFFICIENT_DATA');
    expect(denied?.evidence.summary).toContain('access-denied');
    expect((await finding('web', 'image-scanning'))?.compliance).toBe('COMPLIANT');
  });

  it('a throttled API is tried again until it answers', async () => {
    const { sandbox, ecr, finding, deadLetters } = await start(JUDGE);
    sandbox.faults.throttle({ service: 'ecr', role: 'ecr-warden-evaluate' }, { times: 9 });
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    expect((await finding('web', 'image-scanning'))?.compliance).toBe('NON_COMPLIANT');
    expect(deadLetters()).toBe(0);
  });

  it('names of the language are names like any other', async () => {
    const { sandbox, ecr, finding } = await start(JUDGE);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'constructor' }));
    await sandbox.settle();
    expect((await finding('constructor', 'image-scanning'))?.compliance).toBe('NON_COMPLIANT');
  });
});

describe('alerts survive their publisher', () => {
  it('what the stream gave up on waits in the failure queue and is told on request, once', async () => {
    const { sandbox, ecr, warden, alerts } = await start(JUDGE);
    sandbox.faults.deny({ service: 'sns' });
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    expect(alerts()).toEqual([]);
    expect(sandbox.sqs.messages(warden.failureArns.alert)).toHaveLength(1);
    expect(warden.metrics.get('AlertsFailed')).toBeGreaterThan(0);
    sandbox.faults.clear();
    const redrive = { kind: 'redrive', since: '2026-01-01T00:00:00Z' };
    expect(await sandbox.lambda.invoke('alert', redrive)).toEqual({ kind: 'returned', value: { told: 1 } });
    expect(await sandbox.lambda.invoke('alert', redrive)).toEqual({ kind: 'returned', value: { told: 0 } });
    expect(alerts().map(({ control, transition }) => `${transition} ${control}`)).toEqual([
      'opened image-scanning',
    ]);
  });

  it('SNS down for a while: nothing is lost and nothing is told twice', async () => {
    const { sandbox, ecr, alerts } = await start(JUDGE);
    sandbox.faults.down({ service: 'sns' }, 20_000);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    await sandbox.settle();
    expect(alerts().map(({ control }) => control)).toEqual(['image-scanning']);
  });
});

it('a registry that opens by its own policy is a finding of the registry', async () => {
  const { sandbox, stores, warden } = await start(JUDGE);
  await warden.sweep('deploy');
  await sandbox.settle();
  const { arn } = registryResource({ account: ACCOUNT, region: REGION });
  const controls = (await stores.findings.findingsOf(arn)).map(({ control }) => control).sort();
  expect(controls).toEqual(['public-access', 'registry-scanning', 'untrusted-access']);
});

describe('an attempt that broke off', () => {
  const turnedOff = async (of: Account): Promise<void> => {
    await of.ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'api',
        imageScanningConfiguration: { scanOnPush: true },
      }),
    );
    await of.sandbox.settle();
    await of.ecr.send(
      new PutImageScanningConfigurationCommand({
        repositoryName: 'api',
        imageScanningConfiguration: { scanOnPush: false },
      }),
    );
  };
  const arn = `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/api`;

  it.each(
    ['evaluate', 'alert', 'remediate'].flatMap((name) =>
      [1, 2, 3, 4, 5, 6, 8, 10, 12, 14].map((call) => [name, call] as const),
    ),
  )(
    'killed in %s after its call %i: the end is the same, a repeat carries the same key',
    async (name, call) => {
      const of = await start(REPAIR);
      of.sandbox.faults.kill({ function: name, atCall: call, when: 'after' });
      await turnedOff(of);
      await of.sandbox.settle();
      const attempts = await of.stores.attempts.attemptsOf(arn);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['applied']);
      expect(attempts[0]?.before).toEqual([{ kind: 'put-image-scanning-configuration', scanOnPush: false }]);
      const told = [...new Map(of.alerts().map((alert) => [alert.key, alert.transition])).values()];
      expect(told).toEqual(['opened', 'remediated']);
      expect(of.alerts().length).toBeLessThanOrEqual(3);
      expect((await of.finding('api', 'image-scanning'))?.compliance).toBe('COMPLIANT');
      expect(of.deadLetters()).toBe(0);
    },
  );

  it('refused for lack of permission: failed, told, and not tried for ever', async () => {
    const of = await start(REPAIR);
    of.sandbox.faults.deny({ operation: 'PutImageScanningConfiguration', role: 'ecr-warden-remediate' });
    await turnedOff(of);
    await of.sandbox.settle();
    const attempts = await of.stores.attempts.attemptsOf(arn);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed']);
    expect(of.alerts().map(({ transition }) => transition)).toEqual(['opened', 'remediation-failed']);
    expect(await of.finding('api', 'image-scanning')).toMatchObject({
      open: true,
      remediation: { status: 'failed' },
    });
  });

  it('an opt-out tag leaves the repository alone', async () => {
    const of = await start(REPAIR);
    await of.ecr.send(
      new CreateRepositoryCommand({
        repositoryName: 'api',
        tags: [{ Key: 'ecr-warden:no-remediation', Value: 'true' }],
      }),
    );
    await of.sandbox.settle();
    expect(await of.stores.attempts.attemptsOf(arn)).toEqual([]);
    expect((await of.finding('api', 'image-scanning'))?.remediation).toMatchObject({ status: 'skipped' });
    expect(of.sandbox.ecr.registry().repositories.get('api')?.scanOnPush).toBe(false);
  });
});
