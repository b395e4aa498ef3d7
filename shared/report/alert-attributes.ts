import type { Alert } from '../model/alert.ts';
import type { AlertAttributes, AlertContext } from './alert-model.ts';
import { ALERT_ATTRIBUTES } from './alert-model.ts';
import { distinct } from './alert-digest.ts';
import { attemptSeverity } from './alert-remediation.ts';
import { clip } from './bounds.ts';
import { ATTEMPT_TRANSITIONS } from './phrases.ts';

/** Values of one attribute in a digest; a filter on one that is left out still has the others to match. */
const MAX_LIST = 40;

const values = (all: readonly string[]): string | readonly string[] => {
  const list = distinct(all).slice(0, MAX_LIST);
  return list.length > 1 ? list : (list[0] ?? '-');
};

/**
 * Attributes for subscription filters. `transition` is the finding's transition kind (`exemption-expired`, …), for
 * attempts `remediation-failed`, `contested`, …, and `opened` for a digest, which opens all its findings.
 * `compliance` of an attempt is the one that triggered it.
 */
export const alertAttributes = (alert: Alert, context: AlertContext): AlertAttributes => {
  switch (alert.kind) {
    case 'transition': {
      const { finding } = alert;
      const { account, region, type } = finding.resource;
      const { severity, control, compliance, transition } = finding;
      return { severity, control, compliance, transition, account, region, resourceType: type };
    }
    case 'remediation': {
      const { attempt, finding } = alert;
      const { account, region, type } = attempt.resource;
      return {
        severity: attemptSeverity(alert, context),
        control: attempt.control,
        compliance: finding?.compliance ?? 'NON_COMPLIANT',
        transition: ATTEMPT_TRANSITIONS[attempt.outcome],
        account,
        region,
        resourceType: type,
      };
    }
    case 'digest': {
      const { findings } = alert;
      return {
        severity: values(findings.map((finding) => finding.severity)),
        control: values(findings.map((finding) => finding.control)),
        compliance: values(findings.map((finding) => finding.compliance)),
        transition: 'opened',
        account: values(findings.map((finding) => finding.resource.account)),
        region: values(findings.map((finding) => finding.resource.region)),
        resourceType: values(findings.map((finding) => finding.resource.type)),
      };
    }
  }
};

interface SnsAttribute {
  readonly DataType: 'String' | 'String.Array';
  readonly StringValue: string;
}

/** As `Publish` takes them. An empty value, which SNS refuses, becomes `-`. Source: SNS, Message attributes. */
export const snsAttributes = (attributes: AlertAttributes): Readonly<Record<string, SnsAttribute>> =>
  Object.fromEntries(
    ALERT_ATTRIBUTES.map((name): [string, SnsAttribute] => {
      const value = attributes[name];
      return typeof value === 'string'
        ? [name, { DataType: 'String', StringValue: clip(value, 256) || '-' }]
        : [name, { DataType: 'String.Array', StringValue: JSON.stringify(value) }];
    }),
  );
