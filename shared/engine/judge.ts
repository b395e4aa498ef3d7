import { maxSeverity, type Severity } from '../model/compliance.ts';
import type { Plan } from '../model/change.ts';
import type { ConfiguredControl, ControlContext, Judgement, Offence } from '../model/control.ts';
import type { FactName, Facts, KnownFacts } from '../model/facts.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Trust } from '../model/trust.ts';
import type { Verdict, Violation } from '../model/verdict.ts';
import { renderMessage } from './message.ts';

export interface JudgeInput {
  readonly snapshot: Snapshot;
  readonly controls: readonly ConfiguredControl[];
  readonly trust: Trust;
  /** ISO 8601. */
  readonly now: string;
}

export interface Judged {
  readonly control: string;
  readonly verdict: Verdict;
  /** What remediation would do; only for NON_COMPLIANT verdicts, null where nothing can be proposed. */
  readonly plan: Plan | null;
}

/**
 * Every given control that judges this type of resource, over one snapshot, in the order given. A needed fact that
 * could not be read, or was not, makes that control's verdict INSUFFICIENT_DATA, and so does a control that throws;
 * the others go on. A resource that is gone has no verdicts.
 */
export const judge = ({ snapshot, controls, trust, now }: JudgeInput): readonly Judged[] => {
  if (!snapshot.exists) return [];
  const { resource, facts } = snapshot;
  return controls.flatMap((control) => {
    const needs = control.needs[resource.type];
    return needs === undefined
      ? []
      : [judgeOne(control, needs, { facts, context: { resource, trust, now } })];
  });
};

interface Sight {
  readonly facts: Facts;
  readonly context: ControlContext;
}

const judgeOne = (control: ConfiguredControl, needs: readonly FactName[], sight: Sight): Judged => {
  const read = readFacts(sight.facts, needs);
  const insufficient = (evidence: Verdict['evidence']): Judged => ({
    control: control.id,
    verdict: { compliance: 'INSUFFICIENT_DATA', severity: severityOf(control, []), violations: [], evidence },
    plan: null,
  });
  if (read.missing.length > 0) return insufficient(missingEvidence(read.missing));
  try {
    const verdict = verdictOf(control, control.evaluate(read.known, sight.context));
    return { control: control.id, ...withPlan(verdict, () => control.plan(read.known, sight.context)) };
  } catch (error) {
    // A bug of this control. It must neither hide the resource nor stop the other controls.
    return insufficient(faultEvidence(control.id, error));
  }
};

/** A plan that cannot be made takes nothing from the verdict; the evidence says so. */
const withPlan = (verdict: Verdict, plan: () => Plan | null): Omit<Judged, 'control'> => {
  if (verdict.compliance !== 'NON_COMPLIANT') return { verdict, plan: null };
  try {
    return { verdict, plan: plan() };
  } catch (error) {
    const data = { ...verdict.evidence.data, planError: textOf(error) };
    return { verdict: { ...verdict, evidence: { ...verdict.evidence, data } }, plan: null };
  }
};

const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

interface MissingFact {
  readonly fact: FactName;
  readonly reason: string;
  readonly message: string;
}

/** The needed facts and nothing else, so that a control cannot read what it did not declare. */
const readFacts = (
  facts: Facts,
  needs: readonly FactName[],
): { readonly known: KnownFacts; readonly missing: readonly MissingFact[] } => {
  const known = new Map<FactName, unknown>();
  const missing: MissingFact[] = [];
  for (const name of needs) {
    const fact = facts[name];
    if (fact?.status === 'known') known.set(name, fact.value);
    else
      missing.push({
        fact: name,
        reason: fact?.reason ?? 'unavailable',
        message: fact?.message ?? 'it was not read',
      });
  }
  // INVARIANT: used only where nothing is missing, and a control's `evaluate` sees only the facts of its `needs`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the invariant above
  return { known: Object.fromEntries(known) as unknown as KnownFacts, missing };
};

const missingEvidence = (missing: readonly MissingFact[]): Verdict['evidence'] => ({
  summary: missing
    .map(({ fact, reason, message }) => `\`${fact}\` could not be read (${reason}): ${message}`)
    .join('; '),
  data: { unreadable: missing.map((fact) => ({ ...fact })) },
});

const faultEvidence = (control: string, error: unknown): Verdict['evidence'] => ({
  summary: `control \`${control}\` failed, which is a fault of the control: ${textOf(error)}`,
  data: { error: textOf(error) },
});

const severityOf = (control: ConfiguredControl, offences: readonly Offence[]): Severity => {
  if (control.severityOverride !== null) return control.severityOverride;
  const [first, ...rest] = offences.map(({ severity }) => severity ?? control.severity);
  return first === undefined ? control.severity : rest.reduce(maxSeverity, first);
};

const violationOf = (control: ConfiguredControl, { messageId, data }: Offence): Violation => {
  const template = Object.hasOwn(control.messages, messageId) ? control.messages[messageId] : undefined;
  if (template === undefined) throw new TypeError(`there is no message \`${messageId}\``);
  return { messageId, message: renderMessage(template, data), data };
};

const verdictOf = (control: ConfiguredControl, judgement: Judgement): Verdict => {
  const { offences, evidence, otherwise } = judgement;
  return {
    compliance: offences.length > 0 ? 'NON_COMPLIANT' : (otherwise ?? 'COMPLIANT'),
    severity: severityOf(control, offences),
    violations: offences.map((offence) => violationOf(control, offence)),
    evidence,
  };
};

/**
 * The verdict on a finding that is judged no more, because its control was turned off or its resource left the
 * scope: it closes what was open. `summary` says why.
 */
export const retiredVerdict = (stored: Pick<Verdict, 'severity'>, summary: string): Verdict => ({
  compliance: 'NOT_APPLICABLE',
  severity: stored.severity,
  violations: [],
  evidence: { summary, data: {} },
});
