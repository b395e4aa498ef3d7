import * as z from 'zod/mini';
import { ConfigError } from '../model/errors.ts';
import type { JsonObject } from '../model/verdict.ts';

type Issue = z.core.$ZodIssue;

/** Whether an option's value is of its kind is said by its schema; what is wrong is said in our words. */
const complaint = (issue: Issue): string => {
  if (issue.code === 'unrecognized_keys') return `unknown option ${quoted(issue.keys)}`;
  const option = `option \`${issue.path.join('.')}\``;
  if (issue.code === 'invalid_value') return `${option} must be one of ${quoted(issue.values)}`;
  if (issue.code === 'invalid_type') return `${option} must be of type ${issue.expected}`;
  return `${option} is not valid`;
};

const quoted = (values: readonly unknown[]): string =>
  values.map((value) => `\`${String(value)}\``).join(', ');

/**
 * A parser of one control's options by a strict schema with defaults. Parsing its own output changes nothing.
 * @throws ConfigError naming the control and the key, with `data.path` for the configuration to point at.
 */
export const optionsParser =
  <S extends z.ZodMiniType<JsonObject>>(control: string, schema: S) =>
  (raw: JsonObject): z.infer<S> => {
    const parsed = z.safeParse(schema, raw);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const text = issue === undefined ? 'options are not valid' : complaint(issue);
    throw new ConfigError(`control \`${control}\`: ${text}`, {
      data: { control, path: issue === undefined ? [] : pathOf(issue) },
    });
  };

const pathOf = (issue: Issue): (string | number)[] => {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  return issue.code === 'unrecognized_keys' ? [...path, ...issue.keys.slice(0, 1)] : path;
};

/** The parser of a control that has no options. */
export const noOptions = (control: string): ((raw: JsonObject) => Record<string, never>) =>
  optionsParser(control, z.strictObject({}));
