import type { Alert } from '../model/alert.ts';
import { transitionKey } from '../model/finding.ts';
import { alertAttributes } from './alert-attributes.ts';
import { chatNotification } from './alert-chat.ts';
import { digestContent } from './alert-digest.ts';
import { findingContent } from './alert-finding.ts';
import { alertJson } from './alert-json.ts';
import type { AlertBody, AlertContent, AlertContext, RenderedAlert } from './alert-model.ts';
import { remediationContent } from './alert-remediation.ts';
import { alertText } from './alert-text.ts';
import { subjectText } from './sanitise.ts';

/**
 * What a receiver may drop repeats by. A transition's is `findingKey@revision`; an attempt's adds the attempt and its
 * outcome, for one revision may see several.
 */
const alertKey = (alert: Alert): string => {
  switch (alert.kind) {
    case 'transition':
      return transitionKey(alert.finding);
    case 'remediation': {
      const { findingKey, revision, id, outcome } = alert.attempt;
      return `${transitionKey({ key: findingKey, revision })}/${id}/${outcome}`;
    }
    case 'digest':
      return `digest/${alert.digestId}`;
  }
};

/** Everything told of one finding has its key as the thread; a digest is a thread of its own. */
const alertThread = (alert: Alert): string => {
  switch (alert.kind) {
    case 'transition':
      return alert.finding.key;
    case 'remediation':
      return alert.attempt.findingKey;
    case 'digest':
      return `digest/${alert.digestId}`;
  }
};

/** What is said, before it is laid out. */
const contentOf = (alert: Alert, context: AlertContext): AlertContent => {
  switch (alert.kind) {
    case 'transition':
      return findingContent(alert, context);
    case 'remediation':
      return remediationContent(alert, context);
    case 'digest':
      return digestContent(alert, context);
  }
};

const resourcesOf = (alert: Alert): readonly string[] => {
  switch (alert.kind) {
    case 'transition':
      return [alert.finding.resource.arn];
    case 'remediation':
      return [alert.attempt.resource.arn];
    case 'digest':
      return alert.findings.map((finding) => finding.resource.arn);
  }
};

/** The alert's identity, content and attributes: what every form, the terminal's too, is laid out from. */
export const alertBody = (alert: Alert, context: AlertContext): AlertBody => ({
  key: alertKey(alert),
  threadId: alertThread(alert),
  content: contentOf(alert, context),
  attributes: alertAttributes(alert, context),
});

/**
 * One alert in every form that is published. Pure: the same alert gives the same bytes, so that a repeat is a repeat.
 * Names, tags and texts in it are somebody else's; each form makes them harmless for its destination.
 */
export const renderAlert = (alert: Alert, context: AlertContext): RenderedAlert => {
  const body = alertBody(alert, context);
  return {
    key: body.key,
    threadId: body.threadId,
    subject: subjectText(body.content.subject),
    text: alertText(body.content),
    json: alertJson(alert, body, context),
    chat: JSON.stringify(chatNotification(body, resourcesOf(alert))),
    attributes: body.attributes,
  };
};
