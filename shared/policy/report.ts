import type { Trust } from '../model/trust.ts';
import type { ConcreteCaller } from './concrete-caller.ts';

/** A resource policy and everything its meaning depends on. */
export interface AccessInput {
  /** The policy as text (plain JSON or percent-encoded), or already parsed. */
  readonly document: unknown;
  /** 12 digits. */
  readonly ownerAccount: string;
  /** Partition of callers that the policy does not name. Default `aws`. */
  readonly partition?: string;
  readonly trust: Trust;
  /** ISO 8601; what date conditions are compared with. */
  readonly now: string;
  /** Default `repository`. */
  readonly scope?: 'repository' | 'registry';
  /** What a registry policy can grant. Default `V2`: every ECR action. */
  readonly registryScope?: 'V1' | 'V2';
  /** The repository's ARN, when known: `Resource` elements are decided against it. */
  readonly resourceArn?: string;
}

/** Evidence: some entries of one statement's principal that get the same access. */
export interface AccessGrant {
  /** Zero-based. */
  readonly statement: number;
  /** Only in an effective access: the statement is one of the registry policy. */
  readonly origin?: 'registry';
  readonly sid: string | null;
  /** As the policy writes them; `*` for everyone. */
  readonly principals: readonly string[];
  /** Effective ECR actions (allowed and not denied to somebody), sorted. */
  readonly actions: readonly string[];
  /** The statement's conditions in words: operator, key, values. */
  readonly conditions: readonly string[];
  /** Every caller it lets in is trusted. */
  readonly trusted: boolean;
  /** It lets any AWS account in. */
  readonly public: boolean;
  readonly sentence: string;
}

/** A part that could not be decided; the answer leans to reporting access. */
export interface Undecided {
  /** Null: the document as a whole. */
  readonly statement: number | null;
  readonly sid: string | null;
  readonly reason: string;
}

export type NoteCode =
  | 'orphaned-principal'
  | 'no-effect'
  | 'invalid-element'
  | 'invalid-document'
  | 'duplicate-element'
  | 'private-source-ip';

/** Something worth knowing that decides nothing. */
export interface Note {
  /** Null: the document as a whole. */
  readonly statement: number | null;
  readonly code: NoteCode;
  readonly message: string;
}

/** One concrete request that the policy lets through. */
export interface Witness {
  readonly caller: ConcreteCaller;
  /** `ecr:BatchGetImage` */
  readonly action: string;
  readonly resource?: string;
  /** Condition keys that do not follow from the caller. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** Who gets in. */
export interface AccessReport {
  /** Any AWS account, not bounded by account, ARN, organization or network. */
  readonly public: boolean;
  /** Somebody outside the owner account and the trust. */
  readonly untrusted: boolean;
  /** Accounts other than the owner's that the policy identifies and lets in; sorted, trusted or not. */
  readonly externalAccounts: readonly string[];
  readonly grants: readonly AccessGrant[];
  readonly undecided: readonly Undecided[];
  readonly notes: readonly Note[];
  /** Null when the answer is false, or when only an undecided part says so. */
  readonly witnesses: { readonly public: Witness | null; readonly untrusted: Witness | null };
}
