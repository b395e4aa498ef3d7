import { ServiceError } from './wire.ts';
import type { Json, JsonObject } from './wire.ts';

const wrongType = (name: string, wanted: string): ServiceError =>
  new ServiceError('SerializationException', `the field \`${name}\` is not ${wanted}`);

const own = (input: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(input, name) ? (input[name] ?? undefined) : undefined;

/** A text field, absent as undefined. Throws SerializationException on another type, as the services do. */
export const text = (input: JsonObject, name: string): string | undefined => {
  const value = own(input, name);
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(name, 'a string');
};

export const flag = (input: JsonObject, name: string): boolean | undefined => {
  const value = own(input, name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongType(name, 'a boolean');
};

/** An integer; the query protocol writes it as text. */
export const integer = (input: JsonObject, name: string): number | undefined => {
  const value = own(input, name);
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number)) return number;
  throw wrongType(name, 'an integer');
};

export const isRecord = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const record = (input: JsonObject, name: string): JsonObject | undefined => {
  const value = own(input, name);
  if (value === undefined || isRecord(value)) return value;
  throw wrongType(name, 'a structure');
};

export const list = (input: JsonObject, name: string): readonly Json[] | undefined => {
  const value = own(input, name);
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value as readonly Json[];
  throw wrongType(name, 'a list');
};

export const records = (input: JsonObject, name: string): readonly JsonObject[] | undefined =>
  list(input, name)?.map((item) => {
    if (isRecord(item)) return item;
    throw wrongType(name, 'a list of structures');
  });

export const texts = (input: JsonObject, name: string): readonly string[] | undefined =>
  list(input, name)?.map((item) => {
    if (typeof item === 'string') return item;
    throw wrongType(name, 'a list of strings');
  });
