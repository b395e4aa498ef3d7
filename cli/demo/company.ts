import {
  CreateRepositoryCommand,
  ECRClient,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  type Tag,
} from '@aws-sdk/client-ecr';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { RegistryLocation } from '../../shared/model/resource.ts';

export const HOME: RegistryLocation = { account: '111122223333', region: 'eu-west-1' };
export const SECOND_REGION = 'us-east-1';
export const REGIONS: readonly string[] = [HOME.region, SECOND_REGION];

const ORGANIZATION = 'o-a1b2c3d4e5';
/** A logistics partner that the configuration trusts. */
export const PARTNER = '444455556666';
/** Of nobody that the company knows. */
export const STRANGER = '999988887777';
const VENDOR = '777766665555';

const PULL = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'];
const PUSH = [
  'ecr:PutImage',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:BatchCheckLayerAvailability',
];

const policy = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement });

/** Anybody of the company's organization may pull: `*`, and a condition that names the organization. */
const ORGANIZATION_PULL = policy({
  Sid: 'OrganizationPull',
  Effect: 'Allow',
  Principal: '*',
  Action: PULL,
  Condition: { StringEquals: { 'aws:PrincipalOrgID': ORGANIZATION } },
});

/** An Allow for everybody behind a data perimeter: only together do the two statements say who gets in. */
const PERIMETER = policy(
  { Sid: 'Pull', Effect: 'Allow', Principal: '*', Action: PULL },
  {
    Sid: 'DataPerimeter',
    Effect: 'Deny',
    Principal: '*',
    Action: 'ecr:*',
    Condition: { StringNotEquals: { 'aws:PrincipalOrgID': ORGANIZATION } },
  },
);

/** A build role of another account may push. */
const CI_PUSH = policy({
  Sid: 'CiPush',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::222233334444:role/ci-deploy' },
  Action: [...PUSH, ...PULL],
});

/** The Lambda service may fetch images for functions of this account. */
const LAMBDA_PULL = policy({
  Sid: 'LambdaImageRetrieval',
  Effect: 'Allow',
  Principal: { Service: 'lambda.amazonaws.com' },
  Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
  Condition: { StringEquals: { 'aws:SourceAccount': HOME.account } },
});

/** One named account may pull. */
export const pullBy = (account: string): string =>
  policy({
    Sid: 'PartnerPull',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: PULL,
  });

/** What a hurried engineer writes to make a pull work: everybody, and to push as well. */
export const OPEN_TO_THE_WORLD = policy({
  Sid: 'TemporaryFix',
  Effect: 'Allow',
  Principal: '*',
  Action: [...PULL, 'ecr:PutImage'],
});

const KEEP_THIRTY = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'keep the last 30 images',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 30 },
      action: { type: 'expire' },
    },
  ],
});

export interface RepositoryPlan {
  readonly name: string;
  readonly region?: string;
  readonly owner: string;
  readonly policy?: string;
  readonly scanOnPush?: boolean;
  readonly mutable?: boolean;
  readonly lifecycle?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What the company has on the day on which the monitor is deployed: mostly in order, as companies are. */
export const REPOSITORIES: readonly RepositoryPlan[] = [
  { name: 'base/distroless', owner: 'platform', policy: ORGANIZATION_PULL },
  { name: 'base/node', owner: 'platform', policy: PERIMETER },
  { name: 'payments/api', owner: 'payments', policy: CI_PUSH },
  { name: 'payments/ledger', owner: 'payments' },
  { name: 'checkout/web', owner: 'checkout', policy: ORGANIZATION_PULL },
  { name: 'checkout/cart', owner: 'checkout', mutable: true },
  { name: 'shipping/labels', owner: 'logistics' },
  { name: 'data/thumbnailer', owner: 'data', policy: LAMBDA_PULL },
  {
    name: 'data/notebooks',
    owner: 'data',
    scanOnPush: false,
    mutable: true,
    tags: { 'ecr-warden:no-remediation': 'true' },
  },
  { name: 'legacy/cron', owner: 'platform', policy: pullBy(VENDOR), mutable: true },
  { name: 'checkout/web', region: SECOND_REGION, owner: 'checkout', policy: ORGANIZATION_PULL },
  { name: 'search/indexer', region: SECOND_REGION, owner: 'search', lifecycle: false },
  { name: 'search/crawler', region: SECOND_REGION, owner: 'search', mutable: true },
];

const tagsOf = ({ owner, tags = {} }: RepositoryPlan): Tag[] =>
  Object.entries({ owner: `team-${owner}`, ...tags }).map(([Key, Value]) => ({ Key, Value }));

/** Makes one repository as infrastructure code would: the repository, its lifecycle policy, its policy. */
export const makeRepository = async (ecr: ECRClient, plan: RepositoryPlan): Promise<void> => {
  const repositoryName = plan.name;
  await ecr.send(
    new CreateRepositoryCommand({
      repositoryName,
      imageTagMutability: plan.mutable === true ? 'MUTABLE' : 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: plan.scanOnPush ?? true },
      tags: tagsOf(plan),
    }),
  );
  if (plan.lifecycle ?? true) {
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: KEEP_THIRTY }));
  }
  if (plan.policy !== undefined) {
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: plan.policy }));
  }
};

/** Fills the account while nothing watches it yet. */
export const foundCompany = async (sandbox: Sandbox): Promise<void> => {
  for (const plan of REPOSITORIES) {
    const place = { account: HOME.account, region: plan.region ?? HOME.region };
    await makeRepository(
      new ECRClient(sandbox.clientConfig({ ...place, role: 'terraform', session: 'pipeline' })),
      plan,
    );
  }
  await sandbox.settle();
};
