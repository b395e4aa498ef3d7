import type { Alert } from '../model/alert.ts';
import type { Cause, Finding, RemediationState } from '../model/finding.ts';
import type { Resource } from '../model/resource.ts';
import type { AlertBody, AlertContext } from './alert-model.ts';
import type {
  AlertJson,
  DigestAlertJson,
  RemediationAlertJson,
  TransitionAlertJson,
} from './alert-schema.ts';
import { bySeverity } from './alert-digest.ts';
import { runbookUrl } from './alert-finding.ts';
import { MAX_BODY_BYTES } from './alert-text.ts';
import { clip } from './bounds.ts';
import { exemptionSnippet, revertCommand } from './cli-commands.ts';
import { consoleUrl } from './console-url.ts';
import { span } from './phrases.ts';

// Types only come from alert-schema.ts: the schema itself is for tests and docs and is not bundled into a function.
const SCHEMA_VERSION: AlertJson['schemaVersion'] = '1.0';

const resourceJson = (resource: Resource, context: AlertContext): TransitionAlertJson['resource'] => ({
  arn: resource.arn,
  type: resource.type,
  name: resource.name,
  account: resource.account,
  accountAlias: Object.hasOwn(context.accountAliases, resource.account)
    ? (context.accountAliases[resource.account] ?? null)
    : null,
  region: resource.region,
  partition: resource.partition,
  consoleUrl: consoleUrl(resource),
});

const controlJson = (id: string, context: AlertContext): TransitionAlertJson['control'] => {
  const guide = context.guides.get(id);
  return {
    id,
    title: guide?.title ?? null,
    requirement: guide?.requirement ?? null,
    rationale: guide?.rationale ?? null,
    frameworks: [...(guide?.frameworks ?? [])],
    references: [...(guide?.references ?? [])],
  };
};

const causeJson = (cause: Cause, observedAt: string, toldAt: string): TransitionAlertJson['cause'] => {
  if (cause.kind !== 'event') return { ...cause };
  return {
    kind: 'event',
    eventId: cause.eventId,
    eventName: cause.eventName,
    eventTime: cause.eventTime,
    judgedAfterMilliseconds: span(cause.eventTime, observedAt),
    toldAfterMilliseconds: span(cause.eventTime, toldAt),
    actor: { ...cause.actor },
  };
};

const planJson = (
  plan: Extract<RemediationState, { status: 'proposed' }>['plan'],
): RemediationAlertJson['plan'] => ({
  changes: plan.changes.map((change) => ({ ...change })),
  automatic: plan.automatic,
  reason: plan.reason,
  cli: [...plan.cli],
  iac: plan.iac,
});

const remediationJson = (state: RemediationState): TransitionAlertJson['remediation'] => ({
  status: state.status,
  plan: state.status === 'proposed' ? planJson(state.plan) : null,
  reason: state.status === 'skipped' ? state.reason : null,
  attemptId: state.status === 'applied' || state.status === 'failed' ? state.attemptId : null,
  at: state.status === 'none' || state.status === 'proposed' ? null : state.at,
});

const previousJson = (before: Finding | null): TransitionAlertJson['before'] =>
  before === null
    ? null
    : {
        compliance: before.compliance,
        severity: before.severity,
        evidenceSummary: before.evidence.summary,
        violations: before.violations.map((violation) => violation.message),
      };

const envelope = (body: AlertBody, toldAt: string) => ({
  schemaVersion: SCHEMA_VERSION,
  key: body.key,
  threadId: body.threadId,
  headline: clip(body.content.headline, 2_000),
  toldAt,
  severity: body.content.severity,
  truncated: [],
});

const transitionJson = (
  alert: Extract<Alert, { kind: 'transition' }>,
  body: AlertBody,
  context: AlertContext,
): TransitionAlertJson => {
  const { finding, before, toldAt } = alert;
  const plan = finding.remediation.status === 'proposed' ? finding.remediation.plan : null;
  return {
    ...envelope(body, toldAt),
    kind: 'transition',
    findingId: finding.key,
    revision: finding.revision,
    transition: finding.transition,
    open: finding.open,
    compliance: finding.compliance,
    previousCompliance: finding.previousCompliance,
    before: previousJson(before),
    control: controlJson(finding.control, context),
    resource: resourceJson(finding.resource, context),
    resourceDeleted: finding.resourceDeleted,
    owner: finding.owner,
    violations: finding.violations.map((violation) => ({ ...violation, data: { ...violation.data } })),
    evidence: { summary: finding.evidence.summary, data: { ...finding.evidence.data } },
    cause: causeJson(finding.cause, finding.observedAt, toldAt),
    exemption: finding.exemption === null ? null : { ...finding.exemption },
    remediation: remediationJson(finding.remediation),
    fix: {
      remedy: context.guides.get(finding.control)?.remedy ?? null,
      cli: [...(plan?.cli ?? [])],
      iac: plan?.iac ?? null,
    },
    howToExempt: exemptionSnippet({
      control: finding.control,
      resourceArn: finding.resource.arn,
      from: toldAt,
    }),
    runbookUrl: runbookUrl(finding.control, context),
    firstSeenAt: finding.firstSeenAt,
    changedAt: finding.changedAt,
    openedAt: finding.openedAt,
    observedAt: finding.observedAt,
    configVersion: finding.configVersion,
  };
};

const remediationAlertJson = (
  alert: Extract<Alert, { kind: 'remediation' }>,
  body: AlertBody,
  context: AlertContext,
): RemediationAlertJson => {
  const { attempt } = alert;
  return {
    ...envelope(body, alert.toldAt),
    kind: 'remediation',
    findingId: attempt.findingKey,
    revision: attempt.revision,
    outcome: attempt.outcome,
    detail: attempt.detail,
    attemptId: attempt.id,
    triggeredBy: attempt.triggeredBy,
    startedAt: attempt.startedAt,
    finishedAt: attempt.finishedAt,
    control: controlJson(attempt.control, context),
    resource: resourceJson(attempt.resource, context),
    owner: alert.finding?.owner ?? null,
    plan: planJson(attempt.plan),
    changes: attempt.changes.map((change) => ({ ...change })),
    before: attempt.before.map((state) => ({ ...state })),
    after: attempt.after.map((state) => ({ ...state })),
    wayBack: revertCommand(attempt.id),
    runbookUrl: runbookUrl(attempt.control, context),
  };
};

const countBy = (values: readonly string[]): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries(counts);
};

const digestJson = (
  alert: Extract<Alert, { kind: 'digest' }>,
  body: AlertBody,
  context: AlertContext,
): DigestAlertJson => ({
  ...envelope(body, alert.toldAt),
  kind: 'digest',
  digestId: alert.digestId,
  count: alert.findings.length,
  bySeverity: countBy(alert.findings.map((finding) => finding.severity)),
  byControl: countBy(alert.findings.map((finding) => finding.control)),
  findings: bySeverity(alert.findings).map((finding) => ({
    findingId: finding.key,
    key: `${finding.key}@${finding.revision}`,
    control: finding.control,
    compliance: finding.compliance,
    severity: finding.severity,
    resource: resourceJson(finding.resource, context),
    owner: finding.owner,
    violations: finding.violations.slice(0, 5).map((violation) => clip(violation.message, 300)),
    evidenceSummary: clip(finding.evidence.summary, 300),
  })),
});

const NOT_ASCII = /[\u007F-\uFFFF]/g;

/** ASCII only: what does not show in an editor shows as an escape, and bytes are characters. */
const asciiJson = (value: AlertJson): string =>
  JSON.stringify(value).replace(
    NOT_ASCII,
    (unit) => String.raw`\u` + unit.charCodeAt(0).toString(16).padStart(4, '0'),
  );

/** Whether `asciiJson` keeps to the size, without making it: an escape is six characters for one. */
const isWithin = (value: AlertJson): boolean => {
  const json = JSON.stringify(value);
  if (json.length > MAX_BODY_BYTES) return false;
  return json.length + 5 * (json.match(NOT_ASCII)?.length ?? 0) <= MAX_BODY_BYTES;
};

/** What can be left out, least needed first. Each step names itself in `truncated`. */
const SHRINKERS: readonly ((alert: AlertJson) => AlertJson)[] = [
  (alert) =>
    alert.kind === 'transition'
      ? {
          ...alert,
          evidence: { summary: alert.evidence.summary, data: {} },
          truncated: [...alert.truncated, 'evidence.data'],
        }
      : alert,
  (alert) =>
    alert.kind === 'transition'
      ? {
          ...alert,
          violations: alert.violations
            .slice(0, 50)
            .map(({ messageId, message }) => ({ messageId, message: clip(message, 1_000), data: {} })),
          before: null,
          truncated: [...alert.truncated, 'violations', 'before'],
        }
      : alert,
  (alert) =>
    alert.kind === 'transition'
      ? {
          ...alert,
          evidence: { summary: clip(alert.evidence.summary, 4_000), data: {} },
          remediation: { ...alert.remediation, plan: null },
          fix: { ...alert.fix, cli: [], iac: null },
          truncated: [...alert.truncated, 'evidence.summary', 'remediation.plan', 'fix'],
        }
      : alert,
  (alert) =>
    alert.kind === 'remediation'
      ? { ...alert, before: [], after: [], truncated: [...alert.truncated, 'before', 'after'] }
      : alert,
  (alert) =>
    alert.kind === 'remediation'
      ? {
          ...alert,
          changes: [],
          plan: { ...alert.plan, changes: [], cli: [], iac: null },
          truncated: [...alert.truncated, 'changes', 'plan'],
        }
      : alert,
];

const halved = (alert: DigestAlertJson): DigestAlertJson => ({
  ...alert,
  findings: alert.findings.slice(0, Math.floor(alert.findings.length / 2)),
  truncated: ['findings'],
});

/** The JSON text within the size that SNS carries; what was left out is named in `truncated`. */
const within = (alert: AlertJson): string => {
  let current = alert;
  for (const shrink of SHRINKERS) {
    if (isWithin(current)) break;
    current = shrink(current);
  }
  while (current.kind === 'digest' && current.findings.length > 0 && !isWithin(current)) {
    current = halved(current);
  }
  return asciiJson(current);
};

/** The machine form of an alert, `schema/alert.schema.json`. Values are as they were, escaped for JSON. */
export const alertJson = (alert: Alert, body: AlertBody, context: AlertContext): string => {
  switch (alert.kind) {
    case 'transition':
      return within(transitionJson(alert, body, context));
    case 'remediation':
      return within(remediationAlertJson(alert, body, context));
    case 'digest':
      return within(digestJson(alert, body, context));
  }
};
