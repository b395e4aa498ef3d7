import { createReadStream } from 'node:fs';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseConfig } from '../shared/config/load.ts';
import { defaultSettings } from '../shared/config/read-settings.ts';
import { CATALOGUE } from '../shared/controls/catalogue.ts';
import { MalformedInputError } from '../shared/model/errors.ts';
import type { Settings } from '../shared/model/settings.ts';
import { plainText } from '../shared/report/sanitise.ts';
import type { CommandIo } from './jsonl.ts';

/** Bytes of one document; ECR takes policies of 10,240 characters. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The configuration that is read when none is named. */
export const CONFIG_FILE = 'ecr-warden.yml';

/** The whole text of a file, or of standard input for `-`; without a byte order mark. */
export const readInput = async (io: CommandIo, file: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of file === '-' ? io.stdin : createReadStream(file)) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), 'utf8');
    length += bytes.length;
    if (length > MAX_BYTES)
      throw new MalformedInputError(`${inputName(file)} is longer than ${MAX_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
};

/** How a message names an input. */
export const inputName = (file: string): string => (file === '-' ? 'standard input' : plainText(file));

/**
 * The settings of the named file, else of `ecr-warden.yml` in the working directory, else the defaults.
 * Throws `ConfigError` for what is wrong in it, and the file system's error for a file that cannot be read.
 */
export const readSettingsFile = async (file: string | undefined): Promise<Settings> => {
  if (file === undefined && !existsSync(CONFIG_FILE)) return defaultSettings(CATALOGUE);
  const path = file ?? CONFIG_FILE;
  return parseConfig(await readFile(path, 'utf8'), path, CATALOGUE);
};
