import type { Finding } from '../model/finding.ts';
import type { RemediationAttempt } from '../model/remediation.ts';

/** What the table's stream shows of a finding or an attempt: as it was, if it was, and as it is. */
export type StateChange =
  | { readonly kind: 'transition'; readonly before: Finding | null; readonly finding: Finding }
  | {
      readonly kind: 'attempt';
      readonly before: RemediationAttempt | null;
      readonly attempt: RemediationAttempt;
    };
