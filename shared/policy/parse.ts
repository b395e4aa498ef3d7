import { extendUniverse, isNewAction, type ActionUniverse } from './actions.ts';
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
  const universe = universeFor(setting.universe, items);
  const version = own(record, 'Version');
  const variables = version === '2012-10-17';
  const { constants, origin } = setting;
  const reading: Reading = { origin, universe, variables, constants, undecided: [], notes: [] };
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17')
    reading.notes.push({
      statement: null,
      code: 'invalid-element',
      message: 'unknown policy language version',
    });
  const allows: Statement[] = [];
  const denies: Statement[] = [];
  items.forEach((item, index) => {
    const parsed = recordOf(item);
    if (parsed === null)
      reading.undecided.push({ statement: index, sid: null, reason: 'the statement is no object' });
    else {
      const statement = readStatement(parsed, index, reading);
      if (statement !== null) (statement.effect === 'Deny' ? denies : allows).push(statement);
    }
  });
  return { universe, allows, denies, undecided: reading.undecided, notes: reading.notes };
};

/** Most documents name only known actions; only for others is the universe made larger. */
const universeFor = (universe: ActionUniverse, items: readonly unknown[]): ActionUniverse => {
  for (const item of items) {
    const record = recordOf(item);
    if (
      record !== null &&
      (namesUnknown(universe, own(record, 'Action')) || namesUnknown(universe, own(record, 'NotAction')))
    )
      return extendUniverse(universe, actionTexts(items));
  }
  return universe;
};

const namesUnknown = (universe: ActionUniverse, value: unknown): boolean => {
  if (typeof value === 'string') return isUnknownAction(universe, value);
  if (!Array.isArray(value)) return false;
  for (const item of listOf(value))
    if (typeof item === 'string' && isUnknownAction(universe, item)) return true;
  return false;
};

const isUnknownAction = (universe: ActionUniverse, text: string): boolean =>
  !universe.index.has(text) && text !== '*' && text !== 'ecr:*' && isNewAction(universe, text.toLowerCase());

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
