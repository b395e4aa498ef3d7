import { isDeepStrictEqual } from 'node:util';
import type { StateBefore } from '../shared/model/change.ts';
import { ConfigError } from '../shared/model/errors.ts';
import type { RemediationAttempt } from '../shared/model/remediation.ts';
import { statePhrase } from '../shared/report/phrases.ts';
import { plainText } from '../shared/report/sanitise.ts';
import type { Deployment } from './deployment.ts';

/** What came of taking an attempt back. */
export type Reverted =
  | { readonly done: true; readonly restored: readonly StateBefore[] }
  | { readonly done: false; readonly why: readonly string[] };

const phrase = (state: StateBefore | undefined): string =>
  state === undefined ? 'nothing on record' : plainText(statePhrase(state), 4_000);

/** Where the resource is no longer as remediation left it, one sentence each. */
const differences = async (
  { resource, changes, after }: RemediationAttempt,
  { deps }: Deployment,
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const [index, change] of changes.entries()) {
    const now = await deps.applier.current(resource, change);
    if (isDeepStrictEqual(now, after[index])) continue;
    found.push(`remediation left ${phrase(after[index])}; now it is ${phrase(now)}`);
  }
  return found;
};

/** A registry's rules are replaced as a whole: that happens under the lock that remediation takes. */
const underLock = async (
  { resource, changes }: RemediationAttempt,
  { deps }: Deployment,
  work: () => Promise<Reverted>,
): Promise<Reverted> => {
  if (!changes.some(({ kind }) => kind === 'put-registry-scanning-configuration')) return work();
  const at = { account: resource.account, region: resource.region };
  const done = await deps.lock.withLock(at, work);
  return done ?? { done: false, why: ['another change of the registry is under way: try again'] };
};

/** The last change first. What cannot be put back is thrown, and the attempt stays as it was. */
const putBack = async (attempt: RemediationAttempt, deployment: Deployment): Promise<Reverted> => {
  const why = await differences(attempt, deployment);
  if (why.length > 0) return { done: false, why };
  const restored = attempt.before.toReversed();
  for (const state of restored) await deployment.deps.applier.restore(attempt.resource, state);
  return { done: true, restored };
};

/** The attempt that may be taken back. Throws `ConfigError` if there is none or it changed nothing. */
export const attemptOf = async (id: string, { deps }: Deployment): Promise<RemediationAttempt> => {
  const attempt = await deps.attempts.attempt(id);
  if (attempt === null) throw new ConfigError(`there is no remediation attempt \`${plainText(id, 200)}\``);
  if (attempt.outcome !== 'applied') {
    throw new ConfigError(
      `the attempt \`${plainText(id, 200)}\` is ${attempt.outcome}: nothing to take back`,
    );
  }
  return attempt;
};

/**
 * Puts back exactly what an attempt replaced, if the resource still is as the attempt left it; then the attempt is
 * recorded as reverted and the resource judged again.
 */
export const revertAttempt = async (
  attempt: RemediationAttempt,
  deployment: Deployment,
): Promise<Reverted> => {
  const { deps, caller } = deployment;
  const reverted = await underLock(attempt, deployment, () => putBack(attempt, deployment));
  if (!reverted.done) return reverted;
  const detail = `taken back by ${caller}`;
  await deps.attempts.saveAttempt({ ...attempt, outcome: 'reverted', detail, finishedAt: deps.clock.now() });
  const { resource } = attempt;
  const at = { account: resource.account, region: resource.region };
  const cause = { kind: 'remediation', attemptId: attempt.id } as const;
  await deps.queue.send([{ kind: 'judge', at, resources: [resource], cause }]);
  return reverted;
};
