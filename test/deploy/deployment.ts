/**
 * The deployment of one packaged template on this machine: rules, queue, table, stream and topics in the sandbox, as the
 * template says; each function the packaged archive in a process of its own, with the environment that the template gives it.
 */
import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { startFunction, type InvocationResult, type LambdaFunction } from './runtime-api.ts';
import {
  FUNCTIONS,
  at,
  environmentOf,
  functionId,
  listAt,
  logicalIdOf,
  ofType,
  textAt,
  type FunctionName,
  type Physical,
  type Template,
} from './template.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';

export interface Delivery {
  readonly to: FunctionName;
  readonly event: unknown;
  readonly result: InvocationResult;
}

export interface Deployment {
  readonly sandbox: Sandbox;
  readonly topics: { readonly human: string; readonly chat: string; readonly machine: string };
  readonly queueArn: string;
  /** Delivers until nothing is left to deliver; gives every invocation in order. */
  readonly settle: () => Promise<readonly Delivery[]>;
  readonly invoke: (name: FunctionName, event: unknown) => Promise<InvocationResult>;
  readonly logs: () => string;
  readonly stop: () => Promise<void>;
}

const TABLE = 'ecr-warden-dev-state';
const QUEUES = [
  'ChangesQueue',
  'ChangesDeadLetters',
  'UndeliveredEvents',
  'AlertFailures',
  'RemediateFailures',
  'FailedRuns',
] as const;
const TOPICS = ['HumanTopic', 'ChatTopic', 'MachineTopic'] as const;

type Created = Readonly<Record<string, string>>;
const created = <N extends string>(names: readonly N[], make: (name: N) => string): Created =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

const createTable = async (sandbox: Sandbox, template: Template): Promise<void> => {
  const declared = template.Resources['StateTable']?.Properties;
  // What AWS calls by the same name in both; the sandbox checks the values.
  const input: CreateTableCommandInput = JSON.parse(
    JSON.stringify({
      TableName: TABLE,
      AttributeDefinitions: at(declared, 'AttributeDefinitions'),
      KeySchema: at(declared, 'KeySchema'),
      GlobalSecondaryIndexes: at(declared, 'GlobalSecondaryIndexes'),
      BillingMode: at(declared, 'BillingMode'),
      StreamSpecification: { StreamEnabled: true, ...Object(at(declared, 'StreamSpecification')) },
    }),
  );
  await new DynamoDBClient(sandbox.clientConfig()).send(new CreateTableCommand(input));
};

/** The rules of the default bus whose target is the `changes` queue. */
const putRules = (sandbox: Sandbox, template: Template, queueArn: string): void => {
  for (const [name, { Properties: rule }] of ofType(template, 'AWS::Events::Rule')) {
    const targets = listAt(rule, 'Targets').map((target) => logicalIdOf(at(target, 'Arn')));
    if (rule['EventBusName'] !== undefined || !targets.includes('ChangesQueue')) continue;
    const pattern = Object(rule['EventPattern']);
    sandbox.eventBridge.putRule({ name, account: ACCOUNT, region: REGION, pattern, targets: [queueArn] });
  }
};

/** The event source mapping of a function; `sweep` has none. */
const mappingOf = (template: Template, name: FunctionName): Readonly<Record<string, unknown>> | undefined =>
  ofType(template, 'AWS::Lambda::EventSourceMapping').find(
    ([, mapping]) => logicalIdOf(mapping.Properties['FunctionName']) === functionId(name),
  )?.[1].Properties;

interface Collected {
  readonly to: FunctionName;
  readonly event: unknown;
}

/**
 * Takes the batches that AWS would deliver, by the template's mappings. They are collected here and handed on outside of
 * the sandbox's run, for its virtual time cannot wait for another process.
 */
const collect = (sandbox: Sandbox, template: Template, queueArn: string): Collected[] => {
  const waiting: Collected[] = [];
  for (const name of FUNCTIONS) {
    const mapping = mappingOf(template, name);
    if (mapping === undefined) continue;
    const handler = (event: unknown): { batchItemFailures: [] } => {
      waiting.push({ to: name, event });
      return { batchItemFailures: [] };
    };
    sandbox.lambda.addFunction({ name, account: ACCOUNT, region: REGION, handler });
    const batchSize = Number(mapping['BatchSize']);
    if (logicalIdOf(mapping['EventSourceArn']) === 'ChangesQueue') {
      sandbox.lambda.mapSqs({ function: name, queueArn, batchSize });
      continue;
    }
    const streamArn = sandbox.dynamodb.streamArn(TABLE, { account: ACCOUNT, region: REGION });
    const filters = listAt(mapping, 'FilterCriteria', 'Filters').map((filter) =>
      JSON.parse(textAt(filter, 'Pattern')),
    );
    sandbox.lambda.mapStream({ function: name, streamArn, batchSize, filters });
  }
  return waiting;
};

export interface DeploymentRequest {
  readonly template: Template;
  /** Absolute path of the archive of a function. */
  readonly archiveOf: (name: FunctionName) => string;
}

const startFunctions = async (
  { template, archiveOf }: DeploymentRequest,
  physical: Physical,
  endpoint: string,
): Promise<ReadonlyMap<FunctionName, LambdaFunction>> =>
  new Map(
    await Promise.all(
      FUNCTIONS.map(async (name): Promise<[FunctionName, LambdaFunction]> => {
        const declared = template.Resources[functionId(name)]?.Properties;
        const lambda = await startFunction({
          name: `ecr-warden-dev-${name}`,
          archive: archiveOf(name),
          handler: textAt(declared, 'Handler'),
          timeoutSeconds: Number(at(declared, 'Timeout')),
          environment: { ...environmentOf(template, name, physical), AWS_ENDPOINT_URL: endpoint },
          region: REGION,
          account: ACCOUNT,
        });
        return [name, lambda];
      }),
    ),
  );

/** Deploys, with nothing optional set. The sandbox's clock starts at the real time, which the functions go by. */
export const deploy = async (request: DeploymentRequest): Promise<Deployment> => {
  const sandbox = createSandbox({
    startTime: new Date().toISOString(),
    region: REGION,
    accounts: [{ id: ACCOUNT }],
  });
  const endpoint = await sandbox.listen();
  await createTable(sandbox, request.template);
  const queueArns = created(QUEUES, (name) => sandbox.sqs.create({ name }).arn);
  const topicArns = created(TOPICS, (name) => sandbox.sns.create({ name }));
  const queueArn = queueArns['ChangesQueue'] ?? '';
  putRules(sandbox, request.template, queueArn);
  const waiting = collect(sandbox, request.template, queueArn);
  const physical = {
    ...created(QUEUES, (name) => `${endpoint}/${ACCOUNT}/${name}`),
    ...topicArns,
    'AWS::AccountId': ACCOUNT,
    StateTable: TABLE,
    LogLevel: 'INFO',
    MemberRoleName: '',
    MemberRemediationRoleName: '',
    MemberExternalId: '',
    Accounts: '',
    Regions: '',
    'RemediateRole.Arn': `arn:aws:iam::${ACCOUNT}:role/ecr-warden-dev-remediate`,
  };
  const functions = await startFunctions(request, physical, endpoint);
  const invoke: Deployment['invoke'] = (name, event) => {
    const lambda = functions.get(name);
    if (lambda === undefined) throw new RangeError(`no function \`${name}\``);
    return lambda.invoke(event);
  };
  return {
    sandbox,
    topics: {
      human: topicArns['HumanTopic'] ?? '',
      chat: topicArns['ChatTopic'] ?? '',
      machine: topicArns['MachineTopic'] ?? '',
    },
    queueArn,
    invoke,
    settle: async () => {
      const deliveries: Delivery[] = [];
      await sandbox.settle();
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        deliveries.push({ ...next, result: await invoke(next.to, next.event) });
        await sandbox.settle();
      }
      return deliveries;
    },
    logs: () => [...functions].map(([name, lambda]) => `--- ${name}\n${lambda.log()}`).join('\n'),
    stop: async () => {
      await Promise.all([...functions.values()].map((lambda) => lambda.stop()));
      await sandbox.close();
    },
  };
};
