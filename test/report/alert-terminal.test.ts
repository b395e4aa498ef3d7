import * as fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../shared/model/alert.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { alertBody } from '../../shared/report/alert.ts';
import { terminalAlert } from '../../shared/report/alert-terminal.ts';
import { displayWidth } from '../../shared/report/columns.ts';
import { PLAIN } from '../../shared/report/palette.ts';
import { ACTOR, AT, CONTEXT, PLAN, RESOLVED, digest, remediationAlert, transition } from './fixtures.ts';

describe('an alert in the terminal', () => {
  it('is readable at a glance', () => {
    const body = alertBody(transition({ remediation: { status: 'proposed', plan: PLAN } }), CONTEXT);
    expect(`\n${terminalAlert(body, { palette: PLAIN, columns: 100 })}\n`).toMatchInlineSnapshot(`
      "
      ╭─ CRITICAL · opened ──────────────────────────────────────────────────────────────────────────────╮
      │ CRITICAL, opened: repository team-a/api: any AWS account can pull (ecr:BatchGetImage) by         │
      │ statement Open                                                                                   │
      ├──────────────────────────────────────────────────────────────────────────────────────────────────┤
      │ What        Control: public-access: Repository and registry policies let no arbitrary AWS        │
      │             account in.                                                                          │
      │             • any AWS account can pull (ecr:BatchGetImage) by statement Open                     │
      │ Change      Compliance: COMPLIANT → NON_COMPLIANT · Before: no statement lets another account in │
      │             After: statement Open allows principal * with no condition                           │
      │ Where       Repository: team-a/api · Account: payments-prod (111122223333) · Region: eu-west-1   │
      │             ARN: arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api · Owner: team-a        │
      │ Who         Principal: arn:aws:sts::111122223333:assumed-role/Deploy/jane                        │
      │             Issued by: arn:aws:iam::111122223333:role/Deploy · Account: 111122223333             │
      │             Source IP: 203.0.113.7 · User agent: aws-cli/2.17.0 · MFA: no                        │
      │ When        Call: SetRepositoryPolicy at 2026-03-01T12:00:00.000Z (event e-1)                    │
      │             Judged: 2026-03-01T12:00:04.000Z, 4 s after the call                                 │
      │             Told: 2026-03-01T12:00:06.000Z, 6 s after the call                                   │
      │ Fix         • Name the accounts or roles that need the repository, or bound the statement by     │
      │               aws:PrincipalOrgID.                                                                │
      │             aws ecr set-repository-policy --repository-name team-a/api --policy-text             │
      │             '{"Statement":[]}'                                                                   │
      │             resource "aws_ecr_repository_policy" "api" {                                         │
      │               repository = "team-a/api"                                                          │
      │             }                                                                                    │
      │ Remediation • would replace the repository policy by the proposed one (SetRepositoryPolicy)      │
      │             Needs your approval: takes nothing from trusted callers, but a policy is changed by  │
      │             people only.                                                                         │
      │             ecr-warden remediate                                                                 │
      │             public-access/arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api --apply       │
      ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
      "
    `);
  });

  it('has one width, at most 100 columns, whatever somebody else has written', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 300 }), (evil, columns) => {
        const cause = {
          kind: 'event',
          eventId: evil,
          eventName: evil,
          eventTime: evil,
          actor: { ...ACTOR, arn: evil },
        } as const;
        const alert = transition({
          resource: repositoryResource(AT, evil),
          violations: [{ messageId: 'm', message: evil, data: {} }],
          remediation: { status: 'proposed', plan: { ...PLAN, cli: [evil], iac: evil } },
          cause,
        });
        const lines = terminalAlert(alertBody(alert, CONTEXT), { palette: PLAIN, columns }).split('\n');
        const width = Math.min(100, Math.max(40, columns));
        for (const line of lines) expect(displayWidth(line)).toBe(width);
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it('shows a closed one in green, an open one in the colour of its severity', () => {
    const palette = pc.createColors(true);
    const first = (alert: Alert): string =>
      terminalAlert(alertBody(alert, CONTEXT), { palette, columns: 100 }).slice(0, 40);
    expect(first(RESOLVED)).toContain('\u001B[32m╭─ resolved ─');
    expect(first(remediationAlert())).toContain('\u001B[31m╭─ HIGH · contested ─');
    expect(first(digest(3))).toContain('\u001B[35m╭─ CRITICAL · opened ─');
  });
});
