import { AwsRequestError, PermissionError } from '../model/errors.ts';
import { isNamed } from './faults.ts';

/** A refusal that another try of the same call would meet again. */
export type Refusal = PermissionError | AwsRequestError;

export const isRefusal = (fault: unknown): fault is Refusal =>
  fault instanceof PermissionError || fault instanceof AwsRequestError;

export interface ManyQuestion<R> {
  readonly ask: (names: readonly string[]) => Promise<ReadonlyMap<string, R>>;
  /** What a lasting refusal of the call means for each name it asked for. */
  readonly refused: (refusal: Refusal) => R;
}

/**
 * Further calls spent on telling the names apart after a refusal that may concern all of them. One name that is
 * denied among a hundred is found with a dozen; where everything is denied, the rest is not asked one by one.
 */
const SPLITS_ON_DOUBT = 24;

/**
 * Asks for many names with one call. Some calls fail as a whole for the sake of one name (it does not exist, its
 * own policy denies us, it is malformed): then the names are halved until the others have their answer.
 */
export const askForMany = async <R>(
  names: readonly string[],
  question: ManyQuestion<R>,
): Promise<ReadonlyMap<string, R>> => {
  const budget = { splits: SPLITS_ON_DOUBT };
  const asked = async (part: readonly string[]): Promise<ReadonlyMap<string, R>> => {
    try {
      return await question.ask(part);
    } catch (fault) {
      if (!isRefusal(fault)) throw fault;
      if (part.length === 1 || !mayConcernOne(fault, budget)) return forAll(part, question.refused(fault));
      const half = Math.ceil(part.length / 2);
      const first = await asked(part.slice(0, half));
      return new Map([...first, ...(await asked(part.slice(half)))]);
    }
  };
  return names.length === 0 ? new Map() : asked(names);
};

const forAll = <R>(names: readonly string[], answer: R): ReadonlyMap<string, R> =>
  new Map(names.map((name) => [name, answer]));

const mayConcernOne = (refusal: Refusal, budget: { splits: number }): boolean => {
  if (isNamed(refusal, 'RepositoryNotFoundException')) return true;
  if (refusal.data['unsupported'] === true) return false;
  budget.splits -= 1;
  return budget.splits >= 0;
};
