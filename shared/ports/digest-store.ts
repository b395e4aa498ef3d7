import type { Finding } from '../model/finding.ts';

/** A digest that waits to be told: the transitions of one sweep, collected until it is due. */
export interface Digest {
  readonly digestId: string;
  /** ISO 8601; when the digest may be told. Set by the first entry, later entries do not move it. */
  readonly dueAt: string;
  /** The findings as they were at their transition, at most `MAX_DIGEST_ENTRIES`, each transition once. */
  readonly entries: readonly Finding[];
  /** Entries are left beyond those in `entries`; they come with the next `due` after `remove`. */
  readonly more: boolean;
  /** What `remove` needs to notice an entry that was added after this read. Opaque to callers. */
  readonly version: number;
}

export const MAX_DIGEST_ENTRIES = 2_000;

/**
 * Transitions put aside for one message. An entry is lost by no order of `add`, `due` and `remove` and by no crash
 * between them; it may be seen twice, with the same transition key.
 */
export interface DigestStore {
  /** Puts a transition into a digest. Idempotent by transition key. */
  readonly add: (
    finding: Finding,
    digest: { readonly digestId: string; readonly dueAt: string },
  ) => Promise<void>;
  /** The digests that are due at `now`, the earliest first. */
  readonly due: (now: string) => Promise<readonly Digest[]>;
  /** Removes the entries that have been told, and the digest unless entries were added since `due` read it. */
  readonly remove: (digest: Digest) => Promise<void>;
}
