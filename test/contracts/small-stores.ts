import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transitionKey, type Exemption } from '../../shared/model/finding.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import type { HealthRecord } from '../../shared/ports/finding-store.ts';
import { AT, manualClock, minutesAfter, REPOSITORY, sampleAttempt, sampleFinding } from './samples.ts';
import type { StoreEngine } from './store-engine.ts';

const START = '2026-11-21T03:00:00.000Z';
const DAY = 24 * 60;

/** What every AttemptStore does. */
export const attemptStoreContract = (engine: StoreEngine): void => {
  describe(`AttemptStore ${engine.name}`, () => {
    beforeAll(engine.start);
    afterAll(engine.stop);

    it('finds an attempt by its id and all of a resource, the newest first', async () => {
      const { attempts } = await engine.open(manualClock());
      const first = sampleAttempt();
      const second = sampleAttempt({ id: 'attempt-2', startedAt: minutesAfter(START, 1) });
      const other = sampleAttempt({ id: 'attempt-3', resource: repositoryResource(AT, 'other') });
      for (const attempt of [first, second, other]) await attempts.saveAttempt(attempt);
      expect(await attempts.attempt('attempt-1')).toEqual(first);
      expect(await attempts.attempt('attempt-3')).toEqual(other);
      expect(await attempts.attempt('attempt-9')).toBeNull();
      expect(await attempts.attemptsOf(REPOSITORY.arn)).toEqual([second, first]);
    });

    it('keeps what an attempt came to when its start is recorded again', async () => {
      const { attempts } = await engine.open(manualClock());
      const started = sampleAttempt();
      const done = sampleAttempt({
        finishedAt: minutesAfter(START, 1),
        outcome: 'applied',
        after: [{ kind: 'put-image-scanning-configuration', scanOnPush: true }],
      });
      await attempts.saveAttempt(started);
      await attempts.saveAttempt({ ...started, detail: 'tried again' });
      await attempts.saveAttempt(done);
      await attempts.saveAttempt(started);
      expect(await attempts.attempt(done.id)).toEqual(done);
      const reverted = { ...done, outcome: 'reverted' as const };
      await attempts.saveAttempt(reverted);
      expect(await attempts.attempt(done.id)).toEqual(reverted);
    });

    it('keeps every kind of state that a change replaces', async () => {
      const { attempts } = await engine.open(manualClock());
      const rules = [{ frequency: 'CONTINUOUS_SCAN' as const, filters: ['prod*', 'team-a'] }];
      const attempt = sampleAttempt({
        changes: [
          {
            kind: 'put-registry-scanning-configuration',
            add: { frequency: 'CONTINUOUS_SCAN', filter: 'team-a' },
          },
          { kind: 'put-image-tag-mutability', mode: 'IMMUTABLE' },
          { kind: 'set-repository-policy', policyText: '{"__proto__":1}' },
        ],
        before: [
          { kind: 'put-registry-scanning-configuration', registryScanning: { scanType: 'ENHANCED', rules } },
          { kind: 'put-image-tag-mutability', mode: 'MUTABLE_WITH_EXCLUSION', exclusionFilters: ['dev-*'] },
          { kind: 'set-repository-policy', policyText: null },
        ],
      });
      await attempts.saveAttempt(attempt);
      expect(await attempts.attempt(attempt.id)).toEqual(attempt);
    });

    it('forgets an attempt in time', async () => {
      const clock = manualClock(START);
      const { attempts } = await engine.open(clock);
      await attempts.saveAttempt(sampleAttempt());
      clock.set(minutesAfter(START, 31 * DAY));
      expect(await attempts.attempt('attempt-1')).toBeNull();
      expect(await attempts.attemptsOf(REPOSITORY.arn)).toEqual([]);
    });
  });
};

const exemption = (over: Partial<Exemption> = {}): Exemption => ({
  id: 'x-1',
  controls: ['public-access'],
  resources: ['team-a/*'],
  owner: 'team-a',
  reason: 'a demo',
  expiresAt: minutesAfter(START, DAY),
  ...over,
});

/** What every ExemptionStore does. */
export const exemptionStoreContract = (engine: StoreEngine): void => {
  describe(`ExemptionStore ${engine.name}`, () => {
    beforeAll(engine.start);
    afterAll(engine.stop);

    it('lists what has not expired, the next to expire first', async () => {
      const { exemptions } = await engine.open(manualClock(START));
      const late = exemption({ id: 'a', expiresAt: minutesAfter(START, 3 * DAY) });
      const soon = exemption({ id: 'b', expiresAt: minutesAfter(START, 1), violationsDigest: 'd' });
      const past = exemption({ id: 'c', expiresAt: minutesAfter(START, -1) });
      const exactly = exemption({ id: 'd', expiresAt: START });
      for (const each of [late, soon, past, exactly]) await exemptions.putExemption(each);
      expect(await exemptions.exemptions(START)).toEqual([soon, late]);
    });

    it('replaces an exemption by its id, whether its end moves nearer or farther', async () => {
      const clock = manualClock(START);
      const { exemptions } = await engine.open(clock);
      for (const days of [5, 2, 9]) {
        clock.set(minutesAfter(clock.now(), 1));
        const moved = exemption({ expiresAt: minutesAfter(START, days * DAY), reason: `${days} days` });
        await exemptions.putExemption(moved);
        expect(await exemptions.exemptions(START)).toEqual([moved]);
      }
    });

    it('compares times, not their spelling', async () => {
      const { exemptions } = await engine.open(manualClock(START));
      const local = exemption({ expiresAt: '2026-11-21T04:30:00+01:00' });
      const day = exemption({ id: 'day', expiresAt: '2026-11-22' });
      await exemptions.putExemption(day);
      await exemptions.putExemption(local);
      expect(await exemptions.exemptions(START)).toEqual([local, day]);
      expect(await exemptions.exemptions('2026-11-21T03:30:00.000Z')).toEqual([day]);
      await expect(exemptions.putExemption(exemption({ expiresAt: 'soon' }))).rejects.toThrow();
    });

    it('removes an exemption by its id', async () => {
      const { exemptions } = await engine.open(manualClock(START));
      await exemptions.putExemption(exemption());
      await exemptions.putExemption(exemption({ id: 'x-2' }));
      await exemptions.removeExemption('x-1');
      await exemptions.removeExemption('never-there');
      expect((await exemptions.exemptions(START)).map(({ id }) => id)).toEqual(['x-2']);
    });
  });
};

/** What every HealthStore and CountStore does. */
export const figuresContract = (engine: StoreEngine): void => {
  describe(`HealthStore and CountStore ${engine.name}`, () => {
    beforeAll(engine.start);
    afterAll(engine.stop);

    it('keep the newest health record of each name and scope', async () => {
      const { health } = await engine.open(manualClock());
      const record = (over: Partial<HealthRecord>): HealthRecord => ({
        name: 'EVENTS',
        scope: '111122223333#eu-central-1',
        at: START,
        data: { eventId: 'e-1', count: 3 },
        ...over,
      });
      const newer = record({ at: minutesAfter(START, 5) });
      const sweep = record({ name: 'SWEEP', scope: '-' });
      for (const each of [newer, record({}), sweep]) await health.putHealth(each);
      expect(await health.health()).toEqual([newer, sweep]);
    });

    it('keep one set of counts a registry and day', async () => {
      const { counts } = await engine.open(manualClock());
      const of = (day: string, count: number) => ({
        day,
        ...AT,
        counts: [{ ...AT, control: 'public-access', compliance: 'COMPLIANT' as const, count }],
      });
      for (const [day, count] of [
        ['2026-11-20', 1],
        ['2026-11-19', 2],
        ['2026-11-21', 3],
        ['2026-11-20', 4],
      ] as const) {
        await counts.putDailyCounts(of(day, count));
      }
      await counts.putDailyCounts({ ...of('2026-11-20', 9), region: 'us-east-1' });
      expect(await counts.dailyCounts(AT, '2026-11-19', '2026-11-20')).toEqual([
        of('2026-11-19', 2),
        of('2026-11-20', 4),
      ]);
      expect(await counts.dailyCounts(AT, '2027-01-01', '2027-12-31')).toEqual([]);
    });
  });
};

/** What every DigestStore does. */
export const digestStoreContract = (engine: StoreEngine): void => {
  describe(`DigestStore ${engine.name}`, () => {
    beforeAll(engine.start);
    afterAll(engine.stop);
    const finding = (name: string) => sampleFinding({ resource: repositoryResource(AT, name) });
    const LATER = minutesAfter(START, 10);

    it('gives a digest when it is due, each transition once, the earliest first', async () => {
      const { digests } = await engine.open(manualClock());
      for (const name of ['a', 'b', 'a']) await digests.add(finding(name), { digestId: 's-1', dueAt: LATER });
      await digests.add(finding('c'), { digestId: 's-1', dueAt: minutesAfter(LATER, 60) });
      await digests.add(finding('d'), { digestId: 's-0', dueAt: minutesAfter(START, 9) });
      expect(await digests.due(minutesAfter(START, 8))).toEqual([]);
      const due = await digests.due(LATER);
      expect(due.map(({ digestId, dueAt, more }) => [digestId, dueAt, more])).toEqual([
        ['s-0', minutesAfter(START, 9), false],
        ['s-1', LATER, false],
      ]);
      expect(due[1]?.entries.map(transitionKey).toSorted()).toEqual(
        ['a', 'b', 'c'].map((name) => transitionKey(finding(name))),
      );
    });

    it('removes what was told', async () => {
      const { digests } = await engine.open(manualClock());
      await digests.add(finding('a'), { digestId: 's-1', dueAt: START });
      for (const digest of await digests.due(START)) await digests.remove(digest);
      expect(await digests.due(START)).toEqual([]);
    });

    it('loses no entry that comes between reading and removing', async () => {
      const { digests } = await engine.open(manualClock());
      await digests.add(finding('a'), { digestId: 's-1', dueAt: START });
      const [digest] = await digests.due(START);
      await digests.add(finding('late'), { digestId: 's-1', dueAt: START });
      await digests.remove(digest!);
      const [rest] = await digests.due(START);
      expect(rest?.entries).toEqual([finding('late')]);
      await digests.remove(rest!);
      expect(await digests.due(START)).toEqual([]);
    });

    it('takes an entry again after its digest was told', async () => {
      const { digests } = await engine.open(manualClock());
      await digests.add(finding('a'), { digestId: 's-1', dueAt: START });
      for (const digest of await digests.due(START)) await digests.remove(digest);
      await digests.add(finding('b'), { digestId: 's-1', dueAt: LATER });
      expect(await digests.due(START)).toEqual([]);
      expect((await digests.due(LATER))[0]?.entries).toEqual([finding('b')]);
    });
  });
};

/** What every RegistryLock does. */
export const registryLockContract = (engine: StoreEngine): void => {
  describe(`RegistryLock ${engine.name}`, () => {
    beforeAll(engine.start);
    afterAll(engine.stop);

    it('lets one in at a time, for each registry', async () => {
      const { lock } = await engine.open(manualClock());
      const outcome = await lock.withLock(AT, async () => ({
        same: await lock.withLock(AT, async () => 'in'),
        other: await lock.withLock({ ...AT, region: 'us-east-1' }, async () => 'in'),
      }));
      expect(outcome).toEqual({ same: null, other: 'in' });
      expect(await lock.withLock(AT, async () => 'in')).toBe('in');
    });

    it('is given back when the work fails', async () => {
      const { lock } = await engine.open(manualClock());
      await expect(lock.withLock(AT, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      expect(await lock.withLock(AT, async () => 'in')).toBe('in');
    });

    it('ends by itself, and who comes late does not take it from its next holder', async () => {
      const clock = manualClock(START);
      const { lock } = await engine.open(clock);
      await lock.withLock(AT, async () => {
        clock.set(minutesAfter(START, 10));
        const second = await lock.withLock(AT, async () => {
          clock.set(minutesAfter(START, 10.5));
          return 'in';
        });
        expect(second).toBe('in');
      });
      const held = lock.withLock(AT, async () => {
        clock.set(minutesAfter(START, 20));
        const third = await lock.withLock(AT, async () => lock.withLock(AT, async () => 'in'));
        expect(third).toBeNull();
      });
      await held;
    });
  });
};
