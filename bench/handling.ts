import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { parseConfig } from '../shared/config/load.ts';
import { CATALOGUE } from '../shared/controls/catalogue.ts';
import { createSandbox } from '../sandbox/sandbox.ts';
import { deployWarden } from '../sandbox/warden.ts';
import { median, type BenchRow } from './row.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
const WARM_UP = 50;
const MEASURED = 300;

/** Real milliseconds that `evaluate` takes for one event about one changed fact, its SDK calls to the sandbox included. */
export const run = async (): Promise<readonly BenchRow[]> => {
  const sandbox = createSandbox({ seed: 1, region: REGION, accounts: [{ id: ACCOUNT }], apiLatency: 0 });
  try {
    const settings = parseConfig('', 'ecr-warden.yml', CATALOGUE);
    const warden = await deployWarden(sandbox, { settings, account: ACCOUNT, region: REGION });
    await new ECRClient(sandbox.clientConfig()).send(
      new CreateRepositoryCommand({ repositoryName: 'team-a/api' }),
    );
    await sandbox.settle();
    const created = sandbox.eventBridge.emitted()[0];
    const changed = JSON.stringify(created).replaceAll('CreateRepository', 'PutImageTagMutability');
    const batch = {
      Records: [
        {
          messageId: '1',
          receiptHandle: '1',
          body: changed,
          attributes: {},
          eventSourceARN: warden.queueArn,
        },
      ],
    };
    const times: number[] = [];
    for (let index = 0; index < WARM_UP + MEASURED; index += 1) {
      const start = performance.now();
      const outcome = await sandbox.lambda.invoke('evaluate', batch);
      if (outcome.kind !== 'returned') throw new Error(`evaluate ${outcome.kind}`);
      if (index >= WARM_UP) times.push(performance.now() - start);
    }
    return [
      { what: 'warm handling of one event, median', figure: median(times), unit: 'ms', atMost: 5 },
      {
        what: 'warm handling of one event, 99th percentile',
        figure: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN,
        unit: 'ms',
      },
    ];
  } finally {
    await sandbox.close();
  }
};
