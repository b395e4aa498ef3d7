import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  CreateRepositoryCommand,
  DeleteRegistryPolicyCommand,
  ECRClient,
  PutLifecyclePolicyCommand,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { ServiceError } from '../../sandbox/wire.ts';
import { runHere } from './run-here.ts';
import { run, type RunOptions } from './run.ts';

const ACCOUNT = '111122223333';
const PUBLIC = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Sid: 'Open', Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' },
});

const sandbox = createSandbox({ region: 'eu-west-1', accounts: [{ id: ACCOUNT }] });
const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-'));
let url = '';

const scan = (args: readonly string[]) => runHere(['scan', ...args], { sandbox, region: 'eu-west-1' });

const scanAsProcess = (args: readonly string[], options: RunOptions = {}) =>
  run(['scan', ...args], {
    cwd: folder,
    ...options,
    env: { AWS_ENDPOINT_URL: url, ...options.env },
  });

const make = async (region: string, repositoryName: string, policyText?: string): Promise<void> => {
  const ecr = new ECRClient(sandbox.clientConfig({ region }));
  const imageScanningConfiguration = { scanOnPush: true };
  await ecr.send(new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration }));
  if (policyText !== undefined) {
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
  }
};

beforeAll(async () => {
  url = await sandbox.listen();
  await make('eu-west-1', 'team-a/open', PUBLIC);
  await make('eu-west-1', 'team-a/fine');
  await make('us-east-1', 'team-b/fine');
});
beforeEach(() => sandbox.faults.clear());
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const REGISTRY_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Own',
      Effect: 'Allow',
      Principal: { AWS: '111122223333' },
      Action: 'ecr:BatchGetImage',
      Resource: '*',
    },
  ],
});

describe('scan', () => {
  it('judges by table: worst first, counts, and status 1', async () => {
    const ran = await scanAsProcess(['--control', 'public-access']);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/✗ non-compliant\s+HIGH\s+public-access\s+team-a\/open/);
    expect(ran.stdout).toContain('1 non-compliant (1 HIGH)');
    expect(ran.stdout).toContain('Worst first:\n  team-a/open (repository, eu-west-1): 1 HIGH');
    expect(ran.stdout).not.toContain('\u001b');
  });

  it('changes nothing, and reads one account with no more calls than the controls need', async () => {
    sandbox.calls.reset();
    await scan(['--control', 'public-access', '--quiet']);
    const operations = new Set(sandbox.calls.all().map(({ operation }) => operation));
    expect([...operations].sort()).toEqual([
      'DescribeRepositories',
      'GetCallerIdentity',
      'GetRegistryPolicy',
      'GetRepositoryPolicy',
    ]);
  });

  it('judges Regions side by side; one that is denied stops no other and is told', async () => {
    sandbox.faults.deny({ operation: 'DescribeRepositories', region: 'us-east-1' });
    const args = ['--region', 'us-east-1', '--region', 'eu-west-1', '--format', 'json'];
    const ran = await scanAsProcess([...args, '--control', 'image-scanning']);
    const { findings, summary } = JSON.parse(ran.stdout);
    expect(findings.map(({ region }: { region: string }) => region)).toEqual(['eu-west-1', 'eu-west-1']);
    expect(summary.unreadRegistries).toEqual([
      {
        account: ACCOUNT,
        region: 'us-east-1',
        reason: expect.stringContaining('DescribeRepositories failed'),
      },
    ]);
    expect(ran.stderr).toContain('ecr-warden: us-east-1 could not be read');
    expect(ran.status).toBe(3);
    const violated = await scanAsProcess([...args, '--control', 'public-access']);
    expect(violated.status).toBe(1);
  });

  it('ends with 3 where a fact is refused and nothing else is wrong', async () => {
    sandbox.faults.deny({ operation: 'GetRepositoryPolicy' });
    const ran = await scan(['--control', 'public-access', '--region', 'us-east-1']);
    expect([ran.status, ran.stdout]).toEqual([3, expect.stringContaining('? cannot tell')]);
  });

  it('has every field of the JSON, for compliant ones too', async () => {
    const ran = await scan(['--format', 'json', '--region', 'us-east-1']);
    const { findings } = JSON.parse(ran.stdout);
    expect(findings).toHaveLength(3 + 6);
    for (const finding of findings) {
      expect(Object.keys(finding)).toEqual([
        'resourceArn',
        'resourceType',
        'account',
        'region',
        'control',
        'compliance',
        'severity',
        'violations',
        'evidence',
      ]);
    }
  });

  it('shows what is exempt, and does not count it', async () => {
    const config = [
      'exemptions:',
      '  - id: mirror',
      '    controls: [public-access]',
      '    resources: [team-a/open]',
      '    owner: team-a',
      '    reason: a public mirror on purpose',
      '    expiresAt: "2999-01-01"',
    ];
    writeFileSync(join(folder, 'exempt.yml'), `${config.join('\n')}\n`);
    const args = ['--config', join(folder, 'exempt.yml'), '--control', 'public-access'];
    const [table, json] = await Promise.all([scan(args), scan([...args, '--format', 'json'])]);
    expect([table.status, json.status]).toEqual([0, 0]);
    expect(table.stdout).toContain('~ exempt');
    expect(JSON.parse(json.stdout).summary.exemptions).toEqual([
      {
        resourceArn: `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/team-a/open`,
        control: 'public-access',
        exemption: expect.objectContaining({ id: 'mirror', owner: 'team-a' }),
      },
    ]);
  });

  it('refuses a pattern that matches nothing, rather than calling it clean', async () => {
    const ran = await scan(['--repository', 'taem-a/*']);
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain('no repository in scope matches `taem-a/*`');
  });

  it('judges a control that the configuration turns off when it is named', async () => {
    writeFileSync(join(folder, 'off.yml'), 'controls:\n  public-access: { enabled: false }\n');
    const ran = await scan(['--config', join(folder, 'off.yml'), '--control', 'public-access']);
    expect(ran.status).toBe(1);
  });

  it('writes SARIF to a file and a summary to standard error', async () => {
    const ran = await scanAsProcess([
      '--control',
      'public-access',
      '--format',
      'sarif',
      '--output',
      'out.sarif',
    ]);
    const log = JSON.parse(readFileSync(join(folder, 'out.sarif'), 'utf8'));
    expect(log.runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(['public-access']);
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toContain('Worst first:');
  });

  it('takes credentials and Region from a profile', async () => {
    mkdirSync(join(folder, '.aws'));
    writeFileSync(
      join(folder, '.aws/credentials'),
      '[audit]\naws_access_key_id = AKIAEXAMPLEEXAMPLE01\naws_secret_access_key = x\n',
    );
    writeFileSync(join(folder, '.aws/config'), '[profile audit]\nregion = us-east-1\n');
    const nothing = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_REGION: undefined };
    const ran = await scanAsProcess(['--control', 'image-scanning', '--format', 'json'], {
      env: { ...nothing, HOME: folder, AWS_PROFILE: 'audit' },
    });
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout).findings[0].resourceArn).toContain(':us-east-1:');
  });

  it('says which credentials are missing, with status 2', async () => {
    const nothing = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    const ran = await scanAsProcess([], { env: nothing });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('there are no AWS credentials: set AWS_PROFILE');
  });

  it('looks into every Region of the partition', async () => {
    const ran = await scan(['--region', 'all', '--control', 'public-access', '--format', 'json', '--quiet']);
    const { findings } = JSON.parse(ran.stdout);
    expect(new Set(findings.map(({ region }: { region: string }) => region)).size).toBeGreaterThan(30);
    expect([ran.status, ran.stderr]).toEqual([1, '']);
  });

  it('prints the policy that it needs, and every call that it makes is in it', async () => {
    const printed = await scan(['--print-iam-policy']);
    const { Statement } = JSON.parse(printed.stdout) as { Statement: { Action: string[] }[] };
    const allowed = new Set(Statement.flatMap(({ Action }) => Action));
    sandbox.calls.reset();
    const ecr = new ECRClient(sandbox.clientConfig({}));
    const rule = {
      rulePriority: 1,
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 9 },
      action: { type: 'expire' },
    };
    await ecr.send(
      new PutLifecyclePolicyCommand({
        repositoryName: 'team-a/fine',
        lifecyclePolicyText: JSON.stringify({ rules: [rule] }),
      }),
    );
    // Its scope is asked for only where there is a registry policy.
    await ecr.send(new PutRegistryPolicyCommand({ policyText: REGISTRY_POLICY }));
    sandbox.calls.reset();
    await scan(['--quiet']);
    const used = new Set(
      sandbox.calls
        .all()
        .filter(({ service }) => service === 'ecr')
        .map(({ operation }) => `ecr:${operation}`),
    );
    expect([...used].sort()).toEqual([...allowed].sort());
    await ecr.send(new DeleteRegistryPolicyCommand({}));
  });

  it('explains a live repository by its own policy and the registry together', async () => {
    const registry = sandbox.ecr.registry({ account: ACCOUNT, region: 'eu-west-1' });
    registry.policyText = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'NoWorld',
          Effect: 'Deny',
          Principal: '*',
          Action: 'ecr:*',
          Resource: '*',
          Condition: { StringNotEquals: { 'aws:PrincipalAccount': ['444455556666', ACCOUNT] } },
        },
        {
          Sid: 'Partner',
          Effect: 'Allow',
          Principal: { AWS: '444455556666' },
          Action: 'ecr:ReplicateImage',
          Resource: `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/*`,
        },
      ],
    });
    const ran = await runHere(['explain', 'team-a/open'], { sandbox, region: 'eu-west-1' });
    registry.policyText = null;
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).not.toContain('PUBLIC');
    expect(ran.stdout).toMatch(/444455556666\s+-\s+✓.*registry policy, statement 1 Partner/);
    const gone = await runHere(['explain', 'team-a/gone'], { sandbox, region: 'eu-west-1' });
    expect([gone.status, gone.stdout]).toEqual([2, '']);
  });
});

const hasScript = spawnSync('script', ['--version'], { stdio: 'ignore' }).error === undefined;
const onTerminal = hasScript ? it : it.skip;

describe('a terminal', () => {
  /** Runs it in a pseudo-terminal, which has no width until it is given one. */
  const inTerminal = async (size: string): Promise<string> => {
    const main = resolve(import.meta.dirname, '../../cli/main.ts');
    const command = `${size} ${process.execPath} ${main} scan --control image-scanning`;
    const env = { ...process.env, AWS_ENDPOINT_URL: url, AWS_REGION: 'eu-west-1' };
    const credentials = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE00', AWS_SECRET_ACCESS_KEY: 'x' };
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      // As a person's terminal has it, wherever the tests run.
      env: { ...env, ...credentials, NO_COLOR: undefined, CI: undefined, TERM: 'xterm' },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 20_000,
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const status = await new Promise((closed) => child.on('close', closed));
    expect(status).toBe(0);
    return shown;
  };

  onTerminal(
    `without a width gets plain lines${hasScript ? '' : ' (skipped: no script command)'}`,
    async () => {
      expect(await inTerminal('')).toContain('resources judged\r\n');
    },
  );

  onTerminal(
    `with a width gets colours and a spinner${hasScript ? '' : ' (skipped: no script command)'}`,
    async () => {
      const shown = await inTerminal('stty cols 100;');
      expect(shown).toContain('\u001b[32mNothing to report.');
      expect(shown).toContain('\u001b[?25h');
    },
  );
});

describe('a Region that the account has not turned on', () => {
  const refuse = (region: string): void => {
    sandbox.faults.error(
      { region, service: 'ecr' },
      new ServiceError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      ),
    );
  };

  it('is passed over where all are asked for, and said', async () => {
    refuse('af-south-1');
    const ran = await scan(['--region', 'all', '--control', 'image-scanning', '--quiet']);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toContain('Passed over: 1 Region that the account has not enabled');
  });

  it('is a fault where it is asked for by name, or where every account has it', async () => {
    refuse('af-south-1');
    const named = await scan(['--region', 'af-south-1', '--control', 'image-scanning', '--quiet']);
    expect([named.status, named.stderr]).toEqual([
      3,
      expect.stringContaining('af-south-1 could not be read'),
    ]);
    refuse('eu-north-1');
    const all = await scan(['--region', 'all', '--control', 'image-scanning', '--quiet']);
    expect([all.status, all.stderr]).toEqual([3, expect.stringContaining('eu-north-1 could not be read')]);
  });
});
