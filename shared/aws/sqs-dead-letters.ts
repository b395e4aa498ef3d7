import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AwsRequestError } from '../model/errors.ts';
import type { DeadLetterCount, DeadLetters } from '../ports/dead-letters.ts';
import { callAws } from './faults.ts';
import { mapPooled } from './pool.ts';

const AT_ONCE = 4;

/** Counts what waits in dead-letter queues, by `ApproximateNumberOfMessages`. */
export const sqsDeadLetters = (client: SQSClient, queueUrls: readonly string[]): DeadLetters => ({
  counts: () => mapPooled(queueUrls, AT_ONCE, (queueUrl) => countOf(client, queueUrl)),
});

const nameOf = (queueUrl: string): string => queueUrl.slice(queueUrl.lastIndexOf('/') + 1);

const countOf = async (client: SQSClient, queueUrl: string): Promise<DeadLetterCount> => {
  const answer = await callAws({ service: 'sqs', operation: 'GetQueueAttributes' }, () =>
    client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    ),
  );
  const messages = Number(answer.Attributes?.ApproximateNumberOfMessages);
  if (!Number.isInteger(messages)) {
    throw new AwsRequestError('sqs answered without the number of messages', { data: { queueUrl } });
  }
  return { queue: nameOf(queueUrl), messages };
};
