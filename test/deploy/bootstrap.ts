/**
 * The part of a Lambda runtime that the packaged functions see: loads the handler named by `_HANDLER` from the unpacked
 * archive and takes one event after the other from the Runtime API, until it is ended from outside.
 * Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`the environment has no \`${name}\``);
  return value;
};

const base = `http://${need('AWS_LAMBDA_RUNTIME_API')}/2018-06-01/runtime`;

const describeError = (error: unknown): object =>
  error instanceof Error
    ? {
        errorType: error.name,
        errorMessage: error.message,
        stackTrace: error.stack?.split('\n').slice(1) ?? [],
      }
    : { errorType: 'Error', errorMessage: String(error), stackTrace: [] };

const post = async (path: string, body: unknown): Promise<void> => {
  const answer = await fetch(`${base}${path}`, { method: 'POST', body: JSON.stringify(body ?? null) });
  if (answer.status !== 202) throw new Error(`the runtime API answered ${answer.status} to \`${path}\``);
};

const contextOf = (headers: Headers): object => {
  const deadline = Number(headers.get('lambda-runtime-deadline-ms'));
  return {
    awsRequestId: headers.get('lambda-runtime-aws-request-id'),
    invokedFunctionArn: headers.get('lambda-runtime-invoked-function-arn'),
    functionName: need('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: need('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: need('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: need('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: need('AWS_LAMBDA_LOG_STREAM_NAME'),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
};

type Handler = (event: unknown, context: object) => unknown;

const loadHandler = async (): Promise<Handler> => {
  const [file = '', exportName = ''] = need('_HANDLER').split('.');
  const loaded: Record<string, unknown> = await import(
    pathToFileURL(join(need('LAMBDA_TASK_ROOT'), `${file}.mjs`)).href
  );
  const handler = loaded[exportName];
  if (typeof handler !== 'function') throw new Error(`\`${file}.mjs\` exports no function \`${exportName}\``);
  return (event, context): unknown => handler(event, context);
};

const serveOne = async (handler: Handler): Promise<void> => {
  const next = await fetch(`${base}/invocation/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id') ?? '';
  const event: unknown = await next.json();
  try {
    await post(`/invocation/${id}/response`, await handler(event, contextOf(next.headers)));
  } catch (error) {
    await post(`/invocation/${id}/error`, describeError(error));
  }
};

const handler = await loadHandler().catch(async (error: unknown) => {
  await post('/init/error', describeError(error));
  process.exit(1);
});
for (;;) await serveOne(handler);
