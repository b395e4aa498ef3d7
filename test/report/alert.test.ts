import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../shared/model/alert.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { renderAlert } from '../../shared/report/alert.ts';
import { snsAttributes } from '../../shared/report/alert-attributes.ts';
import type { ChatNotification } from '../../shared/report/alert-chat.ts';
import { utf8Bytes } from '../../shared/report/bounds.ts';
import {
  ACTOR,
  AT,
  CONTEXT,
  PLAN,
  RESOLVED,
  digest,
  finding,
  remediationAlert,
  transition,
} from './fixtures.ts';
import { hostile } from './hostile.ts';

const render = (alert: Alert) => {
  const rendered = renderAlert(alert, CONTEXT);
  return { ...rendered, notification: JSON.parse(rendered.chat) as ChatNotification };
};
const OPENED = transition({ remediation: { status: 'proposed', plan: PLAN } });

describe('the mail of an opened finding', () => {
  it('says what, where, who, when, before and after, why, how to fix and how to exempt', () => {
    expect(render(OPENED).text).toMatchInlineSnapshot(`
      "CRITICAL, opened: repository \`team-a/api\`: any AWS account can pull (\`ecr:BatchGetImage\`) by statement \`Open\`

      WHAT
        Control:       \`public-access\`: Repository and registry policies let no arbitrary AWS account in.
        - any AWS account can pull (\`ecr:BatchGetImage\`) by statement \`Open\`
        Evidence:      statement \`Open\` allows principal \`*\` with no condition

      BEFORE AND AFTER
        Compliance:    COMPLIANT → NON_COMPLIANT
        Before:        no statement lets another account in
        After:         statement \`Open\` allows principal \`*\` with no condition

      WHERE
        Repository:    team-a/api
        Account:       payments-prod (111122223333)
        Region:        eu-west-1
        ARN:           arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api
        Owner:         team-a
        Console:       https://eu-west-1.console.aws.amazon.com/ecr/repositories/private/111122223333/team-a/api?region=eu-west-1

      WHO
        Principal:     arn:aws:sts::111122223333:assumed-role/Deploy/jane
        Issued by:     arn:aws:iam::111122223333:role/Deploy
        Account:       111122223333
        Source IP:     203.0.113.7
        User agent:    aws-cli/2.17.0
        MFA:           no

      WHEN
        Call:          SetRepositoryPolicy at 2026-03-01T12:00:00.000Z (event \`e-1\`)
        Judged:        2026-03-01T12:00:04.000Z, 4 s after the call
        Told:          2026-03-01T12:00:06.000Z, 6 s after the call
        First seen:    2026-02-01T00:00:00.000Z

      SEVERITY
        - CRITICAL: Whoever has an AWS account can pull, or worse push, images.
        Frameworks:    CIS EKS 1.8.0 5.1.2 (Manual)

      HOW TO FIX
        - Name the accounts or roles that need the repository, or bound the statement by aws:PrincipalOrgID.
        AWS CLI:
          aws ecr set-repository-policy --repository-name team-a/api --policy-text '{"Statement":[]}'
        Infrastructure as code:
          resource "aws_ecr_repository_policy" "api" {
            repository = "team-a/api"
          }

      REMEDIATION
        - would replace the repository policy by the proposed one (SetRepositoryPolicy)
        Needs your approval: takes nothing from trusted callers, but a policy is changed by people only.
        Show the plan:
          ecr-warden remediate public-access/arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api
        Apply the plan:
          ecr-warden remediate public-access/arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api --apply

      HOW TO EXEMPT
        - add this to \`ecr-warden.yml\`, with an owner, a reason and an end, and deploy
        ecr-warden.yml:
          exemptions:
            - id: CHOOSE-AN-ID
              controls: ["public-access"]
              resources: ["arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api"]
              owner: WHO-ANSWERS-FOR-IT
              reason: WHY-IT-IS-ACCEPTABLE
              expiresAt: "2026-03-31T00:00:00.000Z"

      REFERENCE
        Finding:       public-access/arn:aws:ecr:eu-west-1:111122223333:repository/team-a/api
        Revision:      2
        Runbook:       https://runbooks.corp.example/ecr/public-access
        See:           https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
        Configuration: c0ffee

      EVIDENCE DATA
        JSON:
          {
            "statement": 0
          }
      "
    `);
  });

  it('has a subject that tells the gravest first', () => {
    expect(render(OPENED).subject).toBe(
      'CRITICAL opened: public-access team-a/api (payments-prod eu-west-1)',
    );
  });

  it('shortens a long name in its middle, so that the place stays in the subject', () => {
    const resource = repositoryResource(AT, `platform/${'very-'.repeat(30)}long/worker`);
    expect(render(transition({ resource })).subject).toBe(
      'CRITICAL opened: public-access platform/very-very-v..ery-very-long/worker (payments-prod eu-west-1)',
    );
  });

  it('falls back on the remedy, and says so when remediation has nothing', () => {
    const { text } = render(transition());
    expect(text).toContain('HOW TO FIX\n  - Name the accounts');
    expect(text).toContain('REMEDIATION\n  - nothing so far');
    const unknown = renderAlert(transition(), { ...CONTEXT, guides: new Map() });
    expect(unknown.text).toContain('no plan and no remedy is known');
  });

  it('says who when a service called, and when nobody is known', () => {
    const through = { ...ACTOR, invokedBy: 'cloudformation.amazonaws.com', mfa: true };
    const cause = {
      kind: 'event',
      eventId: 'e',
      eventName: 'CreateRepository',
      eventTime: '2026-03-01T11:00:00Z',
    } as const;
    const text = render(transition({ cause: { ...cause, actor: through } })).text;
    expect(text).toContain('Through:       cloudformation.amazonaws.com');
    expect(text).toContain('MFA:           yes');
    expect(text).toContain('1 h after the call');
    const nobody = { ...ACTOR, arn: null, sessionIssuerArn: null, type: 'Unknown' };
    expect(render(transition({ cause: { ...cause, actor: nobody } })).text).toContain(
      'an unnamed Unknown identity',
    );
    expect(render(transition({ cause: { ...cause, actor: { ...ACTOR, own: true } } })).text).toContain(
      "ecr-warden's own remediation role",
    );
    expect(
      render(transition({ cause: { kind: 'sweep', sweepId: 's', trigger: 'schedule' } })).text,
    ).toContain('no event announced it');
  });

  it.each([
    [
      { status: 'skipped', reason: 'opted out by tag', at: 'T1' } as const,
      'left it alone at T1: opted out by tag',
    ],
    [{ status: 'applied', attemptId: 'a-9', at: 'T1' } as const, 'applied its plan at T1, attempt `a-9`'],
    [{ status: 'failed', attemptId: 'a-9', at: 'T1' } as const, 'failed at T1, attempt `a-9`'],
  ])('says what remediation did: %j', (remediation, said) => {
    expect(render(transition({ remediation })).text).toContain(said);
  });

  it('says what is new and what is gone when it worsens', () => {
    const worse = { messageId: 'push', message: 'any AWS account can push', data: {} };
    const { text } = render(
      transition(
        { transition: 'worsened', violations: [worse], previousCompliance: 'NON_COMPLIANT' },
        finding({ severity: 'HIGH' }),
      ),
    );
    expect(text).toContain('new: any AWS account can push');
    expect(text).toContain('gone: any AWS account can pull');
    expect(text).toContain('Severity:      HIGH → CRITICAL');
  });

  it('explains an exemption and one that has expired', () => {
    const exemption = {
      id: 'x-1',
      owner: 'team-a',
      reason: 'migration',
      expiresAt: '2026-06-01T00:00:00.000Z',
    };
    const exempted = render(transition({ transition: 'exempted', exemption, open: false }));
    expect(exempted.text).toContain('`x-1` by team-a until 2026-06-01T00:00:00.000Z: migration');
    expect(exempted.subject).toMatch(/^exempted: /);
    expect(render(transition({ transition: 'exemption-expired' })).subject).toMatch(
      /^CRITICAL exemption expired: /,
    );
  });

  it('names what could not be read', () => {
    const evidence = { summary: '`repositoryPolicy` could not be read: access denied', data: {} };
    const { text } = render(transition({ compliance: 'INSUFFICIENT_DATA', violations: [], evidence }));
    expect(text.split('\n')[0]).toBe(
      'CRITICAL, opened: repository `team-a/api` cannot be judged: `repositoryPolicy` could not be read: access denied',
    );
  });
});

describe('a closed finding', () => {
  it('lands in the thread of its opening, in every form, with another key', () => {
    const [opened, resolved] = [render(OPENED), render(RESOLVED)];
    expect(resolved.threadId).toBe(opened.threadId);
    expect(resolved.notification.metadata.threadId).toBe(finding().key);
    expect(JSON.parse(resolved.json).threadId).toBe(finding().key);
    expect([opened.key, resolved.key]).toEqual([`${finding().key}@2`, `${finding().key}@3`]);
    expect(resolved.subject).toBe('resolved: public-access team-a/api (payments-prod eu-west-1)');
  });

  it('asks for nothing and says how long it was open', () => {
    const { text, notification } = render(RESOLVED);
    expect(text).toContain('OPEN FOR\n  - 1 h 10 min, since 2026-03-01T12:00:04.000Z');
    expect(text).not.toMatch(/HOW TO (FIX|EXEMPT)/);
    expect(notification.content.nextSteps).toBeUndefined();
  });

  it('says that the resource has been deleted', () => {
    const alert = transition({
      transition: 'resolved',
      open: false,
      resourceDeleted: true,
      compliance: 'NOT_APPLICABLE',
    });
    expect(render(alert).text.split('\n')[0]).toBe('Resolved: repository `team-a/api` has been deleted');
  });
});

describe('an attempt', () => {
  it('contested, names who and keeps to the thread of its finding', () => {
    const alert = render(remediationAlert());
    expect(alert.threadId).toBe(remediationAlert().attempt.findingKey);
    expect(alert.key).toBe(`${alert.threadId}@4/a-1/contested`);
    expect(alert.text).toContain('last by `arn:aws:iam::111122223333:role/Terraform`');
    expect(alert.attributes).toMatchObject({
      transition: 'contested',
      severity: 'HIGH',
      control: 'image-scanning',
    });
  });

  it('applied, shows before, after and the way back', () => {
    const { text } = render(
      remediationAlert({
        outcome: 'applied',
        detail: null,
        changes: [{ kind: 'put-image-scanning-configuration', scanOnPush: true }],
        after: [{ kind: 'put-image-scanning-configuration', scanOnPush: true }],
      }),
    );
    expect(text).toContain('Before:        scanOnPush=false');
    expect(text).toContain('After:         scanOnPush=true');
    expect(text).toContain('ecr-warden remediate --revert a-1');
  });
});

describe('a digest', () => {
  it('counts, lists the gravest first and says how many are left out', () => {
    const { text, subject } = render(digest(120));
    expect(subject).toBe('CRITICAL digest: 120 findings opened (40 CRITICAL, 80 MEDIUM)');
    expect(text).toContain('40:            public-access');
    expect(text).toContain('… and 70 more findings');
    expect(text.indexOf('CRITICAL `public-access`')).toBeLessThan(text.indexOf('MEDIUM `lifecycle-policy`'));
  });

  it('is the same whatever the order of its findings', () => {
    const alert = digest(12);
    const reversed = { ...alert, findings: [...alert.findings].reverse() };
    expect(renderAlert(reversed, CONTEXT).text).toBe(renderAlert(alert, CONTEXT).text);
    expect(renderAlert(reversed, CONTEXT).attributes).toEqual(renderAlert(alert, CONTEXT).attributes);
  });

  it('gives a filter every value to match', () => {
    const sns = snsAttributes(renderAlert(digest(9), CONTEXT).attributes);
    expect(sns['control']).toEqual({
      DataType: 'String.Array',
      StringValue: '["lifecycle-policy","public-access"]',
    });
    expect(sns['account']).toEqual({ DataType: 'String', StringValue: AT.account });
  });
});

describe('attributes', () => {
  it('are the seven of the contract', () => {
    expect(render(OPENED).attributes).toEqual({
      severity: 'CRITICAL',
      control: 'public-access',
      compliance: 'NON_COMPLIANT',
      transition: 'opened',
      account: '111122223333',
      region: 'eu-west-1',
      resourceType: 'repository',
    });
  });
});

/** Everything in an alert that somebody else may have written, set to `evil`. */
const poisoned = (evil: string): readonly Alert[] => {
  const resource = repositoryResource(AT, evil);
  const exemption = { id: evil, owner: evil, reason: evil, expiresAt: '2026-06-01T00:00:00.000Z' };
  const actor = {
    ...ACTOR,
    arn: evil,
    sessionIssuerArn: evil,
    userAgent: evil,
    sourceIp: evil,
    invokedBy: evil,
    accountId: evil,
  };
  const over = {
    resource,
    owner: evil,
    exemption,
    violations: [{ messageId: 'm', message: `by statement \`${evil}\` ${evil}`, data: { [evil]: evil } }],
    evidence: { summary: evil, data: { [evil]: evil } },
    cause: {
      kind: 'event',
      eventId: evil,
      eventName: evil,
      eventTime: '2026-03-01T12:00:00.000Z',
      actor,
    } as const,
    remediation: { status: 'proposed', plan: { ...PLAN, reason: evil, cli: [evil], iac: evil } } as const,
  };
  const bad = finding(over);
  return [
    transition(over, bad),
    transition({ ...over, open: false, transition: 'resolved' }, bad),
    { ...remediationAlert({ resource, detail: evil, triggeredBy: evil, id: evil }), finding: bad },
    { ...digest(2), findings: [bad, finding()] },
  ];
};

describe('whatever somebody else has written', () => {
  it('leaves no line break or control character in a subject, which stays under 100 characters', () => {
    fc.assert(
      fc.property(hostile, (evil) => {
        for (const alert of poisoned(evil))
          expect(renderAlert(alert, CONTEXT).subject).toMatch(/^[!-~][ -~]{0,98}$/);
      }),
    );
  });

  it('leaves no markup, mention or link of theirs in a chat message, which keeps to its lengths', () => {
    fc.assert(
      fc.property(hostile, (evil) => {
        for (const alert of poisoned(evil)) {
          const { content, metadata } = render(alert).notification;
          const said = [
            content.title,
            content.description,
            ...(content.nextSteps ?? []),
            ...(content.keywords ?? []),
          ];
          // Our own links: the console of the resource, the runbook, the references.
          const theirs = [...said, metadata.summary, ...metadata.relatedResources]
            .join('\n')
            .replace(
              /https:\/\/(eu-west-1\.console\.aws\.amazon\.com\/ecr|runbooks\.corp\.example|docs\.aws\.amazon\.com)\/[^\s]*/g,
              '',
            );
          expect(theirs).not.toMatch(/<|>|@here|:\/\/|www\.|\]\(|[\r\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(content.title).not.toContain('\n');
          expect(content.title.length).toBeLessThanOrEqual(250);
          expect(content.description.length).toBeLessThanOrEqual(8_000);
          for (const step of content.nextSteps ?? []) expect(step.length).toBeLessThanOrEqual(350);
          for (const keyword of content.keywords ?? []) expect(keyword.length).toBeLessThanOrEqual(75);
        }
      }),
    );
  });

  it('leaves every form under 256 KiB with its attributes, and the mail free of what does not show', () => {
    fc.assert(
      fc.property(hostile, (evil) => {
        for (const alert of poisoned(evil)) {
          const { text, json, chat, subject, attributes } = renderAlert(alert, CONTEXT);
          const rest = utf8Bytes(subject) + utf8Bytes(JSON.stringify(snsAttributes(attributes)));
          for (const body of [text, json, chat]) expect(utf8Bytes(body) + rest).toBeLessThan(262_144);
          expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
          expect(json).toMatch(/^[ -~]*$/);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('cannot make lines of its own in the mail', () => {
    const { text } = renderAlert(poisoned('x\n\nWHAT\n  Control: fine\r\n')[0]!, CONTEXT);
    expect(text.match(/^WHAT$/gm)).toHaveLength(1);
  });
});

describe('too much evidence', () => {
  const violations = Array.from({ length: 5_000 }, (_, n) => ({
    messageId: 'm',
    message: `principal ${n} ${'é'.repeat(40)}`,
    data: { list: 'é'.repeat(40) },
  }));
  const huge = transition({
    violations,
    evidence: { summary: 's', data: { lines: 'line\n'.repeat(100_000) } },
    remediation: {
      status: 'proposed',
      plan: { ...PLAN, iac: 'é\n'.repeat(50_000), cli: ['é'.repeat(300_000)] },
    },
  });

  it('is cut where a reader sees it', () => {
    const { text, notification } = render(huge);
    expect(utf8Bytes(text)).toBeLessThanOrEqual(240_000);
    expect(text).toContain('… and 4980 more, see the JSON alert');
    expect(text).toContain('… cut here');
    expect(notification.content.description).toContain('in the mail and the JSON alert');
  });

  it('is left out of the JSON by name', () => {
    const { json } = render(huge);
    expect(utf8Bytes(json)).toBeLessThanOrEqual(240_000);
    expect(JSON.parse(json).truncated).toEqual(
      expect.arrayContaining(['evidence.data', 'violations', 'remediation.plan', 'fix']),
    );
  });

  it('makes a digest list as many findings as fit', () => {
    const big = JSON.parse(renderAlert(digest(2_000), CONTEXT).json);
    expect(big.count).toBe(2_000);
    expect(big.truncated).toEqual(['findings']);
    expect(big.findings.length).toBeGreaterThan(100);
  });
});
