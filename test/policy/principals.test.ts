import { describe, expect, it } from 'vitest';
import { entryCovers, principalEntriesOf, type PrincipalIdentity } from '../../shared/policy/principals.ts';

const ROOT = 'arn:aws:iam::111122223333:root';
const ROLE = 'arn:aws:iam::111122223333:role/ci';
const SESSION = 'arn:aws:sts::111122223333:assumed-role/ci/s1';

const one = (value: unknown) => {
  const entries = principalEntriesOf(value) ?? [];
  expect(entries).toHaveLength(1);
  return entries[0];
};

const kindOf = (text: string) => one({ AWS: text })?.kind;

describe('principals', () => {
  it('are read by type', () => {
    const account = '111122223333';
    expect(one('*')).toEqual({ kind: 'everyone', text: '*' });
    expect(one({ AWS: '*' })).toEqual({ kind: 'everyone', text: '*' });
    expect(one({ AWS: account })).toEqual({ kind: 'account', text: account, account, partition: null });
    expect(one({ AWS: Number(account) })).toEqual({
      kind: 'account',
      text: account,
      account,
      partition: null,
    });
    expect(one({ AWS: ROOT })).toEqual({ kind: 'account', text: ROOT, account, partition: 'aws' });
    expect(one({ AWS: ROOT.replace('aws', 'aws-cn') })).toMatchObject({
      kind: 'account',
      account,
      partition: 'aws-cn',
    });
    expect(one({ AWS: ROLE })).toEqual({
      kind: 'arn',
      text: ROLE,
      account,
      partition: 'aws',
      resource: 'role/ci',
    });
    expect(one({ AWS: SESSION })).toMatchObject({ kind: 'arn', account, resource: 'assumed-role/ci/s1' });
    expect(one({ Service: 'x.amazonaws.com' })).toEqual({
      kind: 'service',
      text: 'x.amazonaws.com',
      service: 'x.amazonaws.com',
    });
    expect(one({ Service: '*' })).toEqual({ kind: 'any-service', text: '*' });
    const provider = `arn:aws:iam::${account}:saml-provider/P`;
    expect(one({ Federated: provider })).toEqual({
      kind: 'provider',
      text: provider,
      account,
      partition: 'aws',
    });
    expect(one({ CanonicalUser: 'abc' })).toMatchObject({ kind: 'unknown', text: 'CanonicalUser abc' });
    expect(one({ CanonicalUser: ['abc'] })).toMatchObject({ kind: 'unknown', text: 'CanonicalUser abc' });
    expect(one({ Everybody: '*' })).toMatchObject({ kind: 'unknown', text: 'Everybody' });
    expect(one({ aws: '*' })).toMatchObject({ kind: 'unknown', text: 'aws' });
  });

  it.each([
    'accounts.google.com',
    'cognito-identity.amazonaws.com',
    'arn:aws:iam::x:saml-provider/P',
    'arn:aws:sts::111122223333:saml-provider/P',
    'urn:aws:iam::111122223333:saml-provider/P',
    'arn:aws:iam::111122223333',
    'arn:aws:iam',
  ])('the provider %s has no account', (text) => {
    expect(one({ Federated: text })).toEqual({ kind: 'provider', text, account: null, partition: null });
  });

  it('may be several, of several types', () => {
    const kinds = (value: unknown) => principalEntriesOf(value)?.map(({ kind }) => kind);
    expect(kinds({ AWS: ['*', ROLE], Service: ['a.amazonaws.com'] })).toEqual(['everyone', 'arn', 'service']);
    expect(kinds([ROLE, '*'])).toEqual(['arn', 'everyone']);
    expect(kinds({ AWS: [] })).toEqual([]);
    expect(kinds({})).toEqual([]);
    expect(kinds({ __proto__: null, AWS: '*' })).toEqual(['everyone']);
  });

  it.each([null, undefined, 5, true])('are not %j', (value) => {
    expect(principalEntriesOf(value)).toBeNull();
  });

  it.each(['AWS', 'Service', 'Federated', 'CanonicalUser'])('of type %s are texts', (type) => {
    const texts = [null, {}, [], true].map((value) => one({ [type]: [value] }));
    expect(texts.map((entry) => entry?.kind)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    expect(texts.map((entry) => entry?.text.replace('CanonicalUser ', ''))).toEqual([
      'null',
      'object',
      'list',
      'boolean',
    ]);
  });

  it.each([
    ['arn', 'arn:aws:iam::111122223333:user/a'],
    ['arn', 'arn:aws:iam::111122223333:user/p/q/a'],
    ['arn', 'arn:aws:iam::111122223333:role/p:q/a'],
    ['arn', 'arn:aws:iam::111122223333:role/a+=,.@-_b'],
    ['arn', 'arn:aws:sts::111122223333:federated-user/a'],
    ['arn', `arn:aws:iam::111122223333:role/${'a'.repeat(64)}`],
    ['arn', `arn:aws:sts::111122223333:assumed-role/${'a'.repeat(64)}/${'b'.repeat(64)}`],
    ['unknown', `arn:aws:iam::111122223333:role/${'a'.repeat(65)}`],
    ['unknown', `arn:aws:sts::111122223333:assumed-role/${'a'.repeat(65)}/b`],
    ['unknown', 'arn:aws:sts::111122223333:assumed-role/b'],
    ['unknown', 'arn:aws:sts::111122223333:assumed-role/a b/c'],
    ['unknown', 'arn:aws:sts::111122223333:assumed-role//c'],
    ['unknown', 'arn:aws:iam::111122223333:role/'],
    ['unknown', 'arn:aws:iam::111122223333:role/a b'],
    ['unknown', 'arn:aws:iam::111122223333:role/p q/a'],
    ['unknown', 'arn:aws:iam::111122223333:role//a'],
    ['unknown', 'arn:aws:iam::111122223333:xrole/a'],
    ['unknown', 'arn:aws:iam::111122223333:group/a'],
    ['unknown', 'arn:aws:iam::11112222333:role/a'],
    ['unknown', 'arn:aws:iam::1111222233334:role/a'],
    ['unknown', 'arn:aws:iam::11112222333x:root'],
    ['unknown', 'arn:aws:iam:us-east-1:111122223333:root'],
    ['unknown', 'arn:aws:s3:::b'],
    ['unknown', 'arn:aws:sts::111122223333:root'],
    ['unknown', 'arn:aws:iam::111122223333:rooT'],
    ['unknown', 'arn:aws:iam::111122223333:'],
    ['unknown', 'arn:aws:iam::111122223333:toor'],
    ['unknown', 'xarn:aws:iam::111122223333:role/a'],
    ['unknown', 'arn:a:b:iam::111122223333:role/a'],
    ['unknown', 'arn:'],
    ['unknown', ''],
    ['unknown', '11112222333'],
    ['unknown', '1111222233334'],
    ['unknown', ' 111122223333'],
    ['unknown', '111122223333 '],
    ['pattern', 'arn:aws:iam::111122223333:role/*'],
    ['pattern', 'arn:aws:iam::111122223333:role/?'],
    ['pattern', 'arn:aws:iam::*:root'],
    ['pattern', 'arn:aws:iam::11112222333?:root'],
    ['unknown', '11*'],
    ['orphan', 'AIDA1234567890ABCDEFG'],
    ['orphan', 'AROA12345678'],
    ...['AGPA', 'AIPA', 'ANPA', 'ANVA', 'ASCA', 'ASIA', 'ABIA', 'ACCA', 'AKIA', 'APKA'].map((prefix) => [
      'orphan',
      `${prefix}1234567890`,
    ]),
    ['unknown', 'AROA1234567'],
    ['unknown', 'AROA12345678x'],
    ['unknown', 'xAROA12345678'],
    ['unknown', 'AXXA12345678'],
  ])('%s: %s', (kind, text) => {
    expect(kindOf(text)).toBe(kind);
  });
});

describe('coverage', () => {
  const session: PrincipalIdentity = {
    account: '111122223333',
    arns: [ROOT, ROLE, SESSION],
    service: null,
    provider: 'arn:aws:iam::111122223333:saml-provider/P',
  };
  const service: PrincipalIdentity = { account: null, arns: [], service: 'x.amazonaws.com', provider: null };

  it.each([
    ['everyone', '*', true, true],
    ['the account', { AWS: '111122223333' }, true, false],
    ['another account', { AWS: '444455556666' }, false, false],
    ['the root', { AWS: ROOT }, true, false],
    ['the root of another partition', { AWS: ROOT.replace('aws', 'aws-cn') }, false, false],
    ['the role', { AWS: ROLE }, true, false],
    ['the session', { AWS: SESSION }, true, false],
    ['another session', { AWS: `${SESSION}2` }, false, false],
    ['the service', { Service: 'x.amazonaws.com' }, false, true],
    ['another service', { Service: 'y.amazonaws.com' }, false, false],
    ['the provider', { Federated: 'arn:aws:iam::111122223333:saml-provider/P' }, true, false],
    ['another provider', { Federated: 'arn:aws:iam::111122223333:saml-provider/Q' }, false, false],
    ['an id', { AWS: 'AROA1234567890' }, false, false],
    ['nobody known', { AWS: 'nobody' }, false, false],
  ])('by %s', (_name, value, ofSession, ofService) => {
    const entry = one(value);
    if (entry === undefined) return;
    for (const lean of [true, false]) {
      expect(entryCovers(entry, session, lean)).toBe(ofSession);
      expect(entryCovers(entry, service, lean)).toBe(ofService);
    }
  });

  it.each([
    ['a pattern', { AWS: 'arn:aws:iam::111122223333:role/*' }, true, false],
    ['a pattern of others', { AWS: 'arn:aws:iam::444455556666:role/*' }, false, false],
    ['any service', { Service: '*' }, false, true],
  ])('by %s only where it leans', (_name, value, ofSession, ofService) => {
    const entry = one(value);
    if (entry === undefined) return;
    expect([entryCovers(entry, session, true), entryCovers(entry, service, true)]).toEqual([
      ofSession,
      ofService,
    ]);
    expect([entryCovers(entry, session, false), entryCovers(entry, service, false)]).toEqual([false, false]);
  });
});
