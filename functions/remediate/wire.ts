import { ecrClients, sqsClient, taggingClients } from '../../shared/aws/clients.ts';
import { dynamoStores } from '../../shared/aws/dynamo-stores.ts';
import { ecrChangeApplier } from '../../shared/aws/ecr-applier.ts';
import { ecrReader } from '../../shared/aws/ecr-reader.ts';
import { sqsWorkQueue } from '../../shared/aws/sqs-queue.ts';
import type { RemediateEnvironment } from '../../shared/config/environment.ts';
import { configureCatalogue } from '../../shared/controls/catalogue.ts';
import { clientOptions, reporting, stateTable, type Surroundings } from '../surroundings.ts';
import { remediateHandler } from './remediate.ts';

/** The function with its dependencies bound: clients are made once and kept warm. */
export const wireRemediate = (
  environment: RemediateEnvironment,
  surroundings: Surroundings,
): ReturnType<typeof remediateHandler> => {
  const { settings, clock, telemetry } = surroundings;
  const reading = clientOptions(environment, surroundings);
  const writing = clientOptions({ ...environment, memberRead: environment.memberRemediate }, surroundings);
  const stores = dynamoStores(stateTable(environment, surroundings, reading));
  const handler = remediateHandler({
    settings,
    controls: configureCatalogue(settings),
    reader: ecrReader({ ecr: ecrClients(reading), tagging: taggingClients(reading), clock }),
    applier: ecrChangeApplier(ecrClients(writing)),
    queue: sqsWorkQueue({ client: sqsClient(reading), queueUrl: environment.queueUrl }),
    clock,
    ...stores,
    ...telemetry,
  });
  return reporting(telemetry, handler);
};
