import { serviceCaller } from './callers.ts';
import { accountsOf, admitsServices, passes, pathsIn, SLOT, type Casting, type Visit } from './casting.ts';
import type { ServiceCaller } from './concrete-caller.ts';
import { instancesOf, orgOfPath } from './fresh.ts';
import { splitArn } from './pattern.ts';

/** Services with every combination of what they may say about whom they act for. */
export const visitServices = (names: readonly string[], casting: Casting, visit: Visit): boolean => {
  if (!admitsServices(casting)) return true;
  const memberships = sourceMembershipsOf(casting);
  for (const origin of originsOf(casting))
    for (const membership of memberships)
      for (const service of names)
        if (!visit(serviceCaller({ kind: 'service', service, ...origin, ...membership }, casting.setting)))
          return false;
  return true;
};

type Origin = Pick<ServiceCaller, 'sourceAccount' | 'sourceArn'>;
type Membership = Pick<ServiceCaller, 'sourceOrg' | 'sourceOrgPath'>;

const NOTHING_SAID: readonly (Origin & Membership)[] = [{}];

const originsOf = (casting: Casting): readonly Origin[] => {
  const { uses } = casting.mentions;
  if (!uses.sourceAccount && !uses.sourceArn) return NOTHING_SAID;
  const accounts = accountsOf(casting).flatMap(([account, partition]) =>
    partition === casting.setting.partition ? [account] : [],
  );
  const silent = passes(casting, SLOT.sourceAccount, null);
  const arns = uses.sourceArn ? sourceArnsOf(casting, accounts) : [];
  const origins: Origin[] = silent ? arns.map((sourceArn) => ({ sourceArn })) : [];
  const unsourced = passes(casting, SLOT.sourceArn, null);
  if (silent && unsourced) origins.push({});
  if (!uses.sourceAccount) return origins;
  for (const sourceAccount of accounts) {
    if (!passes(casting, SLOT.sourceAccount, sourceAccount)) continue;
    if (unsourced) origins.push({ sourceAccount });
    for (const sourceArn of arns) {
      const field = splitArn(sourceArn)[4];
      if (!field || field === sourceAccount) origins.push({ sourceAccount, sourceArn });
    }
  }
  return origins;
};

const SOURCE_FILLS = ['', 'q7'];

const sampleArn = ({ setting }: Casting, account: string): string =>
  `arn:${setting.partition}:codebuild:us-east-1:${account}:project/q7`;

/** Source ARNs that the mentioned ones tell apart, for each account where they leave it open. */
const sourceArnsOf = (casting: Casting, accounts: readonly string[]): string[] => {
  const arns = new Set<string>();
  const consider = (arn: string): void => {
    if (passes(casting, SLOT.sourceArn, arn)) arns.add(arn);
  };
  for (const account of accounts) consider(sampleArn(casting, account));
  // Buckets have ARNs without an account.
  consider(`arn:${casting.setting.partition}:s3:::q7`);
  for (const text of casting.mentions.sourceArns) {
    const fields = splitArn(text);
    const [head = '', partition = '', service = '', region = '', field, rest] = fields;
    if (field === undefined || rest === undefined) {
      for (const account of accounts)
        for (const arn of instancesOf(text, [sampleArn(casting, account), 'q7', '']))
          if (splitArn(arn).length === 6) consider(arn);
      continue;
    }
    const front = [head, partition, service, region].map((part) => (part === '*' ? 'aws' : part)).join(':');
    for (const account of /[*?]/u.test(field) ? accounts : [field])
      for (const arn of instancesOf(`${front}:${account}:${rest}`, SOURCE_FILLS, 8)) consider(arn);
  }
  return [...arns];
};

const sourceMembershipsOf = (casting: Casting): readonly Membership[] => {
  const { sourceOrg, sourcePath } = casting.mentions.uses;
  if (!sourceOrg && !sourcePath) return NOTHING_SAID;
  const paths = [...pathsIn(casting.mentions)];
  const orgs = [...new Set(paths.map(orgOfPath))];
  const all: Membership[] = [
    {},
    ...(sourceOrg ? orgs.map((org) => ({ sourceOrg: org })) : []),
    ...(sourcePath ? paths.map((sourceOrgPath) => ({ sourceOrgPath })) : []),
    ...(sourceOrg && sourcePath
      ? paths.map((path) => ({ sourceOrg: orgOfPath(path), sourceOrgPath: path }))
      : []),
  ];
  return all.filter(
    (one) =>
      passes(casting, SLOT.sourceOrg, one.sourceOrg ?? null) &&
      passes(casting, SLOT.sourcePath, one.sourceOrgPath ?? null),
  );
};
