import { ExecuteStatementCommand, QueryCommand as RawQueryCommand } from '@aws-sdk/client-dynamodb';
import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { beforeAll, expect, it } from 'vitest';
import { dynamoStores } from '../../shared/aws/dynamo-stores.ts';
import { tableDefinition } from '../../shared/aws/table-definition.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import {
  AT,
  manualClock,
  minutesAfter,
  REPOSITORY,
  sampleAttempt,
  sampleFinding,
} from '../contracts/samples.ts';
import { awsCalls, examples, queryInput } from './state-docs.ts';
import type { DynamoEngine } from './store-engines.ts';

const START = '2026-11-21T03:00:00.000Z';
const TABLE = 'ecr-warden-prod-state';
type Row = Record<string, unknown>;

/** A table with a bit of everything, written by the stores themselves. */
const seeded = async (client: DynamoDBDocumentClient): Promise<void> => {
  await client.send(new CreateTableCommand({ TableName: TABLE, ...tableDefinition() }));
  // The examples ask for what has not expired on the day that they are run.
  const stores = dynamoStores({ client, tableName: TABLE, clock: manualClock(START), historyDays: 36_500 });
  const other = repositoryResource(AT, 'team-b/web');
  const elsewhere = repositoryResource({ ...AT, region: 'us-east-1' }, 'team-c/job');
  const findings = [
    sampleFinding(),
    sampleFinding({ control: 'image-scanning', severity: 'HIGH', changedAt: minutesAfter(START, 2) }),
    sampleFinding({ resource: other, changedAt: minutesAfter(START, 1) }),
    sampleFinding({ resource: elsewhere, control: 'image-scanning', changedAt: minutesAfter(START, 3) }),
    sampleFinding({ resource: other, control: 'image-scanning', open: false, compliance: 'COMPLIANT' }),
  ];
  for (const finding of findings) {
    await stores.findings.save(finding, 0);
    await stores.history.record(finding);
  }
  const compliances = { 'public-access': 'NON_COMPLIANT', 'image-scanning': 'NON_COMPLIANT' } as const;
  const summary = { observedAt: START, deleted: false, revisions: 2 };
  await stores.findings.saveSummary({ resource: REPOSITORY, compliances, ...summary });
  await stores.findings.saveSummary({
    resource: other,
    compliances: { ...compliances, 'image-scanning': 'COMPLIANT' },
    ...summary,
  });
  await stores.attempts.saveAttempt(sampleAttempt());
  for (const [id, days] of [
    ['over', -1],
    ['soon', 7],
    ['later', 90],
  ] as const) {
    const expiresAt = minutesAfter(START, days * 24 * 60);
    const of = { controls: ['*'], resources: ['*'], owner: 'team-a', reason: 'a demo' };
    await stores.exemptions.putExemption({ id, expiresAt, ...of });
  }
  for (const day of ['2026-10-31', '2026-11-20', '2026-11-21']) {
    await stores.counts.putDailyCounts({ day, ...AT, counts: [] });
  }
  for (const name of ['EVENTS', 'SWEEP']) {
    await stores.health.putHealth({ name, scope: '-', at: START, data: { of: name } });
  }
};

const by = (attribute: string) => (rows: readonly Row[]) =>
  rows.map((row) => String(row[attribute])).toSorted();
const sortKeys = by('sk');

/** What each example must answer: a view of the rows, whatever their order, and its value. */
export const EXPECTED: Readonly<Record<string, readonly [(rows: readonly Row[]) => unknown, unknown]>> = {
  resource: [
    sortKeys,
    [
      'ATTEMPT#attempt-1',
      'FINDING#image-scanning',
      'FINDING#public-access',
      'HISTORY#image-scanning#00000001',
      'HISTORY#public-access#00000001',
      'RESOURCE',
    ],
  ],
  history: [sortKeys, ['HISTORY#public-access#00000001']],
  attempt: [sortKeys, ['ATTEMPT#attempt-1']],
  'open-by-severity': [by('resourceName'), ['team-a/api', 'team-b/web', 'team-c/job']],
  'open-by-control': [by('resourceName'), ['team-a/api', 'team-c/job']],
  'open-by-scope': [
    by('findingKey'),
    [
      `image-scanning/${REPOSITORY.arn}`,
      `public-access/${REPOSITORY.arn}`,
      `public-access/${repositoryResource(AT, 'team-b/web').arn}`,
    ],
  ],
  'counts-now': [by('resourceName'), ['team-a/api', 'team-b/web']],
  'counts-daily': [sortKeys, ['2026-11-20', '2026-11-21']],
  changes: [by('changedAt'), [1, 2, 3].map((minutes) => minutesAfter(START, minutes))],
  exemptions: [by('exemptionId'), ['later', 'soon']],
  'exemptions-expiring': [by('exemptionId'), ['soon']],
  health: [by('name'), ['EVENTS', 'SWEEP']],
};

const expectRows = (name: string, rows: readonly Row[]): void => {
  const [view, value] = EXPECTED[name]!;
  expect(view(rows)).toEqual(value);
};

/** Runs the code of an example: a function of the client, as the page's first block sets it up. */
const runCode = async (code: string, client: DynamoDBDocumentClient): Promise<unknown> => {
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...args: unknown[]) => Promise<unknown>;
  return new AsyncFunction('client', 'QueryCommand', 'TableName', code)(client, QueryCommand, TABLE);
};

/** Runs the examples of docs/state.md; those in PartiQL where the engine speaks it. The engine is started by then. */
export const stateDocsSuite = (engine: DynamoEngine, speaks: { readonly partiql: boolean }): void => {
  beforeAll(() => seeded(engine.client()));

  it.each(examples().map(({ name, sh }) => [name, sh]))('%s, AWS CLI', async (name, sh) => {
    const rows: Row[] = [];
    for (const call of awsCalls(sh)) {
      const { Items = [] } = await engine.client().send(new RawQueryCommand(queryInput(call)));
      rows.push(...Items.map((item) => unmarshall(item)));
    }
    expectRows(name, rows);
  });

  it.each(examples().flatMap(({ name, js }) => (js === null ? [] : [[name, js] as const])))(
    '%s, SDK',
    async (name, js) => {
      const answer = await runCode(js, engine.client());
      if (name !== 'counts-now') return expectRows(name, answer as Row[]);
      expect(answer).toEqual({
        'public-access NON_COMPLIANT': 2,
        'image-scanning NON_COMPLIANT': 1,
        'image-scanning COMPLIANT': 1,
      });
    },
  );

  if (!speaks.partiql) return;
  it.each(examples().map(({ name, sql }) => [name, sql]))('%s, PartiQL', async (name, sql) => {
    const { Items = [] } = await engine.client().send(new ExecuteStatementCommand({ Statement: sql }));
    expectRows(
      name,
      Items.map((item) => unmarshall(item)),
    );
  });
};
