import { AwsRequestError, PermissionError, TransientAwsError } from '../model/errors.ts';
import type { UnreadableReason } from '../model/facts.ts';

/** Which call it was; `service` is the SDK's short name (`ecr`, `dynamodb`). */
export interface CallContext {
  readonly service: string;
  readonly operation: string;
}

export type AwsFault = TransientAwsError | PermissionError | AwsRequestError;

/** Error names of throttling, timeouts and unavailability that are not told by an HTTP status of 5xx. */
const TRANSIENT = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'ExpiredToken',
  'ExpiredTokenException',
  'InternalServerError',
  'KMSThrottlingException',
  'KmsThrottled',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestExpired',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServerException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** Codes of Node's sockets and resolver. */
const NETWORK = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ETIMEDOUT',
]);

/** AWS knows us, or the signature, or the role, and says no. */
const DENIED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'CredentialsProviderError',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'KMSAccessDeniedException',
  'KmsAccessDenied',
  'NotAuthorized',
  'OptInRequired',
  'SignatureDoesNotMatch',
  'SubscriptionRequiredException',
  'UnauthorizedOperation',
  'UnrecognizedClientException',
]);

/** The endpoint does not know the call: a Region, a partition or an emulator without it. */
const UNSUPPORTED = new Set([
  'InvalidAction',
  'NotImplemented',
  'NotImplementedError',
  'UnknownOperationException',
  'UnsupportedOperation',
]);

/** Messages of these may quote the signed request, session token and all. */
const QUOTES_THE_REQUEST = /signature|canonical|token/i;
const SECRETS = /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|x-amz-security-token:\S+/g;
const MAX_MESSAGE = 300;

/** What the SDK's errors carry, read without trusting it: anything may be thrown. */
interface ErrorShape {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly answeredWithMarkup: boolean;
}

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const shapeOf = (error: unknown): ErrorShape => {
  const metadata = field(error, '$metadata');
  const status = field(metadata, 'httpStatusCode');
  const message = text(field(error, 'message')) ?? '';
  return {
    name: text(field(error, 'name')) ?? 'UnknownError',
    message,
    code: text(field(error, 'code')),
    status: typeof status === 'number' ? status : null,
    requestId: text(field(metadata, 'requestId')),
    answeredWithMarkup: isMarkupAnswer(error),
  };
};

/** Statuses with which a proxy before AWS answers in HTML while the service behind it is away. */
const GATEWAY_STATUSES = new Set<unknown>([429, 502, 503, 504]);

/**
 * Whether the endpoint answered with HTML, which AWS does not: an emulator that does not know the call. The SDK sees
 * a broken JSON text and, where the status is 500, would repeat the call for seconds.
 */
export const isMarkupAnswer = (error: unknown): boolean => {
  const response = field(error, '$response');
  const status = field(response, 'statusCode') ?? field(field(error, '$metadata'), 'httpStatusCode');
  const message = text(field(error, 'message')) ?? '';
  return field(error, 'name') === 'SyntaxError' && message.includes('<') && !GATEWAY_STATUSES.has(status);
};

const isDenied = (shape: ErrorShape): boolean =>
  DENIED.has(shape.name) || shape.name.startsWith('AccessDenied');

const isUnsupported = (shape: ErrorShape): boolean =>
  UNSUPPORTED.has(shape.name) || shape.status === 501 || shape.answeredWithMarkup;

const isTransient = (error: unknown, shape: ErrorShape): boolean =>
  TRANSIENT.has(shape.name) ||
  (shape.code !== null && NETWORK.has(shape.code)) ||
  (shape.status !== null && (shape.status >= 500 || shape.status === 429)) ||
  field(field(error, '$retryable'), 'throttling') === true;

const safeMessage = ({ message, name }: ErrorShape): string =>
  QUOTES_THE_REQUEST.test(name) || /canonical string|string-to-sign/i.test(message)
    ? ''
    : message.replaceAll(SECRETS, '(removed)').replaceAll(/\s+/g, ' ').slice(0, MAX_MESSAGE);

const create = (error: unknown, shape: ErrorShape): ((m: string, o: FaultParts) => AwsFault) => {
  if (isUnsupported(shape)) return (message, parts) => new AwsRequestError(message, parts);
  if (isDenied(shape)) return (message, parts) => new PermissionError(message, parts);
  if (isTransient(error, shape)) return (message, parts) => new TransientAwsError(message, parts);
  return (message, parts) => new AwsRequestError(message, parts);
};

interface FaultParts {
  readonly cause: Error;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The fault that an SDK error means. A fault that is one already is passed on. Neither the message nor the cause
 * holds the SDK's error object: its response and its signed request stay out of logs.
 */
export const toFault = (error: unknown, context: CallContext): AwsFault => {
  const inner = isFault(error) ? error : innerFault(error);
  if (inner !== null) return inner;
  const shape = shapeOf(error);
  const detail = safeMessage(shape);
  const cause = new Error(detail === '' ? shape.name : `${shape.name}: ${detail}`);
  const summary = `${context.service} ${context.operation} failed: ${shape.name}`;
  return create(error, shape)(detail === '' ? summary : `${summary}: ${detail}`, {
    cause,
    data: {
      service: context.service,
      operation: context.operation,
      name: shape.name,
      requestId: shape.requestId,
      status: shape.status,
      unsupported: isUnsupported(shape),
    },
  });
};

const isFault = (error: unknown): error is AwsFault =>
  error instanceof TransientAwsError || error instanceof PermissionError || error instanceof AwsRequestError;

/** A credentials provider's fault, which the SDK may wrap. */
const innerFault = (error: unknown): AwsFault | null => {
  const cause = field(error, 'cause');
  return isFault(cause) ? cause : null;
};

/** Runs one SDK call; whatever it throws becomes a fault of the family. */
export const callAws = async <T>(context: CallContext, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw toFault(error, context);
  }
};

/** Whether a fault is the AWS error of this name. */
export const isNamed = (fault: unknown, ...names: readonly string[]): boolean => {
  const name = isFault(fault) ? fault.data['name'] : undefined;
  return typeof name === 'string' && names.includes(name);
};

/** Why a lasting refusal leaves a fact unreadable. */
export const unreadableReason = (fault: PermissionError | AwsRequestError): UnreadableReason => {
  if (fault instanceof PermissionError) return 'access-denied';
  return fault.data['unsupported'] === true ? 'unsupported' : 'unavailable';
};
