import type { Cause } from '../model/finding.ts';
import type { FactName } from '../model/facts.ts';
import { MAX_JUDGED_PER_JOB, type Job } from '../model/job.ts';
import {
  registryResource,
  repositoryResource,
  type RegistryLocation,
  type Resource,
  type ResourceType,
} from '../model/resource.ts';
import type { ConfiguredControl } from '../model/control.ts';
import { touchedControls } from '../engine/needs.ts';

/** What an event names, as `shared/events` says it. */
export interface NamedChange {
  readonly action: 'evaluate' | 'delete';
  readonly targets: readonly {
    readonly type: ResourceType;
    /** Empty, with `sweep`: every resource of the type there. */
    readonly name: string;
    readonly account: string;
    readonly region: string;
  }[];
  readonly sweep: boolean;
  readonly changedFacts: readonly FactName[];
  readonly cause: Cause;
}

interface Why {
  /** Absent: every fact is in question. */
  readonly changedFacts?: readonly FactName[];
  readonly cause: Cause;
}

/** Judge jobs of bounded size; resources of one account and Region share jobs, in the order given. */
export const judgeJobs = (resources: readonly Resource[], why: Why): readonly Job[] =>
  [...Map.groupBy(resources, ({ account, region }) => `${account}/${region}`).values()].flatMap((group) =>
    chunksOf(group, MAX_JUDGED_PER_JOB).flatMap((chunk): Job[] => {
      const [first] = chunk;
      if (first === undefined) return [];
      return [
        { kind: 'judge', at: { account: first.account, region: first.region }, resources: chunk, ...why },
      ];
    }),
  );

const chunksOf = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

/** Every resource of a registry: itself, its repositories, and what the table knows of it. */
export const sweepJobs = (at: RegistryLocation, why: Why): readonly Job[] => [
  { kind: 'judge', at, resources: [registryResource(at)], ...why },
  { kind: 'list-repositories', at, ...why },
  { kind: 'list-known', at, cause: why.cause },
];

/** A registry, and its repositories where what changed decides about them too. */
const registryJobs = (
  at: RegistryLocation,
  why: Why,
  controls: readonly ConfiguredControl[],
): readonly Job[] => {
  const touches = (type: ResourceType): boolean =>
    touchedControls(controls, { type, changedFacts: why.changedFacts }).length > 0;
  return [
    ...(touches('registry') ? judgeJobs([registryResource(at)], why) : []),
    ...(touches('repository') ? [{ kind: 'list-repositories' as const, at, ...why }] : []),
  ];
};

/** After a delete every fact is in question: the resource may be gone, or made again. */
const whyOf = ({ action, changedFacts, cause }: NamedChange): Why =>
  action === 'delete' ? { cause } : { changedFacts, cause };

/**
 * The work that one event means. An event only names resources; names of types that no control judges mean no work.
 * Where the event could not name its repositories, all of that registry are judged.
 */
export const nameWork = (change: NamedChange, controls: readonly ConfiguredControl[]): readonly Job[] => {
  const why = whyOf(change);
  const named = change.targets.filter(({ name }) => name !== '');
  const registries = change.targets.filter(
    ({ type, name }) => type === 'registry' || (type === 'repository' && name === ''),
  );
  const repositories = named
    .filter(({ type }) => type === 'repository')
    .map((target) => repositoryResource(target, target.name))
    .filter(({ type }) => touchedControls(controls, { type, ...why }).length > 0);
  return [
    ...registries.flatMap(({ account, region }) => registryJobs({ account, region }, why, controls)),
    ...judgeJobs(repositories, why),
  ];
};
