import { describe, expect, it } from 'vitest';
import { accessJudgement, severityOfActions } from '../../shared/controls/access.ts';

describe('the severity of an access', () => {
  it.each([
    [['ecr:ListImages', 'ecr:DescribeImages'], 'MEDIUM'],
    [['ecr:BatchGetImage', 'ecr:ListImages'], 'HIGH'],
    [['ecr:GetDownloadUrlForLayer'], 'HIGH'],
    [['ecr:BatchGetImage', 'ecr:PutImage'], 'CRITICAL'],
    [['ecr:SetRepositoryPolicy'], 'CRITICAL'],
    [['ecr:BatchDeleteImage'], 'CRITICAL'],
    [['ecr:ReplicateImage'], 'CRITICAL'],
    [['ecr:NotYetInvented'], 'CRITICAL'],
    [['ecr:constructor'], 'CRITICAL'],
  ])('%j: %s', (actions, severity) => {
    expect(severityOfActions(actions)).toBe(severity);
  });

  it('is never lost: what is wrong has a violation even where no part of the policy shows it', () => {
    const report = {
      public: true,
      untrusted: true,
      externalAccounts: [],
      grants: [],
      undecided: [],
      notes: [],
      witnesses: { public: null, untrusted: null },
    };
    const messages = { grant: 'g', undecided: 'u' };
    const question = { report, wrong: true, grantIsWrong: () => true, witness: null, messages, summary: 's' };
    expect(accessJudgement(question).offences).toMatchObject([{ messageId: 'u', severity: 'HIGH' }]);
    expect(accessJudgement({ ...question, wrong: false }).offences).toEqual([]);
  });
});
