import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Change, Plan, StateBefore } from '../model/change.ts';
import type { ConfiguredControl } from '../model/control.ts';
import { transitionKey, type Finding, type RemediationState } from '../model/finding.ts';
import type { RemediationAttempt } from '../model/remediation.ts';
import type { Settings } from '../model/settings.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { AwsRequestError, PermissionError, TransientAwsError } from '../model/errors.ts';
import { judge, type Judged } from '../engine/judge.ts';
import { decideRemediation, type RemediationDecision } from '../engine/remediation.ts';
import {
  METRICS,
  type ChangeApplier,
  type Clock,
  type Log,
  type Metrics,
  type RegistryLock,
  type WorkQueue,
} from '../ports/effects.ts';
import type { AttemptStore, ExemptionStore, FindingStore } from '../ports/finding-store.ts';
import type { ResourceReader } from '../ports/reader.ts';

export interface RemediateDependencies {
  readonly settings: Settings;
  readonly controls: readonly ConfiguredControl[];
  readonly reader: ResourceReader;
  readonly findings: FindingStore;
  readonly attempts: AttemptStore;
  readonly exemptions: Pick<ExemptionStore, 'exemptions'>;
  readonly applier: ChangeApplier;
  readonly lock: RegistryLock;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Names an attempt: the same for every try of the same transition, so that a repeated record continues its attempt.
 * Whoever approves may try again after an attempt has ended: `ended` counts those on this transition.
 */
const attemptIdOf = (finding: Finding, ended: number): string => {
  const digest = createHash('sha256').update(transitionKey(finding)).digest('hex').slice(0, 12);
  return `${finding.changedAt.replaceAll(/\D/g, '')}-${digest}${ended === 0 ? '' : `-${ended + 1}`}`;
};

/** The attempts on this very transition, the newest first. */
export const attemptsOn = (
  finding: Finding,
  attempts: readonly RemediationAttempt[],
): readonly RemediationAttempt[] =>
  attempts.filter(({ findingKey, revision }) => findingKey === finding.key && revision === finding.revision);

/**
 * Decides about one open finding and does what was decided: reads the resource again, judges and plans again, asks the
 * guards, then proposes, applies or leaves alone, and says so in the finding. What was applied goes to be judged like
 * any change; remediation does not judge its own work. `approvedBy`: the person who approved, null when unattended.
 */
export const remediate = async (
  finding: Finding,
  deps: RemediateDependencies,
  approvedBy: string | null = null,
): Promise<RemediationDecision> => {
  const { decision, earlier, ended, settled } = await consider(finding, deps, approvedBy);
  if (settled) return decision;
  if (earlier !== null && decision.do !== 'apply') {
    await conclude({ finding, attempt: earlier }, await howItEnded(earlier, decision, deps), deps);
    return decision;
  }
  await carryOut({ finding, decision, approvedBy, earlier, ended }, deps);
  return decision;
};

/** What `remediate` would decide now, read and planned again; nothing is changed and nothing is recorded. */
export const planRemediation = async (
  finding: Finding,
  deps: RemediateDependencies,
  approvedBy: string | null = null,
): Promise<RemediationDecision> => (await consider(finding, deps, approvedBy)).decision;

interface Considered {
  readonly decision: RemediationDecision;
  /** An attempt on this very transition that was begun and not ended. */
  readonly earlier: RemediationAttempt | null;
  /** How many attempts on it have ended. */
  readonly ended: number;
  /** There is nothing to carry out, and nothing to write down. */
  readonly settled: boolean;
}

const settledBecause = (reason: string): Considered => ({
  decision: { do: 'skip', reason, plan: null },
  earlier: null,
  ended: 0,
  settled: true,
});

const consider = async (
  finding: Finding,
  deps: RemediateDependencies,
  approvedBy: string | null,
): Promise<Considered> => {
  const control = deps.controls.find(({ id }) => id === finding.control);
  if (control === undefined) return settledBecause('the control is turned off');
  // The commonest case costs no read.
  if (control.remediate === 'off' && approvedBy === null)
    return settledBecause('remediation of this control is off');
  const attempts = await deps.attempts.attemptsOf(finding.resource.arn);
  const onThis = attemptsOn(finding, attempts);
  const earlier = onThis.find(({ outcome }) => outcome === 'started') ?? null;
  const ended = onThis.filter(({ outcome }) => outcome !== 'started').length;
  if (earlier === null && ended > 0 && approvedBy === null)
    return settledBecause('this transition has had its attempt');
  const decision = await decide({ finding, control, approvedBy, attempts }, deps);
  return { decision, earlier, ended, settled: false };
};

interface Question {
  readonly finding: Finding;
  readonly control: ConfiguredControl;
  readonly approvedBy: string | null;
  /** Earlier attempts on the resource. */
  readonly attempts: readonly RemediationAttempt[];
}

const decide = async (
  { finding, control, approvedBy, attempts }: Question,
  deps: RemediateDependencies,
): Promise<RemediationDecision> => {
  const { settings, clock } = deps;
  const [snapshot, exemptions] = await Promise.all([
    readAgain(finding, control, deps),
    deps.exemptions.exemptions(clock.now()),
  ]);
  const judged = judgeAgain(snapshot, control, deps);
  return decideRemediation({
    finding,
    verdict: judged?.verdict ?? null,
    plan: judged?.plan ?? null,
    mode: approvedBy === null ? control.remediate : 'apply',
    tags: snapshot?.exists === true ? snapshot.facts.tags : undefined,
    exemptions: [...settings.exemptions, ...exemptions],
    settings: settings.remediation,
    attempts,
    approvedBy,
    now: clock.now(),
  });
};

const readAgain = async (
  { resource }: Finding,
  { needs }: ConfiguredControl,
  { reader }: RemediateDependencies,
): Promise<Snapshot | undefined> => {
  const [snapshot] = await reader.read([resource], new Set([...(needs[resource.type] ?? []), 'tags']));
  return snapshot;
};

const judgeAgain = (
  snapshot: Snapshot | undefined,
  control: ConfiguredControl,
  { settings, clock }: RemediateDependencies,
): Judged | undefined =>
  snapshot === undefined
    ? undefined
    : judge({ snapshot, controls: [control], trust: settings.trust, now: clock.now() })[0];

interface Decided {
  readonly finding: Finding;
  readonly decision: RemediationDecision;
  readonly approvedBy: string | null;
  readonly earlier: RemediationAttempt | null;
  readonly ended: number;
}

const carryOut = async (decided: Decided, deps: RemediateDependencies): Promise<void> => {
  const { finding, decision } = decided;
  switch (decision.do) {
    case 'skip': {
      deps.metrics.count(METRICS.remediationsSkipped);
      const { reason } = decision;
      return setState(finding, { status: 'skipped', reason, at: deps.clock.now() }, deps);
    }
    case 'propose':
      if (decision.plan === null) return;
      return setState(finding, { status: 'proposed', plan: decision.plan }, deps);
    case 'apply':
      if (decision.plan === null) return;
      return attempt(decided, decision.plan, deps);
  }
};

/** A finding that has moved on has its own remediation to come: nothing to write. */
const setState = async (
  { resource, control, revision }: Finding,
  state: RemediationState,
  { findings }: RemediateDependencies,
): Promise<void> => {
  await findings.setRemediation({ resourceArn: resource.arn, control, revision }, state);
};

const attempt = async (decided: Decided, plan: Plan, deps: RemediateDependencies): Promise<void> => {
  const { finding, approvedBy, earlier, ended } = decided;
  const { resource } = finding;
  const before = await Promise.all(plan.changes.map((change) => deps.applier.current(resource, change)));
  const started: RemediationAttempt = earlier ?? {
    id: attemptIdOf(finding, ended),
    findingKey: finding.key,
    revision: finding.revision,
    control: finding.control,
    resource,
    triggeredBy: approvedBy ?? transitionKey(finding),
    plan,
    startedAt: deps.clock.now(),
    finishedAt: null,
    outcome: 'started',
    detail: null,
    before,
    after: [],
    changes: plan.changes,
  };
  // The way back is on record before anything is changed.
  await deps.attempts.saveAttempt(started);
  const outcome = await applyAll(started, deps);
  await conclude({ finding, attempt: started }, outcome, deps);
};

type Applied = Pick<RemediationAttempt, 'outcome' | 'detail' | 'after'>;

/** Lasting refusals end the attempt; transient faults are thrown, and the stream tries the record again. */
const applyAll = async (started: RemediationAttempt, deps: RemediateDependencies): Promise<Applied> => {
  const after: StateBefore[] = [];
  try {
    for (const [index, change] of started.changes.entries()) {
      const before = started.before[index];
      if (before === undefined) throw new AwsRequestError('the state before the change is not on record');
      const done = await applyOne({ started, change, before }, deps);
      if (done === null) throw new TransientAwsError('another change of the registry is under way');
      after.push(done);
    }
  } catch (fault) {
    if (fault instanceof PermissionError || fault instanceof AwsRequestError) {
      return { outcome: 'failed', detail: fault.message, after };
    }
    throw fault;
  }
  return { outcome: 'applied', detail: null, after };
};

interface Step {
  readonly started: RemediationAttempt;
  readonly change: Change;
  readonly before: StateBefore;
}

/** A registry's rules are replaced as a whole: read, modify and write happen under a lock. */
const applyOne = (
  { started, change, before }: Step,
  deps: RemediateDependencies,
): Promise<StateBefore | null> => {
  const { resource } = started;
  return change.kind === 'put-registry-scanning-configuration'
    ? deps.lock.withLock({ account: resource.account, region: resource.region }, () =>
        deps.applier.apply(resource, change, before),
      )
    : deps.applier.apply(resource, change, before);
};

/**
 * An earlier try ended between its first record and its last. Where the resource is no longer as it was recorded, the
 * change was made; where it is, nothing was, and now nothing is to be.
 */
const howItEnded = async (
  { changes, resource, before }: RemediationAttempt,
  { reason }: RemediationDecision,
  { applier }: RemediateDependencies,
): Promise<Applied> => {
  const after = await Promise.all(changes.map((change) => applier.current(resource, change)));
  return isDeepStrictEqual(after, before)
    ? { outcome: 'failed', detail: `it broke off before the change, and then: ${reason}`, after }
    : { outcome: 'applied', detail: null, after };
};

interface Attempted {
  readonly finding: Finding;
  readonly attempt: RemediationAttempt;
}

const conclude = async (
  { finding, attempt: started }: Attempted,
  applied: Applied,
  deps: RemediateDependencies,
): Promise<void> => {
  const { queue, clock, metrics } = deps;
  const at = clock.now();
  const succeeded = applied.outcome === 'applied';
  // Judged first, recorded last: a crash in between repeats the judgement, which is harmless.
  if (succeeded) await queue.send([judgeJobOf(started)]);
  await setState(finding, { status: succeeded ? 'applied' : 'failed', attemptId: started.id, at }, deps);
  await deps.attempts.saveAttempt({ ...started, ...applied, finishedAt: at });
  metrics.count(succeeded ? METRICS.remediationsApplied : METRICS.remediationsFailed);
};

const judgeJobOf = ({ id, resource }: RemediationAttempt): Parameters<WorkQueue['send']>[0][number] => ({
  kind: 'judge',
  at: { account: resource.account, region: resource.region },
  resources: [resource],
  cause: { kind: 'remediation', attemptId: id },
});
