import type { Context } from 'aws-lambda';
import { isRecord } from './fields.ts';
import type { Invocation, Invocations } from './invocations.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

/**
 * A deployed handler, as it is exported to Lambda. A method's type, because Lambda hands whatever the source sent to
 * a handler that says for itself what it takes.
 */
export type LambdaHandler = { invoke(event: unknown, context: Context): unknown }['invoke'];

export interface FunctionConfig {
  readonly name: string;
  readonly account?: string;
  readonly region?: string;
  readonly handler: LambdaHandler;
  /** Makes the handler of a new environment after one has died; without it the same handler goes on. */
  readonly coldStart?: () => LambdaHandler | Promise<LambdaHandler>;
  /** Milliseconds. Default 60,000. */
  readonly timeout?: number;
  readonly memoryMb?: number;
}

interface DeployedFunction extends Required<Omit<FunctionConfig, 'coldStart' | 'handler'>> {
  readonly arn: string;
  readonly coldStart: FunctionConfig['coldStart'];
  handler: LambdaHandler;
  /** Environments die with a killed or timed-out invocation. */
  needsColdStart: boolean;
}

export type InvocationOutcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'killed' };

/** One invocation as the log of the sandbox keeps it. */
export interface InvocationRecord {
  readonly functionName: string;
  readonly requestId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly event: unknown;
  readonly outcome: InvocationOutcome;
}

export interface FunctionRuntime {
  readonly add: (config: FunctionConfig) => DeployedFunction;
  /** Throws RangeError where there is no such function. */
  readonly byName: (name: string) => DeployedFunction;
  readonly byArn: (arn: string) => DeployedFunction | undefined;
  readonly invoke: (name: string, event: unknown) => Promise<InvocationOutcome>;
  /** Asynchronous invocation: two more attempts after one and two minutes. Source: Lambda developer guide. */
  readonly invokeAsync: (name: string, event: unknown) => void;
  /** Every finished invocation, oldest first. */
  readonly history: () => readonly InvocationRecord[];
  /** Errors that handlers threw, for tests that expect none. */
  readonly failures: () => readonly InvocationRecord[];
  /** Empties the history. */
  readonly forget: () => void;
}

export interface RuntimeDependencies {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly invocations: Invocations;
  readonly defaultAccount: string;
  readonly defaultRegion: string;
}

const DEFAULT_TIMEOUT = 60_000;
const ASYNC_RETRY_DELAYS = [60_000, 120_000];

const contextOf = (deployed: DeployedFunction, requestId: string, remaining: () => number): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: deployed.name,
  functionVersion: '$LATEST',
  invokedFunctionArn: deployed.arn,
  memoryLimitInMB: String(deployed.memoryMb),
  awsRequestId: requestId,
  logGroupName: `/aws/lambda/${deployed.name}`,
  logStreamName: 'sandbox/[$LATEST]',
  getRemainingTimeInMillis: remaining,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
});

const deploy = (config: FunctionConfig, defaults: { account: string; region: string }): DeployedFunction => {
  const account = config.account ?? defaults.account;
  const region = config.region ?? defaults.region;
  return {
    name: config.name,
    account,
    region,
    arn: `arn:aws:lambda:${region}:${account}:function:${config.name}`,
    handler: config.handler,
    coldStart: config.coldStart,
    timeout: config.timeout ?? DEFAULT_TIMEOUT,
    memoryMb: config.memoryMb ?? 256,
    needsColdStart: false,
  };
};

const ownCopy = (event: unknown): unknown => JSON.parse(JSON.stringify(event)) as unknown;

const warmHandler = async (deployed: DeployedFunction): Promise<LambdaHandler> => {
  if (deployed.needsColdStart && deployed.coldStart !== undefined) {
    deployed.handler = await deployed.coldStart();
  }
  deployed.needsColdStart = false;
  return deployed.handler;
};

/** As in Lambda the handler gets its own copy; what it returns crosses the border as JSON. */
const runHandler = async (
  deployed: DeployedFunction,
  event: unknown,
  context: Context,
): Promise<InvocationOutcome> => {
  try {
    const handler = await warmHandler(deployed);
    const value: unknown = await handler(ownCopy(event), context);
    return { kind: 'returned', value: value === undefined ? null : ownCopy(value) };
  } catch (error) {
    return { kind: 'failed', error };
  }
};

/** Runs a handler to its end, its death or its deadline, whichever comes first. */
const runToEnd = async (
  { schedule, invocations }: RuntimeDependencies,
  deployed: DeployedFunction,
  { requestId, event }: { readonly requestId: string; readonly event: unknown },
): Promise<InvocationOutcome> => {
  const deadline = schedule.now() + deployed.timeout;
  const death = Promise.withResolvers<InvocationOutcome>();
  const die = (kind: 'killed' | 'timed-out'): void => {
    invocation.dead = true;
    deployed.needsColdStart = true;
    death.resolve({ kind });
  };
  const invocation: Invocation = {
    functionName: deployed.name,
    requestId,
    waiting: 0,
    calls: 0,
    dead: false,
    kill: () => die('killed'),
  };
  const cancelTimeout = schedule.at(deadline, () => die('timed-out'));
  const context = contextOf(deployed, requestId, () => Math.max(0, deadline - schedule.now()));
  const running = invocations.begin(invocation, () => runHandler(deployed, event, context));
  const outcome = await Promise.race([running, death.promise]);
  cancelTimeout();
  invocations.end(invocation);
  return outcome;
};

export const createFunctionRuntime = (dependencies: RuntimeDependencies): FunctionRuntime => {
  const { schedule, random } = dependencies;
  const functions = new Map<string, DeployedFunction>();
  const history: InvocationRecord[] = [];

  const byName = (name: string): DeployedFunction => {
    const found = functions.get(name);
    if (found === undefined) throw new RangeError(`there is no function \`${name}\``);
    return found;
  };
  const invoke: FunctionRuntime['invoke'] = async (name, event) => {
    const requestId = random.uuid();
    const startedAt = schedule.iso();
    const outcome = await runToEnd(dependencies, byName(name), { requestId, event });
    history.push({ functionName: name, requestId, startedAt, event, outcome });
    return outcome;
  };
  const attempt = async (name: string, event: unknown, retryDelays: readonly number[]): Promise<void> => {
    const { kind } = await invoke(name, event);
    const [delay, ...rest] = retryDelays;
    if (kind === 'returned' || delay === undefined) return;
    schedule.after(delay, () => void attempt(name, event, rest));
  };
  return {
    add: (config) => {
      const defaults = { account: dependencies.defaultAccount, region: dependencies.defaultRegion };
      const deployed = deploy(config, defaults);
      functions.set(deployed.name, deployed);
      return deployed;
    },
    byName,
    byArn: (arn) => [...functions.values()].find((deployed) => deployed.arn === arn),
    invoke,
    invokeAsync: (name, event) => void schedule.after(0, () => void attempt(name, event, ASYNC_RETRY_DELAYS)),
    history: () => history,
    failures: () => history.filter(({ outcome }) => outcome.kind !== 'returned'),
    forget: () => {
      history.length = 0;
    },
  };
};

/** The ids that a handler reports as failed; null means the whole batch failed. Source: Lambda developer guide. */
export const reportedFailures = (
  outcome: InvocationOutcome,
  known: ReadonlySet<string>,
): readonly string[] | null => {
  if (outcome.kind !== 'returned') return null;
  const failures = isRecord(outcome.value) ? (outcome.value['batchItemFailures'] ?? []) : [];
  if (!Array.isArray(failures)) return null;
  const ids = (failures as readonly unknown[]).map((failure) =>
    isRecord(failure) ? failure['itemIdentifier'] : undefined,
  );
  const valid = ids.filter((id): id is string => typeof id === 'string' && known.has(id));
  return valid.length === ids.length ? valid : null;
};
