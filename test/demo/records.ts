const OPEN = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:*' }],
});

const record = (
  eventName: string,
  minute: number,
  more: Record<string, unknown>,
): Record<string, unknown> => ({
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/zoe', accountId: '123456789012' },
  eventTime: `2025-05-01T10:${String(minute).padStart(2, '0')}:00Z`,
  eventSource: 'ecr.amazonaws.com',
  eventName,
  awsRegion: 'ap-south-1',
  sourceIPAddress: '198.51.100.7',
  userAgent: 'aws-cli/2.31.9',
  responseElements: null,
  eventID: `${eventName}-${minute}`,
  eventType: 'AwsApiCall',
  recipientAccountId: '123456789012',
  ...more,
});

/** A repository made in order, opened and closed; the opening once more; a failed call, a read, another service. */
export const RECORDS: readonly Record<string, unknown>[] = [
  record('CreateRepository', 0, {
    requestParameters: {
      repositoryName: 'app',
      imageScanningConfiguration: { scanOnPush: true },
      imageTagMutability: 'IMMUTABLE',
    },
  }),
  record('DescribeRepositories', 1, { requestParameters: {} }),
  record('SetRepositoryPolicy', 5, { requestParameters: { repositoryName: 'app', policyText: OPEN } }),
  record('SetRepositoryPolicy', 6, {
    requestParameters: { repositoryName: 'none', policyText: OPEN },
    errorCode: 'RepositoryNotFoundException',
  }),
  record('DeleteRepositoryPolicy', 7, { requestParameters: { repositoryName: 'app' } }),
  record('SetRepositoryPolicy', 5, { requestParameters: { repositoryName: 'app', policyText: OPEN } }),
  record('PutImageScanningConfiguration', 8, {
    requestParameters: { repositoryName: 'old/one', imageScanningConfiguration: { scanOnPush: false } },
    awsRegion: 'cn-north-1',
    recipientAccountId: '999999999999',
  }),
  record('CreateRole', 9, { requestParameters: { roleName: 'x' }, eventSource: 'iam.amazonaws.com' }),
];

export const envelopeOf = (detail: Record<string, unknown>): Record<string, unknown> => ({
  version: '0',
  id: detail['eventID'],
  'detail-type': 'AWS API Call via CloudTrail',
  source: String(detail['eventSource']).replace(/^(.+)\.amazonaws\.com$/, 'aws.$1'),
  account: detail['recipientAccountId'],
  time: detail['eventTime'],
  region: detail['awsRegion'],
  resources: [],
  detail,
});

export const logFile = (records: readonly unknown[] = RECORDS, indent?: number): string =>
  JSON.stringify({ Records: records }, null, indent);
