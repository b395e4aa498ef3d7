import {
  BatchGetRepositoryScanningConfigurationCommand,
  CreateRepositoryCommand,
  ECRClient,
  GetRegistryScanningConfigurationCommand,
  PutImageScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
} from '@aws-sdk/client-ecr';
import type { RegistryScanningRule, ScanType } from '@aws-sdk/client-ecr';
import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import type { SandboxOptions } from '../../sandbox/sandbox.ts';
import { filterMatches } from '../../sandbox/services/ecr-scanning.ts';

const rule = (
  scanFrequency: RegistryScanningRule['scanFrequency'],
  ...filters: string[]
): RegistryScanningRule => ({
  scanFrequency,
  repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' })),
});

const registryWith = async (
  scanType: ScanType,
  rules: RegistryScanningRule[],
  options: SandboxOptions = {},
) => {
  const sandbox = createSandbox(options);
  const ecr = new ECRClient(sandbox.clientConfig());
  await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType, rules }));
  return { sandbox, ecr };
};

describe('scan filters', () => {
  // The table of the ECR user guide, "Filters to choose which repositories are scanned".
  const names = ['prod', 'repo-prod', 'prod-repo', 'repo-prod-repo', 'prodrepo'];
  it.each([
    ['prod', names],
    ['*prod', ['prod', 'repo-prod']],
    ['prod*', ['prod', 'prod-repo', 'prodrepo']],
    ['prod*repo', ['prod-repo', 'prodrepo']],
    ['*', names],
    ['*prod*', names],
    ['p*p', []],
  ])('%s covers %j', (filter, covered) => {
    expect(names.filter((name) => filterMatches(filter, name))).toEqual(covered);
  });

  it('reach across slashes', () => {
    expect(filterMatches('team*api', 'team-a/services/api')).toBe(true);
  });

  it('agree with the anchored regular expression', () => {
    const filters = string({ unit: constantFrom('a', 'b', '/', '*'), minLength: 1, maxLength: 8 });
    const texts = string({ unit: constantFrom('a', 'b', '/'), maxLength: 12 });
    assert(
      property(filters, texts, (filter, name) => {
        const regex = new RegExp(filter.includes('*') ? `^${filter.replaceAll('*', '.*')}$` : filter);
        expect(filterMatches(filter, name)).toBe(regex.test(name));
      }),
    );
  });

  it('take linear time on hostile filters', () => {
    expect(filterMatches(`${'*a'.repeat(120)}*b`, 'a'.repeat(256))).toBe(false);
  });
});

describe('effective scanning', () => {
  it.each<[string, ScanType, RegistryScanningRule[], boolean, string, string[]]>([
    ['BASIC: the flag decides where no rule matches', 'BASIC', [], true, 'SCAN_ON_PUSH', []],
    ['BASIC: nothing scans without rule and flag', 'BASIC', [], false, 'MANUAL', []],
    [
      'BASIC: a matching rule scans',
      'BASIC',
      [rule('SCAN_ON_PUSH', 'team*')],
      false,
      'SCAN_ON_PUSH',
      ['team*'],
    ],
    [
      'BASIC: another filter leaves it to the flag',
      'BASIC',
      [rule('SCAN_ON_PUSH', 'x')],
      true,
      'SCAN_ON_PUSH',
      [],
    ],
    ['BASIC: a matching MANUAL rule does not scan', 'BASIC', [rule('MANUAL', '*')], true, 'MANUAL', ['*']],
    ['ENHANCED: no rules is continuous for all', 'ENHANCED', [], false, 'CONTINUOUS_SCAN', []],
    [
      'ENHANCED: unmatched is off, whatever the flag',
      'ENHANCED',
      [rule('SCAN_ON_PUSH', 'x')],
      true,
      'MANUAL',
      [],
    ],
    [
      'ENHANCED: a matching rule scans',
      'ENHANCED',
      [rule('SCAN_ON_PUSH', 'api')],
      false,
      'SCAN_ON_PUSH',
      ['api'],
    ],
    [
      'ENHANCED: continuous wins over on push',
      'ENHANCED',
      [rule('SCAN_ON_PUSH', '*'), rule('CONTINUOUS_SCAN', 'team*', '*api')],
      false,
      'CONTINUOUS_SCAN',
      ['team*', '*api'],
    ],
  ])('%s', async (_what, scanType, rules, scanOnPush, frequency, filters) => {
    const { ecr } = await registryWith(scanType, rules);
    const repositoryName = 'team-a/api';
    await ecr.send(
      new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration: { scanOnPush } }),
    );
    const { scanningConfigurations } = await ecr.send(
      new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames: [repositoryName] }),
    );
    expect(scanningConfigurations).toEqual([
      {
        repositoryArn: `arn:aws:ecr:us-east-1:111111111111:repository/${repositoryName}`,
        repositoryName,
        scanOnPush,
        scanFrequency: frequency,
        appliedScanFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' })),
      },
    ]);
  });
});

describe('PutRegistryScanningConfiguration', () => {
  it('replaces all rules', async () => {
    const { ecr } = await registryWith('BASIC', [rule('SCAN_ON_PUSH', 'a*', 'b*')]);
    const rules = [rule('SCAN_ON_PUSH', 'c*')];
    await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'BASIC', rules }));
    const answer = await ecr.send(new GetRegistryScanningConfigurationCommand({}));
    expect(answer.scanningConfiguration).toEqual({ scanType: 'BASIC', rules });
  });

  it.each<[string, ScanType, RegistryScanningRule[]]>([
    [
      'three rules',
      'ENHANCED',
      [rule('SCAN_ON_PUSH', 'a'), rule('CONTINUOUS_SCAN', 'b'), rule('SCAN_ON_PUSH', 'c')],
    ],
    ['continuous scans under BASIC', 'BASIC', [rule('CONTINUOUS_SCAN', '*')]],
    ['MANUAL under ENHANCED', 'ENHANCED', [rule('MANUAL', '*')]],
    ['one frequency twice', 'ENHANCED', [rule('SCAN_ON_PUSH', 'a'), rule('SCAN_ON_PUSH', 'b')]],
    ['101 filters', 'BASIC', [rule('SCAN_ON_PUSH', ...Array.from({ length: 101 }, (_, i) => `f${i}`))]],
    ['a filter in upper case', 'BASIC', [rule('SCAN_ON_PUSH', 'Team')]],
    ['a filter that ends in a slash', 'BASIC', [rule('SCAN_ON_PUSH', 'team/')]],
  ])('refuses %s', async (_why, scanType, rules) => {
    await expect(registryWith(scanType, rules)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('announces what ENHANCED changes by the event of ECR itself', async () => {
    const { sandbox, ecr } = await registryWith('BASIC', []);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team-a/api' }));
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'other' }));
    const rules = [rule('SCAN_ON_PUSH', 'team*')];
    await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED', rules }));
    const own = sandbox.eventBridge
      .emitted()
      .filter((event) => event['detail-type'] === 'ECR Scan Resource Change');
    expect(own).toMatchObject([
      {
        source: 'aws.ecr',
        detail: {
          'action-type': 'SCAN_FREQUENCY_CHANGE',
          'scan-type': 'ENHANCED',
          repositories: [
            {
              'repository-name': 'team-a/api',
              'scan-frequency': 'SCAN_ON_PUSH',
              'previous-scan-frequency': 'MANUAL',
            },
          ],
        },
      },
    ]);
  });
});

describe('PutImageScanningConfiguration under ENHANCED', () => {
  const put = async (options: SandboxOptions) => {
    const { sandbox, ecr } = await registryWith('ENHANCED', [rule('SCAN_ON_PUSH', 'x')], options);
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'api' }));
    const imageScanningConfiguration = { scanOnPush: true };
    await ecr.send(
      new PutImageScanningConfigurationCommand({ repositoryName: 'api', imageScanningConfiguration }),
    );
    const { scanningConfigurations } = await ecr.send(
      new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames: ['api'] }),
    );
    return { sandbox, answer: scanningConfigurations![0]! };
  };

  it('keeps the flag, which scans nothing', async () => {
    const { answer } = await put({});
    expect(answer).toMatchObject({ scanOnPush: true, scanFrequency: 'MANUAL' });
  });

  it('can be refused, as the API model allows', async () => {
    await expect(put({ ecr: { repositoryFlagUnderEnhanced: 'reject' } })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});
