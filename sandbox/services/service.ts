import type { Identity } from '../identity.ts';
import type { Random } from '../random.ts';
import type { Schedule } from '../schedule.ts';
import type { JsonObject, Protocol } from '../wire.ts';

/** What every service gets from the sandbox. */
export interface Host {
  readonly schedule: Schedule;
  readonly random: Random;
  /** Puts an event on the default bus of an account and Region. */
  readonly emit: (event: ServiceEvent) => void;
}

/** An event of a service itself, not of CloudTrail. */
export interface ServiceEvent {
  readonly account: string;
  readonly region: string;
  readonly source: string;
  readonly detailType: string;
  readonly resources?: readonly string[];
  readonly detail: JsonObject;
}

/** One call of an operation, after routing. */
export interface Call {
  readonly operation: string;
  readonly caller: Identity;
  /** Whose resources are meant: the caller's account unless the request names another one. */
  readonly account: string;
  readonly region: string;
  readonly input: JsonObject;
  readonly body: string;
}

/** What a management event says about a call. Source: CloudTrail record contents. */
export interface TrailRecord {
  readonly requestParameters: JsonObject | null;
  readonly responseElements: JsonObject | null;
  readonly resourceArns: readonly string[];
}

export interface Operation {
  readonly run: (call: Call) => JsonObject | Promise<JsonObject>;
  /** Present on writes that CloudTrail records as management events; `output` is null when the call failed. */
  readonly trail?: (call: Call, output: JsonObject | null) => TrailRecord;
}

export interface Service {
  /** Name in faults, call counts and IAM actions: `ecr`, `sqs`, `dynamodb`. */
  readonly name: string;
  /** Service part of the SigV4 credential scope. */
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly xmlNamespace?: string;
  /** `eventSource` of its management events. */
  readonly eventSource: string;
  /** IAM prefix, where it is not `name`. */
  readonly iamPrefix?: string;
  readonly operation: (name: string) => Operation | undefined;
  /** Which operation a request of `rest-json` means, by `METHOD /path`. */
  readonly operationAt?: (request: string) => string | undefined;
  /** The account a request names besides the caller's, such as `registryId`. */
  readonly ownerOf?: (input: JsonObject) => string | undefined;
  /** ARN for a refusal's message. */
  readonly resourceOf: (call: Call) => string;
}

export const operations = (
  entries: Readonly<Record<string, Operation | Operation['run']>>,
): ((name: string) => Operation | undefined) => {
  const table = new Map(
    Object.entries(entries).map(([name, entry]): [string, Operation] => [
      name,
      typeof entry === 'function' ? { run: entry } : entry,
    ]),
  );
  return (name) => table.get(name);
};

/** The value under a key, made on first use. */
export const getOrCreate = <K, V>(map: Map<K, V>, key: K, create: () => V): V => {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = create();
  map.set(key, made);
  return made;
};
