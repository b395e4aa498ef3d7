import type { Finding } from './finding.ts';
import type { RemediationAttempt } from './remediation.ts';

/** What is told. The renderers in `report` turn it into text, JSON and chat forms. */
export type Alert =
  | {
      readonly kind: 'transition';
      readonly finding: Finding;
      readonly before: Finding | null;
      readonly toldAt: string;
    }
  | {
      readonly kind: 'remediation';
      readonly attempt: RemediationAttempt;
      /** The finding as it is now, if the sender has it: severity, owner and who changed the resource last. */
      readonly finding?: Finding;
      readonly toldAt: string;
    }
  | {
      /** What one sweep (or one new configuration) opened, as one message. */
      readonly kind: 'digest';
      readonly digestId: string;
      readonly findings: readonly Finding[];
      readonly toldAt: string;
    };
