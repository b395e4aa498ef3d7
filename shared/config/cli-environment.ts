import type { Environment } from './environment.ts';

/** What the command takes from the environment itself; the SDK reads its own `AWS_…` variables. */
export interface CliEnvironment {
  /** `AWS_DEFAULT_REGION`, which the AWS CLI honours and the SDK does not. */
  readonly defaultRegion: string | null;
  /** Requests go to an emulator (`AWS_ENDPOINT_URL`). */
  readonly emulated: boolean;
  /** `ECR_WARDEN_TABLE`: the table of the deployment that is worked with. */
  readonly table: string | null;
  /** `DEBUG` is set to something: stack traces are shown. */
  readonly debug: boolean;
}

const given = (value: string | undefined): string | null =>
  value === undefined || value === '' ? null : value;

/** Reads the command's environment. Throws nothing: the values are checked where they are used. */
export const cliEnvironment = (environment: Environment = process.env): CliEnvironment => ({
  defaultRegion: given(environment['AWS_DEFAULT_REGION']),
  emulated: given(environment['AWS_ENDPOINT_URL']) !== null,
  table: given(environment['ECR_WARDEN_TABLE']),
  debug: given(environment['DEBUG']) !== null,
});
