import { dynamoClient, snsClient } from '../../shared/aws/clients.ts';
import { dynamoDigestStore } from '../../shared/aws/dynamo-digests.ts';
import { dynamoFindingStore } from '../../shared/aws/dynamo-findings.ts';
import { dynamoHealthStore } from '../../shared/aws/dynamo-health.ts';
import { dynamoHistoryStore } from '../../shared/aws/dynamo-history.ts';
import { snsPublisher, type RenderedMessage } from '../../shared/aws/sns-publisher.ts';
import type { AlertEnvironment } from '../../shared/config/environment.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import type { Alert } from '../../shared/model/alert.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { snsAttributes } from '../../shared/report/alert-attributes.ts';
import { renderAlert } from '../../shared/report/alert.ts';
import { clientOptions, reporting, type Surroundings } from '../surroundings.ts';
import { alertHandler } from './alert.ts';

/** The function with its dependencies bound: clients are made once and kept warm. */
export const wireAlert = (
  environment: AlertEnvironment,
  surroundings: Surroundings,
): ReturnType<typeof alertHandler> => {
  const { settings, clock, telemetry } = surroundings;
  const options = clientOptions(environment, surroundings);
  const table = {
    client: dynamoClient(options),
    tableName: environment.tableName,
    clock,
    historyDays: settings.state.historyDays,
  };
  const handler = alertHandler({
    settings,
    findings: dynamoFindingStore(table),
    history: dynamoHistoryStore(table),
    digests: dynamoDigestStore(table),
    health: dynamoHealthStore(table),
    publisher: snsPublisher({
      client: snsClient(options),
      topics: environment.topics,
      render: renderer(settings),
    }),
    clock,
    ...telemetry,
  });
  return reporting(telemetry, handler);
};

const renderer = ({ alerts }: Settings): ((alert: Alert) => RenderedMessage) => {
  const context = { ...alerts, guides: new Map(CATALOGUE.map((control) => [control.id, control])) };
  return (alert) => {
    const rendered = renderAlert(alert, context);
    return { ...rendered, attributes: snsAttributes(rendered.attributes) };
  };
};
