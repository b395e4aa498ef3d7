import * as z from 'zod/mini';
import { COMPLIANCES, SEVERITIES } from '../model/compliance.ts';
import { TRANSITION_KINDS } from '../model/finding.ts';
import { ATTEMPT_OUTCOMES } from '../model/remediation.ts';
import { RESOURCE_TYPES } from '../model/resource.ts';

/**
 * The JSON form of an alert, version 1.0: a public interface. Fields may be added within 1.x; receivers must ignore
 * those that they do not know. `schema/alert.schema.json` is made from this.
 */
const ALERT_SCHEMA_VERSION = '1.0';

const text = z.string();
const maybe = z.nullable(z.string());
const time = z.iso.datetime();
/** Whatever JSON a control or a change consists of. */
const data = z.record(z.string(), z.unknown());

const resource = z.strictObject({
  arn: text,
  type: z.enum(RESOURCE_TYPES),
  name: text,
  account: text,
  accountAlias: maybe,
  region: text,
  partition: text,
  consoleUrl: maybe,
});

const control = z.strictObject({
  id: text,
  title: maybe,
  requirement: maybe,
  rationale: maybe,
  frameworks: z.array(text),
  references: z.array(text),
});

const violation = z.strictObject({ messageId: text, message: text, data });

const actor = z.strictObject({
  type: text,
  arn: maybe,
  accountId: maybe,
  sessionIssuerArn: maybe,
  userName: maybe,
  invokedBy: maybe,
  sourceIp: maybe,
  userAgent: maybe,
  mfa: z.nullable(z.boolean()),
  own: z.boolean(),
});

const cause = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('event'),
    eventId: text,
    eventName: text,
    eventTime: text,
    /** From the call to the judgement and to the alert; null where a time cannot be read. */
    judgedAfterMilliseconds: z.nullable(z.number()),
    toldAfterMilliseconds: z.nullable(z.number()),
    actor,
  }),
  z.strictObject({ kind: z.literal('sweep'), sweepId: text, trigger: z.enum(['schedule', 'deploy']) }),
  z.strictObject({ kind: z.literal('remediation'), attemptId: text }),
  z.strictObject({ kind: z.literal('scan') }),
]);

const plan = z.strictObject({
  changes: z.array(data),
  automatic: z.boolean(),
  reason: text,
  cli: z.array(text),
  iac: maybe,
});

const remediation = z.strictObject({
  status: z.enum(['none', 'proposed', 'skipped', 'applied', 'failed']),
  plan: z.nullable(plan),
  reason: maybe,
  attemptId: maybe,
  at: maybe,
});

const exemption = z.strictObject({ id: text, owner: text, reason: text, expiresAt: text });

const previous = z.strictObject({
  compliance: z.enum(COMPLIANCES),
  severity: z.enum(SEVERITIES),
  evidenceSummary: text,
  violations: z.array(text),
});

const envelope = {
  schemaVersion: z.literal(ALERT_SCHEMA_VERSION),
  /** Stable: drop repeats by it. */
  key: text,
  /** The same for everything that is told of one finding. */
  threadId: text,
  headline: text,
  toldAt: time,
  severity: z.enum(SEVERITIES),
  /** What had to be left out to keep the message within the size that SNS carries. */
  truncated: z.array(text),
};

const transitionAlert = z.strictObject({
  ...envelope,
  kind: z.literal('transition'),
  findingId: text,
  revision: z.int(),
  transition: z.enum(TRANSITION_KINDS),
  open: z.boolean(),
  compliance: z.enum(COMPLIANCES),
  previousCompliance: z.nullable(z.enum(COMPLIANCES)),
  before: z.nullable(previous),
  control,
  resource,
  resourceDeleted: z.boolean(),
  owner: maybe,
  violations: z.array(violation),
  evidence: z.strictObject({ summary: text, data }),
  cause,
  exemption: z.nullable(exemption),
  remediation,
  fix: z.strictObject({ remedy: maybe, cli: z.array(text), iac: maybe }),
  howToExempt: text,
  runbookUrl: maybe,
  firstSeenAt: text,
  changedAt: text,
  openedAt: maybe,
  observedAt: text,
  configVersion: text,
});

const remediationAlert = z.strictObject({
  ...envelope,
  kind: z.literal('remediation'),
  findingId: text,
  revision: z.int(),
  outcome: z.enum(ATTEMPT_OUTCOMES),
  detail: maybe,
  attemptId: text,
  triggeredBy: text,
  startedAt: text,
  finishedAt: maybe,
  control,
  resource,
  owner: maybe,
  plan,
  changes: z.array(data),
  before: z.array(data),
  after: z.array(data),
  wayBack: text,
  runbookUrl: maybe,
});

const digestAlert = z.strictObject({
  ...envelope,
  kind: z.literal('digest'),
  digestId: text,
  count: z.int(),
  bySeverity: z.record(z.string(), z.int()),
  byControl: z.record(z.string(), z.int()),
  /** Gravest first. */
  findings: z.array(
    z.strictObject({
      findingId: text,
      key: text,
      control: text,
      compliance: z.enum(COMPLIANCES),
      severity: z.enum(SEVERITIES),
      resource,
      owner: maybe,
      violations: z.array(text),
      evidenceSummary: text,
    }),
  ),
});

export const alertSchema = z.discriminatedUnion('kind', [transitionAlert, remediationAlert, digestAlert]);
export type AlertJson = z.infer<typeof alertSchema>;
export type TransitionAlertJson = z.infer<typeof transitionAlert>;
export type RemediationAlertJson = z.infer<typeof remediationAlert>;
export type DigestAlertJson = z.infer<typeof digestAlert>;

/** The content of `schema/alert.schema.json` (JSON Schema 2020-12). */
export const alertJsonSchema = (): Readonly<Record<string, unknown>> => ({
  ...z.toJSONSchema(alertSchema, { target: 'draft-2020-12' }),
  title: 'ecr-warden alert',
  description: `One alert of ecr-warden as published to the machine topic, version ${ALERT_SCHEMA_VERSION}. Fields may be added within 1.x.`,
});
