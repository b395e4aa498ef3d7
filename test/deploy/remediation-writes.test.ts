import { describe, expect, it } from 'vitest';
import { remediationPolicy, remediationWrites } from '../../scripts/deployment.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { defaultSettings } from '../../shared/config/read-settings.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { at, listAt } from './template.ts';

/** Settings as a user writes them, so that the names of controls and options are the real ones. */
const settingsOf = (controls: string): Settings =>
  parseConfig(`controls:\n${controls}`, 'ecr-warden.yml', CATALOGUE);

const FLAG = 'ecr:PutImageScanningConfiguration';
const REGISTRY = 'ecr:PutRegistryScanningConfiguration';
const TAGS = 'ecr:PutImageTagMutability';

const CASES: readonly {
  readonly name: string;
  readonly controls: string;
  readonly writes: readonly string[];
}[] = [
  { name: 'plan writes nothing', controls: '  image-scanning: { remediate: plan }', writes: [] },
  {
    name: 'apply writes the repository flag',
    controls: '  image-scanning: { remediate: apply }',
    writes: [FLAG],
  },
  {
    name: 'registry rules are written where they may be',
    controls: '  image-scanning: { remediate: apply, options: { registryRules: apply } }',
    writes: [FLAG, REGISTRY],
  },
  {
    name: 'the flag is left alone where the rule is the remedy',
    controls:
      '  image-scanning: { remediate: apply, options: { registryRules: apply, basicRemedy: registry-rule } }',
    writes: [REGISTRY],
  },
  {
    name: 'registry rules of plan are proposals',
    controls: '  image-scanning: { remediate: plan, options: { registryRules: apply } }',
    writes: [],
  },
  {
    name: 'a registry without a scanning rule',
    controls: '  registry-scanning: { remediate: apply, options: { registryRules: apply } }',
    writes: [REGISTRY],
  },
  { name: 'tags', controls: '  tag-immutability: { remediate: apply }', writes: [TAGS] },
  {
    name: 'a disabled control',
    controls: '  tag-immutability: { enabled: false, remediate: apply }',
    writes: [],
  },
  { name: 'what is only ever proposed', controls: '  lifecycle-policy: { remediate: apply }', writes: [] },
];

describe('the writes that remediation may make', () => {
  it.each(CASES)('$name', ({ controls, writes }) => {
    expect(remediationWrites(settingsOf(controls))).toEqual(writes);
  });

  it('are none by default, and then there is no policy', () => {
    expect(remediationWrites(defaultSettings(CATALOGUE))).toEqual([]);
    expect(remediationPolicy(defaultSettings(CATALOGUE))).toEqual({});
  });

  it('never touch a policy, nor delete', () => {
    const everything = CATALOGUE.map(({ id, optionDocs }) =>
      'registryRules' in optionDocs
        ? `  ${id}: { remediate: apply, options: { registryRules: apply } }`
        : `  ${id}: { remediate: apply }`,
    ).join('\n');
    const writes = remediationWrites(settingsOf(everything));
    expect(writes).toEqual([FLAG, TAGS, REGISTRY]);
    expect(writes.filter((action) => /Policy|Delete/.test(action))).toEqual([]);
  });

  it('are bound to repositories where IAM can', () => {
    const policy = remediationPolicy(
      settingsOf('  image-scanning: { remediate: apply, options: { registryRules: apply } }'),
    );
    const statements = listAt(
      policy,
      'RemediationWrites',
      'Properties',
      'PolicyDocument',
      'Statement',
    ).filter((statement) => at(statement, 'Fn::If') === undefined);
    expect(statements.map((statement) => [at(statement, 'Action'), at(statement, 'Resource')])).toEqual([
      [FLAG, { 'Fn::Sub': 'arn:${AWS::Partition}:ecr:*:${AWS::AccountId}:repository/*' }],
      [REGISTRY, '*'],
    ]);
  });
});
