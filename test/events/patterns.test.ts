import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../shared/events/envelope.ts';
import { EVENT_SERVICES, RELEVANT_CALLS } from '../../shared/events/event-catalogue.ts';
import { isForeignObject, own } from '../../shared/events/foreign.ts';
import { interpretEvent } from '../../shared/events/interpret.ts';
import { eventPatterns, MAX_PATTERN_LENGTH } from '../../shared/events/patterns.ts';
import { factSources } from '../../shared/model/fact-sources.ts';
import { eventCases, eventOf } from './build.ts';

const cases = eventCases();

/** EventBridge's matching, as far as our patterns use it: exact values and `exists`. */
const matches = (pattern: unknown, value: unknown): boolean => {
  if (Array.isArray(pattern)) {
    return pattern.some((filter: unknown) =>
      isForeignObject(filter) ? filter['exists'] === (value !== undefined) : filter === value,
    );
  }
  return (
    isForeignObject(pattern) &&
    Object.entries(pattern).every(([key, inner]) => matches(inner, own(value, key)))
  );
};

const isLetThrough = (event: unknown): boolean =>
  eventPatterns().some(({ pattern }) => matches(pattern, event));

const isIgnored = (event: unknown): boolean => {
  const parsed = parseEnvelope(event);
  return parsed.ok && interpretEvent(parsed.envelope).action === 'ignore';
};

describe('event patterns', () => {
  it.each(cases)('let through exactly what is not ignored: $name', (given) => {
    const event = eventOf(given);
    expect(isLetThrough(event)).toBe(!isIgnored(event));
  });

  it('agree with the reading of events whatever the mixture of names', () => {
    const services = [...EVENT_SERVICES, 'ecr-public', 'redshift'];
    const names = [...RELEVANT_CALLS.map((call) => call.eventName), 'PutImage', 'constructor'];
    const detailTypes = [
      'AWS API Call via CloudTrail',
      'ECR Scan Resource Change',
      'AWS Insight via CloudTrail',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...services),
        fc.constantFrom(...services),
        fc.constantFrom(...names),
        fc.constantFrom(...detailTypes),
        fc.option(fc.constantFrom('AccessDenied', 'x'), { nil: undefined }),
        (source, eventService, eventName, detailType, errorCode) => {
          const event = eventOf({
            call: [eventService, eventName],
            envelope: { source: `aws.${source}`, 'detail-type': detailType },
            detail: errorCode === undefined ? {} : { errorCode },
          });
          expect(isLetThrough(event)).toBe(!isIgnored(event));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('fit into a rule each, under names of their own', () => {
    const patterns = eventPatterns();
    for (const { pattern } of patterns) {
      expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(MAX_PATTERN_LENGTH);
    }
    expect(new Set(patterns.map(({ name }) => name)).size).toBe(patterns.length);
    for (const { name } of patterns) expect(name).toMatch(/^[A-Z][A-Za-z0-9]+$/);
  });

  it('can be had for the services that are judged', () => {
    const patterns = eventPatterns(['ecr']);
    expect(patterns.map(({ name }) => name)).toEqual(['EcrApiCalls1', 'EcrScanResourceChange']);
    const listed = patterns.flatMap(({ pattern }) => pattern.detail.eventName ?? []);
    const needed = Object.values(factSources).flatMap((source) =>
      source.changedBy.map((event) => event.eventName),
    );
    expect(listed).toEqual(expect.arrayContaining(needed));
  });

  it('say in JSON what EventBridge is given', () => {
    expect(eventPatterns(['ecs'])).toEqual([
      {
        service: 'ecs',
        name: 'EcsApiCalls1',
        pattern: {
          source: ['aws.ecs'],
          'detail-type': ['AWS API Call via CloudTrail'],
          detail: {
            eventSource: ['ecs.amazonaws.com'],
            eventName: ['RegisterTaskDefinition', 'DeregisterTaskDefinition', 'DeleteTaskDefinitions'],
            errorCode: [{ exists: false }],
          },
        },
      },
    ]);
  });
});
