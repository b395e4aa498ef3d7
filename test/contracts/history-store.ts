import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../shared/model/finding.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import type { HistoryStore } from '../../shared/ports/finding-store.ts';
import { AT, manualClock, minutesAfter, REPOSITORY, sampleFinding } from './samples.ts';
import type { StoreEngine } from './store-engine.ts';

const START = '2026-11-21T03:00:00.000Z';
const DAY = 24 * 60;

const changesSince = async (store: HistoryStore, since: string, limit?: number): Promise<Finding[][]> => {
  const pages: Finding[][] = [];
  let token: string | null | undefined;
  do {
    const page = await store.changedSince(since, limit, token ?? undefined);
    pages.push([...page.items]);
    token = page.nextToken;
  } while (token !== null);
  return pages;
};

/** What every HistoryStore does. */
export const historyStoreContract = (engine: StoreEngine): void => {
  describe(`HistoryStore ${engine.name}`, () => {
    beforeAll(engine.start);
    afterAll(engine.stop);
    const open = async (clock = manualClock()) => (await engine.open(clock)).history;

    it('records a transition once and remembers that it was told', async () => {
      const store = await open();
      const finding = sampleFinding();
      expect(await store.record(finding)).toEqual({ told: false });
      expect(await store.record(finding)).toEqual({ told: false });
      await store.markTold(finding, minutesAfter(START, 1));
      expect(await store.record(finding)).toEqual({ told: true });
      expect(await store.record({ ...finding, revision: 2 })).toEqual({ told: false });
      expect((await store.historyOf(REPOSITORY.arn)).items).toEqual([finding, { ...finding, revision: 2 }]);
    });

    it('marks nothing where nothing was recorded', async () => {
      const store = await open();
      await store.markTold(sampleFinding(), START);
      expect(await store.record(sampleFinding())).toEqual({ told: false });
    });

    it('lists the history of a resource by control and revision, page by page', async () => {
      const store = await open();
      const revisions = Array.from({ length: 104 }, (_, i) => sampleFinding({ revision: i + 1 }));
      const other = sampleFinding({ control: 'a-control' });
      for (const finding of [...revisions, other, sampleFinding({ resource: repositoryResource(AT, 'x') })]) {
        await store.record(finding);
      }
      const first = await store.historyOf(REPOSITORY.arn);
      const second = await store.historyOf(REPOSITORY.arn, first.nextToken ?? undefined);
      expect([...first.items, ...second.items]).toEqual([other, ...revisions]);
      expect(second.nextToken).toBeNull();
    });

    it('lists what changed since a time, oldest first, across days, every change once', async () => {
      const clock = manualClock(START);
      const store = await open(clock);
      const findings = Array.from({ length: 30 }, (_, i) =>
        sampleFinding({
          resource: repositoryResource(AT, `r-${i}`),
          // Several a day, some in the same millisecond, over five days.
          changedAt: minutesAfter(START, Math.floor(i / 2) * 8 * 60),
        }),
      );
      for (const finding of findings.toReversed()) await store.record(finding);
      clock.set(minutesAfter(START, 6 * DAY));
      const since = minutesAfter(START, 8 * 60);
      for (const limit of [3, 100]) {
        const changes = (await changesSince(store, since, limit)).flat();
        expect(changes.map(({ changedAt }) => changedAt)).toEqual(
          findings.slice(2).map(({ changedAt }) => changedAt),
        );
        expect(new Set(changes.map(({ key }) => key)).size).toBe(28);
      }
      expect((await changesSince(store, minutesAfter(START, 5 * DAY))).flat()).toEqual([]);
    });

    it('finds a change after a long quiet time', async () => {
      const clock = manualClock(START);
      const store = await open(clock);
      const finding = sampleFinding({ changedAt: minutesAfter(START, 40 * DAY) });
      await store.record(finding);
      clock.set(minutesAfter(START, 45 * DAY));
      expect((await changesSince(store, START)).flat()).toEqual([finding]);
    });

    it('shows nothing that has expired', async () => {
      const clock = manualClock(START);
      const store = await open(clock);
      const finding = sampleFinding();
      await store.record(finding);
      await store.markTold(finding, START);
      clock.set(minutesAfter(START, 30 * DAY));
      expect((await store.historyOf(REPOSITORY.arn)).items).toEqual([]);
      expect((await changesSince(store, START)).flat()).toEqual([]);
      expect(await store.record(finding)).toEqual({ told: false });
    });
  });
};
