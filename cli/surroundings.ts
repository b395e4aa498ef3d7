import type { ClientOverrides } from '../shared/aws/clients.ts';
import type { CliEnvironment } from '../shared/config/cli-environment.ts';
import type { Clock } from '../shared/ports/effects.ts';
import type { CommandIo } from './jsonl.ts';

/** What a command runs in: on a machine the process's streams, environment and clock; in tests stand-ins. */
export interface CliSurroundings {
  readonly io: CommandIo;
  readonly environment: CliEnvironment;
  readonly clock: Clock;
  /** Stands in for AWS. */
  readonly overrides?: ClientOverrides;
}
