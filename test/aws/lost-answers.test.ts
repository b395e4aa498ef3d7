import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { dynamoClient } from '../../shared/aws/clients.ts';
import { dynamoStores } from '../../shared/aws/dynamo-stores.ts';
import { tableDefinition } from '../../shared/aws/table-definition.ts';
import { AT, REPOSITORY, sampleFinding } from '../contracts/samples.ts';

const start = async () => {
  const sandbox = createSandbox();
  const { region, ...overrides } = sandbox.clientConfig();
  const client = dynamoClient({ region, overrides });
  await client.send(new CreateTableCommand({ TableName: 'state', ...tableDefinition() }));
  const stores = dynamoStores({ client, tableName: 'state', clock: sandbox.clock, historyDays: 400 });
  const loseAnswers = (operation: string, times: number): void => {
    sandbox.faults.failAfterApplying({ service: 'dynamodb', operation }, { times });
  };
  return { sandbox, stores, loseAnswers };
};

describe('a write whose answer was lost', () => {
  it('is known as its own when the SDK repeats it', async () => {
    const { stores, loseAnswers } = await start();
    loseAnswers('PutItem', 1);
    expect(await stores.findings.save(sampleFinding(), 0)).toBe('stored');
    expect(await stores.findings.findingsOf(REPOSITORY.arn)).toEqual([sampleFinding()]);
    const next = sampleFinding({ revision: 2, observedAt: '2026-11-21T03:01:00.000Z' });
    loseAnswers('PutItem', 1);
    expect(await stores.findings.save(next, 1)).toBe('stored');
  });

  it('gives the lock to who took it, and gives it back', async () => {
    const { stores, loseAnswers } = await start();
    loseAnswers('PutItem', 1);
    loseAnswers('DeleteItem', 1);
    expect(await stores.lock.withLock(AT, async () => 'in')).toBe('in');
    expect(await stores.lock.withLock(AT, async () => 'in')).toBe('in');
  });

  it('is stale for another caller that stores the same', async () => {
    const { stores, loseAnswers } = await start();
    loseAnswers('PutItem', 50);
    expect(await stores.findings.save(sampleFinding(), 0)).toBe('stored');
    expect(await stores.findings.save(sampleFinding(), 0)).toBe('stale');
    expect(await stores.findings.findingsOf(REPOSITORY.arn)).toHaveLength(1);
  });
});

describe('a summary that says nothing new', () => {
  it('writes nothing', async () => {
    const { sandbox, stores } = await start();
    const summary = {
      resource: REPOSITORY,
      compliances: { 'public-access': 'COMPLIANT' },
      observedAt: '2026-11-21T03:00:00.000Z',
      deleted: false,
      revisions: 1,
    } as const;
    await stores.findings.saveSummary(summary);
    await stores.findings.saveSummary({ ...summary, observedAt: '2026-11-21T04:00:00.000Z', revisions: 2 });
    expect(sandbox.calls.count({ operation: 'PutItem' })).toBe(1);
  });
});
