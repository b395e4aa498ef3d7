import type { ConfiguredControl } from '../model/control.ts';
import type { FactName, Fact, FactValues } from '../model/facts.ts';
import type { ResourceType } from '../model/resource.ts';

/** What may have changed about a resource. Without `changedFacts` everything may have. */
export interface Touch {
  readonly type: ResourceType;
  readonly changedFacts?: readonly FactName[] | undefined;
}

/** The controls that judge this type of resource and read at least one of the changed facts. */
export const touchedControls = (
  controls: readonly ConfiguredControl[],
  { type, changedFacts }: Touch,
): readonly ConfiguredControl[] =>
  controls.filter(({ needs }) => {
    const reads = needs[type];
    if (reads === undefined) return false;
    return changedFacts === undefined || reads.some((fact) => changedFacts.includes(fact));
  });

/**
 * Exactly the facts to be read so that `controls` can judge a resource of this type; empty: nothing is to be judged.
 * A repository's tags come with them where they say who owns it; no verdict depends on them.
 */
export const neededFacts = (
  controls: readonly ConfiguredControl[],
  type: ResourceType,
  ownerTags: readonly string[],
): ReadonlySet<FactName> => {
  const needs = new Set(controls.flatMap((control) => control.needs[type] ?? []));
  if (needs.size > 0 && type === 'repository' && ownerTags.length > 0) needs.add('tags');
  return needs;
};

/** The value of the first of the owner tags that is there and not empty; null also where tags could not be read. */
export const ownerOf = (
  tags: Fact<FactValues['tags']> | undefined,
  ownerTags: readonly string[],
): string | null => {
  if (tags?.status !== 'known') return null;
  for (const key of ownerTags) {
    const value = tags.value.find((tag) => tag.key === key)?.value.trim();
    if (value !== undefined && value !== '') return value;
  }
  return null;
};
