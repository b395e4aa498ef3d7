import { integer, text } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import type { Call } from './service.ts';
import type { Queue, Queues } from './sqs-state.ts';

export const missingQueue = (): ServiceError =>
  new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');

export const badValue = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValueException', message);

/** A field in seconds, as milliseconds. */
export const seconds = (input: JsonObject, name: string): number | undefined => {
  const value = integer(input, name);
  return value === undefined ? undefined : value * 1000;
};

export const queueOf = (queues: Queues, { input }: Call): Queue => {
  const queue = queues.byUrl(text(input, 'QueueUrl') ?? '');
  if (queue === undefined) throw missingQueue();
  return queue;
};
