import { analyzeAccess } from '../shared/policy/access.ts';
import type { Trust } from '../shared/model/trust.ts';
import type { BenchRow } from './row.ts';

const OWNER = '111122223333';
const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const TRUST: Trust = {
  accounts: ['123456789012'],
  organizations: ['o-a1b2c3d4e5'],
  organizationalUnits: [],
  principals: ['arn:aws:iam::444455556666:role/scanner'],
};

type Statement = Record<string, unknown>;

const rootOf = (account: number): string => `arn:aws:iam::${account}:root`;

/** Kinds of statements as they are found in repositories; `n` varies accounts and names, so that no two are alike. */
const KINDS: readonly ((n: number) => Statement)[] = [
  () => ({
    Sid: 'Own',
    Effect: 'Allow',
    Principal: { AWS: rootOf(111_122_223_333) },
    Action: PULL,
  }),
  (n) => ({
    Sid: 'Partners',
    Effect: 'Allow',
    Principal: { AWS: [rootOf(200_000_000_000 + n), rootOf(300_000_000_000 + n)] },
    Action: PULL,
  }),
  (n) => ({
    Sid: 'Pipeline',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::111122223333:role/pipeline-${n}` },
    Action: [
      ...PULL,
      'ecr:PutImage',
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'ecr:CompleteLayerUpload',
    ],
  }),
  () => ({
    Sid: 'Organization',
    Effect: 'Allow',
    Principal: '*',
    Action: PULL,
    Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
  }),
  (n) => ({
    Sid: `Lambda${n}`,
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Condition: { StringLike: { 'aws:sourceArn': `arn:aws:lambda:us-east-1:${OWNER}:function:f${n}*` } },
  }),
  () => ({
    Sid: 'NobodyDeletes',
    Effect: 'Deny',
    Principal: '*',
    Action: ['ecr:DeleteRepository', 'ecr:BatchDeleteImage'],
  }),
  () => ({
    Sid: 'Perimeter',
    Effect: 'Deny',
    Principal: '*',
    Action: 'ecr:*',
    Condition: {
      StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' },
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
    },
  }),
  () => ({ Sid: 'Everybody', Effect: 'Allow', Principal: '*', Action: PULL }),
];

/** Three-statement policies as text, each different from all others. */
export const policyTexts = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const kinds = [n % KINDS.length, (n * 3 + 1) % KINDS.length, (n * 5 + 2) % KINDS.length];
    return JSON.stringify({
      Version: '2012-10-17',
      Statement: kinds.map((kind, at) => KINDS[kind]?.(n * 3 + at)),
    });
  });

/** What a scanner's plugin does with a repository policy: parse, look for a star and for foreign ARNs by substring. */
const substringScan = (text: string): number => {
  const document: { Statement: { Effect: string; Principal: unknown; Condition?: unknown }[] } =
    JSON.parse(text);
  let found = 0;
  for (const statement of document.Statement) {
    if (statement.Effect !== 'Allow') continue;
    const principals = JSON.stringify(statement.Principal);
    if (principals.includes('"*"')) found += 1;
    else
      for (const arn of principals.match(/arn:aws:iam::\d{12}/gu) ?? []) if (!arn.includes(OWNER)) found += 1;
  }
  return found;
};

/** Per second of this thread's processor time, so that what else runs on the machine does not count. */
const rate = (texts: readonly string[], work: (text: string) => unknown): number => {
  const from = process.threadCpuUsage();
  for (const text of texts) work(text);
  const { user, system } = process.threadCpuUsage(from);
  return (texts.length * 1_000_000) / (user + system);
};

const ROUNDS = 5;
const POLICIES = 10_000;

/** Measures the analysis with all its evidence: the best of several rounds over texts of which no two are alike. */
export const run = (): Promise<readonly BenchRow[]> => {
  const texts = policyTexts(POLICIES);
  const analyze = (document: string): number =>
    analyzeAccess({ document, ownerAccount: OWNER, trust: TRUST, now: '2026-01-01T00:00:00Z' }).grants.length;
  const best = (work: (text: string) => unknown): number =>
    Math.max(...Array.from({ length: ROUNDS }, () => rate(texts, work)));
  const engine = best(analyze);
  const naive = best(substringScan);
  const json = best((text) => JSON.parse(text));
  return Promise.resolve([
    { what: 'three-statement policies, analysed', figure: engine, unit: '/s', atLeast: 150_000 },
    { what: 'the same, scanned for substrings', figure: naive, unit: '/s' },
    { what: 'the same, only parsed as JSON', figure: json, unit: '/s' },
    { what: 'analysis against substring scan', figure: engine / naive, unit: 'times' },
  ]);
};
