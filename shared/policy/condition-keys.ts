/**
 * Keys that the caller, the repository or the clock decide. Each has a slot in the values of a request.
 * Every other key is free: the caller chooses it, or it says nothing about the caller.
 */
export const SLOTS = [
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principaltype',
  'aws:principalisawsservice',
  'aws:principalservicename',
  'aws:principalservicenameslist',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:username',
  'aws:federatedprovider',
  'aws:resourceaccount',
  'aws:currenttime',
  'aws:epochtime',
] as const;

export type DecidedKey = (typeof SLOTS)[number];

/** Values of the decided keys of one request, by slot; null when the key is absent. */
export type SlotValues = readonly (string | null)[];

const SLOT_OF: ReadonlyMap<string, number> = new Map(SLOTS.map((key, slot) => [key, slot]));

/** The slot of a lower-case key, or -1 for a free one. */
export const slotOf = (key: string): number => SLOT_OF.get(key) ?? -1;

const CURRENT = SLOTS.indexOf('aws:currenttime');
const EPOCH = SLOTS.indexOf('aws:epochtime');

/** Seconds since 1970 of an ISO 8601 time, as text. */
export const epochOf = (now: string): string => String(Math.floor(Date.parse(now) / 1000));

/** The value of a slot; null when the key is absent. `aws:EpochTime` is worked out from the current time. */
export const valueAt = (slots: SlotValues, at: number): string | null => {
  if (at !== EPOCH) return slots[at] ?? null;
  const now = slots[CURRENT];
  return now === null || now === undefined ? null : epochOf(now);
};

/** Slot by name. */
export const slot = (key: DecidedKey): number => SLOTS.indexOf(key);

/** Free keys that hold lists. Source: IAM user guide, global condition keys. */
const MULTIVALUED: ReadonlySet<string> = new Set([
  'aws:tagkeys',
  'aws:calledvia',
  'aws:resourceorgpaths',
  'aws:vpceorgpaths',
]);

/** Free keys with one value per request; `aws:principaltag/...` and the like are too. */
const SINGLE: ReadonlySet<string> = new Set([
  'aws:sourceip',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:vpcsourceip',
  'aws:userid',
  'aws:useragent',
  'aws:referer',
  'aws:securetransport',
  'aws:multifactorauthpresent',
  'aws:multifactorauthage',
  'aws:tokenissuetime',
  'aws:requestedregion',
  'aws:viaawsservice',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:sourceidentity',
  'aws:resourceorgid',
]);

const SINGLE_PREFIX = /^(?:aws:(?:principaltag|requesttag|resourcetag)|ecr:resourcetag)\//u;

/** What is known of how many values a free key has. */
export const cardinalityOf = (key: string): 'single' | 'many' | 'unknown' => {
  if (MULTIVALUED.has(key)) return 'many';
  return SINGLE.has(key) || SINGLE_PREFIX.test(key) ? 'single' : 'unknown';
};

export const SOURCE_IP = 'aws:sourceip';
const VPC_KEYS: ReadonlySet<string> = new Set(['aws:sourcevpc', 'aws:sourcevpce', 'aws:vpcsourceip']);

/** Present exactly in requests through a VPC endpoint; then `aws:SourceIp` is absent. */
export const isVpcKey = (key: string): boolean => VPC_KEYS.has(key);

/** A named value of these keys bounds where a request comes from. */
export const isNetworkName = (key: string): boolean => key === 'aws:sourcevpc' || key === 'aws:sourcevpce';

/** Keys of an IAM identity that a service principal never has. */
export const isIdentityOnly = (key: string): boolean =>
  key === 'aws:userid' || key === 'aws:sourceidentity' || key.startsWith('aws:principaltag/');
