import { array, assert, asyncProperty, constantFrom, dictionary, jsonValue, oneof, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';

const ECR_OPERATIONS = [
  'BatchGetRepositoryScanningConfiguration',
  'CreateRepository',
  'DeleteRepository',
  'DescribeImages',
  'DescribeRepositories',
  'GetAccountSetting',
  'GetRepositoryPolicy',
  'ListTagsForResource',
  'PutAccountSetting',
  'PutImage',
  'PutImageScanningConfiguration',
  'PutImageTagMutability',
  'PutLifecyclePolicy',
  'PutRegistryPolicy',
  'PutRegistryScanningConfiguration',
  'PutReplicationConfiguration',
  'SetRepositoryPolicy',
  'TagResource',
  'UntagResource',
  'constructor',
  '__proto__',
];
const FIELDS = [
  'repositoryName',
  'repositoryNames',
  'registryId',
  'policyText',
  'lifecyclePolicyText',
  'imageScanningConfiguration',
  'imageTagMutability',
  'imageTagMutabilityExclusionFilters',
  'encryptionConfiguration',
  'rules',
  'scanType',
  'tags',
  'tagKeys',
  'resourceArn',
  'name',
  'value',
  'nextToken',
  'maxResults',
  'imageIds',
  'imageManifest',
  'replicationConfiguration',
  '__proto__',
];

const poster = (sandbox = createSandbox()) => {
  const { handle } = sandbox.clientConfig().requestHandler;
  return async (service: string, headers: Record<string, string>, body: string) => {
    const credential = `k/20260101/us-east-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=s`;
    const request = {
      method: 'POST',
      path: '/',
      headers: { Authorization: authorization, ...headers },
      body,
    };
    return (await handle(request)).response;
  };
};
const target = (operation: string) => ({
  'X-Amz-Target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
});
const textOf = (body: Uint8Array): string => new TextDecoder().decode(body);

describe('the wire', () => {
  const names = constantFrom('team-a/api', '__proto__', 'constructor', 'a');
  const values = oneof(
    jsonValue(),
    names,
    array(names),
    array(dictionary(constantFrom('Key', 'Value', 'filter'), jsonValue())),
  );

  it('answers whatever comes in, in form: a result or an error of the client', async () => {
    const post = poster();
    await post('ecr', target('CreateRepository'), '{"repositoryName":"team-a/api"}');
    const inputs = dictionary(constantFrom(...FIELDS), values);
    await assert(
      asyncProperty(constantFrom(...ECR_OPERATIONS), inputs, async (operation, input) => {
        const { statusCode, body } = await post('ecr', target(operation), JSON.stringify(input));
        expect([200, 400]).toContain(statusCode);
        const answer = JSON.parse(textOf(body)) as unknown;
        expect(answer).toEqual(expect.any(Object));
        if (statusCode === 400) expect(answer).toMatchObject({ __type: expect.any(String) });
      }),
      { numRuns: 1_000 },
    );
  });

  it('answers bodies that are no JSON objects', async () => {
    const post = poster();
    const bodies = oneof(
      string(),
      jsonValue().map((value) => JSON.stringify(value)),
      constantFrom('null', '[]', '1', '"x"'),
    );
    await assert(
      asyncProperty(bodies, async (body) => {
        const { statusCode } = await post('ecr', target('DescribeRepositories'), body);
        expect([200, 400]).toContain(statusCode);
      }),
    );
  });

  it.each([
    ['a service that nobody knows', 'nosuch', 403, 'MissingAuthenticationToken'],
    ['an operation that nobody knows', 'sqs', 400, 'UnknownOperationException'],
  ])('refuses %s', async (_what, service, status, code) => {
    const { statusCode, body } = await poster()(service, { 'x-amz-target': 'X.Y' }, '{}');
    expect(statusCode).toBe(status);
    expect(JSON.parse(textOf(body))).toMatchObject({ __type: code });
  });

  it('reads query requests with awkward names and writes XML that cannot be broken out of', async () => {
    const sandbox = createSandbox();
    const TopicArn = sandbox.sns.create({ name: 'alerts' });
    const post = poster(sandbox);
    const send = (fields: Record<string, string>) =>
      post('sns', {}, new URLSearchParams({ Action: 'Publish', ...fields }).toString());
    const attribute = 'MessageAttributes.entry.1';
    const ok = await send({
      TopicArn,
      Message: 'm',
      [`${attribute}.Name`]: '__proto__',
      [`${attribute}.Value.DataType`]: 'String',
      [`${attribute}.Value.StringValue`]: 'v',
      '__proto__.polluted': 'yes',
    });
    expect(ok.statusCode).toBe(200);
    expect(sandbox.sns.published(TopicArn)[0]?.attributes).toEqual(new Map([['__proto__', 'v']]));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const refused = await send({
      TopicArn,
      Message: 'm',
      [`${attribute}.Name`]: '</Message><Code>x</Code>',
      [`${attribute}.Value.DataType`]: 'String',
      [`${attribute}.Value.StringValue`]: 'v',
    });
    expect(refused.statusCode).toBe(400);
    expect(textOf(refused.body).match(/<Code>/g)).toHaveLength(1);
  });
});
