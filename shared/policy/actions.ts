import { isKnownAction } from './ecr-actions.ts';
import { matchesPattern, patternOf } from './pattern.ts';

/** A set of the actions of a universe, as bits in words of 30. */
export type ActionSet = readonly number[];

const WORD = 30;

/** The actions a document is decided over: those the policy can grant, and newer ones that it names. */
export interface ActionUniverse {
  /** As AWS writes them; an unknown one as the policy does. */
  readonly names: readonly string[];
  /** Lower-case. */
  readonly folded: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  readonly all: ActionSet;
  readonly none: ActionSet;
}

const wordsFor = (size: number): number => Math.ceil(size / WORD);

const fullSet = (size: number): number[] =>
  Array.from({ length: wordsFor(size) }, (_, word) => 2 ** Math.min(WORD, size - word * WORD) - 1);

/** The universe of these names. */
export const universeOf = (names: readonly string[]): ActionUniverse => {
  const folded = names.map((name) => name.toLowerCase());
  const index = new Map<string, number>();
  names.forEach((name, n) => index.set(name, n));
  folded.forEach((name, n) => index.set(name, n));
  return { names, folded, index, all: fullSet(names.length), none: fullSet(names.length).map(() => 0) };
};

/** Whether a lower-case text is the exact name of an `ecr:` action that the table does not know. */
export const isNewAction = (universe: ActionUniverse, folded: string): boolean =>
  folded.startsWith('ecr:') &&
  !isKnownAction(folded) &&
  !universe.index.has(folded) &&
  /^ecr:[a-z0-9]+$/u.test(folded);

/** A universe with the exact `ecr:` actions among these texts that the table does not know yet. */
export const extendUniverse = (universe: ActionUniverse, texts: readonly string[]): ActionUniverse => {
  const added = new Map<string, string>();
  for (const text of texts) {
    const folded = text.toLowerCase();
    if (isNewAction(universe, folded)) added.set(folded, text);
  }
  return added.size === 0 ? universe : universeOf([...universe.names, ...added.values()].sort());
};

/** The actions that one of the texts names. Null: one is an `ecr:` action that the universe does not have. */
export const actionsNamed = (universe: ActionUniverse, texts: readonly string[]): ActionSet | null => {
  const set = universe.none.slice();
  for (const text of texts) {
    if (text === '*' || text === 'ecr:*') return universe.all;
    const at = universe.index.get(text);
    if (at !== undefined) addAction(set, at);
    else if (!addMatching(universe, text.toLowerCase(), set)) return null;
  }
  return set;
};

const addAction = (set: number[], at: number): void => {
  const word = Math.floor(at / WORD);
  set[word] = (set[word] ?? 0) | (1 << (at % WORD));
};

/** False: the text is the exact name of an action that the universe does not have. */
const addMatching = (universe: ActionUniverse, folded: string, set: number[]): boolean => {
  const at = universe.index.get(folded);
  if (at !== undefined) addAction(set, at);
  else if (folded.includes('*') || folded.includes('?')) {
    const pattern = patternOf(folded);
    universe.folded.forEach((name, n) => {
      if (matchesPattern(pattern, name)) addAction(set, n);
    });
  } else return !isNewAction(universe, folded);
  return true;
};

export const isEmptySet = (set: ActionSet): boolean => set.every((word) => word === 0);
export const intersection = (a: ActionSet, b: ActionSet): ActionSet => a.map((word, n) => word & (b[n] ?? 0));
export const difference = (a: ActionSet, b: ActionSet): ActionSet => a.map((word, n) => word & ~(b[n] ?? 0));
export const union = (a: ActionSet, b: ActionSet): ActionSet => a.map((word, n) => word | (b[n] ?? 0));
export const equalSets = (a: ActionSet, b: ActionSet): boolean => a.every((word, n) => word === b[n]);

export const overlaps = (a: ActionSet, b: ActionSet): boolean => {
  for (let n = 0; n < a.length; n += 1) if (((a[n] ?? 0) & (b[n] ?? 0)) !== 0) return true;
  return false;
};

/** The names in a set, in the order of the universe. */
export const namesIn = (universe: ActionUniverse, set: ActionSet): string[] => {
  const names: string[] = [];
  for (let word = 0; word < set.length; word += 1)
    for (let rest = set[word] ?? 0; rest !== 0; rest &= rest - 1)
      names.push(universe.names[word * WORD + 31 - Math.clz32(rest & -rest)] ?? '');
  return names;
};

/** The first name in a set, in the order of the universe. */
export const firstIn = (universe: ActionUniverse, set: ActionSet): string => {
  const word = set.findIndex((bits) => bits !== 0);
  const bits = set[word] ?? 0;
  return universe.names[word * WORD + 31 - Math.clz32(bits & -bits)] ?? '';
};
