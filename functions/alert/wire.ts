import { snsClient, type ClientOptions } from '../../shared/aws/clients.ts';
import { dynamoDigestStore } from '../../shared/aws/dynamo-digests.ts';
import { dynamoFindingStore } from '../../shared/aws/dynamo-findings.ts';
import { dynamoHealthStore } from '../../shared/aws/dynamo-health.ts';
import { dynamoHistoryStore } from '../../shared/aws/dynamo-history.ts';
import { snsPublisher, type RenderedMessage } from '../../shared/aws/sns-publisher.ts';
import type { AlertEnvironment } from '../../shared/config/environment.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import type { Alert } from '../../shared/model/alert.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { FindingImporter } from '../../shared/ports/effects.ts';
import { snsAttributes } from '../../shared/report/alert-attributes.ts';
import { toAsff } from '../../shared/report/asff.ts';
import type { AlertContext } from '../../shared/report/alert-model.ts';
import { renderAlert } from '../../shared/report/alert.ts';
import { clientOptions, reporting, stateTable, type Surroundings } from '../surroundings.ts';
import { alertHandler } from './alert.ts';

/** The function with its dependencies bound: clients are made once and kept warm. */
export const wireAlert = (
  environment: AlertEnvironment,
  surroundings: Surroundings,
): ReturnType<typeof alertHandler> => {
  const { settings, clock, telemetry } = surroundings;
  const options = clientOptions(environment, surroundings);
  const table = stateTable(environment, surroundings, options);
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
    importer: settings.alerts.securityHub ? importer(options, alertContext(settings)) : null,
    clock,
    ...telemetry,
  });
  return reporting(telemetry, handler);
};

const alertContext = ({ alerts }: Settings): AlertContext => ({
  ...alerts,
  guides: new Map(CATALOGUE.map((control) => [control.id, control])),
});

/** Security Hub's client is large and most deployments never use it: it is loaded when the first finding is imported. */
const importer = (options: ClientOptions, context: AlertContext): FindingImporter => {
  let loaded: Promise<FindingImporter> | null = null;
  const load = async (): Promise<FindingImporter> => {
    const { securityHubImporter } = await import('../../shared/aws/security-hub.ts');
    return securityHubImporter({ ...options, render: (finding) => toAsff(finding, context) });
  };
  return {
    importFindings: async (findings) => {
      loaded ??= load();
      return (await loaded).importFindings(findings);
    },
  };
};

const renderer = (settings: Settings): ((alert: Alert) => RenderedMessage) => {
  const context = alertContext(settings);
  return (alert) => {
    const rendered = renderAlert(alert, context);
    return { ...rendered, attributes: snsAttributes(rendered.attributes) };
  };
};
