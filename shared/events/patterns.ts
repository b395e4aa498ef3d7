import {
  EVENT_SERVICES,
  RELEVANT_CALLS,
  SCAN_RESOURCE_CHANGE,
  type EventService,
} from './event-catalogue.ts';
import { API_CALL } from './interpret.ts';

/** Characters of an event pattern. Source: EventBridge quotas. */
export const MAX_PATTERN_LENGTH = 2048;

const NOT_THERE = [{ exists: false }] as const;

/** An EventBridge event pattern, as far as ours go. */
type EventPattern = {
  readonly source: readonly string[];
  readonly 'detail-type': readonly string[];
  readonly detail: {
    readonly eventSource?: readonly string[];
    readonly eventName?: readonly string[];
    /** A failed call changes nothing. */
    readonly errorCode: readonly { readonly exists: boolean }[];
  };
};

export interface NamedPattern {
  readonly service: EventService;
  /** Unique and stable, letters and digits: `EcrApiCalls1`. */
  readonly name: string;
  readonly pattern: EventPattern;
}

const callPattern = (service: EventService, eventNames: readonly string[]): EventPattern => ({
  source: [`aws.${service}`],
  'detail-type': [API_CALL],
  detail: { eventSource: [`${service}.amazonaws.com`], eventName: eventNames, errorCode: NOT_THERE },
});

const fits = (pattern: EventPattern): boolean => JSON.stringify(pattern).length <= MAX_PATTERN_LENGTH;

/** As many names in each pattern as its length allows. */
const packed = (service: EventService, eventNames: readonly string[]): readonly EventPattern[] => {
  const chunks: string[][] = [[]];
  for (const eventName of eventNames) {
    const last = chunks.at(-1) ?? [];
    if (fits(callPattern(service, [...last, eventName]))) last.push(eventName);
    else chunks.push([eventName]);
  }
  return chunks.map((chunk) => callPattern(service, chunk));
};

const titled = (service: EventService): string => service.charAt(0).toUpperCase() + service.slice(1);

const patternsOf = (service: EventService): readonly NamedPattern[] => {
  const names = RELEVANT_CALLS.filter((call) => call.service === service).map((call) => call.eventName);
  const calls = packed(service, names).map((pattern, index) => ({
    service,
    name: `${titled(service)}ApiCalls${index + 1}`,
    pattern,
  }));
  if (service !== 'ecr') return calls;
  const pattern: EventPattern = {
    source: ['aws.ecr'],
    'detail-type': [SCAN_RESOURCE_CHANGE],
    detail: { errorCode: NOT_THERE },
  };
  return [...calls, { service, name: 'EcrScanResourceChange', pattern }];
};

/**
 * The EventBridge patterns that let through exactly the events of these services that are not ignored.
 * Each fits into one rule. IAM's events exist in the partition's home Region only.
 */
export const eventPatterns = (services: readonly EventService[] = EVENT_SERVICES): readonly NamedPattern[] =>
  services.flatMap(patternsOf);
