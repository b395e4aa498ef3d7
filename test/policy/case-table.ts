import { readFileSync, readdirSync } from 'node:fs';
import type { Trust } from '../../shared/model/trust.ts';
import { NO_TRUST } from '../../shared/model/trust.ts';

/** One row of a case table. What `expect` leaves out, or has as null, is not asserted. */
export interface AccessCase {
  readonly id: string;
  readonly policy: unknown;
  readonly ownerAccount: string;
  readonly partition?: string;
  readonly trust?: Partial<Trust>;
  readonly now?: string;
  readonly scope?: 'repository' | 'registry';
  readonly registryScope?: 'V1' | 'V2';
  readonly resourceArn?: string;
  readonly expect: {
    readonly public: boolean | null;
    readonly untrusted: boolean | null;
    readonly externalAccounts?: readonly string[];
    /** Whether there is something undecided; whether there are notes. */
    readonly undecided?: boolean;
    readonly notes?: boolean;
  };
  /** The rule of IAM behind it. */
  readonly why: string;
}

const FOLDER = new URL('cases/', import.meta.url);

/** `JSON.parse`, not an import: a bundler may turn a `__proto__` key into a prototype. */
const readTable = (file: string): AccessCase[] => {
  const rows: AccessCase[] = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  return rows;
};

export const caseTables = (): { category: string; cases: AccessCase[] }[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ category: file.replace(/\.json$/u, ''), cases: readTable(file) }));

export const NOW_OF_CASES = '2026-06-01T00:00:00Z';

export const trustOf = (row: AccessCase): Trust => ({ ...NO_TRUST, ...row.trust });

/** Only what the row asserts. */
export const asserted = (row: AccessCase, answer: { [name in keyof AccessCase['expect']]?: unknown }) =>
  Object.fromEntries(
    Object.entries(row.expect).flatMap(([name, wanted]) =>
      wanted === null ? [] : [[name, answer[name as keyof AccessCase['expect']]]],
    ),
  );

/** What the row asserts. */
export const wantedOf = (row: AccessCase) =>
  Object.fromEntries(Object.entries(row.expect).filter(([, value]) => value !== null));
