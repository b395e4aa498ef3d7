import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../shared/model/finding.ts';
import { registryResource, repositoryResource } from '../../shared/model/resource.ts';
import type { FindingStore, OpenFilter, ResourceSummary } from '../../shared/ports/finding-store.ts';
import { anyFinding } from './finding-arbitrary.ts';
import { AT, manualClock, minutesAfter, REPOSITORY, sampleFinding } from './samples.ts';
import type { StoreEngine } from './store-engine.ts';

const START = '2026-11-21T03:00:00.000Z';
const next = (finding: Finding, over: Partial<Finding> = {}): Finding => ({
  ...finding,
  revision: finding.revision + 1,
  observedAt: minutesAfter(finding.observedAt, 1),
  changedAt: minutesAfter(finding.changedAt, 1),
  ...over,
});

const summary = (over: Partial<ResourceSummary> = {}): ResourceSummary => ({
  resource: REPOSITORY,
  compliances: { 'public-access': 'COMPLIANT' },
  observedAt: START,
  deleted: false,
  revisions: 1,
  ...over,
});

const allOpen = async (store: FindingStore, filter: OpenFilter): Promise<string[][]> => {
  const pages: string[][] = [];
  let token: string | null | undefined;
  do {
    const page = await store.openFindings({ ...filter, ...(token == null ? {} : { pageToken: token }) });
    pages.push(page.items.map(({ key }) => key));
    token = page.nextToken;
  } while (token !== null);
  return pages;
};

/** What every FindingStore does. */
export const findingStoreContract = (engine: StoreEngine): void => {
  describe(`FindingStore ${engine.name}`, () => {
    beforeAll(engine.start);
    afterAll(engine.stop);
    const open = async (clock = manualClock()) => (await engine.open(clock)).findings;

    it('gives back what was saved, all findings of the resource and no others', async () => {
      const store = await open();
      const [a, b] = [sampleFinding(), sampleFinding({ control: 'image-scanning', severity: 'HIGH' })];
      const other = sampleFinding({ resource: repositoryResource(AT, 'team-a/api2') });
      for (const finding of [a, b, other]) expect(await store.save(finding, 0)).toBe('stored');
      expect(await store.findingsOf(REPOSITORY.arn)).toEqual([b, a]);
      expect(await store.findingsOf('arn:aws:ecr:eu-central-1:111122223333:repository/none')).toEqual([]);
    });

    it('gives back exactly what was saved, whatever names, texts and data it holds', async () => {
      const store = await open();
      let run = 0;
      const control = (): string => `control-${(run += 1)}`;
      await fc.assert(
        fc.asyncProperty(anyFinding('x'), async (sample) => {
          const finding = { ...sample, control: control() };
          expect(await store.save(finding, 0)).toBe('stored');
          const stored = (await store.findingsOf(REPOSITORY.arn)).find((f) => f.control === finding.control);
          // Not by `toEqual`, which does not see an own key `__proto__`.
          if (!isDeepStrictEqual(stored, finding))
            expect(JSON.stringify(stored)).toBe(JSON.stringify(finding));
          expect(isDeepStrictEqual(stored, finding)).toBe(true);
        }),
        { numRuns: engine.runs },
      );
    });

    it('keeps names of other people apart from keys and expressions', async () => {
      const store = await open();
      const names = [
        '__proto__',
        'constructor',
        'a#b',
        ':x',
        '#pk',
        'x'.repeat(256),
        'o" OR attribute_exists(pk)',
      ];
      for (const name of names) {
        const finding = sampleFinding({ resource: repositoryResource(AT, name) });
        expect(await store.save(finding, 0)).toBe('stored');
        expect(await store.findingsOf(finding.resource.arn)).toEqual([finding]);
      }
    });

    it('stores a first revision once', async () => {
      const store = await open();
      expect(await store.save(sampleFinding(), 0)).toBe('stored');
      expect(await store.save(sampleFinding({ severity: 'LOW' }), 0)).toBe('stale');
      expect((await store.findingsOf(REPOSITORY.arn))[0]?.severity).toBe('CRITICAL');
    });

    it('stores the next revision only over the expected one and an older observation', async () => {
      const store = await open();
      const first = sampleFinding();
      await store.save(first, 0);
      expect(await store.save(next(first, { observedAt: first.observedAt }), 1)).toBe('stale');
      expect(await store.save(next(first, { observedAt: minutesAfter(START, -1) }), 1)).toBe('stale');
      expect(await store.save(next(first, { revision: 3 }), 2)).toBe('stale');
      expect(await store.save(next(first), 1)).toBe('stored');
      expect(await store.save(next(first), 1)).toBe('stale');
      expect(await store.findingsOf(REPOSITORY.arn)).toEqual([next(first)]);
    });

    it('lets exactly one of many concurrent writers win', async () => {
      const store = await open();
      await store.save(sampleFinding(), 0);
      const writers = Array.from({ length: 8 }, (_, i) => next(sampleFinding(), { owner: `writer-${i}` }));
      const outcomes = await Promise.all(writers.map((finding) => store.save(finding, 1)));
      expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
      const winner = writers[outcomes.indexOf('stored')];
      expect(await store.findingsOf(REPOSITORY.arn)).toEqual([winner]);
    });

    it('sets the remediation state of the very revision it was decided on', async () => {
      const store = await open();
      const finding = sampleFinding();
      const of = { resourceArn: REPOSITORY.arn, control: finding.control };
      const state = { status: 'skipped', reason: 'cool-down', at: START } as const;
      expect(await store.setRemediation({ ...of, revision: 1 }, state)).toBe('stale');
      await store.save(finding, 0);
      expect(await store.setRemediation({ ...of, revision: 2 }, state)).toBe('stale');
      expect(await store.setRemediation({ ...of, revision: 1 }, state)).toBe('stored');
      expect(await store.findingsOf(REPOSITORY.arn)).toEqual([{ ...finding, remediation: state }]);
      expect(await store.save(next(finding), 1)).toBe('stored');
    });

    it('lists open findings newest first by severity, control and place, exempt and closed ones left out', async () => {
      const store = await open();
      const findings = Array.from({ length: 12 }, (_, i) =>
        sampleFinding({
          resource: repositoryResource({ ...AT, region: i % 3 === 0 ? 'us-east-1' : AT.region }, `r-${i}`),
          control: i % 2 === 0 ? 'public-access' : 'image-scanning',
          severity: i % 2 === 0 ? 'CRITICAL' : 'HIGH',
          changedAt: minutesAfter(START, i),
          open: i !== 4,
        }),
      );
      for (const finding of findings) await store.save(finding, 0);
      const expected = (wanted: (finding: Finding) => boolean): string[] =>
        findings
          .filter((f) => f.open && wanted(f))
          .map(({ key }) => key)
          .toReversed();
      expect((await allOpen(store, { by: { severity: 'CRITICAL' } })).flat()).toEqual(
        expected(({ severity }) => severity === 'CRITICAL'),
      );
      expect((await allOpen(store, { by: { control: 'image-scanning' } })).flat()).toEqual(
        expected(({ control }) => control === 'image-scanning'),
      );
      expect((await allOpen(store, { by: { account: AT.account, region: 'us-east-1' } })).flat()).toEqual(
        expected(({ resource }) => resource.region === 'us-east-1'),
      );
      expect((await allOpen(store, { by: { severity: 'LOW' } })).flat()).toEqual([]);
    });

    it('takes a finding out of the open ones when it closes and puts it back when it opens', async () => {
      const store = await open();
      const first = sampleFinding();
      const closed = next(first, { open: false, compliance: 'COMPLIANT', transition: 'resolved' });
      await store.save(first, 0);
      await store.save(closed, 1);
      expect((await store.openFindings({ by: { severity: 'CRITICAL' } })).items).toEqual([]);
      const again = next(closed, { open: true, severity: 'HIGH' });
      await store.save(again, 2);
      expect((await store.openFindings({ by: { severity: 'CRITICAL' } })).items).toEqual([]);
      expect((await store.openFindings({ by: { severity: 'HIGH' } })).items).toEqual([again]);
    });

    it('pages through open findings of the same instant, every one once, for every page size', async () => {
      const store = await open();
      const names = Array.from({ length: 23 }, (_, i) => `same-${i}`);
      const findings = names.map((name, i) =>
        sampleFinding({
          resource: repositoryResource(AT, name),
          changedAt: i < 12 ? START : minutesAfter(START, i),
        }),
      );
      for (const finding of findings) await store.save(finding, 0);
      const whole = await allOpen(store, { by: { severity: 'CRITICAL' }, limit: 100 });
      expect(whole).toHaveLength(1);
      expect(new Set(whole.flat())).toEqual(new Set(findings.map(({ key }) => key)));
      for (const limit of [1, 4, 7, 22, 23]) {
        const pages = await allOpen(store, { by: { severity: 'CRITICAL' }, limit });
        expect(pages.flat()).toEqual(whole.flat());
        expect(pages.length).toBe(Math.ceil(23 / limit));
      }
    });

    it('refuses a page token that is none', async () => {
      const store = await open();
      await expect(store.openFindings({ by: { severity: 'HIGH' }, pageToken: '%' })).rejects.toThrow(
        'page token',
      );
    });

    it('keeps a finding of a deleted resource until it expires, then starts anew', async () => {
      const clock = manualClock(START);
      const store = await open(clock);
      const gone = sampleFinding({ resourceDeleted: true, open: false, transition: 'closed', revision: 4 });
      await store.save(gone, 0);
      expect(await store.save(sampleFinding(), 0)).toBe('stale');
      expect(await store.findingsOf(REPOSITORY.arn)).toEqual([gone]);
      clock.set(minutesAfter(START, 31 * 24 * 60));
      expect(await store.findingsOf(REPOSITORY.arn)).toEqual([]);
      const fresh = sampleFinding({ changedAt: clock.now() });
      expect(await store.save(fresh, 0)).toBe('stored');
      expect(await store.findingsOf(REPOSITORY.arn)).toEqual([fresh]);
    });

    it('keeps one summary a resource and lists those of a registry by type and name', async () => {
      const store = await open();
      const resources = ['zeta', 'alpha', 'team-a/api'].map((name) => repositoryResource(AT, name));
      const registry = registryResource(AT);
      for (const resource of [...resources, registry]) await store.saveSummary(summary({ resource }));
      await store.saveSummary(
        summary({ resource: repositoryResource({ ...AT, region: 'us-east-1' }, 'elsewhere') }),
      );
      const { items, nextToken } = await store.resourcesOf(AT);
      expect(items.map(({ resource }) => resource.name)).toEqual([AT.account, 'alpha', 'team-a/api', 'zeta']);
      expect(nextToken).toBeNull();
      expect(await store.summaryOf(REPOSITORY.arn)).toEqual(summary());
      expect(await store.summaryOf('arn:none')).toBeNull();
    });

    it('keeps the summary that was made of more, in whatever order they come', async () => {
      const store = await open();
      const more = summary({ compliances: { a: 'COMPLIANT', b: 'NON_COMPLIANT' }, revisions: 5 });
      const less = summary({
        compliances: { a: 'NON_COMPLIANT' },
        revisions: 4,
        observedAt: minutesAfter(START, 9),
      });
      await store.saveSummary(more);
      await store.saveSummary(less);
      expect(await store.summaryOf(REPOSITORY.arn)).toEqual(more);
    });

    it('orders summaries without revisions by observation', async () => {
      const store = await open();
      const { revisions: _, ...old } = summary();
      const newer = { ...old, observedAt: minutesAfter(START, 1), compliances: {} };
      await store.saveSummary(newer);
      await store.saveSummary(old);
      expect(await store.summaryOf(REPOSITORY.arn)).toEqual(newer);
    });

    it('takes a deleted resource out of its registry and forgets it in time', async () => {
      const clock = manualClock(START);
      const store = await open(clock);
      await store.saveSummary(summary());
      const deleted = summary({ deleted: true, revisions: 2, observedAt: minutesAfter(START, 1) });
      await store.saveSummary(deleted);
      expect((await store.resourcesOf(AT)).items).toEqual([]);
      expect(await store.summaryOf(REPOSITORY.arn)).toEqual(deleted);
      await store.saveSummary(summary({ revisions: 3 }));
      expect((await store.resourcesOf(AT)).items).toHaveLength(1);
      await store.saveSummary({ ...deleted, revisions: 4 });
      clock.set(minutesAfter(START, 31 * 24 * 60));
      expect(await store.summaryOf(REPOSITORY.arn)).toBeNull();
    });
  });
};
