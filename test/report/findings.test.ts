import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { factSources } from '../../shared/model/fact-sources.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { toAsff } from '../../shared/report/asff.ts';
import { displayWidth, padTo, wrap } from '../../shared/report/columns.ts';
import { findingsJson, summaryOf } from '../../shared/report/findings-json.ts';
import { findingsTable } from '../../shared/report/findings-table.ts';
import { readActions, readPolicyDocument } from '../../shared/report/iam-policy.ts';
import { PLAIN } from '../../shared/report/palette.ts';
import { findingsToSarif, sarifLog } from '../../shared/report/sarif.ts';
import { AT, BEFORE, CONTEXT, REGISTRY, RESOLVED, finding } from './fixtures.ts';

const UNREADABLE = finding({
  resource: REGISTRY,
  compliance: 'INSUFFICIENT_DATA',
  violations: [],
  evidence: { summary: '`registryPolicy` could not be read: access denied', data: {} },
});
const SCANNING = finding({
  control: 'image-scanning',
  severity: 'MEDIUM',
  violations: [{ messageId: 'm', message: 'new images of `team-a/api` are not scanned', data: {} }],
});
const ALL = [BEFORE, finding({ resource: repositoryResource(AT, 'open') }), UNREADABLE, SCANNING];

describe('the JSON of a scan', () => {
  it('has every resource and control, compliant ones too, in one order', () => {
    const report = findingsJson(ALL);
    expect(
      report.findings.map((entry) => [entry.resourceArn.split(':').at(-1), entry.control, entry.compliance]),
    ).toEqual([
      ['registry/111122223333', 'public-access', 'INSUFFICIENT_DATA'],
      ['repository/open', 'public-access', 'NON_COMPLIANT'],
      ['repository/team-a/api', 'image-scanning', 'NON_COMPLIANT'],
      ['repository/team-a/api', 'public-access', 'COMPLIANT'],
    ]);
    expect(findingsJson([...ALL].reverse())).toEqual(report);
    expect(Object.keys(report.findings[0]!)).toEqual(
      'resourceArn resourceType account region control compliance severity violations evidence'.split(' '),
    );
  });

  it('counts what is wrong by severity and control', () => {
    expect(summaryOf(ALL)).toEqual({
      resources: 3,
      findings: 4,
      byCompliance: { COMPLIANT: 1, NON_COMPLIANT: 2, NOT_APPLICABLE: 0, INSUFFICIENT_DATA: 1 },
      exempt: 0,
      bySeverity: { INFORMATIONAL: 0, LOW: 0, MEDIUM: 1, HIGH: 0, CRITICAL: 1 },
      byControl: { 'image-scanning': 1, 'public-access': 1 },
    });
    expect(Object.keys(summaryOf([finding({ control: '__proto__' })]).byControl)).toEqual(['__proto__']);
  });
});

describe('the table of findings', () => {
  it('lists the gravest first and what could not be read, and ends in the counts', () => {
    expect(findingsTable(ALL, { palette: PLAIN, columns: 100, accountAliases: CONTEXT.accountAliases }))
      .toMatchInlineSnapshot(`
      "payments-prod (111122223333) eu-west-1
      COMPLIANCE        SEVERITY  CONTROL         RESOURCE      WHY
      ✗ non-compliant   CRITICAL  public-access   open          any AWS account can pull
                                                                (ecr:BatchGetImage) by statement Open
      ✗ non-compliant   MEDIUM    image-scanning  team-a/api    new images of team-a/api are not scanned
      ? cannot tell     CRITICAL  public-access   111122223333  registryPolicy could not be read: access
                                                                denied

      3 resources, 4 verdicts: 2 non-compliant (1 CRITICAL, 1 MEDIUM), 1 cannot tell, 1 compliant"
    `);
  });

  it('lists compliant ones when asked', () => {
    expect(findingsTable(ALL, { palette: PLAIN, columns: 100, showCompliant: true })).toContain(
      '✓ compliant',
    );
  });

  it('says so when nothing is wrong', () => {
    expect(findingsTable([BEFORE], { palette: PLAIN, columns: 80 })).toBe(
      '1 resource, 1 verdict: 0 non-compliant, 0 cannot tell, 1 compliant',
    );
  });

  it('has no line wider than the terminal and no control character, whatever the names', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
    );
    fc.assert(
      fc.property(anything, fc.integer({ min: 40, max: 200 }), (evil, columns) => {
        const bad = finding({
          resource: repositoryResource(AT, evil),
          control: evil,
          violations: [{ messageId: 'm', message: evil, data: {} }],
        });
        const lines = findingsTable([bad, UNREADABLE], { palette: PLAIN, columns }).split('\n');
        for (const line of lines.slice(0, -1)) {
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
          expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });

  it('takes the colours it is given', () => {
    const table = findingsTable(ALL, { palette: pc.createColors(true), columns: 100 });
    expect(table).toContain('\x1b[35mCRITICAL');
    expect(stripVTControlCharacters(table)).toBe(findingsTable(ALL, { palette: PLAIN, columns: 100 }));
  });
});

describe('columns', () => {
  it('wrap to the width and lose nothing but spaces', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 120 }),
        fc.integer({ min: 2, max: 60 }),
        (text, width) => {
          const line = text.replace(/\s+/gu, ' ').trim();
          const lines = wrap(line, width);
          for (const part of lines) expect(displayWidth(part)).toBeLessThanOrEqual(width);
          expect(lines.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
        },
      ),
    );
  });

  it('count wide and combining characters', () => {
    expect([displayWidth('abc'), displayWidth('日本'), displayWidth('e\u0301'), displayWidth('👍')]).toEqual([
      3, 4, 1, 2,
    ]);
    expect(padTo('日', 4)).toBe('日  ');
  });
});

describe('an exempt finding', () => {
  const exemption = {
    id: 'legacy-1',
    owner: 'team-a',
    reason: 'being retired',
    expiresAt: '2027-01-31T00:00:00.000Z',
  };
  const exempt = finding({ control: 'public-access', severity: 'CRITICAL', exemption });

  it('is counted apart and shown as such, after the others', () => {
    const summary = summaryOf([exempt, ...ALL]);
    expect([summary.exempt, summary.byCompliance.NON_COMPLIANT]).toEqual([1, 3]);
    expect(summary.bySeverity).toEqual(summaryOf(ALL).bySeverity);
    const table = findingsTable([exempt, ...ALL], { palette: PLAIN, columns: 140 });
    expect(table).toContain('~ exempt');
    expect(table).toContain('exempt until 2027-01-31 by legacy-1');
    expect(table.indexOf('~ exempt')).toBeGreaterThan(table.lastIndexOf('✗ non-compliant'));
    expect(table).toMatch(/2 non-compliant .*1 exempt$/);
  });

  it('is suppressed in SARIF, with the reason', () => {
    const [result] = findingsToSarif([exempt], CONTEXT.guides, '1.2.3').runs[0]!.results;
    expect(result?.suppressions).toEqual([{ kind: 'external', justification: 'being retired' }]);
  });
});

describe('SARIF', () => {
  it('has a result for what is wrong or unreadable, with its rule', () => {
    const log = findingsToSarif(ALL, CONTEXT.guides, '1.2.3');
    const run = log.runs[0]!;
    expect(run.results.map((result) => [result.ruleId, result.level, result.message.text])).toEqual([
      ['public-access', 'error', 'any AWS account can pull (`ecr:BatchGetImage`) by statement `Open`'],
      ['public-access', 'error', 'cannot be judged: `registryPolicy` could not be read: access denied'],
      ['image-scanning', 'warning', 'new images of `team-a/api` are not scanned'],
    ]);
    for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
    expect(
      run.tool.driver.rules.find((rule) => rule.id === 'public-access')?.properties['security-severity'],
    ).toBe('9.5');
  });

  it('points at the line of a file, and takes no path for a scheme', () => {
    const result = {
      ruleId: 'public-access',
      severity: 'HIGH',
      message: 'm',
      location: { kind: 'file', path: 'javascript:x/a b.json', line: 7 },
      fingerprint: 'f',
    } as const;
    const log = sarifLog({ results: [result], guides: new Map(), version: '1' });
    expect(log.runs[0]!.results[0]!.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'javascript%3Ax/a%20b.json' },
          region: { startLine: 7 },
        },
      },
    ]);
  });
});

describe('a finding for Security Hub', () => {
  it('is as BatchImportFindings wants it', () => {
    expect(toAsff(finding(), CONTEXT)).toMatchObject({
      SchemaVersion: '2018-10-08',
      Id: `ecr-warden/${finding().key}`,
      ProductArn: 'arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default',
      AwsAccountId: '111122223333',
      Compliance: { Status: 'FAILED', RelatedRequirements: ['CIS EKS 1.8.0 5.1.2 (Manual)'] },
      RecordState: 'ACTIVE',
      FindingProviderFields: { Severity: { Label: 'CRITICAL' } },
      Resources: [{ Type: 'AwsEcrRepository', Id: finding().resource.arn }],
      Remediation: { Recommendation: { Url: 'https://runbooks.corp.example/ecr/public-access' } },
    });
  });

  it('is resolved under the same id by a later update', () => {
    const [opened, resolved] = [toAsff(finding(), CONTEXT), toAsff(RESOLVED.finding, CONTEXT)];
    expect(resolved.Id).toBe(opened.Id);
    expect(resolved.Compliance.Status).toBe('PASSED');
    expect(resolved.FindingProviderFields.Severity.Label).toBe('INFORMATIONAL');
    expect(resolved.UpdatedAt > opened.UpdatedAt).toBe(true);
    expect(resolved.CreatedAt).toBe(opened.CreatedAt);
  });

  it.each([
    [{ compliance: 'INSUFFICIENT_DATA' }, 'WARNING', 'ACTIVE'],
    [{ compliance: 'NOT_APPLICABLE' }, 'NOT_AVAILABLE', 'ARCHIVED'],
    [{ compliance: 'COMPLIANT', resourceDeleted: true }, 'PASSED', 'ARCHIVED'],
    [
      { exemption: { id: 'x', owner: 'o', reason: 'r', expiresAt: '2026-06-01T00:00:00.000Z' } },
      'FAILED',
      'ARCHIVED',
    ],
  ] as const)('%j is %s, %s', (over, status, state) => {
    const asff = toAsff(finding(over), CONTEXT);
    expect([asff.Compliance.Status, asff.RecordState]).toEqual([status, state]);
  });

  it('keeps to the lengths whatever the names', () => {
    const evil = 'x\n'.repeat(2_000);
    const asff = toAsff(
      finding({
        resource: repositoryResource(AT, evil),
        violations: [{ messageId: 'm', message: evil, data: {} }],
        owner: evil,
      }),
      CONTEXT,
    );
    expect(asff.Title.length).toBeLessThanOrEqual(256);
    expect(asff.Description.length).toBeLessThanOrEqual(1_024);
    expect(asff.Id.length).toBeLessThanOrEqual(512);
    expect(asff.Remediation.Recommendation.Text.length).toBeLessThanOrEqual(512);
    for (const value of Object.values(asff.ProductFields)) expect(value.length).toBeLessThanOrEqual(2_048);
    expect(asff.Title + asff.Description).not.toContain('\n');
  });
});

describe('the read-only policy', () => {
  it('allows exactly the calls that read facts, bound to repositories where IAM can', () => {
    expect(readPolicyDocument({ actions: readActions() })).toMatchInlineSnapshot(`
      {
        "Statement": [
          {
            "Action": [
              "ecr:BatchGetRepositoryScanningConfiguration",
              "ecr:DescribeRepositories",
              "ecr:GetLifecyclePolicy",
              "ecr:GetRepositoryPolicy",
            ],
            "Effect": "Allow",
            "Resource": "arn:aws:ecr:*:*:repository/*",
            "Sid": "ReadRepositories",
          },
          {
            "Action": [
              "ecr:GetAccountSetting",
              "ecr:GetRegistryPolicy",
              "ecr:GetRegistryScanningConfiguration",
              "tag:GetResources",
            ],
            "Effect": "Allow",
            "Resource": "*",
            "Sid": "ReadRegistry",
          },
        ],
        "Version": "2012-10-17",
      }
    `);
  });

  it('has every action of the table and none that writes', () => {
    const calls = Object.values(factSources).flatMap((source) => source.readBy.map((call) => call.iamAction));
    expect(readActions()).toEqual([...new Set(calls)].sort());
    const allowed = readPolicyDocument({ actions: readActions() }).Statement.flatMap(
      (statement) => statement.Action,
    );
    expect([...allowed].sort()).toEqual(readActions());
    expect(
      allowed.filter(
        (action) =>
          !/^(ecr:(Get|Describe|BatchGet|List)|tag:Get|iam:(Get|List)|eks:(Get|Describe|List)|ecs:(Describe|List)|lambda:(Get|List))/.test(
            action,
          ),
      ),
    ).toEqual([]);
  });

  it('shrinks with the facts, and leaves out an empty statement', () => {
    expect(
      readPolicyDocument({ actions: readActions(['repositoryPolicy']), partition: 'aws-cn' }).Statement,
    ).toEqual([
      {
        Sid: 'ReadRepositories',
        Effect: 'Allow',
        Action: ['ecr:GetRepositoryPolicy'],
        Resource: 'arn:aws-cn:ecr:*:*:repository/*',
      },
    ]);
  });
});
