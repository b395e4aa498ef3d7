import * as z from 'zod/mini';
import { COMPLIANCES, SEVERITIES } from '../model/compliance.ts';
import { SCAN_FREQUENCIES } from '../model/facts.ts';
import { TRANSITION_KINDS } from '../model/finding.ts';
import { ATTEMPT_OUTCOMES } from '../model/remediation.ts';
import { RESOURCE_TYPES } from '../model/resource.ts';
import type { JsonObject } from '../model/verdict.ts';
import { loadJson } from './stored-json.ts';

// What items of the table and messages of the queue look like, for parsing them once where they come in.

const text = z.string();
const maybeText = z.nullable(z.string());
const count = z.number().check(z.nonnegative());

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const jsonObject = z.custom<JsonObject>(isObject);

const storedData = z.union([z.object({ data: jsonObject }), z.object({ dataJson: z.string() })]);

export const resourceSchema = z.object({
  type: z.enum(RESOURCE_TYPES),
  name: text,
  arn: text,
  account: z.string().check(z.regex(/^\d{12}$/)),
  region: z.string().check(z.regex(/^[a-z0-9-]{4,32}$/)),
  partition: z.string().check(z.regex(/^aws[a-z-]{0,20}$/)),
});

const actorSchema = z.object({
  type: text,
  arn: maybeText,
  accountId: maybeText,
  sessionIssuerArn: maybeText,
  userName: maybeText,
  invokedBy: maybeText,
  sourceIp: maybeText,
  userAgent: maybeText,
  mfa: z.nullable(z.boolean()),
  own: z.boolean(),
});

export const causeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('event'),
    eventId: text,
    eventName: text,
    eventTime: text,
    actor: actorSchema,
  }),
  z.object({ kind: z.literal('sweep'), sweepId: text, trigger: z.enum(['schedule', 'deploy']) }),
  z.object({ kind: z.literal('remediation'), attemptId: text }),
  z.object({ kind: z.literal('scan') }),
]);

const rulesSchema = z.array(z.object({ frequency: z.enum(SCAN_FREQUENCIES), filters: z.array(z.string()) }));

const changeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('put-image-scanning-configuration'), scanOnPush: z.boolean() }),
  z.object({
    kind: z.literal('put-registry-scanning-configuration'),
    add: z.object({ frequency: z.enum(['SCAN_ON_PUSH', 'CONTINUOUS_SCAN']), filter: text }),
  }),
  z.object({ kind: z.literal('put-image-tag-mutability'), mode: z.literal('IMMUTABLE') }),
  z.object({ kind: z.literal('set-repository-policy'), policyText: text }),
]);

const planSchema = z.object({
  changes: z.array(changeSchema),
  automatic: z.boolean(),
  reason: text,
  cli: z.array(z.string()),
  iac: maybeText,
});

const stateBeforeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('put-image-scanning-configuration'), scanOnPush: z.boolean() }),
  z.object({
    kind: z.literal('put-registry-scanning-configuration'),
    registryScanning: z.object({ scanType: z.enum(['BASIC', 'ENHANCED']), rules: rulesSchema }),
  }),
  z.object({
    kind: z.literal('put-image-tag-mutability'),
    mode: text,
    exclusionFilters: z.array(z.string()),
  }),
  z.object({ kind: z.literal('set-repository-policy'), policyText: maybeText }),
]);

const remediationStateSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ status: z.literal('proposed'), plan: planSchema }),
  z.object({ status: z.literal('skipped'), reason: text, at: text }),
  z.object({ status: z.literal('applied'), attemptId: text, at: text }),
  z.object({ status: z.literal('failed'), attemptId: text, at: text }),
]);

const appliedExemptionSchema = z.object({ id: text, owner: text, reason: text, expiresAt: text });

const violationSchema = z.pipe(
  z.intersection(z.object({ messageId: text, message: text }), storedData),
  z.transform(({ messageId, message, ...stored }) => ({ messageId, message, data: loadJson(stored) })),
);
const evidenceSchema = z.pipe(
  z.intersection(z.object({ summary: text }), storedData),
  z.transform(({ summary, ...stored }) => ({ summary, data: loadJson(stored) })),
);

/** The attributes of a resource in an item, spelled out so that a query can filter on them. */
const resourceAttributes = {
  resourceArn: resourceSchema.shape.arn,
  resourceType: resourceSchema.shape.type,
  resourceName: resourceSchema.shape.name,
  account: resourceSchema.shape.account,
  region: resourceSchema.shape.region,
  partition: resourceSchema.shape.partition,
};

export const findingItemSchema = z.object({
  ...resourceAttributes,
  findingKey: text,
  control: text,
  compliance: z.enum(COMPLIANCES),
  severity: z.enum(SEVERITIES),
  violations: z.array(violationSchema),
  evidence: evidenceSchema,
  exemption: z.nullable(appliedExemptionSchema),
  open: z.boolean(),
  owner: maybeText,
  cause: causeSchema,
  transition: z.enum(TRANSITION_KINDS),
  previousCompliance: z.nullable(z.enum(COMPLIANCES)),
  revision: count,
  firstSeenAt: text,
  changedAt: text,
  openedAt: maybeText,
  observedAt: text,
  configVersion: text,
  resourceDeleted: z.boolean(),
  remediation: remediationStateSchema,
});

export const attemptItemSchema = z.object({
  ...resourceAttributes,
  attemptId: text,
  findingKey: text,
  revision: count,
  control: text,
  triggeredBy: text,
  plan: planSchema,
  startedAt: text,
  finishedAt: maybeText,
  outcome: z.enum(ATTEMPT_OUTCOMES),
  detail: maybeText,
  before: z.array(stateBeforeSchema),
  after: z.array(stateBeforeSchema),
  changes: z.array(changeSchema),
});

export const summaryItemSchema = z.object({
  ...resourceAttributes,
  compliances: z.record(z.string(), z.enum(COMPLIANCES)),
  observedAt: text,
  deleted: z.boolean(),
  revisions: z.optional(count),
});

export const exemptionItemSchema = z.object({
  exemptionId: text,
  controls: z.array(z.string()),
  resources: z.array(z.string()),
  owner: text,
  reason: text,
  until: text,
  violationsDigest: z.optional(z.string()),
  writtenAt: text,
});

export const healthItemSchema = z.object({
  name: text,
  scope: text,
  at: text,
  data: z.record(z.string(), z.union([z.string(), z.number()])),
});

export const countsItemSchema = z.object({
  account: text,
  region: text,
  day: text,
  counts: z.array(
    z.object({ account: text, region: text, control: text, compliance: z.enum(COMPLIANCES), count }),
  ),
});

export const digestItemSchema = z.object({ digestId: text, dueAt: text, additions: count });
