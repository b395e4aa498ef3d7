import type { ConfiguredControl } from '../model/control.ts';
import type { Finding } from '../model/finding.ts';
import { registryResource, type RegistryLocation, type Resource } from '../model/resource.ts';
import type { Settings } from '../model/settings.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { exemptionFor } from '../engine/exemption.ts';
import { judge } from '../engine/judge.ts';
import { neededFacts } from '../engine/needs.ts';
import { scopeIncludes } from '../engine/scope.ts';
import { MAX_JUDGED_PER_JOB } from '../model/job.ts';
import type { Clock } from '../ports/effects.ts';
import type { ResourceReader } from '../ports/reader.ts';

export interface ScanDependencies {
  readonly settings: Settings;
  /** The controls to judge by. */
  readonly controls: readonly ConfiguredControl[];
  readonly reader: ResourceReader;
  readonly clock: Clock;
  /** Told after each step; `known` grows while repositories are being listed. */
  readonly onProgress?: (progress: ScanProgress) => void;
}

export interface ScanProgress {
  readonly at: RegistryLocation;
  readonly judged: number;
  readonly known: number;
}

/** What a control says of a resource now; nothing is stored. */
export type ScannedFinding = Pick<
  Finding,
  'resource' | 'control' | 'compliance' | 'severity' | 'violations' | 'evidence' | 'exemption'
>;

/**
 * Judges a registry and its repositories as they are now, page by page, without a table and without any change.
 * `admits` narrows the repositories further than the configured scope. Transient faults and a refused listing are
 * thrown: a registry that cannot be listed must not look empty.
 */
export const scanRegistry = async function* (
  at: RegistryLocation,
  deps: ScanDependencies,
  admits: (resource: Resource) => boolean = () => true,
): AsyncGenerator<ScannedFinding> {
  const progress = { judged: 0, known: 0 };
  const report = (): void => deps.onProgress?.({ at, ...progress });
  for await (const page of pagesOf(at, deps)) {
    const resources = page.filter(
      (resource) => scopeIncludes(deps.settings.scope, resource) && admits(resource),
    );
    progress.known += resources.length;
    report();
    for (let start = 0; start < resources.length; start += MAX_JUDGED_PER_JOB) {
      const part = resources.slice(start, start + MAX_JUDGED_PER_JOB);
      yield* judgeAll(part, deps);
      progress.judged += part.length;
      report();
    }
  }
};

/** The registry by itself, then its repositories. */
const pagesOf = async function* (
  at: RegistryLocation,
  { reader, controls }: ScanDependencies,
): AsyncGenerator<readonly Resource[]> {
  yield [registryResource(at)];
  if (neededFacts(controls, 'repository', []).size === 0) return;
  let token: string | undefined;
  do {
    const { repositories, nextToken } = await reader.listRepositories(at, token);
    yield repositories;
    token = nextToken ?? undefined;
  } while (token !== undefined);
};

const judgeAll = async function* (
  resources: readonly Resource[],
  { settings, controls, reader, clock }: ScanDependencies,
): AsyncGenerator<ScannedFinding> {
  const [first] = resources;
  if (first === undefined) return;
  const needs = neededFacts(controls, first.type, []);
  if (needs.size === 0) return;
  for (const snapshot of await reader.read(resources, needs)) {
    yield* verdictsOf(snapshot, { settings, controls, now: clock.now() });
  }
};

interface Judging {
  readonly settings: Settings;
  readonly controls: readonly ConfiguredControl[];
  readonly now: string;
}

/** A repository that went away since it was listed has none. */
const verdictsOf = (snapshot: Snapshot, { settings, controls, now }: Judging): readonly ScannedFinding[] =>
  judge({ snapshot, controls, trust: settings.trust, now }).map(({ control, verdict }) => ({
    resource: snapshot.resource,
    control,
    compliance: verdict.compliance,
    severity: verdict.severity,
    violations: verdict.violations,
    evidence: verdict.evidence,
    exemption: exemptionFor(settings.exemptions, { control, resource: snapshot.resource, verdict }, now),
  }));
