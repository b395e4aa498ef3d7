import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ecrClients, sqsClient, taggingClients, type ClientOptions } from '../../shared/aws/clients.ts';
import { dynamoExemptionStore } from '../../shared/aws/dynamo-exemptions.ts';
import { dynamoFindingStore } from '../../shared/aws/dynamo-findings.ts';
import { ecrReader } from '../../shared/aws/ecr-reader.ts';
import { sqsWorkQueue } from '../../shared/aws/sqs-queue.ts';
import type { EvaluateEnvironment } from '../../shared/config/environment.ts';
import { configureCatalogue } from '../../shared/controls/catalogue.ts';
import { clientOptions, reporting, stateTable, type Surroundings } from '../surroundings.ts';
import { evaluateHandler } from './evaluate.ts';

/** The function with its dependencies bound: clients are made once and kept warm. */
export const wireEvaluate = (
  environment: EvaluateEnvironment,
  surroundings: Surroundings,
): ((batch: SQSEvent) => Promise<SQSBatchResponse>) => {
  const { settings, clock, telemetry } = surroundings;
  const options: ClientOptions = clientOptions(environment, surroundings);
  const table = stateTable(environment, surroundings, options);
  const handler = evaluateHandler({
    settings,
    controls: configureCatalogue(settings),
    reader: ecrReader({ ecr: ecrClients(options), tagging: taggingClients(options), clock }),
    findings: dynamoFindingStore(table),
    exemptions: dynamoExemptionStore(table),
    queue: sqsWorkQueue({ client: sqsClient(options), queueUrl: environment.queueUrl }),
    ownRoleArns: environment.ownRoleArns,
    clock,
    ...telemetry,
  });
  return reporting(telemetry, handler);
};
