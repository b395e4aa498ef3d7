import { EventEmitter } from 'node:events';
import dynalite from 'dynalite';

/** One embedded DynamoDB: all tables of one account and Region. */
export interface DynamoEngine {
  /** Sends one DynamoDB request, operation and JSON body as on the wire. */
  readonly request: (operation: string, body: string) => Promise<EngineResponse>;
}

interface EngineResponse {
  readonly status: number;
  readonly body: string;
}

const CONTENT_TYPE = 'application/x-amz-json-1.0';
/** dynalite looks at the form of a signature only. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=k/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=s';

const requestFor = (operation: string): EventEmitter =>
  Object.assign(new EventEmitter(), {
    method: 'POST',
    url: '/',
    headers: {
      'content-type': CONTENT_TYPE,
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20200101T000000Z',
      authorization: AUTHORIZATION,
    },
  });

/**
 * dynalite without a socket: its HTTP server gets the request as an event, so a call costs no network
 * and takes the same turns of the event loop every time.
 */
export const createDynamoEngine = (): DynamoEngine => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return {
    request: (operation, body) =>
      new Promise((resolve) => {
        const request = requestFor(operation);
        const response = {
          statusCode: 200,
          setHeader: () => undefined,
          end: (text = '') => resolve({ status: response.statusCode, body: text }),
        };
        server.emit('request', request, response);
        request.emit('data', Buffer.from(body));
        request.emit('end');
      }),
  };
};
