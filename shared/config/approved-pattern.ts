import { matchesPattern } from '../model/pattern.ts';

interface HostAndPath {
  readonly host: string;
  readonly path: string;
}

const split = (pattern: string): HostAndPath => {
  const slash = pattern.indexOf('/');
  if (slash === -1) return { host: pattern.toLowerCase(), path: '' };
  return { host: pattern.slice(0, slash).toLowerCase(), path: pattern.slice(slash + 1).replace(/\/$/, '') };
};

const HOST =
  /^(?=.{1,255}$)[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?(?:\.[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?)*(?::[0-9]{1,5})?$/;
const SEGMENT = /^[a-z0-9*]+(?:[._-]*[a-z0-9*]+)*$/;

/** Why this is no approved pattern (spec: image references), or null if it is one. */
export const approvedPatternProblem = (pattern: string): string | null => {
  const { host, path } = split(pattern);
  if (host === '') return 'the host is empty';
  if (!HOST.test(host)) return 'the host is not valid';
  if (!pattern.includes('/') || path === '') return null;
  return path.split('/').every((segment) => segment.length <= 255 && SEGMENT.test(segment))
    ? null
    : 'the path is not valid';
};

const ECR_HOST = /^([0-9*]+)\.dkr\.ecr(-fips)?\.([a-z0-9*-]+)\.amazonaws\.com(\.cn)?$/;
const DUAL_STACK_HOST =
  /^([0-9*]+)\.dkr-ecr(-fips)?\.([a-z0-9*-]+)\.on\.(?:aws|amazonwebservices\.com(\.cn))$/;

/** FIPS endpoints of ECR exist in the United States only. */
const hasFips = (region: string): boolean => region.startsWith('us-') || region.includes('*');

/** All host names of one private registry. Source: ECR User Guide, endpoints over IPv4 and dual-stack. */
const privateHosts = (account: string, region: string, china: boolean): readonly string[] => {
  if (china) {
    return [
      `${account}.dkr.ecr.${region}.amazonaws.com.cn`,
      `${account}.dkr-ecr.${region}.on.amazonwebservices.com.cn`,
    ];
  }
  return [
    `${account}.dkr.ecr.${region}.amazonaws.com`,
    `${account}.dkr-ecr.${region}.on.aws`,
    ...(hasFips(region)
      ? [`${account}.dkr.ecr-fips.${region}.amazonaws.com`, `${account}.dkr-ecr-fips.${region}.on.aws`]
      : []),
  ];
};

const PUBLIC_HOSTS = ['public.ecr.aws', 'ecr-public.aws.com'] as const;
const DOCKER_HOSTS = ['docker.io', 'registry-1.docker.io'] as const;

const hostsLike = (host: string): readonly string[] => {
  const found = ECR_HOST.exec(host) ?? DUAL_STACK_HOST.exec(host);
  if (found !== null) return privateHosts(found[1] ?? '', found[3] ?? '', found[4] !== undefined);
  return [PUBLIC_HOSTS, DOCKER_HOSTS].find((hosts) => hosts.some((each) => each === host)) ?? [];
};

/** A `*` in a host stays inside its label, so labels are compared one by one. */
const coversHost = (pattern: string, host: string): boolean => {
  const labels = pattern.split('.');
  const others = host.split('.');
  return (
    labels.length === others.length &&
    labels.every((label, index) => matchesPattern(label, others[index] ?? ''))
  );
};

const isCovered = (wanted: HostAndPath, approved: readonly HostAndPath[]): boolean =>
  approved.some(
    ({ host, path }) =>
      coversHost(host, wanted.host) &&
      (path === '' || path === wanted.path || wanted.path.startsWith(`${path}/`)),
  );

export interface UnapprovedAlias {
  /** As it stands in the configuration. */
  readonly approved: string;
  /** The same place under another name, which is not approved. */
  readonly alias: string;
}

/** Other names of approved registries that are not approved themselves: each host is a host of its own. */
export const unapprovedAliases = (patterns: readonly string[]): readonly UnapprovedAlias[] => {
  const approved = patterns.map(split);
  return patterns.flatMap((pattern) => {
    const { host, path } = split(pattern);
    return hostsLike(host)
      .filter((alias) => alias !== host && !isCovered({ host: alias, path }, approved))
      .map((alias) => ({ approved: pattern, alias: path === '' ? alias : `${alias}/${path}` }));
  });
};
