import { slotOf } from './condition-keys.ts';
import { expectedOf, literalsOf, networkRangesOf, type ConditionTest, type Expected } from './conditions.ts';
import { operatorOf, type Operator } from './operators.ts';
import { isVariable } from './template.ts';
import { recordOf, type JsonRecord } from './json.ts';

/** What a `Condition` element says, and what of it cannot be read. */
export interface ParsedCondition {
  readonly tests: readonly ConditionTest[];
  /** Reasons, in words. */
  readonly unreadable: readonly string[];
  /** A whole test is missing from `tests`. */
  readonly partial: boolean;
  /** Keys written twice under one operator, in different case. */
  readonly duplicates: readonly string[];
}

interface Mode {
  readonly lean: boolean;
  readonly variables: boolean;
}

const NONE: readonly never[] = [];
const NOTHING: ParsedCondition = { tests: NONE, unreadable: NONE, partial: false, duplicates: NONE };

/** Reads a `Condition` element. Unreadable parts are left out of the tests and said. */
export const parseCondition = (value: unknown, mode: Mode): ParsedCondition => {
  if (value === undefined) return NOTHING;
  const operators = recordOf(value);
  if (operators === null)
    return { ...NOTHING, partial: true, unreadable: ['the condition is not an object'] };
  const sink: Sink = { tests: [], unreadable: [], duplicates: [], partial: false };
  for (const operatorText of Object.keys(operators)) {
    const operator = operatorOf(operatorText);
    const keys = recordOf(operators[operatorText]);
    if (operator === null) leaveOut(sink, `unknown condition operator \`${operatorText}\``);
    else if (keys === null) leaveOut(sink, `the keys under \`${operatorText}\` are not an object`);
    else readKeys({ operatorText, operator, keys, mode }, sink);
  }
  return sink;
};

interface Block {
  readonly operatorText: string;
  readonly operator: Operator;
  readonly keys: JsonRecord;
  readonly mode: Mode;
}

interface Sink {
  readonly tests: ConditionTest[];
  readonly unreadable: string[];
  readonly duplicates: string[];
  partial: boolean;
}

const leaveOut = (sink: Sink, reason: string): void => {
  sink.unreadable.push(reason);
  sink.partial = true;
};

const readKeys = (block: Block, sink: Sink): void => {
  const keyTexts = Object.keys(block.keys);
  for (const keyText of keyTexts) {
    const texts = scalarTexts(block.keys[keyText]);
    if (texts === null) leaveOut(sink, `the values of \`${keyText}\` are not plain values`);
    else {
      const test = testOf(block, keyText, texts);
      sink.tests.push(test);
      if (test.values.some((expected) => expected.kind === 'unreadable'))
        sink.unreadable.push(`a value of \`${keyText}\` cannot be read by \`${block.operatorText}\``);
    }
  }
  if (keyTexts.length > 1 && new Set(keyTexts.map((key) => key.toLowerCase())).size < keyTexts.length)
    sink.duplicates.push(block.operatorText);
};

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const scalarTexts = (value: unknown): string[] | null => {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return isScalar(value) ? [String(value)] : null;
  const items: readonly unknown[] = value;
  const texts: string[] = [];
  for (const item of items) {
    if (!isScalar(item)) return null;
    texts.push(String(item));
  }
  return texts;
};

const testOf = (block: Block, keyText: string, texts: readonly string[]): ConditionTest => {
  const { operator, operatorText, mode } = block;
  const key = keyText.toLowerCase();
  const values = texts.map((text) => expectedOf(operator, text, mode.variables));
  return {
    operatorText,
    keyText,
    texts,
    operator,
    key,
    slot: slotOf(key),
    values,
    lean: mode.lean,
    literals: literalsOf(values),
    ranges: networkRangesOf(values),
    variables: variablesIn(values),
  };
};

const variablesIn = (values: readonly Expected[]): readonly string[] => {
  let variables: string[] | null = null;
  for (const value of values)
    if (value.kind === 'template')
      for (const part of value.template) if (isVariable(part)) (variables ??= []).push(part.key);
  return variables ?? NONE;
};
