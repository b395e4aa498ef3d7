interface FaultOptions {
  readonly cause?: unknown;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The one family of faults. Expected outcomes are values; these are thrown. */
class Fault extends Error {
  readonly data: Readonly<Record<string, unknown>>;
  constructor(message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.data = options.data ?? {};
  }
}

/** Input that no retry can make readable: a poison message, a broken file. */
export class MalformedInputError extends Fault {
  override readonly name = 'MalformedInputError';
}

/** The configuration is wrong; the message says where. */
export class ConfigError extends Fault {
  override readonly name = 'ConfigError';
}

/** Throttled, timed out, unavailable: the same call may succeed later. */
export class TransientAwsError extends Fault {
  override readonly name = 'TransientAwsError';
}

/** AWS refused the call for lack of permission. */
export class PermissionError extends Fault {
  override readonly name = 'PermissionError';
}

/** AWS refused the call for another lasting reason (validation, unsupported Region, a conflict that stays). */
export class AwsRequestError extends Fault {
  override readonly name = 'AwsRequestError';
}
