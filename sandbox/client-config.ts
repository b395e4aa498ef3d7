import type { Identity } from './identity.ts';
import { stableId } from './random.ts';
import type { Router } from './router.ts';
import type { WireRequest } from './wire.ts';

/** The part of a smithy request that the sandbox reads. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Record<string, string>;
    readonly body: Uint8Array;
  };
}

const bodyText = (body: unknown): string => {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  return '';
};

const toWire = ({ method, path, headers, body }: SdkRequest): WireRequest => ({
  method,
  path,
  headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  body: bodyText(body),
});

const requestHandler = (router: Router) => ({
  metadata: { handlerProtocol: 'http/1.1' },
  handle: async (request: SdkRequest): Promise<SdkResponse> => {
    const { status, headers, body } = await router.handle(toWire(request));
    // The SDK deletes and rewrites header names.
    return { response: { statusCode: status, headers: { ...headers }, body: Buffer.from(body) } };
  },
  updateHttpClientConfig: (): void => undefined,
  httpHandlerConfigs: () => ({}),
  destroy: (): void => undefined,
});

interface RetryToken {
  readonly getRetryCount: () => number;
  readonly getRetryDelay: () => number;
}

const token = (attempts: number): RetryToken => ({ getRetryCount: () => attempts, getRetryDelay: () => 0 });

const RETRYABLE: ReadonlySet<string> = new Set(['THROTTLING', 'TRANSIENT']);
const BASE_DELAY = 100;
const LONGEST_DELAY = 20_000;

/** The SDK's standard retries, except that they sleep on the virtual clock and without jitter. */
const retryStrategy = (router: Router, maxAttempts: number) => ({
  mode: 'standard',
  acquireInitialRetryToken: (): Promise<RetryToken> => Promise.resolve(token(0)),
  refreshRetryTokenForRetry: async (
    last: RetryToken,
    error: { readonly errorType: string },
  ): Promise<RetryToken> => {
    const attempts = last.getRetryCount() + 1;
    if (attempts >= maxAttempts || !RETRYABLE.has(error.errorType)) throw new Error('no more attempts');
    await router.sleep(Math.min(LONGEST_DELAY, BASE_DELAY * 2 ** (attempts - 1)));
    return token(attempts);
  },
  recordSuccess: (): void => undefined,
});

/** What to spread into the constructor of any SDK client. */
export type ClientConfig = ReturnType<typeof clientConfig>;

/** Everything that a client would otherwise look up in files or the environment is given, so that it stays hermetic. */
export const clientConfig = (
  router: Router,
  identity: Identity,
  options: { readonly region: string; readonly maxAttempts: number },
) => ({
  region: options.region,
  credentials: {
    accessKeyId: identity.accessKeyId,
    secretAccessKey: stableId('', `secret/${identity.accessKeyId}`, 32),
    ...(identity.kind === 'role' ? { sessionToken: stableId('', `token/${identity.accessKeyId}`, 32) } : {}),
  },
  requestHandler: requestHandler(router),
  maxAttempts: options.maxAttempts,
  retryMode: 'standard',
  retryStrategy: retryStrategy(router, options.maxAttempts),
  defaultsMode: 'standard' as const,
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: 'sandbox',
});
