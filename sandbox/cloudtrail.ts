import type { Identity } from './identity.ts';
import { userIdentityRecord } from './identity.ts';
import type { Call, Service, TrailRecord } from './services/service.ts';
import type { Json, JsonObject, ServiceError } from './wire.ts';

/** Above this CloudTrail leaves the parameters out. Source: CloudTrail record contents. */
const MAX_PARAMETER_BYTES = 100 * 1024;
const MAX_ERROR_MESSAGE = 1024;

const omittedIfLarge = (value: JsonObject | null, name: string): JsonObject | null => {
  const size = value === null ? 0 : Buffer.byteLength(JSON.stringify(value));
  if (size <= MAX_PARAMETER_BYTES) return value;
  return { reason: `${name} too large`, omitted: 'true', originalSize: String(size) };
};

export interface TrailInput {
  readonly service: Service;
  readonly call: Call;
  readonly trail: TrailRecord;
  readonly error: ServiceError | null;
  readonly requestId: string;
  readonly eventIds: { readonly event: string; readonly shared: string | null };
  readonly recipient: string;
  /** ISO 8601. */
  readonly at: string;
  readonly userAgent: string;
  readonly sourceAddress: string;
}

const errorFields = (error: ServiceError | null): JsonObject =>
  error === null
    ? {}
    : { errorCode: error.trailCode, errorMessage: error.message.slice(0, MAX_ERROR_MESSAGE) };

/** The CloudTrail record of one write. Source: CloudTrail user guide, record contents, version 1.11. */
export const trailDetail = (input: TrailInput): JsonObject => {
  const { service, call, trail, error, eventIds } = input;
  const denied = error?.trailCode === 'AccessDenied';
  const resources: Json = trail.resourceArns.map((ARN) => ({ accountId: call.account, ARN }));
  return {
    eventVersion: '1.11',
    userIdentity: userIdentityRecord(call.caller, call.region),
    eventTime: input.at.replace(/\.\d+Z$/, 'Z'),
    eventSource: service.eventSource,
    eventName: call.operation,
    awsRegion: call.region,
    sourceIPAddress: input.sourceAddress,
    userAgent: input.userAgent,
    ...errorFields(error),
    // No record of an ECR refusal is published; IAM and Lambda leave the parameters out, so consumers must cope.
    requestParameters: denied ? null : omittedIfLarge(trail.requestParameters, 'requestParameters'),
    responseElements: error === null ? omittedIfLarge(trail.responseElements, 'responseElements') : null,
    requestID: input.requestId,
    eventID: eventIds.event,
    readOnly: false,
    ...(resources.length === 0 ? {} : { resources }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: input.recipient,
    ...(eventIds.shared === null ? {} : { sharedEventID: eventIds.shared }),
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `api.${service.name}.${call.region}.amazonaws.com`,
    },
  };
};

/** Both the caller's and the owner's account get a record of a call across accounts. */
export const recipientsOf = (caller: Identity, owner: string): readonly string[] =>
  caller.account === owner ? [owner] : [owner, caller.account];
