import { sqsClient } from '../../shared/aws/clients.ts';
import { dynamoStores } from '../../shared/aws/dynamo-stores.ts';
import { sqsDeadLetters } from '../../shared/aws/sqs-dead-letters.ts';
import { sqsWorkQueue } from '../../shared/aws/sqs-queue.ts';
import type { SweepEnvironment } from '../../shared/config/environment.ts';
import { clientOptions, reporting, stateTable, type Surroundings } from '../surroundings.ts';
import { sweepHandler } from './sweep.ts';

/** The function with its dependencies bound: clients are made once and kept warm. */
export const wireSweep = (
  environment: SweepEnvironment,
  surroundings: Surroundings,
): ReturnType<typeof sweepHandler> => {
  const { clock, telemetry } = surroundings;
  const options = clientOptions(environment, surroundings);
  const sqs = sqsClient(options);
  const stores = dynamoStores(stateTable(environment, surroundings, options));
  const handler = sweepHandler({
    registries: environment.accounts.flatMap((account) =>
      environment.regions.map((region) => ({ account, region })),
    ),
    queue: sqsWorkQueue({ client: sqs, queueUrl: environment.queueUrl }),
    deadLetters: sqsDeadLetters(sqs, environment.deadLetterQueueUrls),
    clock,
    ...stores,
    ...telemetry,
  });
  return reporting(telemetry, handler);
};
