import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Router } from './router.ts';
import type { WireRequest } from './wire.ts';

const MAX_BODY_BYTES = 20 * 1024 * 1024;

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('the request body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const toWire = async (request: IncomingMessage): Promise<WireRequest> => ({
  method: request.method ?? 'POST',
  path: request.url ?? '/',
  headers: new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
  body: await readBody(request),
});

/** Serves the sandbox to other processes on loopback: `AWS_ENDPOINT_URL=http://127.0.0.1:PORT`. */
export const serve = (router: Router, port: number): Promise<Server> => {
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { status, headers, body } = await router.handle(await toWire(request));
      response.writeHead(status, headers).end(body);
    };
    answer().catch(() => request.socket.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
};
