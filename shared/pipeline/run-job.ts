import type { Job } from '../model/job.ts';
import type { WorkQueue } from '../ports/effects.ts';
import { judgeJobs } from './name-work.ts';
import { judgeResources, type JudgeDependencies } from './judge-resources.ts';

export interface JobDependencies extends JudgeDependencies {
  readonly queue: WorkQueue;
}

/**
 * Does one unit of work. Listing puts what it found on the queue together with the job of the next page, so that no
 * invocation runs long and a crash repeats one page at most.
 */
export const runJob = async (job: Job, deps: JobDependencies): Promise<void> => {
  switch (job.kind) {
    case 'judge':
      return judgeResources(job, deps);
    case 'list-repositories':
      return listRepositories(job, deps);
    case 'list-known':
      return listKnown(job, deps);
  }
};

type JobOf<K extends Job['kind']> = Extract<Job, { readonly kind: K }>;

const listRepositories = async (
  job: JobOf<'list-repositories'>,
  { reader, queue }: JobDependencies,
): Promise<void> => {
  const { repositories, nextToken } = await reader.listRepositories(job.at, job.pageToken);
  const found = judgeJobs(repositories, {
    cause: job.cause,
    ...(job.changedFacts === undefined ? {} : { changedFacts: job.changedFacts }),
  });
  await queue.send(nextToken === null ? found : [...found, { ...job, pageToken: nextToken }]);
};

/** The cheapest fact that tells whether a repository is there: described a hundred at a time. */
const EXISTENCE = new Set(['scanOnPush'] as const);

/**
 * What the table knows and ECR no longer has: its findings close when the judge job, too, finds it gone. The listing
 * of repositories cannot tell, for it names only what is there.
 */
const listKnown = async (job: JobOf<'list-known'>, deps: JobDependencies): Promise<void> => {
  const { items, nextToken } = await deps.findings.resourcesOf(job.at, job.pageToken);
  const known = items.map(({ resource }) => resource).filter(({ type }) => type === 'repository');
  const seen = known.length === 0 ? [] : await deps.reader.read(known, EXISTENCE);
  const gone = seen.filter(({ exists }) => !exists).map(({ resource }) => resource);
  const found = judgeJobs(gone, { cause: job.cause });
  await deps.queue.send(nextToken === null ? found : [...found, { ...job, pageToken: nextToken }]);
};
