import { actionsNamed, intersection, isEmptySet, type ActionUniverse } from './actions.ts';
import { reportOn, unreadableReport } from './access.ts';
import { GRANTABLE_ACTIONS } from './ecr-actions.ts';
import type { Policy } from './parse.ts';
import type { Statement } from './parse-statement.ts';
import type { AccessInput, AccessReport } from './report.ts';
import { readPolicy, sharing, sourceOf, surroundingsOf } from './subject.ts';

/** The two policies that decide about one repository. Null: there is none. */
export interface CombinedInput extends Omit<AccessInput, 'document' | 'scope'> {
  readonly repositoryPolicy: unknown;
  readonly registryPolicy: unknown;
}

const NO_POLICY = { Version: '2012-10-17', Statement: [] };

/**
 * The effective access of a repository: what its own policy or the registry's allows and neither denies.
 * A registry policy of scope V1 counts only as far as that scope goes. Give `resourceArn` whenever it is known:
 * registry statements usually name repositories.
 */
export const combineAccess = (input: CombinedInput): AccessReport => {
  const documents = [input.repositoryPolicy ?? NO_POLICY, input.registryPolicy ?? NO_POLICY];
  const around = sharing(surroundingsOf({ ...input, scope: 'repository' }), documents);
  const repository = readPolicy(documents[0], around);
  const registry = readPolicy(documents[1], around, 'registry');
  if ('unreadable' in repository) return unreadableReport(`the repository policy: ${repository.unreadable}`);
  if ('unreadable' in registry) return unreadableReport(`the registry policy: ${registry.unreadable}`);
  const policy = joined(
    repository,
    input.registryScope === 'V1' ? withinV1(registry, around.universe) : registry,
  );
  return reportOn(policy, documents.map(sourceOf).join(' '), around);
};

const joined = (repository: Policy, registry: Policy): Policy => ({
  universe: repository.universe,
  allows: [...repository.allows, ...registry.allows],
  denies: [...repository.denies, ...registry.denies],
  undecided: [
    ...repository.undecided,
    ...registry.undecided.map((part) => ({ ...part, reason: `the registry policy: ${part.reason}` })),
  ],
  notes: [
    ...repository.notes,
    ...registry.notes.map((note) => ({ ...note, message: `the registry policy: ${note.message}` })),
  ],
});

const withinV1 = (policy: Policy, universe: ActionUniverse): Policy => {
  const scope = actionsNamed(universe, GRANTABLE_ACTIONS['registry-v1']) ?? universe.none;
  const limited = (statements: readonly Statement[]): Statement[] =>
    statements
      .map((statement) => ({ ...statement, actions: intersection(statement.actions, scope) }))
      .filter((statement) => !isEmptySet(statement.actions));
  return { ...policy, allows: limited(policy.allows), denies: limited(policy.denies) };
};
