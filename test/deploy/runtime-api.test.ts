import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageFunctions, type PackagedFunction } from '../../scripts/package-functions.ts';
import { startFunction, type LambdaFunction } from './runtime-api.ts';

const SOURCES: Readonly<Record<string, string>> = {
  echo: `export const handler = async (event, context) => ({
    event, name: context.functionName, id: context.awsRequestId, left: context.getRemainingTimeInMillis() });`,
  environment: `export const handler = async () => ({ ...process.env });`,
  settings: `import { readFileSync } from 'node:fs';
    export const handler = async () => JSON.parse(readFileSync(new URL('settings.json', import.meta.url), 'utf8'));`,
  throwing: `export const handler = async () => { throw new RangeError('too far'); };`,
  broken: `throw new TypeError('no start'); export const handler = () => null;`,
  exiting: `export const handler = async () => process.exit(3);`,
  hanging: `export const handler = () => new Promise(() => setInterval(() => {}, 1000));`,
  counting: `let calls = 0; export const handler = async () => ++calls;`,
  aws: `import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
    const sqs = new SQSClient({ maxAttempts: 1 });
    export const handler = async () => {
      try { await sqs.send(new SendMessageCommand({ QueueUrl: 'http://127.0.0.1:9/q', MessageBody: 'x' })); }
      catch (error) { return String(error.code ?? error.name); }
    };`,
};

let folder = '';
let packaged: readonly PackagedFunction[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ecr-warden-runtime-'));
  symlinkSync(resolve(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  for (const [name, source] of Object.entries(SOURCES)) {
    mkdirSync(join(folder, 'functions', name), { recursive: true });
    writeFileSync(join(folder, 'functions', name, 'handler.ts'), source);
  }
  packaged = await packageFunctions({
    functionsFolder: join(folder, 'functions'),
    outFolder: join(folder, 'out'),
    settings: '{"version":"v1"}',
    sourceMap: false,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const running: LambdaFunction[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((lambda) => lambda.stop()));
});

const start = async (name: string, timeoutSeconds = 10): Promise<LambdaFunction> => {
  const archive = packaged.find((one) => one.name === name)?.path ?? '';
  const lambda = await startFunction({
    name,
    archive,
    handler: 'index.handler',
    timeoutSeconds,
    environment: { OWN: 'value' },
    region: 'eu-west-1',
    account: '111122223333',
  });
  running.push(lambda);
  return lambda;
};

describe('a packaged function behind the Runtime API', () => {
  it('gets the event and the context, and its answer comes back', async () => {
    const answer = await (await start('echo')).invoke({ hello: ['world'] });
    expect(answer).toEqual({
      ok: true,
      answer: { event: { hello: ['world'] }, name: 'echo', id: expect.any(String), left: expect.any(Number) },
    });
  });

  it('stays warm from one event to the next', async () => {
    const lambda = await start('counting');
    const answers = [await lambda.invoke(1), await lambda.invoke(2), await lambda.invoke(3)];
    expect(answers.map((one) => one.ok && one.answer)).toEqual([1, 2, 3]);
  });

  it('sees the environment of Lambda and its own, nothing of this process', async () => {
    process.env['NOT_FOR_FUNCTIONS'] = 'x';
    const result = await (await start('environment')).invoke({});
    delete process.env['NOT_FOR_FUNCTIONS'];
    const environment = result.ok ? result.answer : null;
    expect(environment).toMatchObject({ OWN: 'value', AWS_REGION: 'eu-west-1', _HANDLER: 'index.handler' });
    expect(environment).not.toHaveProperty('NOT_FOR_FUNCTIONS');
    expect(environment).not.toHaveProperty('HOME');
  });

  it('finds the settings beside its code', async () => {
    expect(await (await start('settings')).invoke({})).toEqual({ ok: true, answer: { version: 'v1' } });
  });

  it('carries the SDK in itself', async () => {
    expect(await (await start('aws')).invoke({})).toEqual({ ok: true, answer: 'ECONNREFUSED' });
  });

  it('reports what its handler throws, and lives on', async () => {
    const lambda = await start('throwing');
    const failure = { ok: false, errorType: 'RangeError', errorMessage: 'too far' };
    expect(await lambda.invoke({})).toEqual(failure);
    expect(await lambda.invoke({})).toEqual(failure);
  });

  it('reports that it cannot be loaded', async () => {
    expect(await (await start('broken')).invoke({})).toEqual({
      ok: false,
      errorType: 'TypeError',
      errorMessage: 'no start',
    });
  });

  it('fails when its process ends', async () => {
    expect(await (await start('exiting')).invoke({})).toEqual({
      ok: false,
      errorType: 'Runtime.ExitError',
      errorMessage: 'exited with status 3',
    });
  });

  it('is ended at its timeout', async () => {
    expect(await (await start('hanging', 1)).invoke({})).toMatchObject({
      ok: false,
      errorType: 'Sandbox.Timedout',
    });
  });
});

describe('packaging', () => {
  it('gives the same bytes twice', async () => {
    const again = await packageFunctions({
      functionsFolder: join(folder, 'functions'),
      outFolder: join(folder, 'again'),
      settings: '{"version":"v1"}',
      sourceMap: false,
    });
    expect(again.map((one) => [one.name, one.sha256])).toEqual(packaged.map((one) => [one.name, one.sha256]));
    expect(packaged.map((one) => one.name)).toEqual(Object.keys(SOURCES).sort());
  });
});
