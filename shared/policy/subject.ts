import { extendUniverse, universeOf, type ActionUniverse } from './actions.ts';
import { indexTrust, type Setting } from './callers.ts';
import { epochOf } from './condition-keys.ts';
import { GRANTABLE_ACTIONS, type PolicyScope } from './ecr-actions.ts';
import type { Decider } from './decide.ts';
import { actionTextsIn, parsePolicy, type Policy, type Unreadable } from './parse.ts';
import type { Origin } from './parse-statement.ts';
import type { AccessInput } from './report.ts';
import { resourcesFor } from './resources.ts';
import type { Budget } from './solve.ts';
import type { KeyLookup } from './template.ts';

/** What does not change from document to document. */
export interface Surroundings {
  readonly setting: Setting;
  /** Values of the keys that are the same in every request. */
  readonly constants: KeyLookup;
  readonly universe: ActionUniverse;
  readonly resourceArn: string | null;
}

const UNIVERSES: Readonly<Record<PolicyScope, ActionUniverse>> = {
  repository: universeOf(GRANTABLE_ACTIONS.repository),
  'registry-v1': universeOf(GRANTABLE_ACTIONS['registry-v1']),
  'registry-v2': universeOf(GRANTABLE_ACTIONS['registry-v2']),
};

const scopeOf = (input: Omit<AccessInput, 'document'>): PolicyScope => {
  if (input.scope !== 'registry') return 'repository';
  return input.registryScope === 'V1' ? 'registry-v1' : 'registry-v2';
};

/** Reads everything but the document. */
export const surroundingsOf = (input: Omit<AccessInput, 'document'>): Surroundings => {
  const setting: Setting = {
    ownerAccount: input.ownerAccount,
    partition: input.partition ?? 'aws',
    now: input.now,
    trust: indexTrust(input.trust),
  };
  const constants: KeyLookup = (key) => {
    if (key === 'aws:resourceaccount') return setting.ownerAccount;
    if (key === 'aws:currenttime') return setting.now;
    return key === 'aws:epochtime' ? epochOf(setting.now) : null;
  };
  return { setting, constants, universe: UNIVERSES[scopeOf(input)], resourceArn: input.resourceArn ?? null };
};

/** The same surroundings, with the actions that any of the documents names. */
export const sharing = (around: Surroundings, documents: readonly unknown[]): Surroundings => ({
  ...around,
  universe: extendUniverse(around.universe, documents.flatMap(actionTextsIn)),
});

/** Reads a document in its surroundings. */
export const readPolicy = (
  document: unknown,
  around: Surroundings,
  origin: Origin = 'policy',
): Policy | Unreadable =>
  parsePolicy(document, { origin, universe: around.universe, constants: around.constants });

/** A document as text: what it does not contain, it does not name. */
export const sourceOf = (document: unknown): string => {
  if (typeof document === 'string') return document;
  try {
    return JSON.stringify(document) ?? '';
  } catch {
    // Nested too deeply, or cyclic: no policy that AWS stores.
    return '';
  }
};

/** Work units of one analysis; reaching the end is said in `undecided` and leans to access. */
const BUDGET = 100_000;

export const freshBudget = (): Budget => ({ left: BUDGET });

/** A policy ready to be asked, for each resource that matters. */
export const decidersOf = (
  policy: Policy,
  source: string,
  { around, budget }: { readonly around: Surroundings; readonly budget: Budget },
): Decider[] => {
  return resourcesFor(policy, around).map((resource) => ({
    policy,
    resource,
    source,
    budget,
    solved: new Map(),
  }));
};
