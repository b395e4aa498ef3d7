import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, configureCatalogue } from '../../shared/controls/catalogue.ts';
import { neededFacts, touchedControls } from '../../shared/engine/needs.ts';
import { ConfigError } from '../../shared/model/errors.ts';
import { factSources, type FactSource } from '../../shared/model/fact-sources.ts';
import type { FactName } from '../../shared/model/facts.ts';
import type { JsonObject } from '../../shared/model/verdict.ts';

const root = resolve(import.meta.dirname, '../..');
const controls = configureCatalogue({ controls: {} });
const byId = CATALOGUE.map((control) => [control.id, control] as const);

describe('the catalogue', () => {
  it('has no id twice', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
  });

  it.each(byId)('%s: its id is its file, its words are sentences', (id, control) => {
    expect(existsSync(join(root, `shared/controls/${id}.ts`))).toBe(true);
    for (const sentence of [control.requirement, control.rationale, control.remedy]) {
      expect(sentence).toMatch(/^[A-Z].*\.$/su);
    }
    expect(control.title).toMatch(/[^.]$/u);
    expect(control.frameworks.length).toBeGreaterThan(0);
    expect(control.references.length).toBeGreaterThan(0);
    for (const reference of control.references) expect(new URL(reference).protocol).toBe('https:');
  });

  it.each(byId)('%s: is tested by tables', (_, { id }) => {
    const folder = join(root, 'test/controls');
    const camel = id.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
    const tests = ['scanning', 'repository-controls', 'access'].map((name) =>
      join(folder, `${name}.test.ts`),
    );
    const text = tests.filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8'));
    expect(text.some((each) => each.includes(`testControl(${camel},`))).toBe(true);
  });

  it.each(byId)('%s: documents each option with its true default', (_, control) => {
    const defaults = control.parseOptions({});
    expect(Object.keys(control.optionDocs).sort()).toEqual(Object.keys(defaults).sort());
    for (const [name, doc] of Object.entries(control.optionDocs)) expect(doc.default).toEqual(defaults[name]);
    expect(control.parseOptions(defaults)).toEqual(defaults);
  });

  it.each(byId)('%s: refuses an option that it does not have, by name', (id, { parseOptions }) => {
    const complaint = () => parseOptions({ scanOnPuhs: true });
    expect(complaint).toThrow(ConfigError);
    expect(complaint).toThrow(`control \`${id}\`: unknown option \`scanOnPuhs\``);
  });

  it.each(byId)('%s: needs facts that somebody reads', (_, { configure }) => {
    const { needs } = configure({ severity: null, remediate: 'off', options: {} });
    for (const facts of Object.values(needs)) {
      expect(facts.length).toBeGreaterThan(0);
      expect(new Set(facts).size).toBe(facts.length);
      for (const fact of facts) expect(factSources[fact].readBy.length).toBeGreaterThan(0);
    }
  });

  it('refuses to judge a type that a control does not know', () => {
    const [scanning] = controls;
    const context = { resource: { type: 'role' }, trust: {}, now: '' };
    expect(() => scanning!.evaluate({} as never, context as never)).toThrow('does not judge a role');
  });
});

describe('configuring the catalogue', () => {
  const off = { enabled: false, severity: null, remediate: 'off', options: {} } as const;
  const ids = (settings: Parameters<typeof configureCatalogue>[0]): string[] =>
    configureCatalogue(settings).map(({ id }) => id);

  it('enables what is not mentioned, in the catalogue’s order', () => {
    expect(ids({ controls: {} })).toEqual(CATALOGUE.map(({ id }) => id));
    const [first, ...others] = CATALOGUE.map(({ id }) => id);
    expect(ids({ controls: { [first!]: off } })).toEqual(others);
  });

  it('binds severity, mode and options', () => {
    const own = { enabled: true, severity: 'LOW', remediate: 'apply', options: { confirm: false } } as const;
    const scanning = configureCatalogue({ controls: { 'image-scanning': own } })[0]!;
    expect(scanning).toMatchObject({ severityOverride: 'LOW', remediate: 'apply' });
    expect(scanning.needs.repository).toEqual(['registryScanning', 'scanOnPush']);
    expect(controls[0]).toMatchObject({ severityOverride: null, remediate: 'off' });
    expect(controls[0]!.needs.repository).toEqual(['registryScanning', 'scanOnPush', 'appliedScanning']);
  });

  it.each<[string, JsonObject, string]>([
    ['image-scanning', { confirm: 'yes' }, 'option `confirm` must be of type boolean'],
    [
      'image-scanning',
      { prefer: 'MANUAL' },
      'option `prefer` must be one of `SCAN_ON_PUSH`, `CONTINUOUS_SCAN`',
    ],
    [
      'image-scanning',
      { thirdParty: [{ pattern: 'x' }] },
      'option `thirdParty.0.scanner` must be of type string',
    ],
    [
      'image-scanning',
      { thirdParty: [{ pattern: '', scanner: 'x' }] },
      'option `thirdParty.0.pattern` is not valid',
    ],
    ['registry-scanning', { demand: true }, 'option `demand` must be one of `none`, `any`, `every`'],
    ['tag-immutability', { alsoAccept: ['MUTABLE'] }, 'option `alsoAccept.0` must be one of'],
    ['customer-managed-key', { keys: 'x' }, 'option `keys` must be of type array'],
    ['lifecycle-policy', { days: 1 }, 'unknown option `days`'],
  ])('says what is wrong with the options of %s: %j', (id, options, text) => {
    const own = { enabled: true, severity: null, remediate: 'off', options } as const;
    expect(() => configureCatalogue({ controls: { [id]: own } })).toThrow(`control \`${id}\`: ${text}`);
  });
});

/** The fewest ECR reads that give these facts of one resource. */
const readsOf = (facts: ReadonlySet<FactName>): number => {
  const readers = [...facts].map((fact) =>
    factSources[fact].readBy.filter(({ service }) => service === 'ecr').map(({ operation }) => operation),
  );
  const forced = new Set(readers.filter((names) => names.length === 1).flat());
  const open = readers.filter((names) => names.length > 1 && !names.some((name) => forced.has(name)));
  return forced.size + (open.length > 0 ? 1 : 0);
};

describe('the cost of an event', () => {
  it('is at most two ECR reads when one call has changed something, and five for a new repository', () => {
    const calls = new Map<string, FactName[]>();
    for (const [fact, { changedBy }] of Object.entries(factSources) as [FactName, FactSource][]) {
      for (const { eventName } of changedBy) calls.set(eventName, [...(calls.get(eventName) ?? []), fact]);
    }
    expect(calls.size).toBeGreaterThan(5);
    for (const [eventName, changedFacts] of calls) {
      for (const type of ['repository', 'registry'] as const) {
        const facts = neededFacts(touchedControls(controls, { type, changedFacts }), type, ['team']);
        expect({
          eventName,
          type,
          few: readsOf(facts) <= (eventName === 'CreateRepository' ? 5 : 2),
        }).toEqual({
          eventName,
          type,
          few: true,
        });
      }
    }
    expect(readsOf(neededFacts(controls, 'repository', ['team']))).toBeLessThanOrEqual(5);
  });
});
