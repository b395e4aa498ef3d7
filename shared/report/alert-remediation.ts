import type { Finding } from '../model/finding.ts';
import type { AttemptOutcome, RemediationAttempt } from '../model/remediation.ts';
import { fixSection, runbookUrl, whereSection, whoSection } from './alert-finding.ts';
import type { AlertContent, AlertContext, Item, Section } from './alert-model.ts';
import { revertCommand } from './cli-commands.ts';
import { subjectAround } from './sanitise.ts';
import {
  ATTEMPT_TRANSITIONS,
  changePhrase,
  placePhrase,
  quoted,
  resourcePhrase,
  statePhrase,
} from './phrases.ts';

interface RemediationAlert {
  readonly attempt: RemediationAttempt;
  readonly finding?: Finding;
  readonly toldAt: string;
}

const HEADLINES: { readonly [O in AttemptOutcome]: (resource: string) => string } = {
  started: (resource) => `remediation of ${resource} has started`,
  applied: (resource) => `remediation has changed ${resource}`,
  failed: (resource) => `remediation of ${resource} failed; somebody must look`,
  contested: (resource) =>
    `contested: ${resource} is turned back again and again; remediation now leaves it alone`,
  stopped: (resource) => `remediation stopped itself before ${resource}: too many changes in one hour`,
  reverted: (resource) => `remediation of ${resource} has been reverted`,
};

const ASKS_FOR_SOMEBODY: ReadonlySet<AttemptOutcome> = new Set(['failed', 'contested', 'stopped']);

const row = (label: string, text: string): Item => ({ kind: 'row', label, text });

const attemptSection = (attempt: RemediationAttempt): Section => ({
  title: 'What',
  items: [
    row('Control', quoted(attempt.control)),
    row('Outcome', attempt.outcome + (attempt.detail === null ? '' : `: ${attempt.detail}`)),
    row('Triggered by', quoted(attempt.triggeredBy)),
    ...attempt.plan.changes.map((change) => row('Planned', changePhrase(change))),
    ...attempt.changes.map((change) => row('Done', changePhrase(change))),
    ...(attempt.changes.length === 0 ? [row('Done', 'nothing')] : []),
    row('Reason', attempt.plan.reason),
  ],
});

const statesSection = (attempt: RemediationAttempt): Section => ({
  title: 'Before and after',
  items: [
    ...attempt.before.map((state) => row('Before', statePhrase(state))),
    ...attempt.after.map((state) => row('After', statePhrase(state))),
  ],
});

const wayBackSection = (attempt: RemediationAttempt): Section => ({
  title: 'Way back',
  items: [{ kind: 'code', label: 'Restore what was there before', code: revertCommand(attempt.id) }],
});

const referenceSection = (attempt: RemediationAttempt, context: AlertContext): Section => {
  const url = runbookUrl(attempt.control, context);
  return {
    title: 'Reference',
    items: [
      row('Finding', quoted(attempt.findingKey)),
      row('Attempt', quoted(attempt.id)),
      ...(url === null ? [] : [{ kind: 'link', label: 'Runbook', url } as const]),
    ],
  };
};

const NEXT_STEPS: { readonly [O in AttemptOutcome]: readonly string[] } = {
  started: [],
  applied: [],
  failed: ['Read why it failed, then fix the resource by hand or let the next judgement try again'],
  contested: [
    'Find who or what turns the setting back (often infrastructure as code) and change it there',
    'If it is meant to be so, add a dated exemption to `ecr-warden.yml`',
  ],
  stopped: ['Find out what changes so many resources at once'],
  reverted: ['The finding is open again: fix it another way or exempt it'],
};

/** Severity of an attempt's alert: the finding's, else the control's own; unknown ones are heard rather than filtered. */
export const attemptSeverity = (alert: RemediationAlert, context: AlertContext): AlertContent['severity'] =>
  alert.finding?.severity ?? context.guides.get(alert.attempt.control)?.severity ?? 'HIGH';

const whenSection = (attempt: RemediationAttempt, toldAt: string): Section => ({
  title: 'When',
  items: [
    row('Started', attempt.startedAt),
    ...(attempt.finishedAt === null ? [] : [row('Finished', attempt.finishedAt)]),
    row('Told', toldAt),
  ],
});

/** What is said of one remediation attempt. */
export const remediationContent = (alert: RemediationAlert, context: AlertContext): AlertContent => {
  const { attempt, finding } = alert;
  const { resource, outcome } = attempt;
  const severity = attemptSeverity(alert, context);
  const needed = ASKS_FOR_SOMEBODY.has(outcome);
  const headline = HEADLINES[outcome](resourcePhrase(resource));
  const transition = ATTEMPT_TRANSITIONS[outcome].replaceAll('-', ' ');
  return {
    headline: needed ? `${severity}, ${headline}` : headline,
    subject: subjectAround(
      `${needed ? `${severity} ` : ''}${transition}: ${attempt.control}`,
      resource.name,
      placePhrase(resource, context.accountAliases),
    ),
    severity,
    tone: needed ? 'open' : 'news',
    sections: [
      attemptSection(attempt),
      ...(attempt.before.length + attempt.after.length === 0 ? [] : [statesSection(attempt)]),
      whereSection({ resource, owner: finding?.owner ?? null }, context),
      ...(finding === undefined ? [] : [whoSection(finding.cause)]),
      whenSection(attempt, alert.toldAt),
      ...(needed ? [fixSection(attempt.plan, context.guides.get(attempt.control))] : []),
      ...(attempt.after.length === 0 ? [] : [wayBackSection(attempt)]),
      referenceSection(attempt, context),
    ],
    nextSteps: NEXT_STEPS[outcome],
    keywords: [severity, attempt.control, transition, resource.account, resource.region],
  };
};
