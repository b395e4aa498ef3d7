import * as z from 'zod/mini';
import { isForeignObject, type ForeignObject } from './foreign.ts';

/**
 * One EventBridge event, as far as it is the same for all of them. `detail` stays foreign until it is known
 * what it is. Source: EventBridge User Guide, event structure reference.
 */
export interface Envelope {
  readonly id: string;
  readonly detailType: string;
  readonly source: string;
  /** 12 digits; on a central bus still the sender's. */
  readonly account: string;
  readonly region: string;
  /** As sent; empty if there is none. */
  readonly time: string;
  /** ARNs; empty for almost every CloudTrail event. */
  readonly resources: readonly string[];
  readonly detail: ForeignObject;
}

export type ParsedEnvelope =
  { readonly ok: true; readonly envelope: Envelope } | { readonly ok: false; readonly error: string };

const schema = z.object({
  id: z.optional(z.string()),
  'detail-type': z.string(),
  source: z.string(),
  account: z.string().check(z.regex(/^\d{12}$/)),
  region: z.string().check(z.regex(/^[a-z0-9-]{1,64}$/)),
  time: z.optional(z.string()),
  resources: z.optional(z.array(z.unknown())),
  detail: z.custom<ForeignObject>(isForeignObject),
});

const EXPECTED: Readonly<Record<string, string>> = {
  account: 'an account id of 12 digits',
  region: 'the name of a Region',
  detail: 'an object',
  resources: 'a list',
};

const malformed = (error: string): ParsedEnvelope => ({ ok: false, error });

const explain = (error: z.core.$ZodError): string => {
  const fields = new Set(error.issues.map((issue) => String(issue.path[0] ?? '')));
  const [field = ''] = fields;
  return field === ''
    ? 'the event is not an object'
    : `the event's \`${field}\` is missing or not ${EXPECTED[field] ?? 'a string'}`;
};

const parseText = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
};

/**
 * Reads an EventBridge event from its JSON text or its parsed value. Never throws: a malformed event is a value,
 * because no retry makes it readable. Nothing is asked of `detail` but that it is an object.
 */
export const parseEnvelope = (input: unknown): ParsedEnvelope => {
  const parsed = typeof input === 'string' ? parseText(input) : { value: input };
  if (parsed === null) return malformed('the event is not valid JSON');
  const result = schema.safeParse(parsed.value);
  if (!result.success) return malformed(explain(result.error));
  const { id = '', time = '', resources = [], source, account, region, detail } = result.data;
  return {
    ok: true,
    envelope: {
      id,
      detailType: result.data['detail-type'],
      source,
      account,
      region,
      time,
      resources: resources.filter((value) => typeof value === 'string'),
      detail,
    },
  };
};
