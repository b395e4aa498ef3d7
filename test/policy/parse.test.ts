import { describe, expect, it } from 'vitest';
import { NO_TRUST } from '../../shared/model/trust.ts';
import { namesIn } from '../../shared/policy/actions.ts';
import { listOf, own, recordOf } from '../../shared/policy/json.ts';
import { actionTextsIn, parsePolicy, readDocument, type Policy } from '../../shared/policy/parse.ts';
import { matchesPattern } from '../../shared/policy/pattern.ts';
import { surroundingsOf } from '../../shared/policy/subject.ts';

const OWNER = '111122223333';
const { universe, constants } = surroundingsOf({
  ownerAccount: OWNER,
  trust: NO_TRUST,
  now: '2026-06-01T00:00:00Z',
});

const read = (document: unknown, origin: 'policy' | 'registry' | 'other' = 'policy'): Policy => {
  const policy = parsePolicy(document, { origin, universe, constants });
  if ('unreadable' in policy) throw new Error(policy.unreadable);
  return policy;
};

const PULL = { Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' };
const without = (element: keyof typeof PULL): Record<string, string> =>
  Object.fromEntries(Object.entries(PULL).filter(([name]) => name !== element));

const one = (statement: unknown) => {
  const {
    allows,
    denies,
    undecided,
    notes,
    universe: known,
  } = read({ Version: '2012-10-17', Statement: statement });
  const found = [...allows, ...denies];
  expect(found.length).toBeLessThanOrEqual(1);
  const actions = found.flatMap((each) => namesIn(known, each.actions));
  return {
    statement: found[0],
    actions,
    reasons: undecided.map(({ reason }) => reason),
    codes: notes.map(({ code }) => code),
  };
};

describe('JSON', () => {
  it('is read by own members only', () => {
    expect(own({ a: 1 }, 'a')).toBe(1);
    expect(own({}, 'toString')).toBeUndefined();
    expect(own(Object.create({ a: 1 }) as Record<string, unknown>, 'a')).toBeUndefined();
    expect([null, [], 'x', 5, undefined].map(recordOf)).toEqual([null, null, null, null, null]);
    expect(recordOf({ a: 1 })).toEqual({ a: 1 });
    expect([listOf(5), listOf([5]), listOf(null)]).toEqual([[5], [5], [null]]);
  });
});

describe('documents', () => {
  it('may be text, percent-encoded text, or parsed already', () => {
    const text = JSON.stringify({ Statement: [PULL] });
    expect(readDocument(text)).toEqual({ Statement: [PULL] });
    expect(readDocument(encodeURIComponent(text))).toEqual({ Statement: [PULL] });
    expect(readDocument({ Statement: [PULL] })).toEqual({ Statement: [PULL] });
    expect(readDocument('%')).toBeUndefined();
    expect(readDocument('')).toBeUndefined();
    expect(readDocument('{')).toBeUndefined();
  });

  it.each([
    ['{', 'the document is no JSON'],
    ['%zz', 'the document is no JSON'],
    [undefined, 'the document is no JSON'],
    ['[]', 'the document is no JSON object'],
    [null, 'the document is no JSON object'],
    [5, 'the document is no JSON object'],
    [{}, 'the document has no `Statement`'],
    [{ statement: [PULL] }, 'the document has no `Statement`'],
    [{ Statement: null }, 'the document has no `Statement`'],
  ])('%j is no policy', (document, unreadable) => {
    expect(parsePolicy(document, { origin: 'policy', universe, constants })).toEqual({ unreadable });
  });

  it('have statements of either effect, in order', () => {
    const policy = read({
      Version: '2012-10-17',
      Statement: [PULL, { ...PULL, Effect: 'Deny', Sid: 'No' }, { ...PULL, Sid: 'Yes' }],
    });
    expect(policy.allows.map(({ index, sid, effect }) => [index, sid, effect])).toEqual([
      [0, null, 'Allow'],
      [2, 'Yes', 'Allow'],
    ]);
    expect(policy.denies.map(({ index, sid, effect }) => [index, sid, effect])).toEqual([[1, 'No', 'Deny']]);
    expect([policy.undecided, policy.notes]).toEqual([[], []]);
    expect(read({ Statement: PULL }).allows).toHaveLength(1);
    expect(read({ Statement: [] }).allows).toEqual([]);
  });

  it('have statements that can be told apart from those of other documents', () => {
    const ids = (['policy', 'registry', 'other'] as const).flatMap((origin) =>
      read({ Statement: [PULL, PULL] }, origin).allows.map(({ id }) => id),
    );
    expect(new Set(ids).size).toBe(6);
    expect(read({ Statement: [PULL] }, 'registry').allows[0]?.origin).toBe('registry');
  });

  it.each([
    ['2012-10-17', []],
    ['2008-10-17', []],
    [undefined, []],
    ['2012-10-18', ['invalid-element']],
    [null, ['invalid-element']],
  ])('of version %s: %j', (Version, codes) => {
    const policy = read({ ...(Version === undefined ? {} : { Version }), Statement: [PULL] });
    expect(policy.notes.map(({ code, statement }) => [code, statement])).toEqual(
      codes.map((code) => [code, null]),
    );
  });

  it('of the newer version alone have policy variables', () => {
    const tested = { ...PULL, Condition: { StringEquals: { 'aws:PrincipalTag/t': '${aws:username}' } } };
    const kinds = [undefined, '2008-10-17', '2012-10-17'].map(
      (Version) =>
        read({ ...(Version === undefined ? {} : { Version }), Statement: [tested] }).allows[0]?.tests[0]
          ?.values[0]?.kind,
    );
    expect(kinds).toEqual(['text', 'text', 'template']);
  });

  it('say which statement is none', () => {
    const policy = read({ Statement: [PULL, 'x', null, PULL] });
    expect(policy.undecided).toEqual([
      { statement: 1, sid: null, reason: 'the statement is no object' },
      { statement: 2, sid: null, reason: 'the statement is no object' },
    ]);
    expect(policy.allows.map(({ index }) => index)).toEqual([0, 3]);
  });

  it('make the universe larger by the actions they name', () => {
    const policy = read({ Statement: [{ ...PULL, Action: ['ecr:NewThing', 's3:GetObject', 'ecr:New*'] }] });
    expect(policy.universe.names).toContain('ecr:NewThing');
    expect(policy.universe.names).toHaveLength(universe.names.length + 1);
    expect(namesIn(policy.universe, policy.allows[0]?.actions ?? [])).toEqual(['ecr:NewThing']);
    expect(read({ Statement: [PULL] }).universe).toBe(universe);
    const excepted = read({ Statement: [{ ...without('Action'), NotAction: 'ecr:NewThing' }] });
    expect(excepted.universe.names).toContain('ecr:NewThing');
    expect(namesIn(excepted.universe, excepted.allows[0]?.actions ?? [])).not.toContain('ecr:NewThing');
  });

  it('name actions', () => {
    expect(actionTextsIn({ Statement: [{ Action: ['a', 5, 'b'] }, 'x', { NotAction: 'c' }, {}] })).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(actionTextsIn('{"Statement":{"Action":"a"}}')).toEqual(['a']);
    expect(actionTextsIn('x')).toEqual([]);
  });
});

describe('statements', () => {
  it('that are valid leave nothing undecided', () => {
    expect(one({ ...PULL, Sid: 'S', Resource: '*', Condition: {} })).toMatchObject({
      actions: ['ecr:BatchGetImage'],
      reasons: [],
      codes: [],
    });
  });

  it('with an unknown effect count as Allow', () => {
    for (const Effect of ['allow', 'DENY', null, 5]) {
      const { statement, reasons } = one({ ...PULL, Effect });
      expect(statement?.effect).toBe('Allow');
      expect(reasons).toEqual(['the effect is neither `Allow` nor `Deny`']);
    }
    expect(one(without('Effect')).reasons).toHaveLength(1);
    expect(one({ ...PULL, Sid: 5 }).statement?.sid).toBeNull();
  });

  it('note elements that IAM does not know', () => {
    expect(one({ ...PULL, action: 'x', Conditions: {} }).codes).toEqual([
      'invalid-element',
      'invalid-element',
    ]);
  });

  it.each(['Action', 'Principal'] as const)('without %s have every one, or as Deny none', (element) => {
    const allow = one(without(element));
    expect(allow.reasons).toEqual([`the statement has neither \`${element}\` nor \`Not${element}\``]);
    if (element === 'Action') expect(allow.actions).toEqual(universe.names);
    else
      expect(allow.statement?.principal).toEqual({
        named: [{ kind: 'everyone', text: '*' }],
        excepted: null,
      });
    const deny = one({ ...without(element), Effect: 'Deny' });
    expect([deny.statement, deny.reasons]).toEqual([undefined, allow.reasons]);
  });

  it.each([5, null, [5], ['ecr:*', null], {}])('with the action %j lean', (Action) => {
    for (const given of [{ Action }, { NotAction: Action }]) {
      const allow = one({ ...without('Action'), ...given });
      expect([allow.actions, allow.reasons]).toEqual([universe.names, ['an action is no text']]);
      expect(one({ ...without('Action'), ...given, Effect: 'Deny' }).statement).toBeUndefined();
    }
  });

  it('with Action and NotAction lean', () => {
    const both = {
      Action: ['ecr:BatchGetImage', 'ecr:PutImage'],
      NotAction: ['ecr:PutImage', 'ecr:ListImages'],
    };
    const allow = one({ ...PULL, ...both });
    expect(allow.actions).toEqual(universe.names.filter((name) => name !== 'ecr:ListImages'));
    expect(allow.reasons).toEqual(['the statement has both `Action` and `NotAction`']);
    expect(one({ ...PULL, ...both, Effect: 'Deny' }).actions).toEqual(['ecr:BatchGetImage']);
  });

  it('with NotAction alone take the others', () => {
    const { actions } = one({ ...without('Action'), NotAction: 'ecr:Batch*' });
    expect(actions).toEqual(universe.names.filter((name) => !name.startsWith('ecr:Batch')));
  });

  it.each(['s3:*', [], 'ecr:', 'ecr-public:*', 'ecr:GetAuthorizationToken'])(
    'with the action %j do nothing',
    (Action) => {
      const { statement, codes, reasons } = one({ ...PULL, Action });
      expect([statement, codes, reasons]).toEqual([undefined, ['no-effect'], []]);
    },
  );

  it('with Principal and NotPrincipal keep both', () => {
    const { statement, reasons } = one({ ...PULL, NotPrincipal: { AWS: OWNER } });
    expect(reasons).toEqual(['the statement has both `Principal` and `NotPrincipal`']);
    expect(statement?.principal.named).toHaveLength(1);
    expect(statement?.principal.excepted).toHaveLength(1);
    const excepting = one({ ...without('Principal'), NotPrincipal: { AWS: OWNER } });
    expect(excepting.statement?.principal.named).toBeNull();
    expect(excepting.reasons).toEqual([]);
  });

  it('with principals that cannot be read lean', () => {
    const everyone = [{ kind: 'everyone', text: '*' }];
    const excepting = { ...without('Principal'), NotPrincipal: 5 };
    expect(one({ ...PULL, Principal: 5 })).toMatchObject({
      statement: { principal: { named: everyone, excepted: null } },
      reasons: ['the principal cannot be read'],
    });
    expect(one({ ...PULL, Principal: 5, Effect: 'Deny' }).statement?.principal).toEqual({
      named: [],
      excepted: null,
    });
    expect(one(excepting).statement?.principal).toEqual({ named: null, excepted: [] });
    expect(one({ ...excepting, Effect: 'Deny' }).statement?.principal).toEqual({
      named: null,
      excepted: everyone,
    });
  });

  it.each([
    [{ AWS: 'AROA1234567890' }, 'orphaned-principal', 0],
    [{ AWS: [] }, 'no-effect', 0],
    [{}, 'no-effect', 0],
    [{ AWS: 'nobody' }, null, 1],
    [{ AWS: 'arn:aws:iam::111122223333:role/*' }, null, 1],
    [{ Service: '*' }, null, 1],
    [{ Service: 'x.amazonaws.com', AWS: OWNER }, null, 0],
  ])('with the principal %j: note %s, %i undecided', (Principal, code, count) => {
    const { codes, reasons } = one({ ...PULL, Principal });
    expect(codes).toEqual(code === null ? [] : [code]);
    expect(reasons).toHaveLength(count);
  });

  it('with a condition that cannot be read stay, or as Deny go', () => {
    const Condition = { StringAlike: { 'aws:x': 'y' }, StringEquals: { 'aws:z': 'y' } };
    const allow = one({ ...PULL, Condition });
    expect(allow.statement?.tests.map(({ key, lean }) => [key, lean])).toEqual([['aws:z', true]]);
    expect(allow.reasons).toEqual(['unknown condition operator `StringAlike`']);
    expect(one({ ...PULL, Condition, Effect: 'Deny' }).statement).toBeUndefined();
    const value = { NumericEquals: { 'aws:z': 'y' } };
    expect(one({ ...PULL, Condition: value, Effect: 'Deny' }).statement?.tests[0]?.lean).toBe(false);
    expect(one({ ...PULL, Condition: { StringEquals: { 'a:B': 'x', 'A:b': 'x' } } }).codes).toEqual([
      'duplicate-element',
    ]);
  });

  it.each([
    [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, true],
    [{ IpAddress: { 'AWS:SourceIP': ['10.0.0.0/8', '192.168.1.1'] } }, true],
    [{ IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '203.0.113.0/24'] } }, false],
    [{ IpAddress: { 'aws:SourceIp': [] } }, false],
    [{ IpAddress: { 'aws:SourceIp': 'x' } }, false],
    [{ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false],
    [{ IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } }, false],
    [{ StringEquals: { 'aws:SourceIp': '10.0.0.1' } }, false],
  ])('with %j: private source %s', (Condition, isPrivate) => {
    expect(one({ ...PULL, Condition }).codes).toEqual(isPrivate ? ['private-source-ip'] : []);
  });

  it('weigh what it costs to ask them', () => {
    const names = Array.from({ length: 9 }, (_, n) => `n${n}`);
    const weigh = (more: Record<string, unknown>) => one({ ...PULL, ...more }).statement?.weight;
    expect(weigh({})).toBe(1.125);
    expect(weigh({ Principal: { AWS: [OWNER, OWNER] }, NotPrincipal: { AWS: OWNER } })).toBe(1.375);
    expect(weigh({ Condition: { StringEquals: { a: ['x', 'y', 'z'] } } })).toBe(2.625);
    expect(weigh({ Condition: { StringEquals: { a: names } } })).toBe(2.125);
    expect(weigh({ Condition: { IpAddress: { a: names.map((_, n) => `198.51.${n}.0/24`) } } })).toBe(2.125);
  });
});

describe('resources', () => {
  const ARN = `arn:aws:ecr:us-east-1:${OWNER}:repository/app`;
  const names = (resource: unknown, arn = ARN, more: Record<string, unknown> = {}) => {
    const { statement } = one({ ...PULL, ...more, Resource: resource });
    return statement?.resource?.named?.some((pattern) => matchesPattern(pattern, arn));
  };

  it('may be missing', () => {
    expect(one(PULL).statement?.resource).toBeNull();
  });

  it.each([
    ['*', true],
    [ARN, true],
    [`${ARN}x`, false],
    ['arn:aws:ecr:*:*:repository/a?p', true],
    [[`${ARN}x`, ARN], true],
    [[], false],
    ['arn:aws:ecr:us-east-1:${aws:ResourceAccount}:repository/app', true],
    ['arn:aws:ecr:us-east-1:${aws:PrincipalAccount}:repository/app', true],
    ['arn:aws:ecr:us-east-1:${aws:PrincipalAccount}:repository/other', false],
    ['*/app', true],
  ])('%j: %s', (resource, named) => {
    expect(names(resource)).toBe(named);
    expect(one({ ...PULL, Resource: resource }).reasons).toEqual([]);
  });

  it('have variables in the newer language only', () => {
    const policy = read({ Version: '2008-10-17', Statement: [{ ...PULL, Resource: 'arn:${x}' }] });
    expect(policy.allows[0]?.resource?.named?.some((pattern) => matchesPattern(pattern, 'arn:${x}'))).toBe(
      true,
    );
    expect(policy.allows[0]?.resource?.named?.some((pattern) => matchesPattern(pattern, 'arn:y'))).toBe(
      false,
    );
  });

  it.each(['x', '', 'xarn:aws', 5, null, {}])('%j is none, and leans', (resource) => {
    expect(one({ ...PULL, Resource: resource }).reasons).toHaveLength(1);
    expect(names(resource)).toBe(true);
    expect(names(resource, ARN, { Effect: 'Deny' })).toBe(false);
    const excepted = (Effect: string) =>
      one({ ...PULL, Effect, NotResource: resource }).statement?.resource?.excepted;
    expect(excepted('Allow')?.some((pattern) => matchesPattern(pattern, ARN))).toBe(false);
    expect(excepted('Deny')?.some((pattern) => matchesPattern(pattern, ARN))).toBe(true);
  });

  it('keep their texts', () => {
    expect(one({ ...PULL, Resource: ARN, NotResource: ['*', ARN] }).statement?.resource?.texts).toEqual([
      ARN,
      '*',
      ARN,
    ]);
    expect(one({ ...PULL, Resource: ARN }).statement?.resource?.excepted).toBeNull();
    expect(one({ ...PULL, NotResource: ARN }).statement?.resource?.named).toBeNull();
  });
});
