import { isLostEvent } from '../model/finding.ts';
import type { RegistryLocation } from '../model/resource.ts';
import type { Clock } from '../ports/effects.ts';
import type { DeadLetters } from '../ports/dead-letters.ts';
import type {
  ComplianceCount,
  CountStore,
  FindingStore,
  HealthStore,
  HistoryStore,
  Page,
  ResourceSummary,
} from '../ports/finding-store.ts';

export interface StockDependencies {
  readonly registries: readonly RegistryLocation[];
  readonly findings: Pick<FindingStore, 'resourcesOf'>;
  readonly history: Pick<HistoryStore, 'changedSince'>;
  readonly counts: CountStore;
  readonly health: HealthStore;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * Writes the figures that dashboards read: today's counts of each registry, the events lost in the last day, what
 * waits in the dead-letter queues. Each is made anew from the records themselves: repeating it does no harm, and no
 * counter can drift.
 */
export const takeStock = async (deps: StockDependencies): Promise<void> => {
  for (const at of deps.registries) await countRegistry(at, deps);
  await countEventLoss(deps);
  await countDeadLetters(deps);
};

/** Follows the pages to their end. */
const eachOf = async function* <T>(page: (token?: string) => Promise<Page<T>>): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const { items, nextToken } = await page(token);
    yield* items;
    token = nextToken ?? undefined;
  } while (token !== undefined);
};

/** How many resources each control says what of. */
export const countCompliances = async (
  at: RegistryLocation,
  findings: Pick<FindingStore, 'resourcesOf'>,
): Promise<readonly ComplianceCount[]> => {
  const counts = new Map<string, ComplianceCount>();
  for await (const summary of eachOf((token) => findings.resourcesOf(at, token))) addTo(counts, at, summary);
  return [...counts.values()];
};

const addTo = (
  counts: Map<string, ComplianceCount>,
  at: RegistryLocation,
  summary: ResourceSummary,
): void => {
  for (const [control, compliance] of Object.entries(summary.compliances)) {
    const key = `${control}/${compliance}`;
    const count = (counts.get(key)?.count ?? 0) + 1;
    counts.set(key, { account: at.account, region: at.region, control, compliance, count });
  }
};

const countRegistry = async (at: RegistryLocation, deps: StockDependencies): Promise<void> => {
  const day = deps.clock.now().slice(0, 10);
  const counts = await countCompliances(at, deps.findings);
  await deps.counts.putDailyCounts({ day, account: at.account, region: at.region, counts });
};

/** Transitions of the last day, and how many of them no event announced: the measured event loss. */
const countEventLoss = async ({ history, health, clock }: StockDependencies): Promise<void> => {
  const now = clock.now();
  const since = new Date(Date.parse(now) - DAY).toISOString();
  let transitions = 0;
  let lost = 0;
  for await (const finding of eachOf((token) => history.changedSince(since, undefined, token))) {
    // First judgements are no news that an event should have brought.
    if (finding.previousCompliance === null) continue;
    transitions += 1;
    if (isLostEvent(finding)) lost += 1;
  }
  await health.putHealth({ name: 'EVENT_LOSS', scope: '-', at: now, data: { transitions, lost, hours: 24 } });
};

const countDeadLetters = async ({ deadLetters, health, clock }: StockDependencies): Promise<void> => {
  for (const { queue, messages } of await deadLetters.counts()) {
    await health.putHealth({ name: 'DEAD_LETTERS', scope: queue, at: clock.now(), data: { messages } });
  }
};
