import type { FactName } from '../model/facts.ts';
import type { RegistryLocation, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';

export interface RepositoryPage {
  readonly repositories: readonly Resource[];
  readonly nextToken: string | null;
}

/**
 * Reads resources as they are now. Lasting refusals come back as unreadable facts;
 * transient faults are thrown as `TransientAwsError` after the client's own retries.
 */
export interface ResourceReader {
  /**
   * One snapshot a resource, in the order given, each with exactly the facts in `needs` that its type has.
   * All resources are of one account and Region. What can be read for many at once is read so.
   */
  readonly read: (
    resources: readonly Resource[],
    needs: ReadonlySet<FactName>,
  ) => Promise<readonly Snapshot[]>;
  /** One page of the registry's repositories. */
  readonly listRepositories: (at: RegistryLocation, pageToken?: string) => Promise<RepositoryPage>;
}
