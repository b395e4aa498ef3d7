import type { RegistryLocation } from '../model/resource.ts';
import { METRICS, type Clock, type Metrics, type WorkQueue } from '../ports/effects.ts';
import type { HealthStore } from '../ports/finding-store.ts';
import { sweepJobs } from './name-work.ts';

export interface SweepDependencies {
  readonly registries: readonly RegistryLocation[];
  readonly queue: WorkQueue;
  readonly health: HealthStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/**
 * Puts every registry on the queue; the rest follows there. `sweepId` names the sweep in findings and in its digest:
 * a trigger that fires twice gives the same, and the second sweep finds nothing new.
 */
export const startSweep = async (
  { sweepId, trigger }: { readonly sweepId: string; readonly trigger: 'schedule' | 'deploy' },
  deps: SweepDependencies,
): Promise<void> => {
  const cause = { kind: 'sweep' as const, sweepId, trigger };
  for (const at of deps.registries) {
    await deps.queue.send(sweepJobs(at, { cause }));
    await deps.health.putHealth({
      name: 'SWEEP',
      scope: `${at.account}#${at.region}`,
      at: deps.clock.now(),
      data: { sweepId, trigger },
    });
  }
  // The heartbeat comes last: a sweep that did not get through all registries is a missing one.
  deps.metrics.count(METRICS.sweepStarted);
};
