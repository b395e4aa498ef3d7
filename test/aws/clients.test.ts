import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { afterEach, describe, expect, it } from 'vitest';
import { ecrClients, sqsClient } from '../../shared/aws/clients.ts';
import { callAws } from '../../shared/aws/faults.ts';
import { memberCredentials } from '../../shared/aws/member-role.ts';
import { TransientAwsError } from '../../shared/model/errors.ts';

const AT = { account: '111111111111', region: 'us-east-1' };
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

describe('clients', () => {
  const open: (() => void)[] = [];
  afterEach(() => open.splice(0).forEach((close) => close()));

  /** A port that accepts connections and never answers. */
  const silentServer = async (): Promise<string> => {
    const sockets = new Set<{ destroy: () => void }>();
    const server = createServer((socket) => sockets.add(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    open.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('are made once for each account and Region', () => {
    const clients = ecrClients({ region: 'us-east-1', overrides: { credentials } });
    expect(clients(AT)).toBe(clients({ ...AT }));
    expect(clients(AT)).not.toBe(clients({ ...AT, region: 'eu-west-1' }));
    expect(clients(AT)).not.toBe(clients({ ...AT, account: '222222222222' }));
  });

  it('retry adaptively, within bounds', async () => {
    const { config } = sqsClient({ region: 'us-east-1', overrides: { credentials } });
    expect(await config.maxAttempts()).toBe(5);
    const mode: unknown = config.retryMode;
    expect(typeof mode === 'function' ? await (mode as () => Promise<string>)() : mode).toBe('adaptive');
  });

  it('give up on an endpoint that does not answer, and say that it may pass', async () => {
    const endpoint = await silentServer();
    const ecr = ecrClients({ region: 'us-east-1', overrides: { endpoint, credentials, maxAttempts: 1 } })(AT);
    const call = callAws({ service: 'ecr', operation: 'GetRepositoryPolicy' }, () =>
      ecr.send(new GetRepositoryPolicyCommand({ repositoryName: 'team-a/api' })),
    );
    await expect(call).rejects.toThrow(TransientAwsError);
  }, 12_000);
});

describe('credentials of another account', () => {
  const role = { roleName: 'ecr-warden-read', externalId: 'x-1', sessionName: 'ecr-warden' };
  const sts = (asked: object[]) => () =>
    ({
      send: async (command: { input: object }) => {
        asked.push(command.input);
        return {
          Credentials: {
            AccessKeyId: 'a',
            SecretAccessKey: 's',
            SessionToken: 't',
            Expiration: new Date('2026-11-21T04:00:00.000Z'),
          },
        };
      },
    }) as never;

  it('are our own at home, or without a role', () => {
    expect(
      memberCredentials({ region: 'us-east-1', account: '1', memberRole: role }, sts([]))('1'),
    ).toBeNull();
    expect(memberCredentials({ region: 'us-east-1' }, sts([]))('2')).toBeNull();
  });

  it('come from the role there, with the external id, once for calls that overlap', async () => {
    const asked: object[] = [];
    const of = memberCredentials({ region: 'cn-north-1', account: '1', memberRole: role }, sts(asked));
    const [a, b] = [of('222222222222'), of('222222222222')];
    const [one, two] = await Promise.all([a?.(), b?.()]);
    expect(one).toEqual(two);
    expect(one).toMatchObject({ accessKeyId: 'a', sessionToken: 't', expiration: expect.any(Date) });
    expect(asked).toEqual([
      {
        RoleArn: 'arn:aws-cn:iam::222222222222:role/ecr-warden-read',
        RoleSessionName: 'ecr-warden',
        ExternalId: 'x-1',
      },
    ]);
    await a?.();
    expect(asked).toHaveLength(2);
  });
});
