import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { parseEnvelope } from '../../shared/events/envelope.ts';
import { MalformedInputError } from '../../shared/model/errors.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { findingsJson } from '../../shared/report/findings-json.ts';
import { counted } from '../../shared/report/phrases.ts';
import { plainText } from '../../shared/report/sanitise.ts';
import type { CommandIo } from '../jsonl.ts';
import { createFollower } from './follow.ts';
import { eventRecords } from './records.ts';
import { deliver, readingOf, timeOf, type GoodRecord } from './replay.ts';
import { alertItems, createScreen } from './screen.ts';
import type { Told } from './told.ts';
import { createCloud, deployMonitor, type World } from './world.ts';

export interface ServeOptions {
  readonly io: CommandIo;
  readonly settings: Settings;
  /** 0: any free one. */
  readonly port: number;
  readonly seed: number;
}

/** Account and Region of callers that bring no credentials of the sandbox. */
const HOME = { account: '111122223333', region: 'eu-west-1' };
const MAX_BODY_BYTES = 1024 * 1024;
/** Alerts that `/alerts` still shows. */
const MAX_ALERTS = 1_000;
/** Milliseconds between two looks at the clock. */
const TICK = 50;

interface Answer {
  readonly status: number;
  readonly body: object;
}

const refuse = (status: number, error: string): Answer => ({ status, body: { error } });

const bodyOf = async (request: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length > MAX_BODY_BYTES ? null : Buffer.concat(chunks);
};

/** The sandbox in step with the wall clock, and what it has told. */
interface Session {
  readonly world: World;
  readonly take: (record: GoodRecord) => string | null;
  readonly alerts: readonly Told[];
  /** One turn at a time: the sandbox runs in one place only. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Rules for whatever registry a call has touched: they are there before the call's event arrives. */
const watchEmitted = ({ sandbox, watch }: World): void => {
  for (const emitted of sandbox.eventBridge.emitted()) {
    const parsed = parseEnvelope(emitted);
    if (parsed.ok) watch(parsed.envelope);
  }
};

const createTurns = (): Session['exclusively'] => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
};

const createSession = async ({ settings, seed }: ServeOptions): Promise<Session & { alerts: Told[] }> => {
  const sandbox = createCloud({ seed, startTime: new Date().toISOString(), home: HOME });
  const world = await deployMonitor({ sandbox, settings, home: HOME, regions: [HOME.region] });
  const follower = createFollower(sandbox);
  return {
    world,
    alerts: [],
    exclusively: createTurns(),
    take: (record) => {
      const change = readingOf(record);
      if (typeof change === 'string') return change;
      const at = timeOf(change, sandbox.clock.milliseconds());
      deliver({ world, follower }, { record, change, at });
      return null;
    },
  };
};

/** Reads a body as a file of events is read; each event stands for itself. */
const takeEvents = async (request: IncomingMessage, { take }: Session): Promise<Answer> => {
  const body = await bodyOf(request);
  if (body === null) return refuse(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
  const ignored: object[] = [];
  const errors: object[] = [];
  let accepted = 0;
  for await (const record of eventRecords(Readable.from([body]))) {
    if (!record.ok) {
      errors.push({ where: record.where, error: record.error });
      continue;
    }
    const because = take(record);
    if (because === null) accepted += 1;
    else ignored.push({ where: record.where, because });
  }
  const isEmpty = accepted + ignored.length + errors.length === 0;
  if (isEmpty)
    errors.push({ error: 'the body holds no event: send an EventBridge event or JSON Lines of them' });
  const status = accepted + ignored.length === 0 ? 400 : 202;
  return { status, body: { accepted, ignored, errors } };
};

const health = ({ world, alerts }: Session): Answer => {
  const { sandbox, warden } = world;
  const deadLetters = sandbox.sqs.messages(warden.deadLetterArn).length;
  const waiting = sandbox.sqs.messages(warden.queueArn).length;
  return {
    status: 200,
    body: {
      status: deadLetters === 0 ? 'ok' : 'degraded',
      time: sandbox.clock.now(),
      waiting,
      deadLetters,
      alerts: alerts.length,
      metrics: Object.fromEntries(warden.metrics),
    },
  };
};

const ROUTES: ReadonlyMap<string, string> = new Map([
  ['/events', 'POST'],
  ['/findings', 'GET'],
  ['/alerts', 'GET'],
  ['/health', 'GET'],
]);

const answer = async (request: IncomingMessage, session: Session): Promise<Answer> => {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const method = ROUTES.get(path);
  if (method === undefined)
    return refuse(404, `there is ${[...ROUTES].map(([p, m]) => `${m} ${p}`).join(', ')}`);
  if (request.method !== method) return refuse(405, `${path} takes ${method}`);
  switch (path) {
    case '/events':
      return takeEvents(request, session);
    case '/findings':
      return { status: 200, body: findingsJson(await session.exclusively(session.world.findings)) };
    case '/alerts':
      return { status: 200, body: { alerts: session.alerts.map(({ json }) => json) } };
    default:
      return health(session);
  }
};

const respond = (response: ServerResponse, { status, body }: Answer): void => {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
    .end(`${JSON.stringify(body)}\n`);
};

/** A page in a browser must not reach the server by a name of its own: only loopback names are answered. */
const isLoopback = ({ headers }: IncomingMessage): boolean =>
  /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(headers.host ?? '');

const listen = async (session: Session, port: number): Promise<Server> => {
  const server = createServer((request, response) => {
    if (!isLoopback(request)) return respond(response, refuse(403, 'only loopback names are answered'));
    answer(request, session).then(
      (given) => respond(response, given),
      (error: unknown) =>
        respond(
          response,
          error instanceof MalformedInputError
            ? refuse(400, error.message)
            : refuse(500, error instanceof Error ? error.message : 'unknown fault'),
        ),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
};

const urlOf = (server: Server): string => {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}`;
};

/** Brings the sandbox to the present moment, and takes what was told meanwhile. */
const catchUp = async ({ world, alerts }: Session & { alerts: Told[] }): Promise<readonly Told[]> => {
  const { sandbox } = world;
  watchEmitted(world);
  const behind = Date.now() - sandbox.clock.milliseconds();
  if (behind > 0) await sandbox.run(behind);
  const told = await world.told();
  alerts.push(...told);
  alerts.splice(0, alerts.length - MAX_ALERTS);
  watchEmitted(world);
  world.forget();
  return told;
};

const ended = (): { readonly signal: AbortSignal; readonly release: () => void } => {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  return {
    signal: controller.signal,
    release: () => void process.off('SIGINT', end).off('SIGTERM', end),
  };
};

const instructions = (events: string, aws: string): string =>
  [
    'ecr-warden runs in a sandbox, in step with the clock. Ctrl-C ends it.',
    '',
    `  Events    POST ${events}/events      an EventBridge event, or JSON Lines of them or of CloudTrail records`,
    `  Answers   GET  ${events}/findings  /alerts  /health`,
    `  AWS       AWS_ENDPOINT_URL=${aws} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any \\`,
    `              aws ecr create-repository --repository-name web --region ${HOME.region}`,
    '',
  ].join('\n');

/** Runs until SIGINT or SIGTERM. Throws what listening throws, such as a port that is taken. */
export const serve = async (options: ServeOptions): Promise<void> => {
  const { io, port } = options;
  const session = await createSession(options);
  const server = await listen(session, port);
  const aws = await session.world.sandbox.listen();
  const screen = createScreen(io.stdout, { fast: true });
  io.stdout.write(`${instructions(urlOf(server), aws)}\n`);
  const { signal, release } = ended();
  try {
    while (!signal.aborted) {
      const told = await session.exclusively(() => catchUp(session));
      for (const each of told) alertItems(each, screen.palette).forEach(screen.item);
      for (const fault of session.world.faults()) io.stderr.write(`ecr-warden: ${plainText(fault)}\n`);
      await setTimeout(TICK, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    release();
    server.close();
    server.closeAllConnections();
    await session.world.sandbox.close();
  }
  io.stdout.write(`ended, ${counted(session.alerts.length, 'alert')} told\n`);
};
