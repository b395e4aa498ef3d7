import {
  CreateRepositoryCommand,
  ECRClient,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { parseConfig } from '../shared/config/load.ts';
import { CATALOGUE } from '../shared/controls/catalogue.ts';
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { deployWarden, type DeployedWarden } from '../sandbox/warden.ts';
import type { BenchRow } from './row.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
const SWEPT = 1_000;

interface World {
  readonly sandbox: Sandbox;
  readonly warden: DeployedWarden;
  readonly ecr: ECRClient;
}

const world = async (): Promise<World> => {
  const sandbox = createSandbox({ seed: 1, region: REGION, accounts: [{ id: ACCOUNT }] });
  const settings = parseConfig('', 'ecr-warden.yml', CATALOGUE);
  const warden = await deployWarden(sandbox, { settings, account: ACCOUNT, region: REGION });
  return { sandbox, warden, ecr: new ECRClient(sandbox.clientConfig({ role: 'developer' })) };
};

const READ = /^(?:Get|BatchGet|Describe|List)/;
const reads = ({ sandbox }: World): number =>
  sandbox.calls
    .all()
    .filter(
      ({ service, function: by, operation }) =>
        service === 'ecr' && by === 'evaluate' && READ.test(operation),
    ).length;
const writes = ({ sandbox }: World): number =>
  sandbox.calls
    .all()
    .filter(
      ({ service, operation }) => service === 'dynamodb' && /^(?:Put|Update|Delete)Item$/.test(operation),
    ).length;

/** What one API call costs in reads and writes, its whole way through the deployed functions. */
const costOf = async (
  of: World,
  call: () => Promise<unknown>,
): Promise<{ reads: number; writes: number }> => {
  of.sandbox.calls.reset();
  await call();
  await of.sandbox.settle();
  return { reads: reads(of), writes: writes(of) };
};

const eventRows = async (of: World): Promise<BenchRow[]> => {
  const repositoryName = 'team-a/api';
  const put = (imageTagMutability: 'MUTABLE' | 'IMMUTABLE') => () =>
    of.ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability }));
  const policyText = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }],
  });
  const created = await costOf(of, () => of.ecr.send(new CreateRepositoryCommand({ repositoryName })));
  const policy = await costOf(of, () =>
    of.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText })),
  );
  const scanning = await costOf(of, () =>
    of.ecr.send(
      new PutImageScanningConfigurationCommand({
        repositoryName,
        imageScanningConfiguration: { scanOnPush: true },
      }),
    ),
  );
  await costOf(of, put('IMMUTABLE'));
  const unchanged = await costOf(of, put('IMMUTABLE'));
  return [
    {
      what: 'ECR reads for CreateRepository (a whole repository)',
      figure: created.reads,
      unit: 'calls',
      atMost: 5,
    },
    { what: 'ECR reads for SetRepositoryPolicy', figure: policy.reads, unit: 'calls', atMost: 2 },
    { what: 'ECR reads for PutImageScanningConfiguration', figure: scanning.reads, unit: 'calls', atMost: 2 },
    { what: 'ECR reads for PutImageTagMutability', figure: unchanged.reads, unit: 'calls', atMost: 2 },
    { what: 'DynamoDB writes when nothing changed', figure: unchanged.writes, unit: 'calls', atMost: 0 },
  ];
};

const PER_REPOSITORY = /^(?:GetRepositoryPolicy|GetLifecyclePolicy)$/;

/** A second sweep of a thousand repositories: everything is known and nothing has changed. */
const sweepRows = async (of: World): Promise<BenchRow[]> => {
  for (let index = 0; index < SWEPT; index += 1) {
    await of.ecr.send(
      new CreateRepositoryCommand({ repositoryName: `swept/${String(index).padStart(4, '0')}` }),
    );
  }
  await of.sandbox.settle();
  await of.warden.sweep();
  await of.sandbox.settle();
  of.sandbox.calls.reset();
  await of.warden.sweep();
  await of.sandbox.settle();
  const calls = of.sandbox.calls.all().filter(({ function: by }) => by === 'evaluate');
  const aws = calls.filter(({ service }) => service === 'ecr' || service === 'tagging');
  const single = aws.filter(({ operation }) => PER_REPOSITORY.test(operation)).length;
  const known = SWEPT + 1;
  return [
    {
      what: 'sweep: policy reads a repository (policy, lifecycle policy)',
      figure: single / known,
      unit: 'calls',
      atMost: 2,
    },
    {
      what: 'sweep: all other reads a repository',
      figure: (aws.length - single) / known,
      unit: 'calls',
      atMost: 0.1,
    },
    {
      what: 'sweep: DynamoDB writes when nothing changed (its own record)',
      figure: writes(of),
      unit: 'calls',
      atMost: 1,
    },
  ];
};

export const run = async (): Promise<readonly BenchRow[]> => {
  const of = await world();
  try {
    return [...(await eventRows(of)), ...(await sweepRows(of))];
  } finally {
    await of.sandbox.close();
  }
};
