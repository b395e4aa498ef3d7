import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics as EmfMetrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Log, Metrics } from '../ports/effects.ts';

/** Namespace and dimension of every metric; alarms and dashboards name them, too. */
export const METRIC_NAMESPACE = 'EcrWarden';
/** The dimension that every metric carries; its value is the `service` of the telemetry, the same in all functions. */
export const METRIC_DIMENSION = 'service';
export const METRIC_SERVICE = 'ecr-warden';

export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Writes the metrics that were collected since; call it once an invocation, whether it failed or not. */
  readonly flush: () => void;
}

export interface TelemetryOptions {
  /** Name of the function, in every line of the log. */
  readonly functionName: string;
  readonly logLevel?: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'SILENT';
}

/** Structured log and embedded metrics on standard output, as CloudWatch reads them. */
export const createTelemetry = ({ functionName, logLevel = 'INFO' }: TelemetryOptions): Telemetry => {
  const logger = new Logger({
    serviceName: METRIC_SERVICE,
    logLevel,
    persistentKeys: { function: functionName },
  });
  const emf = new EmfMetrics({ namespace: METRIC_NAMESPACE, serviceName: METRIC_SERVICE });
  return { log: logOf(logger), metrics: metricsOf(emf), flush: () => void emf.publishStoredMetrics() };
};

const logOf = (logger: Logger): Log => ({
  info: (message, data = {}) => logger.info(message, { data: loggable(data) }),
  warn: (message, data = {}) => logger.warn(message, { data: loggable(data) }),
  error: (message, data = {}) => logger.error(message, { data: loggable(data) }),
});

/** Errors by name, message and the data of a fault: no stack of somebody else's request, no cause chain. */
const loggable = (data: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value instanceof Error ? errorParts(value) : value]),
  );

const errorParts = (error: Error): Record<string, unknown> => ({
  name: error.name,
  message: error.message,
  ...('data' in error ? { data: error.data } : { stack: error.stack }),
});

const metricsOf = (emf: EmfMetrics): Metrics => ({
  count: (name, value = 1, dimensions) => {
    // Another set of dimensions is another line: the collected metrics keep theirs.
    const target = dimensions === undefined ? emf : emf.singleMetric().addDimensions({ ...dimensions });
    target.addMetric(name, MetricUnit.Count, value);
  },
  milliseconds: (name, value) => {
    emf.addMetric(name, MetricUnit.Milliseconds, value);
  },
});
