import { actionsNamed, difference, union, type ActionSet, type ActionUniverse } from './actions.ts';
import { SOURCE_IP } from './condition-keys.ts';
import type { ConditionTest } from './conditions.ts';
import { isPrivate } from './ip.ts';
import { listOf, own, type JsonRecord } from './json.ts';
import { parseCondition } from './parse-condition.ts';
import { patternOf, patternOfFragments, type Pattern } from './pattern.ts';
import { principalEntriesOf, type PrincipalEntry } from './principals.ts';
import { expand, templateOf, type KeyLookup } from './template.ts';
import type { Note, NoteCode, Undecided } from './report.ts';

/** `Principal` or `NotPrincipal`. With both, each counts in the way that leans to access. */
export interface PrincipalElement {
  /** Null: not written. */
  readonly named: readonly PrincipalEntry[] | null;
  readonly excepted: readonly PrincipalEntry[] | null;
}

/** `Resource` and `NotResource`. */
export interface ResourceElement {
  readonly named: readonly Pattern[] | null;
  readonly excepted: readonly Pattern[] | null;
  readonly texts: readonly string[];
}

/** Which of the documents that are decided together a statement stands in. */
export type Origin = 'policy' | 'registry' | 'other';

/** One statement, read once. */
export interface Statement {
  /** Unique among the statements that are decided together. */
  readonly id: number;
  /** Zero-based, in the document. */
  readonly index: number;
  readonly origin: Origin;
  readonly sid: string | null;
  readonly effect: 'Allow' | 'Deny';
  readonly principal: PrincipalElement;
  readonly actions: ActionSet;
  readonly resource: ResourceElement | null;
  readonly tests: readonly ConditionTest[];
  /** What it costs to ask the statement about one caller. */
  readonly weight: number;
}

/** What a document's statements are read with, and where to say what is wrong with them. */
export interface Reading {
  readonly origin: Origin;
  readonly universe: ActionUniverse;
  /** Policy variables exist since version 2012-10-17. */
  readonly variables: boolean;
  /** Values of the keys that are the same in every request. */
  readonly constants: KeyLookup;
  readonly undecided: Undecided[];
  readonly notes: Note[];
  /** Set when a statement names an `ecr:` action that is not in the universe. */
  newAction: boolean;
}

interface Source {
  readonly record: JsonRecord;
  readonly index: number;
  readonly sid: string | null;
  readonly effect: 'Allow' | 'Deny';
  readonly reading: Reading;
}

const undecided = ({ reading, index, sid }: Source, reason: string): void => {
  reading.undecided.push({ statement: index, sid, reason });
};

const note = ({ reading, index }: Source, code: NoteCode, message: string): void => {
  reading.notes.push({ statement: index, code, message });
};

const ELEMENTS: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

const NONE: readonly never[] = [];

/** No document has so many statements. */
const OFFSETS: Readonly<Record<Origin, number>> = { policy: 0, registry: 2 ** 24, other: 2 ** 25 };

/** Reads one statement. Null: it has no effect, or (a Deny) cannot be relied on. */
export const readStatement = (record: JsonRecord, index: number, reading: Reading): Statement | null => {
  const sid = own(record, 'Sid');
  const effect = own(record, 'Effect');
  const source: Source = {
    record,
    index,
    sid: typeof sid === 'string' ? sid : null,
    effect: effect === 'Deny' ? 'Deny' : 'Allow',
    reading,
  };
  if (effect !== 'Allow' && effect !== 'Deny') undecided(source, 'the effect is neither `Allow` nor `Deny`');
  for (const element of Object.keys(record))
    if (!ELEMENTS.has(element)) note(source, 'invalid-element', `unknown element \`${element}\``);
  const actions = readActions(source);
  const principal = readPrincipal(source);
  const condition = parseCondition(own(record, 'Condition'), {
    lean: source.effect === 'Allow',
    variables: reading.variables,
  });
  for (const reason of condition.unreadable) undecided(source, reason);
  for (const operator of condition.duplicates)
    note(source, 'duplicate-element', `a key is written twice under \`${operator}\``);
  for (const test of condition.tests)
    if (isPrivateSource(test))
      note(
        source,
        'private-source-ip',
        '`aws:SourceIp` is never a private address; `aws:VpcSourceIp` may be meant',
      );
  if (actions === null || principal === null || (source.effect === 'Deny' && condition.partial)) return null;
  const { tests } = condition;
  const { origin } = reading;
  return {
    id: index + OFFSETS[origin],
    index,
    origin,
    sid: source.sid,
    effect: source.effect,
    principal,
    actions,
    resource: readResource(source),
    tests,
    weight: weightOf(principal, tests),
  };
};

const weightOf = ({ named, excepted }: PrincipalElement, tests: readonly ConditionTest[]): number => {
  let weight = 1 + ((named?.length ?? 0) + (excepted?.length ?? 0)) / 8;
  for (const { values, literals, ranges } of tests)
    weight += literals === null && ranges === null ? values.length / 2 : 1;
  return weight;
};

/** Requests over the internet have no private address: such a test never holds. */
const isPrivateSource = ({ key, operator, values }: ConditionTest): boolean =>
  key === SOURCE_IP &&
  operator.base === 'ipaddress' &&
  !operator.negated &&
  values.length > 0 &&
  values.every((value) => value.kind === 'network' && isPrivate(value.network));

const isText = (item: unknown): item is string => typeof item === 'string';

/** The strings of a value that is a string or an array. */
export const textsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return NONE;
  const items = listOf(value);
  return items.every(isText) ? items : items.filter(isText);
};

const readActions = (source: Source): ActionSet | null => {
  const { universe } = source.reading;
  const named = own(source.record, 'Action');
  const excepted = own(source.record, 'NotAction');
  const lean = source.effect === 'Allow';
  if (named === undefined && excepted === undefined) {
    undecided(source, 'the statement has neither `Action` nor `NotAction`');
    return lean ? universe.all : null;
  }
  if (!areTexts(named) || !areTexts(excepted)) {
    undecided(source, 'an action is no text');
    return lean ? universe.all : null;
  }
  if (excepted === undefined) return effective(source, actionsIn(source, named));
  const others = difference(universe.all, actionsIn(source, excepted));
  if (named === undefined) return effective(source, others);
  undecided(source, 'the statement has both `Action` and `NotAction`');
  const given = actionsIn(source, named);
  return effective(source, lean ? union(given, others) : difference(given, difference(universe.all, others)));
};

const actionsIn = (source: Source, value: unknown): ActionSet => {
  const { reading } = source;
  const set = actionsNamed(reading.universe, textsOf(value));
  if (set === null) reading.newAction = true;
  return set ?? reading.universe.none;
};

/** Whether every action is a text. */
const areTexts = (value: unknown): boolean =>
  value === undefined || typeof value === 'string' || (Array.isArray(value) && listOf(value).every(isText));

const effective = (source: Source, actions: ActionSet): ActionSet | null => {
  if (actions.some((word) => word !== 0)) return actions;
  note(source, 'no-effect', 'none of its actions can be granted or denied here');
  return null;
};

const EVERYONE: readonly PrincipalEntry[] = [{ kind: 'everyone', text: '*' }];

const readPrincipal = (source: Source): PrincipalElement | null => {
  const named = own(source.record, 'Principal');
  const excepted = own(source.record, 'NotPrincipal');
  const lean = source.effect === 'Allow';
  if (named === undefined && excepted === undefined) {
    undecided(source, 'the statement has neither `Principal` nor `NotPrincipal`');
    return lean ? { named: EVERYONE, excepted: null } : null;
  }
  if (named !== undefined && excepted !== undefined)
    undecided(source, 'the statement has both `Principal` and `NotPrincipal`');
  return {
    named: named === undefined ? null : readEntries(source, named, lean),
    excepted: excepted === undefined ? null : readEntries(source, excepted, !lean),
  };
};

/** `widest`: what cannot be read stands for everyone; otherwise for nobody. */
const readEntries = (source: Source, value: unknown, widest: boolean): readonly PrincipalEntry[] => {
  const entries = principalEntriesOf(value);
  if (entries === null) {
    undecided(source, 'the principal cannot be read');
    return widest ? EVERYONE : NONE;
  }
  for (const entry of entries) {
    if (entry.kind === 'orphan')
      note(
        source,
        'orphaned-principal',
        `\`${entry.text}\` is the id of a deleted principal and matches nobody`,
      );
    if (entry.kind === 'unknown')
      undecided(source, `the principal \`${entry.text}\` cannot be told: ${entry.reason}`);
    if (entry.kind === 'pattern' || entry.kind === 'any-service')
      undecided(source, `the principal \`${entry.text}\` has a wildcard, which IAM refuses`);
  }
  if (entries.length === 0) note(source, 'no-effect', 'it names no principal');
  return entries;
};

const readResource = (source: Source): ResourceElement | null => {
  const named = own(source.record, 'Resource');
  const excepted = own(source.record, 'NotResource');
  if (named === undefined && excepted === undefined) return null;
  const lean = source.effect === 'Allow';
  return {
    named: named === undefined ? null : resourcePatterns(source, named, lean),
    excepted: excepted === undefined ? null : resourcePatterns(source, excepted, !lean),
    texts: [...textsOf(named), ...textsOf(excepted)],
  };
};

const NOTHING: Pattern = { pieces: [] };

const resourcePatterns = (source: Source, value: unknown, widest: boolean): Pattern[] =>
  listOf(value).map((item) => resourcePattern(source, item, widest));

/** A text that is no resource counts as every one, or as none, whichever leans to access. */
const resourcePattern = (source: Source, text: unknown, widest: boolean): Pattern => {
  if (typeof text !== 'string' || (!text.startsWith('arn:') && !text.startsWith('*'))) {
    undecided(
      source,
      typeof text === 'string'
        ? `the resource \`${text}\` is neither an ARN nor \`*\``
        : 'a resource is no text',
    );
    return widest ? patternOf('*') : NOTHING;
  }
  if (!source.reading.variables || !text.includes('${')) return patternOf(text);
  // A variable of the caller in a resource: what it stands for is the caller's choice.
  const template = templateOf(text);
  return patternOfFragments(
    template.flatMap((part) => expand([part], source.reading.constants) ?? [{ text: '*', quoted: false }]),
  );
};
