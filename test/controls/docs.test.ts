import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocs, strayPages, withControlTable } from '../../scripts/docs.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import { betweenMarkers } from '../../shared/report/catalogue-page.ts';

const root = resolve(import.meta.dirname, '../..');
const docs = await generatedDocs();

describe('the generated documents', () => {
  it.each([...docs.keys()])('%s is what `npm run docs` writes', (path) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(docs.get(path));
  });

  it('have a page for every control, and none for others', () => {
    for (const { id } of CATALOGUE) expect(docs.has(`docs/controls/${id}.md`)).toBe(true);
    expect(strayPages(root, docs)).toEqual([]);
  });

  it('hold nothing that could not be put in words', () => {
    for (const text of docs.values()) expect(text).not.toMatch(/undefined|\[object|NaN/u);
  });

  it('put the table of controls into a README with markers', () => {
    const readme = 'a\n<!-- controls:begin -->\nold\n<!-- controls:end -->\nb $& \n';
    const written = withControlTable(readme)!;
    expect(written).toMatch(/^a\n<!-- controls:begin -->\n\n\| Control/u);
    expect(written).toContain('[image-scanning](docs/controls/image-scanning.md)');
    expect(written).toMatch(/\|\n\n<!-- controls:end -->\nb \$& \n$/u);
    expect(written).not.toContain('old');
    expect(withControlTable(written)).toBe(written);
  });

  it.each([
    ['no markers', 'a'],
    ['one marker', '<!-- controls:begin -->'],
    ['markers the wrong way round', '<!-- controls:end --><!-- controls:begin -->'],
  ])('leave a README with %s alone', (_, readme) => {
    expect(betweenMarkers(readme, 'x')).toBeNull();
  });

  it('are in the README, between their markers', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(withControlTable(readme)).toBe(readme);
  });
});
