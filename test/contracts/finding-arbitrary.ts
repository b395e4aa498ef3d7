import * as fc from 'fast-check';
import { COMPLIANCES, SEVERITIES } from '../../shared/model/compliance.ts';
import {
  findingKey,
  TRANSITION_KINDS,
  type Actor,
  type Cause,
  type Finding,
} from '../../shared/model/finding.ts';
import type { JsonObject } from '../../shared/model/verdict.ts';
import { REPOSITORY } from './samples.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const time = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2099-01-01') })
  .map((d) => d.toISOString());

/** As JSON has it: a null prototype is no JSON, and -0 is 0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Data as policies and tags can bring it: hostile keys, half surrogates, numbers of any size. */
export const hostileJson: fc.Arbitrary<JsonObject> = fc
  .dictionary(
    fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', ''), fc.string({ maxLength: 8 })),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('\ud800', Number.MAX_VALUE, 5e-324, 2 ** 60, ''),
      fc.constant({ name: 'Set', constructor: { name: 'Map' } }),
    ),
    { maxKeys: 4 },
  )
  .map((data) => plain(data) as JsonObject);

const actor: fc.Arbitrary<Actor> = fc.record({
  type: text,
  arn: fc.option(text),
  accountId: fc.option(text),
  sessionIssuerArn: fc.option(text),
  userName: fc.option(text),
  invokedBy: fc.option(text),
  sourceIp: fc.option(text),
  userAgent: fc.option(text),
  mfa: fc.option(fc.boolean()),
  own: fc.boolean(),
});

const cause: fc.Arbitrary<Cause> = fc.oneof(
  fc.record({ kind: fc.constant('event' as const), eventId: text, eventName: text, eventTime: time, actor }),
  fc.record({
    kind: fc.constant('sweep' as const),
    sweepId: text,
    trigger: fc.constantFrom('schedule' as const, 'deploy' as const),
  }),
  fc.record({ kind: fc.constant('remediation' as const), attemptId: text }),
  fc.record({ kind: fc.constant('scan' as const) }),
);

const remediation: fc.Arbitrary<Finding['remediation']> = fc.oneof(
  fc.record({ status: fc.constant('none' as const) }),
  fc.record({ status: fc.constant('skipped' as const), reason: text, at: time }),
  fc.record({ status: fc.constantFrom('applied' as const, 'failed' as const), attemptId: text, at: time }),
  fc.record({
    status: fc.constant('proposed' as const),
    plan: fc.record({
      changes: fc.array(
        fc.oneof(
          fc.record({
            kind: fc.constant('put-image-scanning-configuration' as const),
            scanOnPush: fc.boolean(),
          }),
          fc.record({ kind: fc.constant('set-repository-policy' as const), policyText: text }),
          fc.record({
            kind: fc.constant('put-image-tag-mutability' as const),
            mode: fc.constant('IMMUTABLE' as const),
          }),
          fc.record({
            kind: fc.constant('put-registry-scanning-configuration' as const),
            add: fc.record({
              frequency: fc.constantFrom('SCAN_ON_PUSH' as const, 'CONTINUOUS_SCAN' as const),
              filter: text,
            }),
          }),
        ),
        { maxLength: 3 },
      ),
      automatic: fc.boolean(),
      reason: text,
      cli: fc.array(text, { maxLength: 2 }),
      iac: fc.option(text),
    }),
  }),
);

/** Any finding of one resource whose control is `control`. */
export const anyFinding = (control: string): fc.Arbitrary<Finding> =>
  fc
    .record({
      key: fc.constant(findingKey(REPOSITORY.arn, control)),
      resource: fc.constant(REPOSITORY),
      control: fc.constant(control),
      compliance: fc.constantFrom(...COMPLIANCES),
      severity: fc.constantFrom(...SEVERITIES),
      violations: fc.array(fc.record({ messageId: text, message: text, data: hostileJson }), {
        maxLength: 3,
      }),
      evidence: fc.record({ summary: text, data: hostileJson }),
      exemption: fc.option(fc.record({ id: text, owner: text, reason: text, expiresAt: time })),
      open: fc.boolean(),
      owner: fc.option(text),
      cause,
      transition: fc.constantFrom(...TRANSITION_KINDS),
      previousCompliance: fc.option(fc.constantFrom(...COMPLIANCES)),
      revision: fc.nat(),
      firstSeenAt: time,
      changedAt: time,
      openedAt: fc.option(time),
      observedAt: time,
      configVersion: text,
      resourceDeleted: fc.constant(false),
      remediation,
    })
    .map((finding) => plain(finding) as Finding);
