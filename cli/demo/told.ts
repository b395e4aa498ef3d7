import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Stores } from '../../shared/aws/dynamo-stores.ts';
import type { Alert } from '../../shared/model/alert.ts';
import type { Finding } from '../../shared/model/finding.ts';
import { alertSchema, type AlertJson } from '../../shared/report/alert-schema.ts';
import { alertBody } from '../../shared/report/alert.ts';
import type { AlertBody, AlertContext } from '../../shared/report/alert-model.ts';

/** One alert that reached the topics. */
export interface Told {
  /** As machines got it. */
  readonly json: AlertJson;
  /** What its forms for people were made from. */
  readonly body: AlertBody;
  /** The findings that it is about; several in a digest. */
  readonly findings: readonly Finding[];
  /** Milliseconds, virtual. */
  readonly publishedAt: number;
}

interface Source {
  readonly sandbox: Sandbox;
  readonly stores: Stores;
  readonly context: AlertContext;
  /** The topic that carries the machine form. */
  readonly topicArn: string;
}

export interface Tellings {
  readonly take: () => Promise<readonly Told[]>;
  /** To be called when the sandbox has forgotten its messages. */
  readonly forget: () => void;
}

/** The finding as it was at one revision, from the record of what was told. */
const findingAt = async (
  { history }: Stores,
  { arn, control, revision }: { readonly arn: string; readonly control: string; readonly revision: number },
): Promise<Finding | null> => {
  for (let token: string | null | undefined; token !== null;) {
    const page = await history.historyOf(arn, token);
    const found = page.items.find((item) => item.control === control && item.revision === revision);
    if (found !== undefined) return found;
    token = page.nextToken;
  }
  return null;
};

const existing = <T>(value: T | null, what: string): T => {
  if (value === null) throw new Error(`an alert was published of ${what}, which is not on record`);
  return value;
};

const transitionOf = async (
  json: Extract<AlertJson, { kind: 'transition' }>,
  stores: Stores,
): Promise<Extract<Alert, { kind: 'transition' }>> => {
  const at = { arn: json.resource.arn, control: json.control.id, revision: json.revision };
  const finding = existing(await findingAt(stores, at), json.key);
  const before = await findingAt(stores, { ...at, revision: json.revision - 1 });
  return { kind: 'transition', finding, before, toldAt: json.toldAt };
};

const revisionOf = (key: string): number => Number(key.slice(key.lastIndexOf('@') + 1));

const digestOf = async (
  json: Extract<AlertJson, { kind: 'digest' }>,
  stores: Stores,
): Promise<Extract<Alert, { kind: 'digest' }>> => {
  const findings: Finding[] = [];
  for (const { key, control, resource } of json.findings) {
    const at = { arn: resource.arn, control, revision: revisionOf(key) };
    findings.push(existing(await findingAt(stores, at), key));
  }
  return { kind: 'digest', digestId: json.digestId, findings, toldAt: json.toldAt };
};

/** The alert that a message was made from, with everything that people are shown of it. */
const alertOf = async (json: AlertJson, stores: Stores): Promise<Alert> => {
  switch (json.kind) {
    case 'transition':
      return transitionOf(json, stores);
    case 'digest':
      return digestOf(json, stores);
    case 'remediation': {
      const attempt = existing(await stores.attempts.attempt(json.attemptId), json.attemptId);
      return { kind: 'remediation', attempt, toldAt: json.toldAt };
    }
  }
};

const findingsOf = (alert: Alert): readonly Finding[] => {
  switch (alert.kind) {
    case 'transition':
      return [alert.finding];
    case 'digest':
      return alert.findings;
    case 'remediation':
      return [];
  }
};

/** Reads the alerts off the topic, each once. */
export const createTellings = ({ sandbox, stores, context, topicArn }: Source): Tellings => {
  let seen = 0;
  return {
    take: async () => {
      const messages = sandbox.sns.published(topicArn).slice(seen);
      seen += messages.length;
      const told: Told[] = [];
      for (const { message, publishedAt } of messages) {
        const json = alertSchema.parse(JSON.parse(message));
        const alert = await alertOf(json, stores);
        told.push({ json, body: alertBody(alert, context), findings: findingsOf(alert), publishedAt });
      }
      return told;
    },
    forget: () => {
      seen = 0;
    },
  };
};
