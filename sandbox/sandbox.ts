/**
 * An AWS in one process, to run the real product against without an account.
 *
 * SDK clients take `sandbox.clientConfig()` and speak their real wire protocols to it; writes emit CloudTrail-shaped
 * events on an EventBridge; rules put them on queues; the deployed handlers get them as Lambda delivers them.
 * Time is virtual and chance is seeded: nothing happens behind a test's back until `settle()` or `run()`.
 *
 * ```ts
 * const sandbox = createSandbox({ seed: 7 });
 * const queue = sandbox.sqs.create({ name: 'changes' });
 * sandbox.eventBridge.putRule({ name: 'ecr', region: 'us-east-1', pattern: { source: ['aws.ecr'] }, targets: [queue.arn] });
 * sandbox.lambda.addFunction({ name: 'evaluate', handler });
 * sandbox.lambda.mapSqs({ function: 'evaluate', queueArn: queue.arn });
 * await new ECRClient(sandbox.clientConfig({ role: 'developer' })).send(new CreateRepositoryCommand({ … }));
 * await sandbox.settle();
 * ```
 *
 * A new service is one file in `services/` and one line in the list below.
 */
import type { Server } from 'node:http';
import { clientConfig } from './client-config.ts';
import type { ClientConfig } from './client-config.ts';
import { createEventBridge, envelopeOf } from './event-bridge.ts';
import type { EventBridge } from './event-bridge.ts';
import { createFaultPlan } from './faults.ts';
import type { CallMatch, Faults } from './faults.ts';
import { serve } from './http.ts';
import { createIdentities } from './identity.ts';
import type { AccountConfig, Actor, Identities } from './identity.ts';
import { createInvocations } from './invocations.ts';
import { createFunctionRuntime } from './lambda.ts';
import type { FunctionConfig, FunctionRuntime, InvocationOutcome, InvocationRecord } from './lambda.ts';
import { createRandom } from './random.ts';
import type { Random, Range } from './random.ts';
import { createRouter } from './router.ts';
import type { CallRecord, Router } from './router.ts';
import { createSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { createDatabases } from './services/dynamodb-tables.ts';
import type { Databases } from './services/dynamodb-tables.ts';
import { createDynamoDb } from './services/dynamodb.ts';
import type { EcrOptions, RegistryState } from './services/ecr-state.ts';
import { createEcr } from './services/ecr.ts';
import type { Host, ServiceEvent } from './services/service.ts';
import { createSecurityHub } from './services/securityhub.ts';
import type { Hubs } from './services/securityhub.ts';
import { createSns } from './services/sns.ts';
import type { PublishedMessage, Topics } from './services/sns.ts';
import { createQueues } from './services/sqs-state.ts';
import type { Queue, QueueAttributes, QueueMessage, Queues } from './services/sqs-state.ts';
import { createSqs } from './services/sqs.ts';
import { createSts } from './services/sts.ts';
import { createTagging } from './services/tagging.ts';
import { mapSqs } from './sqs-source.ts';
import type { SqsMapping } from './sqs-source.ts';
import { mapStream } from './stream-source.ts';
import type { StreamMapping } from './stream-source.ts';
import { createTimetable } from './timetable.ts';
import type { Timetable, TimetableEntry } from './timetable.ts';

export interface SandboxOptions {
  /** Default 1. */
  readonly seed?: number;
  /** ISO 8601. Default 2026-01-01T00:00:00.000Z. */
  readonly startTime?: string;
  /** Default: one account, 111111111111. */
  readonly accounts?: readonly AccountConfig[];
  /** Region where none is said. Default us-east-1. */
  readonly region?: string;
  /** Milliseconds of one API call. Default 2 to 12. */
  readonly apiLatency?: Range;
  /** Milliseconds from a call to its event on the bus. Default 1,000. */
  readonly eventDelay?: Range;
  /** Shards of a table's stream. Default 4. */
  readonly streamShards?: number;
  readonly ecr?: EcrOptions;
}

interface ClientOptions extends Actor {
  readonly region?: string;
  /** Attempts of the SDK's standard retries. Default 3. */
  readonly maxAttempts?: number;
}

interface Clock {
  /** Milliseconds since the epoch. */
  readonly milliseconds: () => number;
  /** ISO 8601; the shape of the product's own `Clock` port. */
  readonly now: () => string;
}

export interface Sandbox {
  readonly seed: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The queue of what is to happen, for simulators that add their own actions. */
  readonly schedule: Schedule;
  /** Spread into any SDK client's constructor. Without a role or user the caller is the IAM user `admin`. */
  readonly clientConfig: (options?: ClientOptions) => ClientConfig;
  readonly ecr: { readonly registry: (place?: Place) => RegistryState };
  readonly eventBridge: EventBridge;
  readonly sqs: QueueAccess;
  readonly sns: TopicAccess;
  /** Findings in Security Hub of an account and Region, in the order of their first import. */
  readonly securityHub: { readonly findings: (place?: Place) => ReturnType<Hubs['findings']> };
  readonly dynamodb: { readonly streamArn: (table: string, place?: Place) => string };
  readonly lambda: LambdaAccess;
  readonly faults: Faults;
  readonly calls: CallLog;
  /** Runs deliveries until nothing is left to do; schedules that only tick do not count. */
  readonly settle: (limit?: number) => Promise<void>;
  /** Runs everything that happens in the next milliseconds, ticks of schedules too. */
  readonly run: (ms: number) => Promise<void>;
  /** Adds an account to those that the sandbox was made with. */
  readonly addAccount: (account: AccountConfig) => void;
  /**
   * Drops what is kept only to be looked at: emitted events, calls, invocations, published messages. A sandbox that
   * runs for long calls it now and then, having taken what it wants.
   */
  readonly forget: () => void;
  /** Serves the same AWS on loopback (port 0: any free one) for other processes; gives the endpoint URL. */
  readonly listen: (port?: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

interface Place {
  readonly account?: string;
  readonly region?: string;
}

interface QueueAccess {
  readonly create: (
    queue: Place & { readonly name: string; readonly attributes?: Partial<QueueAttributes> },
  ) => Queue;
  /** Messages that are in the queue, visible or not, oldest first. */
  readonly messages: (arn: string) => readonly QueueMessage[];
  readonly send: (arn: string, body: string) => void;
}

interface TopicAccess {
  /** Makes a topic and gives its ARN. */
  readonly create: (topic: Place & { readonly name: string }) => string;
  /** What was published, to one topic or to all, oldest first. */
  readonly published: (arn?: string) => readonly PublishedMessage[];
}

interface LambdaAccess {
  /** Deploys a handler and gives the function's ARN. */
  readonly addFunction: (config: FunctionConfig) => string;
  readonly mapSqs: (mapping: SqsMapping) => void;
  readonly mapStream: (mapping: StreamMapping) => void;
  readonly schedule: (entry: TimetableEntry) => void;
  /** Fires a schedule now, out of turn. */
  readonly tick: (name: string) => void;
  /** Invokes a function and runs the sandbox until it has ended. */
  readonly invoke: (name: string, event: unknown) => Promise<InvocationOutcome>;
  readonly invocations: () => readonly InvocationRecord[];
  /** Invocations that threw, timed out or were killed. */
  readonly failures: () => readonly InvocationRecord[];
}

interface CallLog {
  readonly all: () => readonly CallRecord[];
  readonly count: (match?: CallMatch) => number;
  readonly reset: () => void;
}

const fits = (match: CallMatch, call: CallRecord): boolean => {
  const fields = new Map<string, unknown>(Object.entries(call));
  return Object.entries(match).every(([key, wanted]) =>
    key === 'role' ? call.callerArn.includes(`:assumed-role/${wanted}/`) : fields.get(key) === wanted,
  );
};

const createCallLog = (): CallLog & { readonly record: (call: CallRecord) => void } => {
  let log: CallRecord[] = [];
  return {
    record: (call) => void log.push(call),
    all: () => log,
    count: (match = {}) => log.filter((call) => fits(match, call)).length,
    reset: () => {
      log = [];
    },
  };
};

interface Parts {
  readonly schedule: Schedule;
  readonly runtime: FunctionRuntime;
  readonly timetable: Timetable;
  readonly queues: Queues;
  readonly databases: Databases;
  readonly random: Random;
}

const lambdaAccess = ({ schedule, runtime, timetable, queues, databases, random }: Parts): LambdaAccess => {
  const source = { schedule, random, queues, runtime, pollDelay: [5, 50] as const };
  return {
    addFunction: (config) => runtime.add(config).arn,
    mapSqs: (mapping) => mapSqs(source, mapping),
    mapStream: (mapping) => {
      const streams = databases
        .all()
        .flatMap(({ tables }) => [...tables.values()].flatMap(({ stream }) => stream ?? []));
      const stream = streams.find(({ arn }) => arn === mapping.streamArn);
      if (stream === undefined) throw new RangeError(`there is no stream \`${mapping.streamArn}\``);
      mapStream(source, stream, mapping);
    },
    schedule: timetable.add,
    tick: timetable.fire,
    invoke: async (name, event) => {
      let ended: InvocationOutcome | undefined;
      schedule.after(0, () => {
        void (async () => {
          ended = await runtime.invoke(name, event);
        })();
      });
      await schedule.runWhile(() => ended === undefined);
      return ended ?? { kind: 'killed' };
    },
    invocations: runtime.history,
    failures: runtime.failures,
  };
};

const queueAccess = (queues: Queues, home: Required<Place>): QueueAccess => ({
  create: ({ attributes, ...place }) => queues.create({ ...home, ...place }, attributes),
  messages: (arn) => [...(queues.byArn(arn)?.messages.values() ?? [])],
  send: (arn, body) => {
    const queue = queues.byArn(arn);
    if (queue === undefined) throw new RangeError(`there is no queue \`${arn}\``);
    queues.send(queue, { body });
  },
});

const topicAccess = (topics: Topics, home: Required<Place>): TopicAccess => ({
  create: (topic) => {
    const { account, region, name } = { ...home, ...topic };
    const arn = `arn:aws:sns:${region}:${account}:${name}`;
    topics.create(arn);
    return arn;
  },
  published: (arn) => (arn === undefined ? topics.all() : topics.published(arn)),
});

const streamArnOf = (databases: Databases, table: string, { account, region }: Required<Place>): string => {
  const stream = databases.of(account, region).tables.get(table)?.stream;
  if (stream === undefined || stream === null) throw new RangeError(`table \`${table}\` has no stream`);
  return stream.arn;
};

const DEFAULT_ACCOUNT = '111111111111';
const DEFAULT_REGION = 'us-east-1';
const DEFAULT_START = '2026-01-01T00:00:00.000Z';

/** The services of this AWS: a new one is one line here. */
const createServices = (
  host: Host,
  { queues, databases }: Pick<Parts, 'queues' | 'databases'>,
  more: {
    readonly ecr: EcrOptions;
    readonly identities: Identities;
  },
) => {
  const ecr = createEcr(host, more.ecr);
  const sns = createSns(host);
  const securityHub = createSecurityHub();
  return {
    registries: ecr.registries,
    topics: sns.topics,
    hubs: securityHub.hubs,
    services: [
      ecr.service,
      sns.service,
      securityHub.service,
      createSqs(queues, host.schedule.now),
      createSts(host, more.identities),
      createTagging(ecr.registries),
      createDynamoDb(databases),
    ],
  };
};

const createListener = (router: Router): Pick<Sandbox, 'listen' | 'close'> => {
  const servers = new Set<Server>();
  return {
    listen: async (port = 0) => {
      const server = await serve(router, port);
      servers.add(server);
      const address = server.address();
      return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`;
    },
    close: async () => {
      await Promise.all(
        [...servers].map(
          (server) =>
            new Promise((resolve) => {
              server.close(resolve);
              server.closeAllConnections();
            }),
        ),
      );
      servers.clear();
    },
  };
};

const createParts = (options: SandboxOptions, home: Required<Place>) => {
  const random = createRandom(options.seed ?? 1);
  const invocations = createInvocations();
  const schedule = createSchedule(options.startTime ?? DEFAULT_START, invocations.settled);
  const plan = createFaultPlan(random, schedule.now);
  const queues = createQueues(schedule, random);
  const runtime = createFunctionRuntime({
    schedule,
    random,
    invocations,
    defaultAccount: home.account,
    defaultRegion: home.region,
  });
  const bridge = createEventBridge({
    schedule,
    random,
    plan,
    queues,
    defaultAccount: home.account,
    delay: options.eventDelay ?? 1_000,
    invokeAsync: (arn, event) => {
      const deployed = runtime.byArn(arn);
      if (deployed !== undefined) runtime.invokeAsync(deployed.name, event);
      return deployed !== undefined;
    },
  });
  const emit = (event: ServiceEvent): void => bridge.put(envelopeOf(event, random.uuid(), schedule.iso()));
  const host: Host = { schedule, random, emit };
  const databases = createDatabases(host, options.streamShards ?? 4);
  const timetable = createTimetable(schedule, random, runtime);
  return { random, invocations, schedule, plan, queues, runtime, bridge, host, databases, timetable };
};

/** An AWS of its own: nothing is shared between two sandboxes. */
export const createSandbox = (options: SandboxOptions = {}): Sandbox => {
  const accounts = options.accounts ?? [{ id: DEFAULT_ACCOUNT }];
  const home = { account: accounts[0]?.id ?? DEFAULT_ACCOUNT, region: options.region ?? DEFAULT_REGION };
  const parts = createParts(options, home);
  const { schedule, random, plan, queues, databases, bridge } = parts;
  const identities = createIdentities(accounts, schedule.now);
  const { registries, topics, hubs, services } = createServices(parts.host, parts, {
    ecr: options.ecr ?? {},
    identities,
  });
  const calls = createCallLog();
  const router = createRouter({
    schedule,
    random,
    plan,
    invocations: parts.invocations,
    identities,
    services,
    bridge,
    latency: options.apiLatency ?? [2, 12],
    record: calls.record,
  });
  return {
    seed: options.seed ?? 1,
    clock: { milliseconds: schedule.now, now: schedule.iso },
    random,
    schedule,
    clientConfig: ({ region = home.region, maxAttempts = 3, ...actor } = {}) =>
      clientConfig(router, identities.signIn({ account: home.account, ...actor }), { region, maxAttempts }),
    ecr: { registry: (place) => registries.of(place?.account ?? home.account, place?.region ?? home.region) },
    eventBridge: bridge,
    sqs: queueAccess(queues, home),
    sns: topicAccess(topics, home),
    securityHub: {
      findings: (place) => hubs.findings(place?.account ?? home.account, place?.region ?? home.region),
    },
    dynamodb: { streamArn: (table, place) => streamArnOf(databases, table, { ...home, ...place }) },
    lambda: lambdaAccess(parts),
    faults: plan.faults,
    calls,
    settle: schedule.runUntilQuiet,
    run: (ms) => schedule.runUntil(schedule.now() + ms),
    addAccount: identities.addAccount,
    forget: () => {
      for (const { forget } of [bridge, parts.runtime, topics]) forget();
      calls.reset();
    },
    ...createListener(router),
  };
};
