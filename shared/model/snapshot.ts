import type { Facts } from './facts.ts';
import type { Resource } from './resource.ts';

/** The facts of one resource as they were read. A resource that is gone has no facts. */
export type Snapshot =
  | { readonly exists: true; readonly resource: Resource; readonly observedAt: string; readonly facts: Facts }
  | { readonly exists: false; readonly resource: Resource; readonly observedAt: string };
// `observedAt` is the ISO 8601 time (UTC, milliseconds) just BEFORE the first read, by the reader's clock:
// whatever the snapshot shows was true at that time or later.
