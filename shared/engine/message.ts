import type { Json, JsonObject } from '../model/verdict.ts';

/** How a value stands in a sentence: lists by commas, the rest as JSON unless it is text already. */
const inWords = (value: Json): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item: Json) => inWords(item)).join(', ');
  return JSON.stringify(value);
};

/**
 * A message with `{{name}}` replaced by the data of that name, in one pass: data is never read as a template.
 * A name without data stays as it is, so that a mistake shows.
 */
export const renderMessage = (template: string, data: JsonObject): string =>
  template.replaceAll(/\{\{(\w+)\}\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined;
    return value === undefined ? placeholder : inWords(value);
  });
