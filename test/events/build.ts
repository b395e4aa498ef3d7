import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The short form of an event in the case table. */
export interface EventCase {
  readonly name: string;
  readonly call: readonly [service: string, eventName: string] | null;
  readonly request?: unknown;
  readonly response?: unknown;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly envelope?: Readonly<Record<string, unknown>>;
  readonly cluster?: string;
  readonly expect: {
    readonly action: 'evaluate' | 'delete' | 'ignore';
    readonly because?: string;
    readonly targets?: readonly unknown[];
    readonly sweeps?: readonly unknown[];
  };
}

/** A CloudTrail record as EventBridge carries it, with only what the case says beside the usual. */
const record = (
  [service, eventName]: readonly [string, string],
  { request = null, response = null }: Pick<EventCase, 'request' | 'response'>,
): Record<string, unknown> => ({
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/ann', accountId: '111122223333' },
  eventTime: '2026-11-20T09:00:00Z',
  eventSource: `${service}.amazonaws.com`,
  eventName,
  awsRegion: 'eu-west-1',
  sourceIPAddress: '198.51.100.7',
  userAgent: 'aws-cli/2.31.0',
  requestParameters: request,
  responseElements: response,
  eventID: '0f4c3a52-6f0a-4f31-9a86-0d3f1f3e7a11',
  readOnly: false,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
});

/** The whole EventBridge event of a case. */
export const eventOf = (given: Omit<EventCase, 'name' | 'expect'>): Record<string, unknown> => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'AWS API Call via CloudTrail',
  source: `aws.${given.call?.[0] ?? 'ecr'}`,
  account: '111122223333',
  time: '2026-11-20T09:00:07Z',
  region: 'eu-west-1',
  resources: [],
  detail: { ...(given.call === null ? {} : record(given.call, given)), ...given.detail },
  ...given.envelope,
});

export const apiCall = (
  service: string,
  eventName: string,
  request: unknown = null,
): Record<string, unknown> => eventOf({ call: [service, eventName], request });

/** The case table, as it is checked in. */
export const eventCases = (): readonly EventCase[] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own file; the tests fail on another shape
  JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8')) as readonly EventCase[];
