import type { Plan } from './change.ts';
import type { Compliance, Severity } from './compliance.ts';
import type { FactName, KnownFacts } from './facts.ts';
import type { RemediationMode } from './remediation.ts';
import type { Resource, ResourceType } from './resource.ts';
import type { Trust } from './trust.ts';
import type { Json, JsonObject } from './verdict.ts';

/** What a control may know besides the facts. */
export interface ControlContext {
  readonly resource: Resource;
  readonly trust: Trust;
  /** ISO 8601; policies have date conditions. */
  readonly now: string;
}

/** A violation as a control gives it: the engine renders the message. */
export interface Offence<MessageId extends string = string> {
  readonly messageId: MessageId;
  readonly data: JsonObject;
  /** Where one violation weighs more or less than the control's own severity. */
  readonly severity?: Severity;
}

/** What a control finds. No offences means COMPLIANT unless `otherwise` says something else. */
export interface Judgement<MessageId extends string = string> {
  readonly offences: readonly Offence<MessageId>[];
  /** In words, what decided. Present in every verdict, compliant ones too. */
  readonly evidence: { readonly summary: string; readonly data: JsonObject };
  readonly otherwise?: Exclude<Compliance, 'COMPLIANT' | 'NON_COMPLIANT'>;
}

/** One documented option of a control: `default` is what holds when the configuration says nothing. */
interface OptionDoc {
  readonly type: string;
  readonly default: Json;
  readonly description: string;
}

/** What people read about a control; the docs, the alerts and the configuration schema are made from it. */
export interface ControlDoc {
  readonly id: string;
  readonly title: string;
  /** The requirement, one sentence. */
  readonly requirement: string;
  /** Unless a violation or the configuration says otherwise. */
  readonly severity: Severity;
  /** `CIS EKS 1.8.0 5.1.1 (Manual)`, `Security Hub ECR.1`, … Evidence towards them, no certificate. */
  readonly frameworks: readonly string[];
  readonly references: readonly string[];
  readonly rationale: string;
  readonly remedy: string;
  /** By id; `{{name}}` stands for the violation's data of that name. */
  readonly messages: { readonly [messageId: string]: string };
  readonly optionDocs: { readonly [name: string]: OptionDoc };
}

/**
 * A control with its settings bound: all that the engine knows of a control.
 * A pure function from known facts to a judgement; it reads no other facts than `needs` lists for the resource's type.
 */
export interface ConfiguredControl extends ControlDoc {
  /** The facts read, for each type of resource that the control judges. */
  readonly needs: { readonly [T in ResourceType]?: readonly FactName[] };
  /** Overrides every severity that the control gives; null: no override. */
  readonly severityOverride: Severity | null;
  readonly remediate: RemediationMode;
  readonly evaluate: (facts: KnownFacts, context: ControlContext) => Judgement;
  /** Only for facts that `evaluate` judges NON_COMPLIANT. Null: nothing can be proposed. */
  readonly plan: (facts: KnownFacts, context: ControlContext) => Plan | null;
}
