import { dynamoClient, type ClientOptions, type ClientOverrides } from '../shared/aws/clients.ts';
import type { DynamoTable } from '../shared/aws/dynamo-table.ts';
import { systemClock } from '../shared/aws/system-clock.ts';
import { createTelemetry, type Telemetry } from '../shared/aws/telemetry.ts';
import { loadPackagedSettings } from '../shared/config/packaged-settings.ts';
import type { LogLevel, MemberAccess } from '../shared/config/environment.ts';
import { CATALOGUE } from '../shared/controls/catalogue.ts';
import type { Settings } from '../shared/model/settings.ts';
import type { Clock } from '../shared/ports/effects.ts';

/** What a function runs in: on AWS the packaged settings, real clients and the system's clock; elsewhere stand-ins. */
export interface Surroundings {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly overrides?: ClientOverrides;
}

interface Place {
  readonly account: string;
  readonly region: string;
  /** The role to assume in other accounts; null or absent: none. */
  readonly memberRead?: MemberAccess | null;
}

/** How a function's clients reach AWS: at home with its own role, elsewhere with the member role. */
export const clientOptions = (
  { account, region, memberRead = null }: Place,
  { overrides }: Surroundings,
): ClientOptions => ({
  account,
  region,
  memberRole: memberRead === null ? null : { ...memberRead, sessionName: 'ecr-warden' },
  ...(overrides === undefined ? {} : { overrides }),
});

/** The table that all functions share. */
export const stateTable = (
  { tableName }: { readonly tableName: string },
  { settings, clock }: Surroundings,
  options: ClientOptions,
): DynamoTable => ({
  client: dynamoClient(options),
  tableName,
  clock,
  historyDays: settings.state.historyDays,
});

/** The surroundings on AWS. Throws `ConfigError` at start, before any event is taken. */
export const deployedSurroundings = (functionName: string, logLevel: LogLevel): Surroundings => ({
  settings: loadPackagedSettings(CATALOGUE),
  clock: systemClock,
  telemetry: createTelemetry({ functionName, logLevel }),
});

/** Runs the handler and writes its metrics, whether it fails or not. */
export const reporting =
  <E, R>(telemetry: Telemetry, handler: (event: E) => Promise<R>) =>
  async (event: E): Promise<R> => {
    try {
      return await handler(event);
    } finally {
      telemetry.flush();
    }
  };
