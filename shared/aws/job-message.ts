import * as z from 'zod/mini';
import { factSources } from '../model/fact-sources.ts';
import type { FactName } from '../model/facts.ts';
import { MalformedInputError } from '../model/errors.ts';
import { MAX_JUDGED_PER_JOB, type Job } from '../model/job.ts';
import { causeSchema, resourceSchema } from './schemas.ts';

const SOURCE = 'ecr-warden';
const VERSION = 1;

const factName = z.custom<FactName>(
  (value) => typeof value === 'string' && Object.hasOwn(factSources, value),
);
const atSchema = z.object({ account: resourceSchema.shape.account, region: resourceSchema.shape.region });
const changedFacts = z.optional(z.array(factName));
const pageTokenSchema = z.optional(z.string());

const jobSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('judge'),
    at: atSchema,
    resources: z.array(resourceSchema).check(z.maxLength(MAX_JUDGED_PER_JOB)),
    changedFacts,
    cause: causeSchema,
  }),
  z.object({
    kind: z.literal('list-repositories'),
    at: atSchema,
    pageToken: pageTokenSchema,
    changedFacts,
    cause: causeSchema,
  }),
  z.object({ kind: z.literal('list-known'), at: atSchema, pageToken: pageTokenSchema, cause: causeSchema }),
]);

const messageSchema = z.object({ source: z.literal(SOURCE), version: z.literal(VERSION), job: jobSchema });

/** A job as the body of a queue message. */
export const jobMessage = (job: Job): string => JSON.stringify({ source: SOURCE, version: VERSION, job });

/**
 * The job in a parsed message body; null if the message is not ours (an EventBridge envelope then).
 * Throws `MalformedInputError` for one that says it is ours and cannot be read.
 */
export const jobOf = (message: unknown): Job | null => {
  if (!isOurs(message)) return null;
  const result = z.safeParse(messageSchema, message);
  if (!result.success) {
    const path = result.error.issues[0]?.path.join('.') ?? '';
    throw new MalformedInputError(`a job message cannot be read at \`${path}\``);
  }
  return checked(result.data.job);
};

/** Like `jobOf`, of the body's text. Throws `MalformedInputError` for text that is not JSON. */
export const parseJob = (body: string): Job | null => {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch (cause) {
    throw new MalformedInputError('the message body is not JSON', { cause });
  }
  return jobOf(message);
};

/** An envelope of EventBridge has a `source` too, but never `job`: its own fields are fixed. */
const isOurs = (message: unknown): message is { readonly source: typeof SOURCE } =>
  typeof message === 'object' &&
  message !== null &&
  Object.hasOwn(message, 'job') &&
  Reflect.get(message, 'source') === SOURCE;

/** Zod writes optional keys only where the message has them; the types of `Job` want exactly that. */
const checked = (job: z.output<typeof jobSchema>): Job => {
  if (job.kind === 'judge') mustBeOfOnePlace(job);
  return withoutUndefined(job);
};

const mustBeOfOnePlace = ({
  at,
  resources,
}: Extract<z.output<typeof jobSchema>, { kind: 'judge' }>): void => {
  if (resources.some(({ account, region }) => account !== at.account || region !== at.region)) {
    throw new MalformedInputError('a judge job names resources of another account or Region');
  }
};

const withoutUndefined = (job: z.output<typeof jobSchema>): Job => {
  switch (job.kind) {
    case 'judge': {
      const { changedFacts: facts, ...rest } = job;
      return facts === undefined ? rest : { ...rest, changedFacts: facts };
    }
    case 'list-repositories': {
      const { changedFacts: facts, pageToken, ...rest } = job;
      return {
        ...rest,
        ...(facts === undefined ? {} : { changedFacts: facts }),
        ...(pageToken === undefined ? {} : { pageToken }),
      };
    }
    case 'list-known': {
      const { pageToken, ...rest } = job;
      return pageToken === undefined ? rest : { ...rest, pageToken };
    }
  }
};
