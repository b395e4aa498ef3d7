import { zipSync, type Zippable } from 'fflate';

/** One file of an archive, by its path in it. */
export type ArchiveFiles = ReadonlyMap<string, Uint8Array | string>;

/**
 * The epoch of the ZIP format. It is made of local fields because the format stores local time:
 * so the stored bytes are the same in every time zone.
 */
const epoch = (): Date => new Date(1980, 0, 1, 0, 0, 0);
const MADE_ON_UNIX = 3;
/** `rw-r--r--` in the upper half: Lambda runs as another user and must be able to read. */
const READABLE = 0o100644 << 16;

/**
 * A ZIP archive that depends on nothing but the names and contents: same input, same bytes,
 * so that CloudFormation sees a change only where there is one.
 */
export const zip = (files: ArchiveFiles): Uint8Array => {
  const encoder = new TextEncoder();
  const entries = [...files.keys()].sort().map((name): [string, Zippable[string]] => {
    const content = files.get(name) ?? '';
    const bytes = typeof content === 'string' ? encoder.encode(content) : content;
    return [name, [bytes, { level: 9, mtime: epoch(), os: MADE_ON_UNIX, attrs: READABLE }]];
  });
  return zipSync(Object.fromEntries(entries));
};
