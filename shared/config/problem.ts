import { ConfigError } from '../model/errors.ts';
import type { Position } from './located.ts';

/** One thing wrong with a configuration file. */
export interface Problem {
  /** The key, `trust.accounts[0]`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  readonly at: Position | null;
}

const KEEP = 120;

/** Somebody's input for a message: in backticks, in one line and not too long. */
export const quoted = (text: string): string => {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll('`', "'");
  return `\`${line.length > KEEP ? `${line.slice(0, KEEP)}…` : line}\``;
};

/** `ecr-warden.yml:3:5: …`. */
export const problemLine = (fileName: string, { message, at }: Omit<Problem, 'key'>): string =>
  at === null ? `${fileName}: ${message}` : `${fileName}:${at.line}:${at.column}: ${message}`;

export const inFileOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted(
    (a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );

/** One error for all problems of a file, the first one in the file first. `data.problems` holds them. */
export const configError = (fileName: string, problems: readonly Problem[]): ConfigError => {
  const ordered = inFileOrder(problems);
  return new ConfigError(ordered.map((problem) => problemLine(fileName, problem)).join('\n'), {
    data: { fileName, problems: ordered },
  });
};
