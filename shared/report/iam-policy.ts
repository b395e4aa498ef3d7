import { factSources } from '../model/fact-sources.ts';
import type { FactName } from '../model/facts.ts';

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string;
}

/**
 * Actions that can be bound to repositories; all others that ecr-warden reads with know no resource.
 * Source: Service Authorization Reference, Actions defined by Amazon Elastic Container Registry.
 */
const ON_REPOSITORIES: ReadonlySet<string> = new Set([
  'ecr:BatchGetRepositoryScanningConfiguration',
  'ecr:DescribeRepositories',
  'ecr:GetLifecyclePolicy',
  'ecr:GetRepositoryPolicy',
  'ecr:ListTagsForResource',
]);

/** The IAM actions that reading these facts needs, from `factSources`; by default all of them. */
export const readActions = (facts?: Iterable<FactName>): readonly string[] => {
  const wanted = facts === undefined ? null : new Set<string>(facts);
  return [
    ...new Set(
      Object.entries(factSources)
        .filter(([name]) => wanted === null || wanted.has(name))
        .flatMap(([, source]) => source.readBy.map((call) => call.iamAction)),
    ),
  ].sort();
};

/**
 * The least-privilege, read-only policy for these actions, in two statements: what can be bound to repositories is,
 * the rest needs `*`. Contains no action that is not in `actions`.
 */
export const readPolicyDocument = (options: {
  readonly actions: readonly string[];
  /** Default `aws`. */
  readonly partition?: string;
  /** Default: any account. */
  readonly account?: string;
}): PolicyDocument => {
  const actions = [...new Set(options.actions)].sort();
  const bound = actions.filter((action) => ON_REPOSITORIES.has(action));
  const unbound = actions.filter((action) => !ON_REPOSITORIES.has(action));
  const statements: readonly PolicyStatement[] = [
    {
      Sid: 'ReadRepositories',
      Effect: 'Allow',
      Action: bound,
      Resource: `arn:${options.partition ?? 'aws'}:ecr:*:${options.account ?? '*'}:repository/*`,
    },
    { Sid: 'ReadRegistry', Effect: 'Allow', Action: unbound, Resource: '*' },
  ];
  return {
    Version: '2012-10-17',
    Statement: statements.filter((statement) => statement.Action.length > 0),
  };
};
