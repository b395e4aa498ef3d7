/** One measured figure and what it is held to. */
export interface BenchRow {
  readonly what: string;
  /** The figure as measured in this run. */
  readonly figure: number;
  readonly unit: string;
  /** The budget that the project promises; null where there is none. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export const holds = ({ figure, atMost = Infinity, atLeast = -Infinity }: BenchRow): boolean =>
  figure <= atMost && figure >= atLeast;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
