import { createHash } from 'node:crypto';

/** JSON that came over the wire or goes out on it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An error answer of a service: what the SDK shows as `name`, with its HTTP status. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  /** What the management event shows as `errorCode`, where it is not the code on the wire. */
  readonly trailCode: string;
  constructor(code: string, message: string, options: { status?: number; trailCode?: string } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status ?? 400;
    this.trailCode = options.trailCode ?? code;
  }
}

/** The connection broke: the client cannot know whether the call was applied. */
export class ConnectionLost extends Error {
  readonly code = 'ECONNRESET';
  constructor() {
    super('socket hang up');
    this.name = 'Error';
  }
}

/** With `rest-json` the method and the path say which operation it is. */
export type Protocol = 'json-1.0' | 'json-1.1' | 'query' | 'rest-json';

const contentTypeOf = (protocol: Exclude<Protocol, 'query'>): string =>
  protocol === 'rest-json' ? 'application/json' : `application/x-amz-${protocol}`;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The JSON object in a body. An empty body is an empty object. */
export const parseJsonBody = (body: string): JsonObject => {
  if (body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch {
    // Told below, with the name that the services use.
  }
  throw new ServiceError('SerializationException', 'the request body is no JSON object');
};

/** Nested fields as the query protocol flattens them: `Tags.member.1.Key=a`. */
type QueryNode = Map<string, QueryNode | string>;

const insert = (root: QueryNode, path: readonly string[], value: string): void => {
  let node = root;
  for (const part of path.slice(0, -1)) {
    const child = node.get(part);
    const next: QueryNode = child instanceof Map ? child : new Map();
    node.set(part, next);
    node = next;
  }
  node.set(path.at(-1) ?? '', value);
};

const isList = (node: QueryNode): boolean =>
  node.size > 0 && [...node.keys()].every((key) => /^\d+$/.test(key));

const toJson = (node: QueryNode | string): Json => {
  if (typeof node === 'string') return node;
  const items = node.get('member') ?? node.get('entry');
  if (items instanceof Map && node.size === 1 && isList(items)) return [...items.values()].map(toJson);
  return Object.fromEntries([...node].map(([key, child]) => [key, toJson(child)]));
};

/** The fields of a query request as JSON: lists and maps become arrays, every leaf a string. */
export const parseQueryBody = (body: string): JsonObject => {
  const root: QueryNode = new Map();
  for (const [key, value] of new URLSearchParams(body)) insert(root, key.split('.'), value);
  const value = toJson(root);
  return isObject(value) ? value : {};
};

const escapeXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#xD;');

const toXml = (value: Json | undefined): string => {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return escapeXml(String(value));
  if (Array.isArray(value)) return value.map((item: Json) => `<member>${toXml(item)}</member>`).join('');
  return Object.entries(value)
    .filter(([, child]) => child !== undefined && child !== null)
    .map(([key, child]) => `<${key}>${toXml(child)}</${key}>`)
    .join('');
};

export interface ReplyFrame {
  readonly protocol: Protocol;
  readonly operation: string;
  readonly requestId: string;
  readonly xmlNamespace?: string;
}

export const successResponse = (frame: ReplyFrame, output: JsonObject): WireResponse => {
  const { protocol, operation, requestId } = frame;
  if (protocol === 'query') {
    const body =
      `<${operation}Response xmlns="${frame.xmlNamespace ?? ''}">` +
      `<${operation}Result>${toXml(output)}</${operation}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`;
    return { status: 200, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
  }
  const headers = { 'content-type': contentTypeOf(protocol), 'x-amzn-requestid': requestId };
  return { status: 200, headers, body: JSON.stringify(output) };
};

export const errorResponse = (frame: ReplyFrame, error: ServiceError): WireResponse => {
  const { protocol, requestId } = frame;
  if (protocol === 'query') {
    const type = error.status >= 500 ? 'Receiver' : 'Sender';
    const body =
      `<ErrorResponse xmlns="${frame.xmlNamespace ?? ''}"><Error><Type>${type}</Type>` +
      `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`;
    return {
      status: error.status,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body,
    };
  }
  return {
    status: error.status,
    headers: {
      'content-type': contentTypeOf(protocol),
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': error.code,
    },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
};

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
