import type { Plan } from '../model/change.ts';
import type { ConfiguredControl } from '../model/control.ts';
import type { FactName } from '../model/facts.ts';
import type { Cause, Exemption, Finding } from '../model/finding.ts';
import type { Resource } from '../model/resource.ts';
import type { Settings } from '../model/settings.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Verdict } from '../model/verdict.ts';
import { judge, retiredVerdict } from '../engine/judge.ts';
import { neededFacts, ownerOf, touchedControls } from '../engine/needs.ts';
import { scopeIncludes } from '../engine/scope.ts';
import { transition } from '../engine/transition.ts';
import { inBatches } from './in-batches.ts';
import { METRICS, type Clock, type Log, type Metrics } from '../ports/effects.ts';
import type { ExemptionStore, FindingStore } from '../ports/finding-store.ts';
import type { ResourceReader } from '../ports/reader.ts';

export interface JudgeDependencies {
  readonly settings: Settings;
  /** The enabled controls, with their settings bound. */
  readonly controls: readonly ConfiguredControl[];
  readonly reader: ResourceReader;
  readonly findings: FindingStore;
  readonly exemptions: Pick<ExemptionStore, 'exemptions'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface JudgeRequest {
  /** All of one account and Region. */
  readonly resources: readonly Resource[];
  /** Judge only the controls that read one of these facts; absent: all. */
  readonly changedFacts?: readonly FactName[] | undefined;
  readonly cause: Cause;
}

/** Resources whose findings are written at the same time; the table takes more, a function's memory need not. */
const CONCURRENT_WRITES = 8;

/**
 * Reads the resources as they are now, judges them and stores what has changed: steps 4 to 6 of the way of the data.
 * Safe to repeat, to reorder and to run at the same time as another: an observation that is not newer changes nothing.
 * Transient faults are thrown; whatever was stored by then stays and is not stored again.
 */
export const judgeResources = async (request: JudgeRequest, deps: JudgeDependencies): Promise<void> => {
  const { settings, clock } = deps;
  const exemptions = [...settings.exemptions, ...(await deps.exemptions.exemptions(clock.now()))];
  const snapshots = await readAll(request, deps);
  await inBatches(snapshots, CONCURRENT_WRITES, (snapshot) =>
    storeVerdicts({ snapshot, request, exemptions }, deps),
  );
  deps.metrics.count(METRICS.resourcesJudged, snapshots.length);
  countLag(request.cause, deps);
};

/** From the API call to its verdict. An event that tells no time (it stands at the epoch's start) has no lag. */
const countLag = (cause: Cause, { clock, metrics }: JudgeDependencies): void => {
  if (cause.kind !== 'event') return;
  const calledAt = Date.parse(cause.eventTime);
  if (calledAt > 0) metrics.milliseconds(METRICS.eventLag, Date.parse(clock.now()) - calledAt);
};

/** What is not to be read, being out of scope or judged by no control, is seen without facts: it may be retired. */
const readAll = async (request: JudgeRequest, deps: JudgeDependencies): Promise<readonly Snapshot[]> => {
  const { settings, controls, clock, reader } = deps;
  const unread = (resource: Resource): Snapshot => ({
    exists: true,
    resource,
    observedAt: clock.now(),
    facts: {},
  });
  const [inScope, outside] = partition(request.resources, (resource) =>
    scopeIncludes(settings.scope, resource),
  );
  const read = await Promise.all(
    [...Map.groupBy(inScope, ({ type }) => type)].map(async ([type, resources]) => {
      const touched = touchedControls(controls, { type, changedFacts: request.changedFacts });
      const needs = neededFacts(touched, type, settings.state.ownerTags);
      return needs.size === 0 ? resources.map(unread) : reader.read(resources, needs);
    }),
  );
  return [...read.flat(), ...outside.map(unread)];
};

const partition = <T>(
  items: readonly T[],
  test: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] => [items.filter(test), items.filter((item) => !test(item))];

interface Sighting {
  readonly snapshot: Snapshot;
  readonly request: JudgeRequest;
  readonly exemptions: readonly Exemption[];
}

/** What one control says now; `verdict` null: the resource is gone. */
interface Said {
  readonly control: string;
  readonly verdict: Verdict | null;
  readonly plan: Plan | null;
}

const storeVerdicts = async (sighting: Sighting, deps: JudgeDependencies): Promise<void> => {
  const stored = await deps.findings.findingsOf(sighting.snapshot.resource.arn);
  for (const said of whatIsSaid(sighting, stored, deps)) {
    const before = stored.find(({ control }) => control === said.control) ?? null;
    const next = nextFinding(said, before, { sighting, deps });
    if (next !== null) await save(next, deps);
  }
};

const whatIsSaid = (
  { snapshot, request }: Sighting,
  stored: readonly Finding[],
  { settings, controls, clock }: JudgeDependencies,
): readonly Said[] => {
  if (!snapshot.exists) return stored.map(({ control }) => ({ control, verdict: null, plan: null }));
  const { resource } = snapshot;
  if (!scopeIncludes(settings.scope, resource)) {
    return retired(stored, 'the resource is outside the configured scope');
  }
  const touched = touchedControls(controls, { type: resource.type, changedFacts: request.changedFacts });
  const enabled = new Set(controls.map(({ id }) => id));
  return [
    ...judge({ snapshot, controls: touched, trust: settings.trust, now: clock.now() }),
    ...retired(
      stored.filter(({ control }) => !enabled.has(control)),
      'the control is turned off',
    ),
  ];
};

const retired = (findings: readonly Finding[], why: string): readonly Said[] =>
  findings
    .filter(({ resourceDeleted }) => !resourceDeleted)
    .map((finding) => ({ control: finding.control, verdict: retiredVerdict(finding, why), plan: null }));

const nextFinding = (
  said: Said,
  stored: Finding | null,
  { sighting, deps }: { readonly sighting: Sighting; readonly deps: JudgeDependencies },
): Finding | null => {
  const { snapshot, request, exemptions } = sighting;
  const { settings, clock } = deps;
  return transition({
    ...said,
    stored,
    resource: snapshot.resource,
    observedAt: snapshot.observedAt,
    now: clock.now(),
    cause: request.cause,
    exemptions,
    owner: snapshot.exists ? ownerOf(snapshot.facts.tags, settings.state.ownerTags) : null,
    configVersion: settings.version,
  });
};

/** A lost race is a success: somebody stored a newer observation. */
const save = async (finding: Finding, { findings, metrics }: JudgeDependencies): Promise<void> => {
  const outcome = await findings.save(finding, finding.revision - 1);
  metrics.count(outcome === 'stored' ? METRICS.findingsWritten : METRICS.findingsStale);
};
