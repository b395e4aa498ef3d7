import type { ResourceType } from '../model/resource.ts';
import { textOf } from './foreign.ts';

/** What one string says about a resource. Null where it says nothing. */
export interface NamedResource {
  readonly type: ResourceType;
  readonly name: string;
  readonly arn: string | null;
  readonly account: string | null;
  readonly region: string | null;
  /** Only of a node group: the cluster it belongs to. */
  readonly cluster: string | null;
  /** Only of a function: the name carried a version or an alias. */
  readonly qualified: boolean;
}

const ACCOUNT = /^\d{12}$/;

export const isAccountId = (value: unknown): value is string =>
  typeof value === 'string' && ACCOUNT.test(value);

type Located = Pick<NamedResource, 'type' | 'name'> & Partial<NamedResource>;

const named = (resource: Located): NamedResource | null =>
  resource.name === ''
    ? null
    : { arn: null, account: null, region: null, cluster: null, qualified: false, ...resource };

const after = (text: string, prefix: string): string | null =>
  text.startsWith(prefix) ? text.slice(prefix.length) : null;

const IAM_TYPES = ['role', 'user', 'group', 'policy'] as const;

const iamPart = (part: string): Located | null => {
  const type = IAM_TYPES.find((candidate) => part.startsWith(`${candidate}/`));
  // Between type and name there may be a path: `role/team/ci/deployer`.
  return type === undefined ? null : { type, name: part.slice(part.lastIndexOf('/') + 1) };
};

const eksPart = (part: string): Located | null => {
  const [kind, cluster = '', nodegroup = ''] = part.split('/');
  if (kind === 'cluster') return { type: 'cluster', name: cluster };
  return kind === 'nodegroup' ? { type: 'nodegroup', name: nodegroup, cluster } : null;
};

const functionPart = (part: string): Located | null => {
  const [name = '', qualifier] = (after(part, 'function:') ?? '').split(':');
  return { type: 'function', name, qualified: qualifier !== undefined };
};

/** The resource part of an ARN, by service. Source: service authorization reference, resource types. */
const partOf = (service: string, part: string): Located | null => {
  switch (service) {
    case 'ecr':
      return { type: 'repository', name: after(part, 'repository/') ?? '' };
    case 'iam':
      return iamPart(part);
    case 'eks':
      return eksPart(part);
    case 'ecs':
      return { type: 'task-definition', name: after(part, 'task-definition/') ?? '' };
    case 'lambda':
      return functionPart(part);
    default:
      return null;
  }
};

/** Of a function, the ARN without version or alias: those are no resources of their own here. */
const withoutQualifier = (arn: string, located: Located): string =>
  located.qualified === true ? arn.split(':').slice(0, 7).join(':') : arn;

/** The tracked resource that an ARN names; null for every other ARN and for what is none. */
export const namedByArn = (arn: string): NamedResource | null => {
  const [scheme, partition = '', service = '', region = '', account = '', ...rest] = arn.split(':');
  if (scheme !== 'arn' || !/^aws[a-z-]*$/.test(partition) || rest.length === 0) return null;
  const located = partOf(service, rest.join(':'));
  return located === null
    ? null
    : named({
        ...located,
        arn: withoutQualifier(arn, located),
        account: isAccountId(account) ? account : null,
        region: textOf(region),
      });
};

/** `name`, `name:qualifier` or `123456789012:function:name[:qualifier]`. Source: Lambda API reference, FunctionName. */
const namedFunction = (text: string): NamedResource | null => {
  const [account, kind, ...rest] = text.split(':');
  if (kind === 'function' && isAccountId(account)) {
    return named({
      ...functionPart(`function:${rest.join(':')}`),
      type: 'function',
      name: rest[0] ?? '',
      account,
    });
  }
  return named({ type: 'function', name: account ?? '', qualified: kind !== undefined });
};

/** The resource of this type that a parameter names, by its name or by its ARN. */
export const namedBy = (type: ResourceType, text: string): NamedResource | null => {
  if (text.startsWith('arn:')) {
    const resource = namedByArn(text);
    return resource?.type === type ? resource : null;
  }
  return type === 'function' ? namedFunction(text) : named({ type, name: text });
};

/** Whether an ARN's resource is the one that a parameter names; a task definition may be named without its revision. */
export const isSameName = (byArn: NamedResource, name: string): boolean =>
  byArn.name === name || (byArn.type === 'task-definition' && byArn.name.startsWith(`${name}:`));
