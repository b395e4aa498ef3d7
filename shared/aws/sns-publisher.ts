import { PublishCommand, type MessageAttributeValue, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert } from '../model/alert.ts';
import type { AlertPublisher } from '../ports/effects.ts';
import { callAws } from './faults.ts';

/** One alert in its three forms, as `shared/report` renders it. */
export interface RenderedMessage {
  readonly subject: string;
  readonly text: string;
  readonly json: string;
  readonly chat: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
}

/** Topic ARNs; null: nobody wants that form. */
export interface AlertTopics {
  readonly human: string | null;
  readonly machine: string | null;
  readonly chat: string | null;
}

export interface SnsPublisherOptions {
  readonly client: SNSClient;
  readonly topics: AlertTopics;
  readonly render: (alert: Alert) => RenderedMessage;
}

interface Publication {
  readonly TopicArn: string;
  readonly Message: string;
  readonly Subject?: string;
}

/**
 * Publishes each form to its topic. If one fails the call throws, after all have been tried: the whole alert is
 * repeated then, under its own key. Messages are plain strings, for attributes are lost with `MessageStructure` json.
 */
export const snsPublisher = ({ client, topics, render }: SnsPublisherOptions): AlertPublisher => ({
  publish: async (alert) => {
    const rendered = render(alert);
    const outcomes = await Promise.allSettled(
      publicationsOf(rendered, topics).map((publication) =>
        callAws({ service: 'sns', operation: 'Publish' }, () =>
          client.send(new PublishCommand({ ...publication, MessageAttributes: { ...rendered.attributes } })),
        ),
      ),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  },
});

/** Only mail shows a subject. */
const publicationsOf = (message: RenderedMessage, { human, machine, chat }: AlertTopics): Publication[] => [
  ...(human === null ? [] : [{ TopicArn: human, Message: message.text, Subject: message.subject }]),
  ...(machine === null ? [] : [{ TopicArn: machine, Message: message.json }]),
  ...(chat === null ? [] : [{ TopicArn: chat, Message: message.chat }]),
];
