import { get } from 'node:http';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printed, startDemo, type Child } from './child.ts';
import { envelopeOf, RECORDS } from './records.ts';

let child: Child | undefined;
let base = '';
let endpoint = '';

beforeAll(async () => {
  child = startDemo(['--serve', '--port', '0']);
  // Reading on to the end would consume the stream: the alerts are asked for over HTTP.
  const text = await new Promise<string>((done) => {
    let seen = '';
    child?.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString('utf8');
      if (seen.includes('aws ecr create-repository')) done(seen);
    });
  });
  base = /POST (http:\S+)\/events/.exec(text)?.[1] ?? '';
  endpoint = /AWS_ENDPOINT_URL=(\S+)/.exec(text)?.[1] ?? '';
}, 60_000);

afterAll(() => void child?.kill('SIGKILL'));

const read = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${base}${path}`)).json()) as Record<string, unknown>;

const post = async (body: string): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`${base}/events`, { method: 'POST', body });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const controlsOf = async (repository: string): Promise<readonly string[]> => {
  const { alerts } = (await read('/alerts')) as {
    alerts: { resource: { name: string }; control: { id: string } }[];
  };
  return alerts.filter(({ resource }) => resource.name === repository).map(({ control }) => control.id);
};

describe('npm start -- --serve', { timeout: 60_000 }, () => {
  it('judges an event that is posted', async () => {
    const answer = await post(JSON.stringify(envelopeOf(RECORDS[0]!)));
    expect(answer).toEqual({ status: 202, body: { accepted: 1, ignored: [], errors: [] } });
    await expect.poll(() => controlsOf('app'), { timeout: 20_000 }).toContain('lifecycle-policy');
    const { findings } = (await read('/findings')) as { findings: { resourceArn: string }[] };
    expect(findings.map(({ resourceArn }) => resourceArn)).toContain(
      'arn:aws:ecr:ap-south-1:123456789012:repository/app',
    );
  });

  it('judges a call of the AWS SDK over the endpoint, in whatever Region', async () => {
    const ecr = new ECRClient({
      endpoint,
      region: 'us-west-2',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    ecr.destroy();
    await expect.poll(() => controlsOf('web'), { timeout: 20_000 }).toContain('image-scanning');
    expect(await read('/health')).toMatchObject({ status: 'ok', deadLetters: 0 });
  });

  it('says of each line what became of it', async () => {
    const answer = await post(
      [JSON.stringify(RECORDS[1]), '{"half":', JSON.stringify(RECORDS[4])].join('\n'),
    );
    expect(answer).toEqual({
      status: 202,
      body: {
        accepted: 1,
        ignored: [{ where: 'line 1', because: 'other-call' }],
        errors: [{ where: 'line 2', error: 'it is not valid JSON' }],
      },
    });
  });

  it.each([
    ['nonsense', 400],
    ['', 400],
    ['42', 400],
    ['x'.repeat(1024 * 1024 + 1), 413],
  ])('refuses a bad body (%#) with a reason', async (body, status) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toMatch(/not valid JSON|no event|not a JSON object|longer than/);
  });

  it('refuses other paths and methods, and names that are not loopback', async () => {
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
    expect((await fetch(`${base}/events`)).status).toBe(405);
    const status = await new Promise<number | undefined>((done, fail) => {
      get(`${base}/health`, { headers: { host: 'rebound.example' } }, (answer) => {
        answer.resume();
        done(answer.statusCode);
      }).once('error', fail);
    });
    expect(status).toBe(403);
  });

  it('ends by SIGINT, with exit status 0', async () => {
    const running = child!;
    const closed = new Promise<number | null>((done) => running.once('close', done));
    running.kill('SIGINT');
    expect(await closed).toBe(0);
  });

  it('says that a port is taken', async () => {
    const first = startDemo(['--serve']);
    const text = await printed(first, /POST http:\S+\/events/);
    const port = /:(\d+)\/events/.exec(text)?.[1] ?? '';
    const second = startDemo(['--serve', '--port', port]);
    const errors: string[] = [];
    second.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString('utf8')));
    const status = await new Promise<number | null>((done) => second.once('close', done));
    first.kill('SIGKILL');
    expect(status).toBe(2);
    expect(errors.join('')).toContain('EADDRINUSE');
  });
});
