import { extendUniverse, type ActionUniverse } from './actions.ts';
import { listOf, own, recordOf, type JsonRecord } from './json.ts';
import { readStatement, textsOf, type Origin, type Reading, type Statement } from './parse-statement.ts';
import type { Note, Undecided } from './report.ts';
import type { KeyLookup } from './template.ts';

/** A policy, read once. Everything in it is effective, or said in `undecided` and `notes`. */
export interface Policy {
  readonly universe: ActionUniverse;
  readonly allows: readonly Statement[];
  readonly denies: readonly Statement[];
  readonly undecided: readonly Undecided[];
  readonly notes: readonly Note[];
}

/** Why a document is no policy. */
export interface Unreadable {
  readonly unreadable: string;
}

export interface ParseSetting {
  readonly origin: Origin;
  readonly universe: ActionUniverse;
  /** Values of the keys that are the same in every request. */
  readonly constants: KeyLookup;
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
};

/** The JSON value of a document that may be text, percent-encoded text, or parsed already. */
export const readDocument = (document: unknown): unknown => {
  if (typeof document !== 'string') return document;
  return parseJson(document) ?? parseJson(decode(document));
};

/** Reads a policy document. Never throws. */
export const parsePolicy = (document: unknown, setting: ParseSetting): Policy | Unreadable => {
  const value = readDocument(document);
  if (value === undefined) return { unreadable: 'the document is no JSON' };
  const record = recordOf(value);
  if (record === null) return { unreadable: 'the document is no JSON object' };
  const statement = own(record, 'Statement');
  if (statement === undefined || statement === null) return { unreadable: 'the document has no `Statement`' };
  return readStatements(record, listOf(statement), setting);
};

const readStatements = (record: JsonRecord, items: readonly unknown[], setting: ParseSetting): Policy => {
  const policy = readWithin(record, items, setting);
  if (policy !== null) return policy;
  // Most documents name only known actions; only for others is the universe made larger.
  const universe = extendUniverse(setting.universe, actionTexts(items));
  return (
    readWithin(record, items, { ...setting, universe }) ?? {
      universe,
      allows: [],
      denies: [],
      undecided: [],
      notes: [],
    }
  );
};

/** Null: the document names an action that is not in the universe yet. */
const readWithin = (record: JsonRecord, items: readonly unknown[], setting: ParseSetting): Policy | null => {
  const { universe, constants, origin } = setting;
  const version = own(record, 'Version');
  const variables = version === '2012-10-17';
  const reading: Reading = {
    origin,
    universe,
    variables,
    constants,
    undecided: [],
    notes: [],
    newAction: false,
  };
  if (!variables && version !== undefined && version !== '2008-10-17')
    reading.notes.push({
      statement: null,
      code: 'invalid-element',
      message: 'unknown policy language version',
    });
  const allows: Statement[] = [];
  const denies: Statement[] = [];
  for (let index = 0; index < items.length; index += 1) {
    const parsed = recordOf(items[index]);
    const statement = parsed === null ? null : readStatement(parsed, index, reading);
    if (parsed === null)
      reading.undecided.push({ statement: index, sid: null, reason: 'the statement is no object' });
    if (reading.newAction) return null;
    if (statement !== null) (statement.effect === 'Deny' ? denies : allows).push(statement);
  }
  return { universe, allows, denies, undecided: reading.undecided, notes: reading.notes };
};

/** Every text in an `Action` or `NotAction` of a document. */
export const actionTextsIn = (document: unknown): readonly string[] => {
  const record = recordOf(readDocument(document));
  return record === null ? [] : actionTexts(listOf(own(record, 'Statement')));
};

const actionTexts = (items: readonly unknown[]): string[] =>
  items.flatMap((item) => {
    const record = recordOf(item);
    return record === null ? [] : [...textsOf(own(record, 'Action')), ...textsOf(own(record, 'NotAction'))];
  });
