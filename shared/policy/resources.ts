import type { Setting } from './callers.ts';
import { instancesOf } from './fresh.ts';
import type { Policy } from './parse.ts';
import type { Statement } from './parse-statement.ts';

/** Where the policy stands, and the repository it is asked about, if that is known. */
interface Place {
  readonly setting: Setting;
  readonly resourceArn: string | null;
}

/**
 * The repositories that the policy's `Resource` elements tell apart: the one asked about, or one for each kind.
 * Null stands for any repository, where no statement looks at it.
 */
export const resourcesFor = (policy: Policy, { setting, resourceArn }: Place): readonly (string | null)[] => {
  if (resourceArn !== null) return [resourceArn];
  if (!policy.allows.some(hasResource) && !policy.denies.some(hasResource)) return ANY;
  const texts = [...policy.allows, ...policy.denies].flatMap((statement) => statement.resource?.texts ?? []);
  const fresh = `arn:${setting.partition}:ecr:us-east-1:${setting.ownerAccount}:repository/q7`;
  const found = new Set([fresh]);
  for (const text of new Set(texts))
    for (const instance of instancesOf(text.replaceAll(/\$\{[^}]*\}/gu, '*'), fillsFor(setting), 16))
      if (isRepository(instance, setting)) found.add(instance);
  return [...found].slice(0, 32);
};

const ANY: readonly null[] = [null];

const hasResource = ({ resource }: Statement): boolean => resource !== null;

const fillsFor = ({ ownerAccount, partition }: Setting): string[] => [
  'q7',
  '',
  'us-east-1',
  ownerAccount,
  'repository/q7',
  `arn:${partition}:ecr:us-east-1:${ownerAccount}:repository/q7`,
];

const REPOSITORY = /^arn:aws[a-z-]*:ecr:[a-z0-9-]+:(\d{12}):repository\/[a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?$/u;

const isRepository = (arn: string, { ownerAccount }: Setting): boolean =>
  REPOSITORY.exec(arn)?.[1] === ownerAccount;
