import type { Compliance, Severity } from '../model/compliance.ts';
import type { FactName, KnownFacts } from '../model/facts.ts';
import type { Plan } from '../model/change.ts';
import type { Resource, ResourceType } from '../model/resource.ts';
import type { Trust } from '../model/trust.ts';
import type { JsonObject } from '../model/verdict.ts';

/** What a control may know besides the facts. */
export interface ControlContext<Options> {
  readonly resource: Resource;
  readonly options: Options;
  readonly trust: Trust;
  /** ISO 8601; policies have date conditions. */
  readonly now: string;
}

/** A violation as a control gives it: the engine renders the message. */
export interface Offence {
  readonly messageId: string;
  readonly data: JsonObject;
  /** Where one violation weighs more or less than the control's own severity. */
  readonly severity?: Severity;
}

/** What a control finds. No offences means COMPLIANT unless `notApplicable` or `undecided` says otherwise. */
export interface Judgement {
  readonly offences: readonly Offence[];
  /** In words, what decided. Present in every verdict, compliant ones too. */
  readonly evidence: { readonly summary: string; readonly data: JsonObject };
  readonly otherwise?: Exclude<Compliance, 'COMPLIANT' | 'NON_COMPLIANT'>;
}

/** One documented option of a control: `default` is what holds when the configuration says nothing. */
export interface OptionDoc {
  readonly type: string;
  readonly default: JsonObject[string];
  readonly description: string;
}

/**
 * One requirement of the catalogue: a pure function from known facts and options to a judgement.
 * `needs` lists, for each resource type that the control judges, the facts it reads.
 */
export interface Control<Options = JsonObject> {
  readonly id: string;
  /** The requirement, one sentence. */
  readonly requirement: string;
  readonly title: string;
  readonly severity: Severity;
  /** `CIS EKS 1.8.0 5.1.1 (Manual)`, `Security Hub ECR.1`, … */
  readonly frameworks: readonly string[];
  readonly references: readonly string[];
  readonly rationale: string;
  readonly remedy: string;
  readonly needs: (options: Options) => { readonly [T in ResourceType]?: readonly FactName[] };
  readonly messages: { readonly [messageId: string]: string };
  readonly optionDocs: { readonly [name: string]: OptionDoc };
  /** Validates options from the configuration and fills in defaults; throws `ConfigError` naming the key. */
  readonly parseOptions: (raw: JsonObject) => Options;
  readonly evaluate: (facts: KnownFacts, context: ControlContext<Options>) => Judgement;
  /** Only for NON_COMPLIANT facts. Null: nothing can be proposed. */
  readonly plan?: (facts: KnownFacts, context: ControlContext<Options>) => Plan | null;
}
