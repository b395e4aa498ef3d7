import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOptIn, regionsLike } from '../../shared/aws/regions.ts';

/** Secret Regions of few: in the SDK's table, and not among those that `all` covers. */
const LEFT_OUT = /^(?:us-isob-west-1|eu-isoe-west-1|us-isof-.*|.*-global)$/;

describe('the Regions of `--region all`', () => {
  it('are those of the partition', () => {
    expect(regionsLike('cn-north-1')).toEqual(['cn-north-1', 'cn-northwest-1']);
    expect(regionsLike('us-gov-west-1')).toEqual(['us-gov-east-1', 'us-gov-west-1']);
    expect(regionsLike('eu-west-1')).toEqual(expect.arrayContaining(['us-east-1', 'ap-southeast-7']));
    expect([isOptIn('us-east-1'), isOptIn('af-south-1'), isOptIn('xx-new-1')]).toEqual([false, true, true]);
  });

  it('are all that the SDK knows, so that an update of the SDK tells of a new one', () => {
    const sdk = resolve(
      import.meta.dirname,
      '../../node_modules/@aws-sdk/core/dist-cjs/submodules/client/index.js',
    );
    const table = readFileSync(sdk, 'utf8');
    const names = new Set(
      [...table.matchAll(/"([a-z]{2,4}(?:-[a-z]+)+-\d)"/g)].map(([, name]) => name ?? ''),
    );
    const known = [
      'us-east-1',
      'cn-north-1',
      'us-gov-west-1',
      'eusc-de-east-1',
      'us-iso-east-1',
      'us-isob-east-1',
    ];
    const covered = new Set(known.flatMap(regionsLike));
    expect(names.size).toBeGreaterThan(40);
    expect([...names].filter((name) => !LEFT_OUT.test(name) && !covered.has(name))).toEqual([]);
    expect([...covered].filter((name) => !names.has(name))).toEqual([]);
  });
});
