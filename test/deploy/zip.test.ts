import { unzipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import { zip } from '../../scripts/zip.ts';

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('zip', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it('keeps names and contents', () => {
    const archive = unzipSync(
      zip(
        new Map<string, string | Uint8Array>([
          ['index.mjs', 'export const a = "ü";'],
          ['data', new Uint8Array([0, 255])],
        ]),
      ),
    );
    expect(text(archive['index.mjs'])).toBe('export const a = "ü";');
    expect(archive['data']).toEqual(new Uint8Array([0, 255]));
  });

  it('gives the same bytes in any order of files and in any time zone', () => {
    process.env['TZ'] = 'Pacific/Kiritimati';
    const east = zip(
      new Map([
        ['b', '2'],
        ['a', '1'],
      ]),
    );
    process.env['TZ'] = 'Pacific/Pago_Pago';
    const west = zip(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect(Buffer.from(west).equals(Buffer.from(east))).toBe(true);
  });

  it('changes with a content', () => {
    expect(zip(new Map([['a', '1']]))).not.toEqual(zip(new Map([['a', '2']])));
  });

  it('lets every user read the files: Lambda runs as another one', () => {
    const archive = Buffer.from(zip(new Map([['a', '1']])));
    const central = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    const MADE_BY = 5; // offset of the system in a central directory entry
    const ATTRIBUTES = 38;
    expect(archive[central + MADE_BY]).toBe(3);
    expect(archive.readUInt32LE(central + ATTRIBUTES) >>> 16).toBe(0o100644);
  });
});
