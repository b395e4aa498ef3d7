import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateRepositoryCommand,
  ECRClient,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMoto, startMoto, type Moto } from './moto.ts';
import { run, type Ran } from './run.ts';

const REPOSITORIES = 500;
const ACCOUNT = '123456789012';
const PARTNER = '222222222222';
const STRANGER = '333333333333';

const policy = (statement: object, ...more: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [statement, ...more] });
const PULL = { Effect: 'Allow', Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'] };

interface PolicyKind {
  readonly text: string | null;
  readonly public: boolean;
  readonly untrusted: boolean;
}

/** Policies with what they mean, stated by hand; nothing here asks the product. The partner is trusted. */
const POLICIES: readonly PolicyKind[] = [
  { text: null, public: false, untrusted: false },
  { text: policy({ ...PULL, Principal: '*' }), public: true, untrusted: true },
  { text: policy({ ...PULL, Principal: { AWS: '*' } }), public: true, untrusted: true },
  {
    text: policy({ ...PULL, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }),
    public: false,
    untrusted: false,
  },
  { text: policy({ ...PULL, Principal: { AWS: PARTNER } }), public: false, untrusted: false },
  {
    text: policy({ ...PULL, Principal: { AWS: `arn:aws:iam::${STRANGER}:role/ci` } }),
    public: false,
    untrusted: true,
  },
  {
    text: policy({
      ...PULL,
      Principal: '*',
      Condition: { StringEquals: { 'aws:PrincipalAccount': [ACCOUNT, PARTNER] } },
    }),
    public: false,
    untrusted: false,
  },
  {
    text: policy({
      ...PULL,
      Principal: '*',
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
    }),
    public: false,
    untrusted: true,
  },
  {
    text: policy({ ...PULL, Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
    public: true,
    untrusted: true,
  },
  {
    text: policy({ ...PULL, Principal: '*' }, { Effect: 'Deny', Principal: '*', Action: 'ecr:*' }),
    public: false,
    untrusted: false,
  },
];

interface Made {
  readonly name: string;
  readonly policy: PolicyKind;
  readonly scanOnPush: boolean;
  readonly immutable: boolean;
  readonly lifecycle: boolean;
  readonly key: 'none' | 'managed' | 'own';
}

/** Primes apart, so that the settings do not go together. */
const made = (index: number): Made => ({
  name: `team-${index % 7}/app-${index}`,
  policy: POLICIES[index % POLICIES.length]!,
  scanOnPush: index % 3 === 0,
  immutable: index % 11 < 5,
  lifecycle: index % 13 < 6,
  key: (['none', 'managed', 'own'] as const)[Math.floor(index / 10) % 3]!,
});

const create = async (ecr: ECRClient, repository: Made): Promise<void> => {
  const { name, key } = repository;
  const kmsKey = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  await ecr.send(
    new CreateRepositoryCommand({
      repositoryName: name,
      imageTagMutability: repository.immutable ? 'IMMUTABLE' : 'MUTABLE',
      imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
      encryptionConfiguration: {
        encryptionType: key === 'none' ? 'AES256' : 'KMS',
        ...(key === 'own' ? { kmsKey } : {}),
        ...(key === 'managed' ? { kmsKey: `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/aws/ecr` } : {}),
      },
    }),
  );
  if (repository.policy.text !== null) {
    await ecr.send(
      new SetRepositoryPolicyCommand({ repositoryName: name, policyText: repository.policy.text }),
    );
  }
  if (!repository.lifecycle) return;
  const rule = {
    rulePriority: 1,
    selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 10 },
    action: { type: 'expire' },
  };
  await ecr.send(
    new PutLifecyclePolicyCommand({
      repositoryName: name,
      lifecyclePolicyText: JSON.stringify({ rules: [rule] }),
    }),
  );
};

const says = (right: boolean): string => (right ? 'COMPLIANT' : 'NON_COMPLIANT');

const expectedOf = (repository: Made): Record<string, string> => ({
  'public-access': says(!repository.policy.public),
  'untrusted-access': says(!repository.policy.untrusted),
  'image-scanning': says(repository.scanOnPush),
  'tag-immutability': says(repository.immutable),
  'lifecycle-policy': says(repository.lifecycle),
  'customer-managed-key': says(repository.key === 'own'),
});

interface ScanJson {
  readonly findings: readonly {
    readonly resourceArn: string;
    readonly resourceType: string;
    readonly control: string;
    readonly compliance: string;
  }[];
  readonly summary: { readonly resources: number };
}

const CONFIG = `
trust:
  accounts: ['${PARTNER}']
controls:
  image-scanning:
    options: { confirm: false }
`;

const when = hasMoto ? describe : describe.skip;
const title = hasMoto ? '' : ' (skipped: there is no moto_server on this machine)';

when(`a scan of ${REPOSITORIES} repositories in moto${title}`, () => {
  const all = Array.from({ length: REPOSITORIES }, (_, index) => made(index));
  const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-'));
  let moto: Moto;
  let scanned: Ran;

  beforeAll(async () => {
    moto = await startMoto();
    const credentials = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'example' };
    const ecr = new ECRClient({ region: 'eu-west-1', endpoint: moto.url, credentials });
    for (const repository of all) await create(ecr, repository);
    writeFileSync(join(folder, 'ecr-warden.yml'), CONFIG);
    scanned = await run(['scan', '--format', 'json'], {
      cwd: folder,
      env: { AWS_ENDPOINT_URL: moto.url },
    });
  }, 120_000);

  afterAll(() => {
    moto.stop();
    rmSync(folder, { recursive: true });
  });

  it('gives the right verdict for every repository and control', () => {
    const { findings } = JSON.parse(scanned.stdout) as ScanJson;
    const verdicts = new Map<string, Record<string, string>>();
    for (const { resourceArn, resourceType, control, compliance } of findings) {
      if (resourceType !== 'repository') continue;
      const name = resourceArn.slice(resourceArn.indexOf('repository/') + 'repository/'.length);
      verdicts.set(name, { ...verdicts.get(name), [control]: compliance });
    }
    expect(verdicts.size).toBe(REPOSITORIES);
    for (const repository of all) {
      expect({ name: repository.name, ...verdicts.get(repository.name) }).toEqual({
        name: repository.name,
        ...expectedOf(repository),
      });
    }
  });

  it('asks for no policy scope, which moto does not know, where the registry has no policy', () => {
    const { findings } = JSON.parse(scanned.stdout) as ScanJson;
    const registry = findings.filter(({ resourceType }) => resourceType === 'registry');
    expect(registry.map(({ control, compliance }) => [control, compliance])).toEqual([
      ['public-access', 'COMPLIANT'],
      ['registry-scanning', 'NOT_APPLICABLE'],
      ['untrusted-access', 'COMPLIANT'],
    ]);
  });

  it('ends with status 1, and says on standard error how far it came', () => {
    expect(scanned.status).toBe(1);
    expect(scanned.stderr).toContain(`${REPOSITORIES + 1} of ${REPOSITORIES + 1} resources judged`);
  });

  it('ends with status 0 where everything that is looked at is right', async () => {
    const right = all.find(({ scanOnPush, immutable }) => scanOnPush && immutable)!;
    const ran = await run(
      ['scan', '--repository', right.name, '--control', 'tag-immutability', '--control', 'image-scanning'],
      { cwd: folder, env: { AWS_ENDPOINT_URL: moto.url } },
    );
    expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining('Nothing to report.')]);
  });
});
