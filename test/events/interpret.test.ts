import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEventLine } from '../../cli/check-event.ts';
import { UNKNOWN_TIME } from '../../shared/events/actor.ts';
import { parseEnvelope } from '../../shared/events/envelope.ts';
import { factsChangedBy, RELEVANT_CALLS, relevantCall } from '../../shared/events/event-catalogue.ts';
import { interpretEvent, type EventReading, type InterpretOptions } from '../../shared/events/interpret.ts';
import { DELETE_EVENTS, factSources } from '../../shared/model/fact-sources.ts';
import type { Actor, Cause } from '../../shared/model/finding.ts';
import { RESOURCE_TYPES } from '../../shared/model/resource.ts';
import { apiCall, eventCases, eventOf } from './build.ts';

const cases = eventCases();

const read = (event: unknown, options?: InterpretOptions): EventReading => {
  const parsed = parseEnvelope(event);
  if (!parsed.ok) throw new Error(parsed.error);
  return interpretEvent(parsed.envelope, options);
};

const causeOf = (event: unknown, options?: InterpretOptions): Cause & { readonly kind: 'event' } => {
  const reading = read(event, options);
  if (reading.action === 'ignore' || reading.cause.kind !== 'event') throw new Error('ignored');
  return reading.cause;
};

const actorOf = (userIdentity: unknown, options?: InterpretOptions): Actor =>
  causeOf(
    eventOf({
      call: ['ecr', 'SetRepositoryPolicy'],
      request: { repositoryName: 'app' },
      detail: { userIdentity },
    }),
    options,
  ).actor;

describe('what an event means', () => {
  it('is told in many cases, each of them once', () => {
    expect(cases.length).toBeGreaterThan(200);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(new Set(cases.map((given) => JSON.stringify(eventOf(given)))).size).toBe(cases.length);
  });

  it.each(cases)('$name', (given) => {
    const event = eventOf(given);
    const { answer, reported } = checkEventLine({ id: 1, event });
    const { targets = [], sweeps, action } = given.expect;
    expect(answer).toEqual({
      id: 1,
      action,
      targets,
      sweep: sweeps !== undefined,
      ...(sweeps === undefined ? {} : { sweeps }),
      reason: expect.stringMatching(/^[^\p{Cc}]{10,200}$/u) as unknown,
    });
    expect(reported).toBe(action !== 'ignore');
    const reading = read(event);
    if (reading.action === 'ignore') expect(reading.because).toBe(given.expect.because);
    else if (given.cluster !== undefined) expect(reading.targets[0]?.cluster).toBe(given.cluster);
  });

  it('does not depend on whether the event comes as text', () => {
    for (const given of cases) expect(read(JSON.stringify(eventOf(given)))).toEqual(read(eventOf(given)));
  });

  it('never throws, whatever is inside the event', () => {
    const call = fc.constantFrom(...RELEVANT_CALLS);
    const junk: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 3 });
    const parameters = fc.oneof(
      junk,
      fc.dictionary(
        fc.constantFrom(
          ...RELEVANT_CALLS.flatMap(({ names }) => names.flatMap((naming) => naming.request)),
          'omitted',
        ),
        fc.oneof(
          junk,
          fc.constantFrom('arn:aws:ecr:::', 'arn:aws:iam::x:role/', ':::', 'a:b:c', '__proto__'),
        ),
      ),
    );
    const identity = fc.oneof(junk, fc.record({ sessionContext: junk, type: junk }));
    fc.assert(
      fc.property(
        call,
        parameters,
        junk,
        fc.record({ resources: junk, userIdentity: identity }),
        (c, p, r, d) => {
          const reading = read(
            eventOf({ call: [c.service, c.eventName], request: p, response: r, detail: d }),
          );
          expect(reading.action).not.toBe('ignore');
          expect(reading.targets.length).toBeGreaterThan(0);
          for (const target of reading.targets) {
            expect(RESOURCE_TYPES).toContain(target.type);
            expect(target.account).toMatch(/^\d{12}$/);
            expect(target.name !== '' || reading.sweep).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('an envelope', () => {
  it('never throws on any JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string(), fc.json()), (value) => {
        expect(typeof parseEnvelope(value).ok).toBe('boolean');
      }),
    );
  });

  const good = apiCall('ecr', 'CreateRepository', { repositoryName: 'app' });
  const without = (key: string): unknown =>
    Object.fromEntries(Object.entries(good).filter(([k]) => k !== key));

  it.each([
    ['text that is not JSON', '{', 'the event is not valid JSON'],
    ['null', null, 'the event is not an object'],
    ['a list', [good], 'the event is not an object'],
    ['a number', 7, 'the event is not an object'],
    ['no detail', without('detail'), "the event's `detail` is missing or not an object"],
    ['a detail of text', { ...good, detail: '{}' }, "the event's `detail` is missing or not an object"],
    ['a detail that is a list', { ...good, detail: [] }, "the event's `detail` is missing or not an object"],
    ['no source', without('source'), "the event's `source` is missing or not a string"],
    ['no detail-type', without('detail-type'), "the event's `detail-type` is missing or not a string"],
    ['no account', without('account'), "the event's `account` is missing or not an account id of 12 digits"],
    [
      'an account that is a number',
      { ...good, account: 111122223333 },
      "the event's `account` is missing or not an account id of 12 digits",
    ],
    [
      'an odd Region',
      { ...good, region: 'a/b' },
      "the event's `region` is missing or not the name of a Region",
    ],
    [
      'resources that are no list',
      { ...good, resources: 'x' },
      "the event's `resources` is missing or not a list",
    ],
  ])('is refused with a reason: %s', (_, input, error) => {
    expect(parseEnvelope(input)).toEqual({ ok: false, error });
  });

  it('may lack what does not decide', () => {
    for (const key of ['id', 'time', 'resources', 'version'])
      expect(parseEnvelope(without(key)).ok).toBe(true);
  });
});

const event = (detail: Readonly<Record<string, unknown>>, envelope: Readonly<Record<string, unknown>> = {}) =>
  eventOf({ call: ['ecr', 'SetRepositoryPolicy'], request: { repositoryName: 'app' }, detail, envelope });

describe('the cause', () => {
  it('is known by the id and the time of the call, not of the delivery', () => {
    expect(causeOf(event({}))).toMatchObject({
      eventId: '0f4c3a52-6f0a-4f31-9a86-0d3f1f3e7a11',
      eventName: 'SetRepositoryPolicy',
      eventTime: '2026-11-20T09:00:00.000Z',
    });
  });

  it('falls back on the envelope', () => {
    expect(causeOf(event({ eventID: null, eventTime: 'soon' }))).toMatchObject({
      eventId: '7bf73129-1428-4cd3-a780-95db273d1602',
      eventTime: '2026-11-20T09:00:07.000Z',
    });
    expect(causeOf(event({ eventTime: null }, { time: 'never' })).eventTime).toBe(UNKNOWN_TIME);
  });

  it('of a native event has no actor', () => {
    const cause = causeOf(
      eventOf({
        call: null,
        envelope: { 'detail-type': 'ECR Scan Resource Change' },
        detail: { repositories: [{ 'repository-name': 'app' }] },
      }),
    );
    expect(cause).toMatchObject({
      eventId: '7bf73129-1428-4cd3-a780-95db273d1602',
      eventName: 'ECR Scan Resource Change',
      actor: { type: 'Unknown', arn: null, own: false },
    });
  });

  it('says who called, of every type of identity', () => {
    expect(
      actorOf({ type: 'Root', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:root' }),
    ).toMatchObject({
      type: 'Root',
      accountId: '111122223333',
      mfa: null,
      own: false,
      sourceIp: '198.51.100.7',
      userAgent: 'aws-cli/2.31.0',
    });
    expect(
      actorOf({
        type: 'AssumedRole',
        invokedBy: 'cloudformation.amazonaws.com',
        sessionContext: { sessionIssuer: { userName: 'deployer' }, attributes: { mfaAuthenticated: 'true' } },
      }),
    ).toMatchObject({ userName: 'deployer', invokedBy: 'cloudformation.amazonaws.com', mfa: true });
    expect(actorOf({ sessionContext: { attributes: { mfaAuthenticated: 'false' } } }).mfa).toBe(false);
    expect(actorOf(null).type).toBe('Unknown');
  });

  it('keeps at most 1,024 characters of what a caller may choose', () => {
    expect(causeOf(event({ userAgent: 'x'.repeat(100_000) })).actor.userAgent).toHaveLength(1024);
  });
});

describe('own calls', () => {
  const role = 'arn:aws:iam::999900001111:role/ecr-warden/remediate';
  const options = { ownRoleArns: [role] };
  const identity = (changes: Readonly<Record<string, unknown>> = {}, issuer: unknown = role): unknown => ({
    type: 'AssumedRole',
    accountId: '999900001111',
    arn: 'arn:aws:sts::999900001111:assumed-role/remediate/session',
    sessionContext: { sessionIssuer: { type: 'Role', arn: issuer, accountId: '999900001111' } },
    ...changes,
  });

  it('are recognised by the role that issued the session, and are still evaluated', () => {
    expect(actorOf(identity(), options).own).toBe(true);
  });

  it.each([
    ['no role is given', identity(), {}],
    ['another role', identity({}, 'arn:aws:iam::999900001111:role/remediate'), options],
    [
      'the same name in another account',
      identity({}, 'arn:aws:iam::111122223333:role/ecr-warden/remediate'),
      options,
    ],
    ['an identity of another account', identity({ accountId: '111122223333' }), options],
    ['no account', identity({ accountId: undefined }), options],
    ['a longer ARN', identity({}, `${role}-2`), options],
    ['a user whose ARN is the role', { type: 'IAMUser', arn: role, accountId: '999900001111' }, options],
    ['a session named like the role', { type: 'AssumedRole', arn: role, accountId: '999900001111' }, options],
    ['a user with a forged session', identity({ type: 'FederatedUser' }), options],
    ['a role ARN that is a list', identity({}, [role]), options],
  ])('are not: %s', (_, userIdentity, given) => {
    expect(actorOf(userIdentity, given).own).toBe(false);
  });
});

describe('the catalogue of events', () => {
  it('covers every call that changes a fact or removes a resource', () => {
    for (const { of, changedBy } of Object.values(factSources)) {
      for (const { eventSource, eventName } of changedBy) {
        const call = relevantCall(eventSource, eventName);
        expect(call?.action, eventName).toBe('evaluate');
        const types = call?.names.map((naming) => naming.type) ?? [];
        expect(types.includes(of) || types.includes('registry'), `${eventName} reaches a ${of}`).toBe(true);
      }
    }
    for (const { eventSource, eventName, of } of DELETE_EVENTS) {
      expect(relevantCall(eventSource, eventName)).toMatchObject({ action: 'delete', names: [{ type: of }] });
    }
  });

  it('lists each call once and names every type of resource', () => {
    expect(new Set(RELEVANT_CALLS.map((c) => `${c.eventSource} ${c.eventName}`)).size).toBe(
      RELEVANT_CALLS.length,
    );
    const types = new Set(RELEVANT_CALLS.flatMap((call) => call.names.map((naming) => naming.type)));
    expect([...types].sort()).toEqual([...RESOURCE_TYPES].sort());
  });

  it('deletes only by calls that remove a resource', () => {
    expect(RELEVANT_CALLS.filter((call) => call.action === 'delete').map((call) => call.eventName)).toEqual([
      'DeleteRepository',
      'DeleteRole',
      'DeleteServiceLinkedRole',
      'DeleteUser',
      'DeleteGroup',
      'DeletePolicy',
      'DeleteCluster',
      'DeleteNodegroup',
      'DeleteTaskDefinitions',
      'DeleteFunction20150331',
      'DeleteFunction',
    ]);
  });

  it.each([
    ['ecr', 'SetRepositoryPolicy', ['repositoryPolicy']],
    ['ecr', 'PutRegistryScanningConfiguration', ['appliedScanning', 'registryScanning']],
    ['ecr', 'PutAccountSetting', ['registryPolicyScope']],
    ['ecr', 'TagResource', ['tags']],
    ['ecr', 'PutReplicationConfiguration', []],
    ['iam', 'PutRolePolicy', []],
  ])('knows the facts that %s %s changes', (service, eventName, facts) => {
    const call = relevantCall(`${service}.amazonaws.com`, eventName);
    expect(call === undefined ? null : factsChangedBy(call)).toEqual(facts);
  });

  it('takes every fact of a repository for changed when one is made or deleted', () => {
    const all = Object.entries(factSources).flatMap(([name, source]) =>
      source.of === 'repository' ? [name] : [],
    );
    for (const eventName of ['CreateRepository', 'DeleteRepository']) {
      const reading = read(apiCall('ecr', eventName, { repositoryName: 'app' }));
      expect(reading.action === 'ignore' ? null : reading.changedFacts).toEqual(all);
    }
  });
});
