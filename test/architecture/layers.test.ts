import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Which layers a layer may import besides itself. The whole rule of the architecture in one table. */
const ALLOWED: Record<string, readonly string[]> = {
  'shared/model': [],
  'shared/ports': ['shared/model'],
  'shared/policy': ['shared/model'],
  'shared/images': ['shared/model'],
  'shared/events': ['shared/model'],
  'shared/engine': ['shared/model'],
  'shared/report': ['shared/model'],
  'shared/config': ['shared/model'],
  'shared/controls': ['shared/policy', 'shared/images', 'shared/model'],
  'shared/pipeline': ['shared/engine', 'shared/report', 'shared/ports', 'shared/model'],
  'shared/aws': ['shared/ports', 'shared/model', 'shared/policy'],
  functions: [
    'shared/pipeline',
    'shared/aws',
    'shared/config',
    'shared/events',
    'shared/report',
    'shared/controls',
    'shared/engine',
    'shared/ports',
    'shared/model',
  ],
  // The sandbox runs the deployed functions; its AWS knows nothing of them.
  sandbox: ['shared/model', 'shared/ports', 'shared/aws', 'shared/events', 'functions'],
};

/** Layers that decide: no effects, no clock of their own, no environment, no packages that do I/O. */
const PURE = new Set(
  ['model', 'policy', 'images', 'events', 'engine', 'report', 'controls'].map((n) => `shared/${n}`),
);

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });

const layerOf = (path: string): string | undefined =>
  Object.keys(ALLOWED).find((layer) => path === layer || path.startsWith(`${layer}/`));

const importsOf = (text: string): string[] =>
  [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? '');

/** A layer of the design that has no file yet is no folder in a clone. */
const built = Object.keys(ALLOWED).filter((layer) => existsSync(join(root, layer)));
const sources = built.flatMap((layer) =>
  filesBelow(join(root, layer)).map((path) => ({
    layer,
    path: relative(root, path),
    text: readFileSync(path, 'utf8'),
  })),
);

describe('the layers of the architecture', () => {
  it('finds sources in every layer that has been built', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(new Set(sources.map((source) => source.layer)).has('shared/engine')).toBe(true);
  });

  it('import one way only', () => {
    const wrong = sources.flatMap(({ layer, path, text }) =>
      importsOf(text)
        .filter((name) => name.startsWith('.'))
        .map((name) => relative(root, resolve(root, dirname(path), name)))
        .filter((target) => {
          const to = layerOf(target);
          return to === undefined ? true : to !== layer && !(ALLOWED[layer] ?? []).includes(to);
        })
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('leave the AWS SDK to shared/aws and the sandbox', () => {
    const wrong = sources
      .filter(({ layer }) => layer !== 'shared/aws' && layer !== 'sandbox')
      .filter(({ text }) => importsOf(text).some((name) => name.startsWith('@aws-sdk/')))
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  it('leave the environment to shared/config', () => {
    const wrong = sources
      .filter(({ layer, text }) => layer !== 'shared/config' && /\bprocess\.env\b/.test(text))
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  it('keep time, chance and input/output out of what decides', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|from 'node:(?:fs|net|http|https|child_process|os)/;
    const wrong = sources
      .filter(({ layer, text }) => PURE.has(layer) && impure.test(text))
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});
