import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { wireAlert } from '../functions/alert/wire.ts';
import { wireEvaluate } from '../functions/evaluate/wire.ts';
import { wireRemediate } from '../functions/remediate/wire.ts';
import type { Surroundings } from '../functions/surroundings.ts';
import { wireSweep } from '../functions/sweep/wire.ts';
import { tableDefinition } from '../shared/aws/table-definition.ts';
import { eventPatterns } from '../shared/events/patterns.ts';
import type { RegistryLocation } from '../shared/model/resource.ts';
import type { Settings } from '../shared/model/settings.ts';
import type { Metrics, MetricName } from '../shared/ports/effects.ts';
import type { Sandbox } from './sandbox.ts';

export interface WardenOptions {
  readonly settings: Settings;
  /** The monitor's own account and Region. */
  readonly account: string;
  readonly region: string;
  /** What the sweep covers; default: the monitor's own. */
  readonly accounts?: readonly string[];
  readonly regions?: readonly string[];
  /** Gets what the functions log as errors. Default: nothing. */
  readonly onError?: (message: string, data: Readonly<Record<string, unknown>>) => void;
}

/** The monitor, deployed into a sandbox the way serverless.yml deploys it: the same functions, rules, queues, table. */
export interface DeployedWarden {
  readonly tableName: string;
  readonly topics: { readonly human: string; readonly chat: string; readonly machine: string };
  readonly queueArn: string;
  readonly deadLetterArn: string;
  readonly failureArns: { readonly alert: string; readonly remediate: string };
  /** Sums of what the functions counted, by metric. */
  readonly metrics: ReadonlyMap<MetricName, number>;
  /** Fires the sweep, and then what follows on the queue runs with `settle`. */
  readonly sweep: (trigger?: 'schedule' | 'deploy') => Promise<void>;
  readonly health: () => Promise<void>;
  /** Fires the tick that tells due digests. */
  readonly tellDigests: () => Promise<void>;
  /** Puts the rules into one more account and Region, as the stack for member accounts does. */
  readonly watch: (at: RegistryLocation) => void;
}

const MEMBER_ROLE = 'ecr-warden-read';
const REMEDIATION_ROLE = 'ecr-warden-remediate';
const TABLE = 'ecr-warden';
const MINUTES = 60_000;

/** Counts instead of printing. */
const countingMetrics = (counts: Map<MetricName, number>): Metrics => ({
  count: (name, value = 1) => counts.set(name, (counts.get(name) ?? 0) + value),
  milliseconds: (name, value) => counts.set(name, (counts.get(name) ?? 0) + value),
});

export const deployWarden = async (sandbox: Sandbox, options: WardenOptions): Promise<DeployedWarden> => {
  const counts = new Map<MetricName, number>();
  await createTable(sandbox, options);
  const queues = createQueues(sandbox, options);
  const watch = (at: RegistryLocation): void => putRules(sandbox, at, queues.changes.arn);
  for (const account of options.accounts ?? [options.account]) {
    for (const region of options.regions ?? [options.region]) watch({ account, region });
  }
  const topics = createTopics(sandbox, options);
  deployFunctions({ sandbox, options, queues, topics, counts });
  mapSources(sandbox, options, queues);
  let ticks = 0;
  const invoke = async (name: string, event: object): Promise<void> => {
    ticks += 1;
    const outcome = await sandbox.lambda.invoke(name, {
      ...event,
      id: `tick-${ticks}`,
      time: sandbox.clock.now(),
    });
    if (outcome.kind !== 'returned') throw new Error(`${name} ${outcome.kind}`, { cause: outcome });
  };
  return {
    tableName: TABLE,
    topics,
    queueArn: queues.changes.arn,
    deadLetterArn: queues.deadLetters.arn,
    failureArns: { alert: queues.alertFailures.arn, remediate: queues.remediateFailures.arn },
    metrics: counts,
    sweep: (trigger = 'schedule') => invoke('sweep', { kind: 'sweep', trigger }),
    health: () => invoke('sweep', { kind: 'health' }),
    tellDigests: () => invoke('alert', { kind: 'digest' }),
    watch,
  };
};

const createTable = async (sandbox: Sandbox, { account, region }: WardenOptions): Promise<void> => {
  const client = new DynamoDBClient(sandbox.clientConfig({ account, region }));
  await client.send(
    new CreateTableCommand({
      ...tableDefinition(),
      TableName: TABLE,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
};

type Queues = ReturnType<typeof createQueues>;

const createQueues = (sandbox: Sandbox, { account, region }: WardenOptions) => {
  const at = { account, region };
  const deadLetters = sandbox.sqs.create({ ...at, name: 'changes-dead-letters' });
  return {
    deadLetters,
    alertFailures: sandbox.sqs.create({ ...at, name: 'alert-failures' }),
    remediateFailures: sandbox.sqs.create({ ...at, name: 'remediate-failures' }),
    changes: sandbox.sqs.create({
      ...at,
      name: 'changes',
      attributes: {
        visibilityTimeout: 6 * MINUTES,
        redrive: { deadLetterArn: deadLetters.arn, maxReceiveCount: 5 },
      },
    }),
  };
};

/** One rule a pattern in an account and Region that is watched, straight to the queue. */
const putRules = (sandbox: Sandbox, at: RegistryLocation, queueArn: string): void => {
  for (const { name, pattern } of eventPatterns(['ecr'])) {
    sandbox.eventBridge.putRule({ name, ...at, pattern, targets: [queueArn] });
  }
};

const createTopics = (sandbox: Sandbox, { account, region }: WardenOptions): DeployedWarden['topics'] => ({
  human: sandbox.sns.create({ account, region, name: 'alerts' }),
  chat: sandbox.sns.create({ account, region, name: 'alerts-chat' }),
  machine: sandbox.sns.create({ account, region, name: 'alerts-json' }),
});

interface Deployment {
  readonly sandbox: Sandbox;
  readonly options: WardenOptions;
  readonly queues: Queues;
  readonly topics: DeployedWarden['topics'];
  readonly counts: Map<MetricName, number>;
}

/** Each function runs under a role of its own name, so that calls and permissions can be told apart. */
const surroundingsOf = ({ sandbox, options, counts }: Deployment, role: string): Surroundings => {
  const { requestHandler, credentials, retryStrategy, maxAttempts } = sandbox.clientConfig({
    account: options.account,
    region: options.region,
    role,
  });
  return {
    settings: options.settings,
    clock: sandbox.clock,
    telemetry: {
      log: {
        info: () => undefined,
        warn: () => undefined,
        error: (message, data = {}) => options.onError?.(message, data),
      },
      metrics: countingMetrics(counts),
      flush: () => undefined,
    },
    overrides: { requestHandler, credentials, retryStrategy, maxAttempts },
  };
};

const deployFunctions = (deployment: Deployment): void => {
  const { sandbox, options, queues, topics } = deployment;
  const base = {
    account: options.account,
    region: options.region,
    tableName: TABLE,
    logLevel: 'SILENT' as const,
    queueUrl: queues.changes.url,
    memberRead: { roleName: MEMBER_ROLE, externalId: null },
  };
  const surroundings = (role: string): Surroundings => surroundingsOf(deployment, role);
  const ownRoleArns = [`arn:aws:iam::${options.account}:role/${REMEDIATION_ROLE}`];
  const handlers = {
    evaluate: wireEvaluate({ ...base, ownRoleArns }, surroundings('ecr-warden-evaluate')),
    alert: wireAlert({ ...base, topics }, surroundings('ecr-warden-alert')),
    remediate: wireRemediate(
      { ...base, memberRemediate: { roleName: REMEDIATION_ROLE, externalId: null } },
      surroundings(REMEDIATION_ROLE),
    ),
    sweep: wireSweep(
      {
        ...base,
        accounts: options.accounts ?? [options.account],
        regions: options.regions ?? [options.region],
        deadLetterQueueUrls: [queues.deadLetters.url, queues.alertFailures.url, queues.remediateFailures.url],
      },
      surroundings('ecr-warden-sweep'),
    ),
  };
  for (const [name, handler] of Object.entries(handlers)) {
    sandbox.lambda.addFunction({ name, account: options.account, region: options.region, handler });
  }
};

const mapSources = (sandbox: Sandbox, options: WardenOptions, queues: Queues): void => {
  const streamArn = sandbox.dynamodb.streamArn(TABLE, { account: options.account, region: options.region });
  const stream = {
    streamArn,
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: 10,
    reportBatchItemFailures: true,
  };
  sandbox.lambda.mapSqs({ function: 'evaluate', queueArn: queues.changes.arn, batchSize: 10 });
  sandbox.lambda.mapStream({
    ...stream,
    function: 'alert',
    batchSize: 25,
    filters: [
      { eventName: ['INSERT', 'MODIFY'], dynamodb: { NewImage: { entity: { S: ['finding', 'attempt'] } } } },
    ],
    onFailureArn: queues.alertFailures.arn,
  });
  sandbox.lambda.mapStream({
    ...stream,
    function: 'remediate',
    batchSize: 10,
    filters: [
      {
        eventName: ['INSERT', 'MODIFY'],
        dynamodb: { NewImage: { entity: { S: ['finding'] }, compliance: { S: ['NON_COMPLIANT'] } } },
      },
    ],
    onFailureArn: queues.remediateFailures.arn,
  });
};
