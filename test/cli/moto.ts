import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';

/** Whether `moto_server` is on this machine. */
export const hasMoto = spawnSync('moto_server', ['--version'], { stdio: 'ignore' }).error === undefined;

export interface Moto {
  readonly url: string;
  readonly stop: () => void;
}

const freePort = (): Promise<number> =>
  new Promise((fulfil, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => fulfil(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/moto-api/data.json`).then(
    (response) => response.ok,
    () => false,
  );

/** Starts a server of its own on a free loopback port; the caller stops it. */
export const startMoto = async (): Promise<Moto> => {
  const port = await freePort();
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    detached: true,
  });
  const stop = (): void => {
    // The launcher may have started another process: the whole group was ours from the start.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid);
  };
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 150; tries += 1) {
    if (await answers(url)) return { url, stop };
    await new Promise((wake) => setTimeout(wake, 200));
  }
  stop();
  throw new Error('moto_server did not start within 30 s');
};
