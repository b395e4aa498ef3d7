import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient, type ECRClientConfig } from '@aws-sdk/client-ecr';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { RegistryLocation } from '../model/resource.ts';
import { isMarkupAnswer } from './faults.ts';
import { memberCredentials, type MemberRole } from './member-role.ts';

/** What stands in for AWS: an emulator's endpoint, or the sandbox's request handler, credentials and sense of time. */
export type ClientOverrides = Pick<
  ECRClientConfig,
  'endpoint' | 'credentials' | 'requestHandler' | 'retryStrategy' | 'maxAttempts'
>;

export interface ClientOptions {
  /** The Region of our own table, queue and topics. */
  readonly region: string;
  /** The account of our own credentials; resources of another are read through `memberRole`. Null: not known. */
  readonly account?: string | null;
  /** The role to assume in other accounts. Null: every account is reached with our own credentials. */
  readonly memberRole?: MemberRole | null;
  readonly overrides?: ClientOverrides;
}

/** A client for each account and Region, made when first asked for. */
export type ClientFor<C> = (at: RegistryLocation) => C;

/** Attempts a call: adaptive mode also slows the whole client down when AWS throttles. */
const MAX_ATTEMPTS = 5;
/** Milliseconds. Control-plane calls answer in well under a second; a hung one must not eat the function's time. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 6_000 } as const;
const MAX_SOCKETS = 50;

/** A request that takes too long throws: without `throwOnRequestTimeout` the SDK only warns and goes on waiting. */
const defaultHandler = (): NodeHttpHandler =>
  new NodeHttpHandler({
    ...TIMEOUTS,
    throwOnRequestTimeout: true,
    httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
  });

/** What every client is made with. */
export type CommonConfig = ClientOverrides & {
  readonly region: string;
  readonly retryMode: 'adaptive';
};

/** The configuration that every client of this process shares. Overrides that are `undefined` count as absent. */
const commonConfig = ({ region, overrides = {} }: ClientOptions): CommonConfig => ({
  region,
  retryMode: 'adaptive',
  maxAttempts: overrides.maxAttempts ?? MAX_ATTEMPTS,
  requestHandler: overrides.requestHandler ?? defaultHandler(),
  ...(overrides.endpoint === undefined ? {} : { endpoint: overrides.endpoint }),
  ...(overrides.credentials === undefined ? {} : { credentials: overrides.credentials }),
  ...(overrides.retryStrategy === undefined ? {} : { retryStrategy: overrides.retryStrategy }),
});

/** One client of each (account, Region), with the credentials of that account. */
export const perLocation = <C>(options: ClientOptions, create: (config: CommonConfig) => C): ClientFor<C> => {
  const common = commonConfig(options);
  const clients = new Map<string, C>();
  const credentialsOf = memberCredentials(options, () => new STSClient(common));
  return (at) => {
    const key = `${at.account}/${at.region}`;
    const cached = clients.get(key);
    if (cached !== undefined) return cached;
    const credentials = credentialsOf(at.account);
    const client = create({
      ...common,
      region: at.region,
      ...(credentials === null ? {} : { credentials }),
    });
    clients.set(key, client);
    return client;
  };
};

/** A call that the endpoint does not know fails at once, as the error that AWS gives for one. */
const failFast =
  <A, R>(next: (args: A) => Promise<R>) =>
  async (args: A): Promise<R> => {
    try {
      return await next(args);
    } catch (error) {
      if (!isMarkupAnswer(error)) throw error;
      const unknown = new Error('the endpoint does not know the call: it answered with HTML');
      throw Object.assign(unknown, { name: 'UnknownOperationException', $metadata: { httpStatusCode: 400 } });
    }
  };

/** Emulators stand in for ECR above all; of the other services they know every call we make. */
const createEcr = (config: CommonConfig): ECRClient => {
  const client = new ECRClient(config);
  client.middlewareStack.add(failFast, { step: 'deserialize', priority: 'high', name: 'failFast' });
  return client;
};

// One function a service, not one factory for all: a bundler then leaves out the clients that a function does not use.

export const ecrClients = (options: ClientOptions): ClientFor<ECRClient> => perLocation(options, createEcr);

export const taggingClients = (options: ClientOptions): ClientFor<ResourceGroupsTaggingAPIClient> =>
  perLocation(options, (config) => new ResourceGroupsTaggingAPIClient(config));

export const stsClient = (options: ClientOptions): STSClient => new STSClient(commonConfig(options));
export const snsClient = (options: ClientOptions): SNSClient => new SNSClient(commonConfig(options));
export const sqsClient = (options: ClientOptions): SQSClient => new SQSClient(commonConfig(options));

/** DynamoDB with native values; `undefined` is left out of items, empty strings stay empty strings. */
export const dynamoClient = (options: ClientOptions): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(commonConfig(options)), {
    marshallOptions: { removeUndefinedValues: true },
  });
