import { matchesAny } from '../model/pattern.ts';
import type { Resource } from '../model/resource.ts';
import type { Scope } from '../model/settings.ts';

const admits = (patterns: readonly string[], text: string): boolean =>
  patterns.length === 0 || matchesAny(patterns, text);

/** Whether a scope covers a resource. Repository patterns say nothing about other types of resource. */
export const scopeIncludes = (scope: Scope, resource: Resource): boolean => {
  if (!admits(scope.accounts, resource.account) || !admits(scope.regions, resource.region)) return false;
  if (resource.type !== 'repository') return true;
  return admits(scope.repositories, resource.name) && !matchesAny(scope.excludeRepositories, resource.name);
};
