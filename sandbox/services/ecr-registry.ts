import { isRecord, list, record, records, text } from '../fields.ts';
import type { JsonObject } from '../wire.ts';
import { invalid, oneOf, required } from './ecr-input.ts';
import { registryOf } from './ecr-state.ts';
import type { Registries } from './ecr-state.ts';
import { trailOf } from './ecr-trail.ts';
import type { Call, Host, Operation } from './service.ts';

/** Settings and the values that the API still accepts. Source: ECR API, PutAccountSetting. */
const SETTINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['BASIC_SCAN_TYPE_VERSION', ['AWS_NATIVE']],
  ['REGISTRY_POLICY_SCOPE', ['V2']],
  ['BLOB_MOUNTING', ['ENABLED', 'DISABLED']],
]);

const settingName = (input: JsonObject): string => {
  const name = required(text(input, 'name'), 'name');
  return oneOf(name, [...SETTINGS.keys()], 'name');
};

const TOKEN_HOURS = 12;

const authorization = (host: Host, call: Call): JsonObject => {
  const token = Buffer.from(`AWS:${host.random.uuid()}`).toString('base64');
  return {
    authorizationData: [
      {
        authorizationToken: token,
        expiresAt: (host.schedule.now() + TOKEN_HOURS * 3_600_000) / 1000,
        proxyEndpoint: `https://${call.account}.dkr.ecr.${call.region}.amazonaws.com`,
      },
    ],
  };
};

const MAX_REPLICATION_RULES = 25;

const replicationOf = (call: Call): JsonObject => {
  const configuration = record(call.input, 'replicationConfiguration');
  if (configuration === undefined) throw invalid('replicationConfiguration', 'must not be null');
  const rules = records(configuration, 'rules');
  if (rules === undefined) throw invalid('replicationConfiguration', 'rules must not be null');
  if (rules.length > MAX_REPLICATION_RULES) {
    throw invalid('rules', `Member must have length less than or equal to ${MAX_REPLICATION_RULES}`);
  }
  const toItself = rules
    .flatMap((rule) => list(rule, 'destinations') ?? [])
    .some((to) => isRecord(to) && to['region'] === call.region && to['registryId'] === call.account);
  if (toItself) {
    throw invalid(
      'replicationConfiguration',
      'Replication destination cannot be the same as the source registry',
    );
  }
  return configuration;
};

export const registryOperations = (host: Host, registries: Registries): Record<string, Operation> => ({
  DescribeRegistry: {
    run: (call) => {
      const registry = registryOf(registries, call);
      return { registryId: registry.account, replicationConfiguration: registry.replication };
    },
  },
  PutReplicationConfiguration: {
    run: (call) => {
      const registry = registryOf(registries, call);
      registry.replication = replicationOf(call);
      return { replicationConfiguration: registry.replication };
    },
    trail: trailOf(() => []),
  },
  GetAccountSetting: {
    run: (call) => {
      const name = settingName(call.input);
      return { name, value: registryOf(registries, call).settings.get(name) ?? null };
    },
  },
  PutAccountSetting: {
    run: (call) => {
      const name = settingName(call.input);
      const value = oneOf(required(text(call.input, 'value'), 'value'), SETTINGS.get(name) ?? [], 'value');
      registryOf(registries, call).settings.set(name, value);
      return { name, value };
    },
    trail: trailOf(() => []),
  },
  GetAuthorizationToken: { run: (call) => authorization(host, call) },
});
