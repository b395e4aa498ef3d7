import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingAttributes } from '../../shared/aws/finding-item.ts';
import { TABLE_INDEXES } from '../../shared/aws/table-definition.ts';
import { sampleFinding } from '../contracts/samples.ts';
import { EXPECTED, stateDocsSuite } from './state-docs-suite.ts';
import { examples, STATE_DOC } from './state-docs.ts';
import { dynaliteEngine } from './store-engines.ts';

describe('docs/state.md', () => {
  it('has an example for each access pattern, and this test expects an answer of each', () => {
    expect(examples().map(({ name }) => name)).toEqual(Object.keys(EXPECTED));
    for (const { sh, sql } of examples()) expect([sh === '', sql === '']).toEqual([false, false]);
  });

  it('documents exactly the attributes that a finding has', () => {
    const table = /### A finding\n\n([\s\S]*?)\n\n/.exec(STATE_DOC)?.[1] ?? '';
    const documented = [...table.matchAll(/^\| `(\w+)`/gm)].map((match) => String(match[1]));
    expect(documented.toSorted()).toEqual(Object.keys(findingAttributes(sampleFinding())).toSorted());
  });

  it('documents exactly the indexes that the table has', () => {
    for (const [name, { partition, sort }] of Object.entries(TABLE_INDEXES)) {
      expect(STATE_DOC).toMatch(
        new RegExp(String.raw`\| \`${name}\`\s+\| \`${partition}\`, \`${sort}\`\s+\|`),
      );
    }
  });
});

// dynalite has no PartiQL: those examples run on DynamoDB Local, see dynamodb-local.test.ts.
describe('the examples of docs/state.md on dynalite', () => {
  const engine = dynaliteEngine();
  beforeAll(engine.start);
  afterAll(engine.stop);
  stateDocsSuite(engine, { partiql: false });
});
