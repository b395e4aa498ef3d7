import {
  BatchImportFindingsCommand,
  SecurityHubClient,
  type AwsSecurityFinding,
} from '@aws-sdk/client-securityhub';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../sandbox/sandbox.ts';
import { securityHubImporter } from '../../shared/aws/security-hub.ts';
import { AwsRequestError, PermissionError, TransientAwsError } from '../../shared/model/errors.ts';
import { findingKey, type Finding } from '../../shared/model/finding.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { toAsff } from '../../shared/report/asff.ts';
import { CONTEXT, finding } from '../report/fixtures.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
const IMPORT = { service: 'securityhub', operation: 'BatchImportFindings' };

const start = (render = (of: Finding): AwsSecurityFinding => toAsff(of, CONTEXT)) => {
  const sandbox = createSandbox({ region: REGION, accounts: [{ id: ACCOUNT }] });
  const { region, ...overrides } = sandbox.clientConfig({ role: 'alert' });
  return { sandbox, importer: securityHubImporter({ region, account: ACCOUNT, overrides, render }) };
};
const of = (name: string, account = ACCOUNT, region = REGION): Finding => {
  const resource = repositoryResource({ account, region }, name);
  return finding({ resource, key: findingKey(resource.arn, 'public-access') });
};

describe('the importer of findings', () => {
  it('makes one call for each Region and hundred findings', async () => {
    const { sandbox, importer } = start();
    const many = Array.from({ length: 120 }, (_, n) => of(`app-${n}`));
    expect(await importer.importFindings([...many, of('web', ACCOUNT, 'us-east-1')])).toEqual([]);
    expect(sandbox.calls.count(IMPORT)).toBe(3);
    expect(sandbox.securityHub.findings()).toHaveLength(120);
    expect(sandbox.securityHub.findings({ region: 'us-east-1' })).toHaveLength(1);
  });

  it('reports a finding that Security Hub refuses as a fault, and imports the others', async () => {
    const { sandbox, importer } = start((one) => ({
      ...toAsff(one, CONTEXT),
      ...(one.resource.name === 'bad' ? { GeneratorId: '' } : {}),
    }));
    const failed = await importer.importFindings([of('good'), of('bad')]);
    expect(failed.map((one) => one.finding.resource.name)).toEqual(['bad']);
    expect(failed[0]?.fault).toBeInstanceOf(AwsRequestError);
    expect(failed[0]?.fault.message).toContain('securityhub BatchImportFindings failed: InvalidInput');
    expect(sandbox.securityHub.findings()).toHaveLength(1);
  });

  it('leaves out another account without a member role, and says so', async () => {
    const { sandbox, importer } = start();
    const [failed] = await importer.importFindings([of('web', '444455556666')]);
    expect(failed?.fault).toBeInstanceOf(PermissionError);
    expect(failed?.fault.message).toBe('no member role reaches Security Hub in account `444455556666`');
    expect(sandbox.calls.count(IMPORT)).toBe(0);
  });

  it('tells what a repeat may mend from what it may not', async () => {
    const { sandbox, importer } = start();
    sandbox.faults.down(IMPORT, 60_000);
    expect((await importer.importFindings([of('web')]))[0]?.fault).toBeInstanceOf(TransientAwsError);
    sandbox.faults.clear();
    sandbox.faults.deny(IMPORT);
    expect((await importer.importFindings([of('web')]))[0]?.fault).toBeInstanceOf(PermissionError);
  });
});

describe('Security Hub in the sandbox', () => {
  const sandbox = createSandbox({ region: REGION, accounts: [{ id: ACCOUNT }] });
  const client = new SecurityHubClient(sandbox.clientConfig());
  const imported = async (over: Partial<AwsSecurityFinding>) => {
    const answer = await client.send(
      new BatchImportFindingsCommand({ Findings: [{ ...toAsff(finding(), CONTEXT), ...over }] }),
    );
    return { answer, titles: sandbox.securityHub.findings().map(({ Title }) => Title) };
  };

  it('takes an update of the same id only if it is later', async () => {
    const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;
    expect((await imported({ Title: 'second', UpdatedAt: at(2) })).titles).toEqual(['second']);
    expect((await imported({ Title: 'first', UpdatedAt: at(1) })).titles).toEqual(['second']);
    expect((await imported({ Title: 'again', UpdatedAt: at(2) })).titles).toEqual(['second']);
    const { answer, titles } = await imported({ Title: 'third', UpdatedAt: at(3) });
    expect(titles).toEqual(['third']);
    expect(answer).toMatchObject({ SuccessCount: 1, FailedCount: 0 });
  });

  it('refuses a finding of another account', async () => {
    const { answer } = await imported({ AwsAccountId: '444455556666' });
    expect(answer).toMatchObject({ FailedCount: 1, FailedFindings: [{ ErrorCode: 'InvalidAccess' }] });
  });
});
