import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { unzipSync } from 'fflate';
import * as z from 'zod/mini';

/** What Lambda says of one invocation: the handler's answer, or how the function failed. */
export type InvocationResult =
  | { readonly ok: true; readonly answer: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

export interface LambdaFunction {
  /** Runs one event through the function, in its own process; the process is kept warm as Lambda keeps it. */
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  /** What the function has written so far: its log. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export interface LambdaSettings {
  readonly name: string;
  /** Absolute path of the function's archive. */
  readonly archive: string;
  /** `file.export`, as in the template. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  /** The function's own variables; nothing of this process's environment gets in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly region: string;
  readonly account: string;
}

const MEMORY_MEGABYTES = '512';

const unpack = (archive: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-function-'));
  for (const [name, content] of Object.entries(unzipSync(readFileSync(archive)))) {
    const path = join(folder, name);
    if (!path.startsWith(folder + sep)) throw new Error(`\`${name}\` leaves the archive's folder`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
};

/** The environment that Lambda gives to a function, as far as code can rely on it, and the function's own. */
const environmentOf = (settings: LambdaSettings, folder: string, api: string): Record<string, string> => ({
  ...settings.environment,
  AWS_LAMBDA_RUNTIME_API: api,
  AWS_LAMBDA_FUNCTION_NAME: settings.name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: MEMORY_MEGABYTES,
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_REGION: settings.region,
  AWS_DEFAULT_REGION: settings.region,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SESSION_TOKEN: 'local',
  LAMBDA_TASK_ROOT: folder,
  LAMBDA_RUNTIME_DIR: import.meta.dirname,
  _HANDLER: settings.handler,
  TZ: ':UTC',
});

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly settle: (result: InvocationResult) => void;
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) text += String(part);
  return JSON.parse(text);
};

const runtimeError = z.object({ errorType: z.string(), errorMessage: z.string() });
const failure = (body: unknown): InvocationResult => ({ ok: false, ...runtimeError.parse(body) });

/** The waiting side of the Runtime API: events go out to whoever asks next, answers settle their invocation. */
const createRuntimeApi = (settings: LambdaSettings) => {
  const waitingEvents: Invocation[] = [];
  const waitingRuntimes: ServerResponse[] = [];
  const running = new Map<string, Invocation>();
  /** Why nothing more will be answered: the code could not be loaded, or the process has ended. */
  let broken: InvocationResult | null = null;

  const hand = (invocation: Invocation, response: ServerResponse): void => {
    running.set(invocation.id, invocation);
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(Date.now() + settings.timeoutSeconds * 1000),
      'lambda-runtime-invoked-function-arn': `arn:aws:lambda:${settings.region}:${settings.account}:function:${settings.name}`,
      'lambda-runtime-trace-id': `Root=1-${'0'.repeat(8)}-${'0'.repeat(24)}`,
    });
    response.end(JSON.stringify(invocation.event));
  };
  const settle = (id: string, result: InvocationResult): boolean => {
    const invocation = running.get(id);
    running.delete(id);
    invocation?.settle(result);
    return invocation !== undefined;
  };
  const breakDown = (result: InvocationResult): void => {
    broken ??= result;
    for (const id of running.keys()) settle(id, result);
    for (const invocation of waitingEvents.splice(0)) invocation.settle(result);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.replace('/2018-06-01/runtime', '') ?? '';
    const [, id = '', kind = ''] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method === 'GET' && path === '/invocation/next') {
      const invocation = waitingEvents.shift();
      if (invocation === undefined) waitingRuntimes.push(response);
      else hand(invocation, response);
      return;
    }
    const body = await bodyOf(request);
    if (path === '/init/error') {
      breakDown(failure(body));
      response.writeHead(202).end();
      return;
    }
    const known = settle(id, kind === 'error' ? failure(body) : { ok: true, answer: body });
    response.writeHead(known ? 202 : 400).end();
  };

  return {
    answer,
    breakDown,
    submit: (invocation: Invocation): void => {
      const runtime = waitingRuntimes.shift();
      if (broken !== null) invocation.settle(broken);
      else if (runtime === undefined) waitingEvents.push(invocation);
      else hand(invocation, runtime);
    },
  };
};

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the runtime API has no port');
  return `127.0.0.1:${address.port}`;
};

const endProcess = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

/**
 * Starts a packaged function as Lambda does: its archive unpacked, its own process on this Node, its own environment,
 * events over the Runtime API, an end to a handler that exceeds its timeout.
 */
export const startFunction = async (settings: LambdaSettings): Promise<LambdaFunction> => {
  const api = createRuntimeApi(settings);
  const server = createServer((request, response) => {
    api.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const address = await listen(server);
  const folder = unpack(settings.archive);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bootstrap.ts')], {
    cwd: folder,
    env: environmentOf(settings, folder, address),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (log += String(part)));
  child.once('exit', (code) =>
    api.breakDown({ ok: false, errorType: 'Runtime.ExitError', errorMessage: `exited with status ${code}` }),
  );

  return {
    invoke: (event) =>
      new Promise((resolve) => {
        const limit = setTimeout(() => {
          resolve({ ok: false, errorType: 'Sandbox.Timedout', errorMessage: `${settings.timeoutSeconds} s` });
          void endProcess(child);
        }, settings.timeoutSeconds * 1000);
        const settle = (result: InvocationResult): void => {
          clearTimeout(limit);
          resolve(result);
        };
        api.submit({ id: randomUUID(), event, settle });
      }),
    log: () => log,
    stop: async () => {
      await endProcess(child);
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
