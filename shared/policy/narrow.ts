import { analyzeAccess } from './access.ts';
import { gainsAny, losesTrusted } from './compare.ts';
import { listOf, own, recordOf, type JsonRecord } from './json.ts';
import { restrictions, splitPrincipal, type Restriction } from './narrow-statement.ts';
import { readDocument } from './parse.ts';
import type { AccessInput, AccessReport } from './report.ts';
import { surroundingsOf } from './subject.ts';

/** A policy to be narrowed. `for`: what must be gone; default `untrusted`. */
export interface NarrowInput extends AccessInput {
  readonly for?: 'public' | 'untrusted';
}

/** A verified narrowing. */
export interface Narrowing {
  /** The narrowed document; null when nothing would remain in it. */
  readonly policyText: string | null;
  /** What was taken away, in words. */
  readonly removed: readonly string[];
  /** What the narrowed policy lets in. */
  readonly report: AccessReport;
}

/**
 * The smallest edit that removes the access and keeps every access of the owner and the trust: principals that are not
 * trusted leave a statement, or stay in it as far as they are members of a trusted organization or act for somebody
 * trusted. Verified by the analysis, request by request: the result is not public (or untrusted), lets every trusted
 * request through that was, and none that was not. Null: there is nothing to remove, or no such edit was found.
 */
export const narrowPolicy = (input: NarrowInput): Narrowing | null => {
  const goal = input.for ?? 'untrusted';
  const report = analyzeAccess(input);
  const document = recordOf(readDocument(input.document));
  if (!report[goal] || document === null) return null;
  const statements = listOf(own(document, 'Statement'));
  const edit = editFor(statements, report, input);
  return edit === null ? null : verified(document, edit, input);
};

interface Edit {
  readonly statements: readonly unknown[];
  readonly removed: readonly string[];
}

/** Rewrites the statements that let the wrong ones in; null when one of them cannot be rewritten. */
const editFor = (statements: readonly unknown[], report: AccessReport, input: NarrowInput): Edit | null => {
  const goal = input.for ?? 'untrusted';
  const kept: unknown[] = [];
  const removed: string[] = [];
  for (const [index, value] of statements.entries()) {
    const wrong = report.grants
      .filter((grant) => grant.statement === index && (goal === 'public' ? grant.public : !grant.trusted))
      .flatMap((grant) => grant.principals);
    const statement = recordOf(value);
    if (wrong.length === 0) kept.push(value);
    else if (statement === null) return null;
    else {
      const rewritten = rewrite(statement, wrong, input);
      kept.push(...rewritten);
      removed.push(removalText(statement, index, wrong));
    }
  }
  return removed.length === 0 ? null : { statements: kept, removed };
};

const removalText = (statement: JsonRecord, index: number, wrong: readonly string[]): string => {
  const sid = own(statement, 'Sid');
  const name = typeof sid === 'string' && sid !== '' ? `statement ${index} \`${sid}\`` : `statement ${index}`;
  return `${name}: untrusted access of ${wrong.map((text) => `\`${text}\``).join(', ')}`;
};

/** The statement for those who are trusted anyway, and copies of it for what restrictions leave of the others. */
const rewrite = (statement: JsonRecord, wrong: readonly string[], input: NarrowInput): unknown[] => {
  const { kept, cut } = splitPrincipal(statement, new Set(wrong));
  const parts: unknown[] = kept === null ? [] : [{ ...statement, Principal: kept }];
  for (const restriction of restrictions(statement, cut, input))
    parts.push(restricted(statement, restriction));
  return distinctSids(parts);
};

const restricted = (statement: JsonRecord, { principal, operator, key, values }: Restriction): JsonRecord => {
  const made: JsonRecord = principal === null ? statement : { ...statement, Principal: principal };
  if (operator === null) return made;
  const condition = recordOf(own(statement, 'Condition')) ?? {};
  return { ...made, Condition: withTest(condition, operator, { key, values }) };
};

interface KeyValues {
  readonly key: string;
  readonly values: readonly string[];
}

/** Adds a test; where the operator is taken for the key, a spelling of it that means the same. */
const withTest = (condition: JsonRecord, operator: string, { key, values }: KeyValues): JsonRecord => {
  const spellings = [
    operator,
    operator.toLowerCase(),
    operator.toUpperCase(),
    `${operator.charAt(0).toLowerCase()}${operator.slice(1)}`,
  ];
  const free = spellings.find((name) => !hasKey(recordOf(own(condition, name)), key)) ?? operator;
  return { ...condition, [free]: { ...recordOf(own(condition, free)), [key]: values } };
};

const hasKey = (keys: JsonRecord | null, key: string): boolean =>
  keys !== null && Object.keys(keys).some((name) => name.toLowerCase() === key.toLowerCase());

/** Sids are unique in a policy: the second part of a statement and those after it get a number. */
const distinctSids = (parts: readonly unknown[]): unknown[] =>
  parts.map((part, n) => {
    const record = recordOf(part);
    const sid = record === null ? undefined : own(record, 'Sid');
    return n === 0 || record === null || typeof sid !== 'string'
      ? part
      : { ...record, Sid: `${sid}${n + 1}` };
  });

const verified = (document: JsonRecord, edit: Edit, input: NarrowInput): Narrowing | null => {
  const goal = input.for ?? 'untrusted';
  const narrowed = pruned(document, edit, input);
  const report = analyzeAccess({ ...input, document: narrowed });
  const around = surroundingsOf(input);
  if (report[goal] || losesTrusted(input.document, narrowed, around)) return null;
  if (gainsAny(input.document, narrowed, around)) return null;
  const statements = listOf(own(narrowed, 'Statement'));
  return {
    policyText: statements.length === 0 ? null : JSON.stringify(narrowed, null, 2),
    removed: edit.removed,
    report,
  };
};

/** Leaves out the statements that let nobody in whom the others do not, so that the edit stays small. */
const pruned = (document: JsonRecord, edit: Edit, input: NarrowInput): JsonRecord => {
  const around = surroundingsOf(input);
  const original = new Set<unknown>(listOf(own(document, 'Statement')));
  let current: JsonRecord = { ...document, Statement: edit.statements };
  for (const added of edit.statements.filter((statement) => !original.has(statement))) {
    const without = {
      ...current,
      Statement: listOf(own(current, 'Statement')).filter((one) => one !== added),
    };
    if (!losesTrusted(input.document, without, around)) current = without;
  }
  return current;
};
