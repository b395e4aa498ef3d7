import { recipientsOf, trailDetail } from './cloudtrail.ts';
import { envelopeOf } from './event-bridge.ts';
import type { EventBridge } from './event-bridge.ts';
import type { CallFacts, FaultPlan } from './faults.ts';
import { text } from './fields.ts';
import { mayDo } from './identity.ts';
import type { Identities } from './identity.ts';
import type { Invocation, Invocations } from './invocations.ts';
import type { Random, Range } from './random.ts';
import type { Schedule } from './schedule.ts';
import type { Call, Operation, Service } from './services/service.ts';
import {
  ConnectionLost,
  errorResponse,
  parseJsonBody,
  parseQueryBody,
  ServiceError,
  successResponse,
} from './wire.ts';
import type { JsonObject, ReplyFrame, WireRequest, WireResponse } from './wire.ts';

/** One API call that reached the sandbox. */
export interface CallRecord {
  /** ISO 8601. */
  readonly at: string;
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly callerArn: string;
  /** The Lambda function on whose behalf it was made. */
  readonly function: string | null;
  /** `ok`, `lost` or the error's code. */
  readonly outcome: string;
}

export interface RouterDependencies {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly plan: FaultPlan;
  readonly invocations: Invocations;
  readonly identities: Identities;
  readonly services: readonly Service[];
  readonly bridge: EventBridge;
  /** Milliseconds that one API call takes. */
  readonly latency: Range;
  readonly record: (call: CallRecord) => void;
}

/** A request whose service, caller and operation are known. */
interface Routed {
  readonly service: Service;
  readonly operation: Operation | undefined;
  readonly call: Call;
  readonly facts: CallFacts;
  readonly frame: ReplyFrame;
  readonly userAgent: string;
}

const SCOPE = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/;

const operationName = (service: Service, request: WireRequest, input: JsonObject): string =>
  service.operationAt?.(`${request.method} ${request.path.split('?', 1)[0]}`) ??
  request.headers.get('x-amz-target')?.split('.').at(-1) ??
  text(input, 'Action') ??
  '';

const route = (
  { identities, random, services }: RouterDependencies,
  request: WireRequest,
  invocation: Invocation | undefined,
): Routed => {
  const [, accessKeyId = '', region = '', scope = ''] =
    SCOPE.exec(request.headers.get('authorization') ?? '') ?? [];
  const service = services.find(({ signingName }) => signingName === scope);
  if (service === undefined) {
    throw new ServiceError('MissingAuthenticationToken', `no service signs as \`${scope}\``, { status: 403 });
  }
  const { protocol } = service;
  const input = protocol === 'query' ? parseQueryBody(request.body) : parseJsonBody(request.body);
  const operation = operationName(service, request, input);
  const caller = identities.byAccessKey(accessKeyId);
  const account = service.ownerOf?.(input) ?? caller.account;
  const role = caller.kind === 'role' ? caller.name : null;
  const frame = { protocol, operation, requestId: random.uuid(), xmlNamespace: service.xmlNamespace ?? '' };
  return {
    service,
    operation: service.operation(operation),
    call: { operation, caller, account, region, input, body: request.body },
    facts: {
      service: service.name,
      operation,
      account,
      region,
      role,
      function: invocation?.functionName ?? null,
      protocol,
    },
    frame,
    userAgent: request.headers.get('user-agent') ?? 'unknown',
  };
};

const denied = ({ service, call }: Routed): ServiceError => {
  const action = `${service.iamPrefix ?? service.name}:${call.operation}`;
  const message =
    `User: ${call.caller.arn} is not authorized to perform: ${action} on resource: ${service.resourceOf(call)} ` +
    `because no identity-based policy allows the ${action} action`;
  if (service.protocol !== 'query') {
    return new ServiceError('AccessDeniedException', message, { trailCode: 'AccessDenied' });
  }
  const code = service.name === 'sns' ? 'AuthorizationError' : 'AccessDenied';
  return new ServiceError(code, message, { status: 403, trailCode: 'AccessDenied' });
};

const isAllowed = ({ identities }: RouterDependencies, { service, call }: Routed): boolean => {
  const { caller, account, operation } = call;
  const config = caller.kind === 'role' ? identities.roleConfig(caller.account, caller.name) : undefined;
  const crosses = caller.account !== account;
  if (crosses && config?.reaches?.includes(account) !== true) return false;
  return mayDo(config, `${service.iamPrefix ?? service.name}:${operation}`);
};

/** Addresses reserved for documentation (RFC 5737). */
const OUTSIDE = '203.0.113.10';
const FROM_LAMBDA = '198.51.100.20';

/** Puts the management event of a write on the bus of every account that gets one. */
const emitTrail = (
  dependencies: RouterDependencies,
  routed: Routed,
  result: { readonly output: JsonObject | null; readonly error: ServiceError | null },
): void => {
  const { service, call, operation, frame } = routed;
  const trail = operation?.trail?.(call, result.output);
  if (trail === undefined) return;
  const { random, schedule, bridge } = dependencies;
  const recipients = recipientsOf(call.caller, call.account);
  const shared = recipients.length > 1 ? random.uuid() : null;
  for (const recipient of recipients) {
    const detail = trailDetail({
      service,
      call,
      trail,
      error: result.error,
      requestId: frame.requestId,
      eventIds: { event: random.uuid(), shared },
      recipient,
      at: schedule.iso(),
      userAgent: routed.userAgent,
      sourceAddress: call.caller.sourceIp ?? (routed.facts.function === null ? OUTSIDE : FROM_LAMBDA),
    });
    const source = service.eventSource.replace(/^(.+)\.amazonaws\.com$/, 'aws.$1');
    const event = {
      account: recipient,
      region: call.region,
      source,
      detailType: 'AWS API Call via CloudTrail',
      detail,
    };
    bridge.put(envelopeOf(event, random.uuid(), schedule.iso()));
  }
};

const perform = async (dependencies: RouterDependencies, routed: Routed): Promise<JsonObject> => {
  const { operation, call, facts } = routed;
  if (operation === undefined) {
    throw new ServiceError('UnknownOperationException', `the sandbox does not know \`${call.operation}\``);
  }
  const verdict = dependencies.plan.before(facts);
  if (verdict === 'deny' || !isAllowed(dependencies, routed)) throw denied(routed);
  return operation.run(call);
};

const asServiceError = (error: unknown): ServiceError => {
  if (error instanceof ServiceError) return error;
  throw error;
};

/** Applies one call and says what the caller gets to see. */
const execute = async (dependencies: RouterDependencies, routed: Routed): Promise<WireResponse> => {
  const { service, call, facts, frame } = routed;
  const note = (outcome: string): void =>
    dependencies.record({
      at: dependencies.schedule.iso(),
      service: service.name,
      operation: call.operation,
      account: call.account,
      region: call.region,
      callerArn: call.caller.arn,
      function: facts.function,
      outcome,
    });
  try {
    const output = await perform(dependencies, routed);
    emitTrail(dependencies, routed, { output, error: null });
    dependencies.plan.after(facts);
    note('ok');
    return successResponse(frame, output);
  } catch (error) {
    if (error instanceof ConnectionLost) {
      note('lost');
      throw error;
    }
    const refusal = asServiceError(error);
    emitTrail(dependencies, routed, { output: null, error: refusal });
    note(refusal.code);
    return errorResponse(frame, refusal);
  }
};

/** Asked anew after each wait: the invocation may have died meanwhile. */
const isDead = (invocation: Invocation | undefined): boolean => invocation?.dead === true;

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** Runs the work after so many virtual milliseconds: on the schedule during a run, at once otherwise. */
const delayed = <T>(schedule: Schedule, ms: number, work: () => Promise<T>): Promise<T> => {
  if (!schedule.running()) {
    schedule.pass(ms);
    return work();
  }
  return new Promise((resolve, reject) => {
    schedule.after(ms, () => work().then(resolve, reject));
  });
};

const whileWaiting = async <T>(invocation: Invocation | undefined, work: () => Promise<T>): Promise<T> => {
  if (invocation === undefined) return work();
  invocation.waiting += 1;
  try {
    return await work();
  } finally {
    invocation.waiting -= 1;
  }
};

/** Whether this call is the one at which the plan lets the invocation die. */
const countCall = (plan: FaultPlan, invocation: Invocation | undefined): 'before' | 'after' | null => {
  if (invocation === undefined) return null;
  invocation.calls += 1;
  return plan.killAt(invocation.functionName, invocation.calls);
};

export interface Router {
  readonly handle: (request: WireRequest) => Promise<WireResponse>;
  /** Sleeps so many virtual milliseconds: the pauses between a client's attempts. */
  readonly sleep: (ms: number) => Promise<void>;
}

export const createRouter = (dependencies: RouterDependencies): Router => {
  const { schedule, random, plan, invocations } = dependencies;

  const handle: Router['handle'] = async (request) => {
    const invocation = invocations.current();
    if (isDead(invocation)) return never();
    const death = countCall(plan, invocation);
    if (death === 'before') {
      invocation?.kill();
      return never();
    }
    const routed = route(dependencies, request, invocation);
    const latency = random.between(dependencies.latency) + plan.latency(routed.facts);
    const response = await whileWaiting(invocation, () =>
      delayed(schedule, latency, () => execute(dependencies, routed)),
    );
    if (death === 'after') invocation?.kill();
    return isDead(invocation) ? never() : response;
  };

  const answerErrors: Router['handle'] = async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      const protocol = request.headers.has('x-amz-target') ? 'json-1.0' : 'query';
      return errorResponse({ protocol, operation: '', requestId: random.uuid() }, asServiceError(error));
    }
  };
  return {
    handle: answerErrors,
    sleep: (ms) => whileWaiting(invocations.current(), () => delayed(schedule, ms, () => Promise.resolve())),
  };
};
