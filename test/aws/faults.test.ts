import { describe, expect, it } from 'vitest';
import { toFault, unreadableReason } from '../../shared/aws/faults.ts';
import { AwsRequestError, PermissionError, TransientAwsError } from '../../shared/model/errors.ts';

const CONTEXT = { service: 'ecr', operation: 'GetRepositoryPolicy' };
const error = (name: string, parts: object = {}, message = 'no'): Error =>
  Object.assign(new Error(message), { name, ...parts });
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode, requestId: 'r-1' } });

describe('faults of AWS calls', () => {
  const cases: readonly [string, unknown, new (message: string) => Error][] = [
    ['throttling', error('ThrottlingException', status(400)), TransientAwsError],
    ['a throttled table', error('ProvisionedThroughputExceededException', status(400)), TransientAwsError],
    ['429', error('Whatever', status(429)), TransientAwsError],
    ['the SDK says it was throttled', error('New', { $retryable: { throttling: true } }), TransientAwsError],
    ['a server error', error('ServerException', status(500)), TransientAwsError],
    ['an unknown 503', error('Unknown', status(503)), TransientAwsError],
    ['a timeout of ours', error('TimeoutError'), TransientAwsError],
    ['a refused connection', error('Error', { code: 'ECONNREFUSED' }), TransientAwsError],
    ['a name that does not resolve', error('Error', { code: 'ENOTFOUND' }), TransientAwsError],
    ['credentials that ran out', error('ExpiredTokenException', status(400)), TransientAwsError],
    ['a gateway page', error('SyntaxError', status(503), "Unexpected token '<'"), TransientAwsError],
    ['denied', error('AccessDeniedException', status(400)), PermissionError],
    ['denied, another spelling', error('AccessDenied', status(403)), PermissionError],
    ['denied by a key', error('KMSAccessDeniedException', status(400)), PermissionError],
    ['no credentials', error('CredentialsProviderError'), PermissionError],
    ['a bad signature', error('InvalidSignatureException', status(403)), PermissionError],
    ['validation', error('ValidationException', status(400)), AwsRequestError],
    ['a limit that stays', error('LimitExceededException', status(400)), AwsRequestError],
    ['an emulator page', error('SyntaxError', status(500), "Unexpected token '<'"), AwsRequestError],
    ['something that is no error', 'thrown text', AwsRequestError],
    ['nothing at all', undefined, AwsRequestError],
  ];
  it.each(cases)('%s', (_, thrown, family) => {
    expect(toFault(thrown, CONTEXT)).toBeInstanceOf(family);
  });

  it('carry the call, the name and the request id', () => {
    expect(toFault(error('ValidationException', status(400)), CONTEXT).data).toMatchObject({
      ...CONTEXT,
      name: 'ValidationException',
      requestId: 'r-1',
    });
  });

  it('pass on a fault that is one, from inside the SDK, too', () => {
    const inner = new PermissionError('sts AssumeRole failed');
    expect(toFault(inner, CONTEXT)).toBe(inner);
    expect(toFault(Object.assign(new Error('wrapped'), { cause: inner }), CONTEXT)).toBe(inner);
  });

  it('show no credentials and not the signed request', () => {
    const secret = 'FwoGZXIvYXdzEBYaDKsecretsecret';
    const leaks = [
      error(
        'SignatureDoesNotMatch',
        {},
        `The Canonical String should have been x-amz-security-token:${secret}`,
      ),
      error('ValidationException', {}, `bad key ASIAIOSFODNN7EXAMPLE and x-amz-security-token:${secret}`),
      error('Oops', { $response: { headers: { authorization: secret } } }, `string-to-sign ${secret}`),
    ];
    for (const leak of leaks) {
      const fault = toFault(leak, CONTEXT);
      const shown = JSON.stringify([fault.message, fault.data, String(fault.cause), fault.stack]);
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain('ASIAIOSFODNN7EXAMPLE');
    }
  });

  it('keep a message of any length short and on one line', () => {
    const { message } = toFault(error('ValidationException', {}, 'x\n'.repeat(10_000)), CONTEXT);
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain('\n');
  });

  it('say why a fact is unreadable', () => {
    const reason = (thrown: Error) => {
      const fault = toFault(thrown, CONTEXT);
      return fault instanceof TransientAwsError ? null : unreadableReason(fault);
    };
    expect(reason(error('AccessDenied'))).toBe('access-denied');
    expect(reason(error('UnknownOperationException'))).toBe('unsupported');
    expect(reason(error('ValidationException'))).toBe('unavailable');
  });
});
