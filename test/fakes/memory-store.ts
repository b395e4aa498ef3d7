import { MalformedInputError } from '../../shared/model/errors.ts';
import { transitionKey, type Exemption, type Finding } from '../../shared/model/finding.ts';
import type { RemediationAttempt } from '../../shared/model/remediation.ts';
import type { RegistryLocation } from '../../shared/model/resource.ts';
import { MAX_DIGEST_ENTRIES, type DigestStore } from '../../shared/ports/digest-store.ts';
import type { Clock, RegistryLock } from '../../shared/ports/effects.ts';
import type {
  AttemptStore,
  CountStore,
  DailyCounts,
  ExemptionStore,
  FindingStore,
  HealthRecord,
  HealthStore,
  HistoryStore,
  Page,
  ResourceSummary,
} from '../../shared/ports/finding-store.ts';

// The stores in memory, written without regard to how DynamoDB does it: the contract suites hold both to one meaning.

export interface MemoryStores {
  readonly findings: FindingStore;
  readonly history: HistoryStore;
  readonly attempts: AttemptStore;
  readonly exemptions: ExemptionStore;
  readonly health: HealthStore;
  readonly counts: CountStore;
  readonly digests: DigestStore;
  readonly lock: RegistryLock;
}

export interface MemoryOptions {
  readonly clock: Clock;
  readonly historyDays?: number;
}

interface Timed<T> {
  readonly value: T;
  /** Milliseconds; null: never. */
  readonly expires: number | null;
}

const DAY = 86_400_000;
const LEASE = 120_000;

/** All stores, empty. What goes in and comes out is copied: nobody can change what is stored. */
export const memoryStores = ({ clock, historyDays = 400 }: MemoryOptions): MemoryStores => {
  const life: Life = {
    now: () => Date.parse(clock.now()),
    expiry: (time) => Date.parse(time) + historyDays * DAY,
  };
  return {
    findings: memoryFindings(life),
    history: memoryHistory(life),
    attempts: memoryAttempts(life),
    exemptions: memoryExemptions(),
    health: memoryHealth(),
    counts: memoryCounts(),
    digests: memoryDigests(),
    lock: memoryLock(life),
  };
};

interface Life {
  readonly now: () => number;
  readonly expiry: (time: string) => number;
}

const copy = <T>(value: T): T => structuredClone(value);

const alive = <T>(entry: Timed<T> | undefined, { now }: Life): T | null =>
  entry === undefined || (entry.expires !== null && entry.expires <= now()) ? null : copy(entry.value);

/** A page of a list by offset; a token made by another list is refused. */
const pageOf = <T>(all: readonly T[], limit: number, token: string | undefined): Page<T> => {
  const start = token === undefined ? 0 : Number(/^at-(\d+)$/.exec(token)?.[1]);
  if (Number.isNaN(start)) throw new MalformedInputError('the page token is not one of ours');
  const end = start + limit;
  return { items: all.slice(start, end), nextToken: end < all.length ? `at-${end}` : null };
};

const matches = (finding: Finding, by: Parameters<FindingStore['openFindings']>[0]['by']): boolean => {
  if ('severity' in by) return finding.severity === by.severity;
  if ('control' in by) return finding.control === by.control;
  return finding.resource.account === by.account && finding.resource.region === by.region;
};

const memoryFindings = (life: Life): FindingStore => {
  const findings = new Map<string, Timed<Finding>>();
  const summaries = new Map<string, Timed<ResourceSummary>>();
  const keyOf = (arn: string, control: string): string => `${arn}\n${control}`;
  const all = (): Finding[] => [...findings.values()].flatMap((entry) => alive(entry, life) ?? []);
  const put = (finding: Finding): void => {
    const expires = finding.resourceDeleted ? life.expiry(finding.changedAt) : null;
    findings.set(keyOf(finding.resource.arn, finding.control), { value: copy(finding), expires });
  };
  return {
    findingsOf: async (arn) =>
      all()
        .filter(({ resource }) => resource.arn === arn)
        .toSorted((a, b) => (a.control < b.control ? -1 : 1)),
    save: async (finding, expectedRevision) => {
      const stored = alive(findings.get(keyOf(finding.resource.arn, finding.control)), life);
      const free = stored === null && expectedRevision === 0;
      const next = stored?.revision === expectedRevision && stored.observedAt < finding.observedAt;
      if (!free && !next) return 'stale';
      put(finding);
      return 'stored';
    },
    saveSummary: async (summary) => {
      const stored = alive(summaries.get(summary.resource.arn), life);
      const less =
        stored === null ||
        (summary.revisions === undefined
          ? stored.observedAt <= summary.observedAt
          : (stored.revisions ?? 0) <= summary.revisions);
      if (!less) return;
      const expires = summary.deleted ? life.expiry(summary.observedAt) : null;
      summaries.set(summary.resource.arn, { value: copy(summary), expires });
    },
    summaryOf: async (arn) => alive(summaries.get(arn), life),
    setRemediation: async ({ resourceArn, control, revision }, state) => {
      const stored = alive(findings.get(keyOf(resourceArn, control)), life);
      if (stored?.revision !== revision) return 'stale';
      put({ ...stored, remediation: copy(state) });
      return 'stored';
    },
    openFindings: async ({ by, limit = 50, pageToken }) =>
      pageOf(
        all()
          .filter((finding) => finding.open && matches(finding, by))
          .toSorted((a, b) => (a.changedAt < b.changedAt ? 1 : -1)),
        limit,
        pageToken,
      ),
    resourcesOf: async (at, pageToken) =>
      pageOf(
        [...summaries.values()]
          .flatMap((entry) => alive(entry, life) ?? [])
          .filter(({ resource, deleted }) => !deleted && isAt(resource, at))
          .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)),
        500,
        pageToken,
      ),
  };
};

const isAt = (resource: RegistryLocation, at: RegistryLocation): boolean =>
  resource.account === at.account && resource.region === at.region;
const orderOf = ({ resource }: ResourceSummary): string => `${resource.type}#${resource.name}`;

const memoryHistory = (life: Life): HistoryStore => {
  const history = new Map<string, Timed<{ readonly finding: Finding; readonly toldAt: string | null }>>();
  const all = (): Finding[] => [...history.values()].flatMap((entry) => alive(entry, life)?.finding ?? []);
  return {
    record: async (finding) => {
      const stored = alive(history.get(transitionKey(finding)), life);
      if (stored !== null) return { told: stored.toldAt !== null };
      const value = { finding: copy(finding), toldAt: null };
      history.set(transitionKey(finding), { value, expires: life.expiry(finding.changedAt) });
      return { told: false };
    },
    markTold: async (finding, at) => {
      const entry = history.get(transitionKey(finding));
      if (entry === undefined || entry.value.toldAt !== null) return;
      history.set(transitionKey(finding), { ...entry, value: { ...entry.value, toldAt: at } });
    },
    historyOf: async (arn, pageToken) =>
      pageOf(
        all()
          .filter(({ resource }) => resource.arn === arn)
          .toSorted(
            (a, b) => (a.control < b.control ? -1 : Number(a.control > b.control)) || a.revision - b.revision,
          ),
        100,
        pageToken,
      ),
    changedSince: async (since, limit = 100, pageToken) => {
      const from = new Date(since).toISOString();
      const changes = all()
        .filter(({ changedAt }) => changedAt >= from)
        .toSorted((a, b) => (a.changedAt < b.changedAt ? -1 : 1));
      return pageOf(changes, limit, pageToken);
    },
  };
};

const memoryAttempts = (life: Life): AttemptStore => {
  const attempts = new Map<string, Timed<RemediationAttempt>>();
  return {
    saveAttempt: async (attempt) => {
      const stored = alive(attempts.get(attempt.id), life);
      if (attempt.finishedAt === null && stored !== null && stored.finishedAt !== null) return;
      attempts.set(attempt.id, { value: copy(attempt), expires: life.expiry(attempt.startedAt) });
    },
    attempt: async (id) => alive(attempts.get(id), life),
    attemptsOf: async (arn) =>
      [...attempts.values()]
        .flatMap((entry) => alive(entry, life) ?? [])
        .filter(({ resource }) => resource.arn === arn)
        .toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1)),
  };
};

const memoryExemptions = (): ExemptionStore => {
  const exemptions = new Map<string, Exemption>();
  return {
    putExemption: async (exemption) => {
      if (Number.isNaN(Date.parse(exemption.expiresAt))) throw new MalformedInputError('not a time');
      exemptions.set(exemption.id, copy(exemption));
    },
    removeExemption: async (id) => {
      exemptions.delete(id);
    },
    exemptions: async (now) =>
      [...exemptions.values()]
        .filter(({ expiresAt }) => Date.parse(expiresAt) > Date.parse(now))
        .toSorted((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt))
        .map(copy),
  };
};

const memoryHealth = (): HealthStore => {
  const records = new Map<string, HealthRecord>();
  return {
    putHealth: async (record) => {
      const key = `${record.name}#${record.scope}`;
      const stored = records.get(key);
      if (stored === undefined || stored.at <= record.at) records.set(key, copy(record));
    },
    health: async () =>
      [...records.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => copy(record)),
  };
};

const memoryCounts = (): CountStore => {
  const days = new Map<string, DailyCounts>();
  return {
    putDailyCounts: async (counts) => {
      days.set(`${counts.account}#${counts.region}#${counts.day}`, copy(counts));
    },
    dailyCounts: async (at, from, to) =>
      [...days.values()]
        .filter((counts) => isAt(counts, at) && counts.day >= from && counts.day <= to)
        .toSorted((a, b) => (a.day < b.day ? -1 : 1))
        .map(copy),
  };
};

const memoryDigests = (): DigestStore => {
  const digests = new Map<
    string,
    { readonly dueAt: string; version: number; readonly entries: Map<string, Finding> }
  >();
  return {
    add: async (finding, { digestId, dueAt }) => {
      const digest = digests.get(digestId) ?? { dueAt, version: 0, entries: new Map<string, Finding>() };
      digest.version += 1;
      digest.entries.set(transitionKey(finding), copy(finding));
      digests.set(digestId, digest);
    },
    due: async (now) =>
      [...digests.entries()]
        .filter(([, { dueAt, entries }]) => dueAt <= now && entries.size > 0)
        .toSorted(([, a], [, b]) => (a.dueAt < b.dueAt ? -1 : 1))
        .map(([digestId, { dueAt, version, entries }]) => ({
          digestId,
          dueAt,
          version,
          entries: [...entries.values()].slice(0, MAX_DIGEST_ENTRIES).map(copy),
          more: entries.size > MAX_DIGEST_ENTRIES,
        })),
    remove: async ({ digestId, entries, more, version }) => {
      const digest = digests.get(digestId);
      for (const entry of entries) digest?.entries.delete(transitionKey(entry));
      if (!more && digest?.version === version) digests.delete(digestId);
    },
  };
};

const memoryLock = ({ now }: Life): RegistryLock => {
  const holders = new Map<string, { readonly until: number; readonly token: symbol }>();
  return {
    withLock: async (at, work) => {
      const key = `${at.account}#${at.region}`;
      if ((holders.get(key)?.until ?? 0) > now()) return null;
      const token = Symbol(key);
      holders.set(key, { until: now() + LEASE, token });
      try {
        return await work();
      } finally {
        if (holders.get(key)?.token === token) holders.delete(key);
      }
    },
  };
};
