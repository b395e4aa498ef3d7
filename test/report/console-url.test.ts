import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Resource } from '../../shared/model/resource.ts';
import { RESOURCE_TYPES, registryResource, repositoryResource } from '../../shared/model/resource.ts';
import { consoleUrl } from '../../shared/report/console-url.ts';
import { REPOSITORY } from './fixtures.ts';

const repositoryAt = (region: string, name = 'team-a/api'): Resource =>
  repositoryResource({ account: '111122223333', region }, name);

describe('a console link', () => {
  it.each([
    [
      'eu-west-1',
      'https://eu-west-1.console.aws.amazon.com/ecr/repositories/private/111122223333/team-a/api?region=eu-west-1',
    ],
    [
      'cn-north-1',
      'https://cn-north-1.console.amazonaws.cn/ecr/repositories/private/111122223333/team-a/api?region=cn-north-1',
    ],
    [
      'us-gov-west-1',
      'https://us-gov-west-1.console.amazonaws-us-gov.com/ecr/repositories/private/111122223333/team-a/api?region=us-gov-west-1',
    ],
    [
      'eusc-de-east-1',
      'https://eusc-de-east-1.console.amazonaws-eusc.eu/ecr/repositories/private/111122223333/team-a/api?region=eusc-de-east-1',
    ],
  ])('leads to the console of the partition of %s', (region, url) => {
    expect(consoleUrl(repositoryAt(region))).toBe(url);
  });

  it('is left out where the console is not known', () => {
    expect(consoleUrl(repositoryAt('us-iso-east-1'))).toBeNull();
    expect(consoleUrl({ ...REPOSITORY, region: 'evil.example/' })).toBeNull();
  });

  it('leads to the registry, and there is one for every type of resource', () => {
    const registry = registryResource({ account: '111122223333', region: 'eu-west-1' });
    expect(consoleUrl(registry)).toBe(
      'https://eu-west-1.console.aws.amazon.com/ecr/private-registry/repositories?region=eu-west-1',
    );
    for (const type of RESOURCE_TYPES) {
      expect(new URL(consoleUrl({ ...REPOSITORY, type }) ?? '').searchParams.get('region')).toBe('eu-west-1');
    }
  });

  it('keeps any name in its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...RESOURCE_TYPES), (name, type) => {
        const url = new URL(consoleUrl({ ...REPOSITORY, type, name, arn: name }) ?? '');
        expect(url.host).toBe('eu-west-1.console.aws.amazon.com');
        expect([...url.searchParams]).toEqual([['region', 'eu-west-1']]);
      }),
    );
  });

  it('encodes what is not plain, dot segments too', () => {
    expect(consoleUrl(repositoryAt('eu-west-1', 'a b/../?x#y'))).toBe(
      'https://eu-west-1.console.aws.amazon.com/ecr/repositories/private/111122223333/a%20b/%2E%2E/%3Fx%23y?region=eu-west-1',
    );
  });
});
