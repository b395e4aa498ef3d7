import type { Cause } from './finding.ts';
import type { FactName } from './facts.ts';
import type { RegistryLocation, Resource } from './resource.ts';

/**
 * What the `changes` queue carries besides EventBridge envelopes: our own work, one message a unit of bounded size.
 * A job is safe to repeat, to reorder and to run at the same time as another.
 */
export type Job =
  | {
      /** Judge these resources (at most `MAX_JUDGED_PER_JOB`, all of one account and Region). */
      readonly kind: 'judge';
      readonly at: RegistryLocation;
      readonly resources: readonly Resource[];
      /** Only controls that need one of these facts; absent: all controls. */
      readonly changedFacts?: readonly FactName[];
      readonly cause: Cause;
    }
  | {
      /** List one page of repositories, put a judge job for them and the job of the next page on the queue. */
      readonly kind: 'list-repositories';
      readonly at: RegistryLocation;
      readonly pageToken?: string;
      readonly changedFacts?: readonly FactName[];
      readonly cause: Cause;
    }
  | {
      /** Judge what the table knows of this registry, one page: finds the resources that are gone. */
      readonly kind: 'list-known';
      readonly at: RegistryLocation;
      readonly pageToken?: string;
      readonly cause: Cause;
    };

export const MAX_JUDGED_PER_JOB = 100;
