import { CommanderError } from 'commander';
import {
  AwsRequestError,
  ConfigError,
  MalformedInputError,
  PermissionError,
  TransientAwsError,
} from '../shared/model/errors.ts';
import { plainText } from '../shared/report/sanitise.ts';

/** Exit statuses that every command shares. */
export const EXIT = { clean: 0, reported: 1, usage: 2, unread: 3, bug: 70 } as const;

/** A fault as a command ends with it: the status, and what a person can do with it. */
export interface Failure {
  readonly status: number;
  /** Null: it has been said already. */
  readonly message: string | null;
  /** A fault of ours: the stack says where. */
  readonly bug: boolean;
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

const NO_CREDENTIALS =
  'there are no AWS credentials: set AWS_PROFILE, sign in (`aws sso login`), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

const lacksCredentials = (error: unknown): boolean =>
  error instanceof PermissionError && error.data['name'] === 'CredentialsProviderError';

/** A message may have several lines, each of which may quote somebody else's input. */
const shown = (message: string): string =>
  message
    .split('\n')
    .map((line) => plainText(line, 2_000))
    .join('\n');

/** How the program ends with what was thrown. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof CommanderError) {
    return { status: error.exitCode === 0 ? EXIT.clean : EXIT.usage, message: null, bug: false };
  }
  const failure = (status: number, message: string): Failure => ({
    status,
    message: shown(message),
    bug: false,
  });
  if (lacksCredentials(error)) {
    return failure(EXIT.usage, `${NO_CREDENTIALS} (${error instanceof Error ? error.message : ''})`);
  }
  if (error instanceof ConfigError || error instanceof MalformedInputError || isFileError(error)) {
    return failure(EXIT.usage, error.message);
  }
  const isAws =
    error instanceof PermissionError ||
    error instanceof TransientAwsError ||
    error instanceof AwsRequestError;
  if (isAws) return failure(EXIT.unread, error.message);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { status: EXIT.bug, message: shown(`this is a fault of ecr-warden: ${message}`), bug: true };
};
