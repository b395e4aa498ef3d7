import type { Plan } from '../model/change.ts';
import type { Cause, Finding } from '../model/finding.ts';
import type { Violation } from '../model/verdict.ts';
import type { AlertContent, AlertContext, ControlGuide, Item, Section } from './alert-model.ts';
import { approveCommand, exemptionSnippet, planCommand } from './cli-commands.ts';
import { subjectAround } from './sanitise.ts';
import { consoleUrl } from './console-url.ts';
import {
  accountPhrase,
  actorPhrase,
  changePhrase,
  duration,
  placePhrase,
  quoted,
  resourcePhrase,
  resourceWord,
  severityPhrase,
  span,
  toneOf,
  transitionWord,
} from './phrases.ts';

/** Violations that an alert lists in words; the JSON form has all of them. */
const MAX_VIOLATIONS = 20;

const row = (label: string, text: string): Item => ({ kind: 'row', label, text });
const point = (text: string): Item => ({ kind: 'point', text });
const code = (label: string, text: string): Item => ({ kind: 'code', label, code: text });
const rowIf = (label: string, text: string | null | undefined): readonly Item[] =>
  text === null || text === undefined || text === '' ? [] : [row(label, text)];

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** The address of the control's runbook; null where none is configured. */
export const runbookUrl = (control: string, context: AlertContext): string | null =>
  context.runbookBaseUrl === null
    ? null
    : `${context.runbookBaseUrl.replace(/\/+$/, '')}/${encodeURIComponent(control.toWellFormed())}`;

const violationItems = (violations: readonly Violation[]): readonly Item[] => [
  ...violations.slice(0, MAX_VIOLATIONS).map((violation) => point(violation.message)),
  ...(violations.length > MAX_VIOLATIONS
    ? [point(`… and ${violations.length - MAX_VIOLATIONS} more, see the JSON alert`)]
    : []),
];

const whatSection = (finding: Finding, guide: ControlGuide | undefined): Section => ({
  title: 'What',
  items: [
    row('Control', quoted(finding.control) + (guide === undefined ? '' : `: ${guide.requirement}`)),
    ...violationItems(finding.violations),
    ...rowIf('Evidence', finding.evidence.summary),
    ...(finding.exemption === null
      ? []
      : [
          row(
            'Exemption',
            `${quoted(finding.exemption.id)} by ${finding.exemption.owner} until ${finding.exemption.expiresAt}: ` +
              finding.exemption.reason,
          ),
        ]),
  ],
});

/** Where: the same section for findings and attempts. */
export const whereSection = (
  of: { readonly resource: Finding['resource']; readonly owner: string | null },
  context: AlertContext,
): Section => {
  const { resource, owner } = of;
  const url = consoleUrl(resource);
  const kind = resourceWord(resource.type);
  return {
    title: 'Where',
    items: [
      row(kind.charAt(0).toUpperCase() + kind.slice(1), quoted(resource.name)),
      row('Account', accountPhrase(resource.account, context.accountAliases)),
      row('Region', resource.region),
      row('ARN', quoted(resource.arn)),
      ...rowIf('Owner', owner),
      ...(url === null ? [] : [{ kind: 'link', label: 'Console', url } as const]),
    ],
  };
};

const mfaWord = (mfa: boolean | null): string | null => (mfa === null ? null : mfa ? 'yes' : 'no');

const SWEEP_WHO: { readonly [T in Extract<Cause, { kind: 'sweep' }>['trigger']]: string } = {
  schedule: 'not known: a scheduled sweep found this, no event announced it; CloudTrail may name the caller',
  deploy:
    'nobody need have called: the sweep after a deployment found this, so the configuration may explain it',
};

/** Who: from the event that led to the judgement, or why nobody can be named. */
export const whoSection = (cause: Cause): Section => {
  const title = 'Who';
  switch (cause.kind) {
    case 'event': {
      const { actor } = cause;
      return {
        title,
        items: [
          row('Principal', actorPhrase(actor)),
          ...rowIf('Issued by', actor.sessionIssuerArn === null ? null : quoted(actor.sessionIssuerArn)),
          ...rowIf('Account', actor.accountId),
          ...rowIf('Source IP', actor.sourceIp),
          ...rowIf('User agent', actor.userAgent),
          ...rowIf('MFA', mfaWord(actor.mfa)),
          ...rowIf('Through', actor.invokedBy === null ? null : quoted(actor.invokedBy)),
        ],
      };
    }
    case 'sweep':
      return { title, items: [point(SWEEP_WHO[cause.trigger])] };
    case 'remediation':
      return { title, items: [point(`ecr-warden's own remediation, attempt ${quoted(cause.attemptId)}`)] };
    case 'scan':
      return { title, items: [point('not known: found by a scan on request')] };
  }
};

const after = (from: string, to: string): string => {
  const lag = span(from, to);
  return lag === null ? '' : `, ${duration(lag)} after the call`;
};

const whenSection = (finding: Finding, toldAt: string): Section => {
  const { cause } = finding;
  const call = cause.kind === 'event' ? cause : null;
  return {
    title: 'When',
    items: [
      ...(call === null
        ? [row('Judged', finding.observedAt)]
        : [
            row('Call', `${call.eventName} at ${call.eventTime} (event ${quoted(call.eventId)})`),
            row('Judged', finding.observedAt + after(call.eventTime, finding.observedAt)),
          ]),
      row('Told', toldAt + (call === null ? '' : after(call.eventTime, toldAt))),
      row('First seen', finding.firstSeenAt),
    ],
  };
};

const messagesOnlyIn = (here: Finding | null, there: Finding | null): readonly string[] => {
  const known = new Set((there?.violations ?? []).map((violation) => violation.message));
  return (here?.violations ?? []).map((v) => v.message).filter((message) => !known.has(message));
};

const changeSection = (finding: Finding, before: Finding | null): Section => {
  const was = finding.previousCompliance ?? before?.compliance ?? 'not judged before';
  const graver = before !== null && before.severity !== finding.severity;
  return {
    title: 'Before and after',
    items: [
      row('Compliance', `${was} → ${finding.compliance}`),
      ...rowIf('Severity', graver ? `${before.severity} → ${finding.severity}` : null),
      ...rowIf('Before', before?.evidence.summary),
      row('After', finding.resourceDeleted ? 'the resource has been deleted' : finding.evidence.summary),
      ...(before === null || before.violations.length === 0
        ? []
        : [
            ...messagesOnlyIn(finding, before).map((message) => point(`new: ${message}`)),
            ...messagesOnlyIn(before, finding).map((message) => point(`gone: ${message}`)),
          ].slice(0, MAX_VIOLATIONS)),
    ],
  };
};

const severitySection = (finding: Finding, guide: ControlGuide | undefined): Section => ({
  title: 'Severity',
  items: [
    point(
      severityPhrase(finding.severity, guide?.severity) +
        (guide === undefined ? '' : `: ${sentence(guide.rationale)}`),
    ),
    ...rowIf('Frameworks', guide?.frameworks.join('; ')),
  ],
});

/** How to fix: the plan's own lines where there is a plan, else the control's remedy. */
export const fixSection = (plan: Plan | null, guide: ControlGuide | undefined): Section => ({
  title: 'How to fix',
  items: [
    ...(guide === undefined || guide.remedy === '' ? [] : [point(guide.remedy)]),
    ...(plan === null || plan.cli.length === 0 ? [] : [code('AWS CLI', plan.cli.join('\n'))]),
    ...(plan === null || plan.iac === null ? [] : [code('Infrastructure as code', plan.iac)]),
    ...(plan === null && (guide === undefined || guide.remedy === '')
      ? [point('see the evidence: no plan and no remedy is known for this control')]
      : []),
  ],
});

const planOf = (finding: Finding): Plan | null =>
  finding.remediation.status === 'proposed' ? finding.remediation.plan : null;

const remediationItems = (finding: Finding): readonly Item[] => {
  const state = finding.remediation;
  switch (state.status) {
    case 'none':
      return [
        point(
          'nothing so far: it is off for this control, has no plan, or had not decided when this was told',
        ),
      ];
    case 'proposed':
      return [
        ...state.plan.changes.map((change) => point(`would ${changePhrase(change)}`)),
        row(state.plan.automatic ? 'Unattended' : 'Needs your approval', sentence(state.plan.reason)),
        code('Show the plan', planCommand(finding.key)),
        code('Apply the plan', approveCommand(finding.key)),
      ];
    case 'skipped':
      return [point(`left it alone at ${state.at}: ${state.reason}`)];
    case 'applied':
      return [point(`applied its plan at ${state.at}, attempt ${quoted(state.attemptId)}`)];
    case 'failed':
      return [
        point(
          `failed at ${state.at}, attempt ${quoted(state.attemptId)}; the resource is unchanged or half changed`,
        ),
      ];
  }
};

const referenceSection = (finding: Finding, context: AlertContext): Section => {
  const url = runbookUrl(finding.control, context);
  const references = context.guides.get(finding.control)?.references ?? [];
  return {
    title: 'Reference',
    items: [
      row('Finding', quoted(finding.key)),
      row('Revision', String(finding.revision)),
      ...(url === null ? [] : [{ kind: 'link', label: 'Runbook', url } as const]),
      ...references.map((reference): Item =>
        reference.startsWith('https://')
          ? { kind: 'link', label: 'See', url: reference }
          : row('See', reference),
      ),
      row('Configuration', quoted(finding.configVersion)),
    ],
  };
};

const exemptSection = (finding: Finding, toldAt: string): Section => ({
  title: 'How to exempt',
  longFormOnly: true,
  items: [
    point('add this to `ecr-warden.yml`, with an owner, a reason and an end, and deploy'),
    code(
      'ecr-warden.yml',
      exemptionSnippet({ control: finding.control, resourceArn: finding.resource.arn, from: toldAt }),
    ),
  ],
});

const evidenceDataSection = (finding: Finding): Section => ({
  title: 'Evidence data',
  longFormOnly: true,
  items: [code('JSON', JSON.stringify(finding.evidence.data, null, 2))],
});

/** The state of things in the alert's first line: what an on-call engineer must know with no further reading. */
const headlineOf = (finding: Finding, guide: ControlGuide | undefined): string => {
  const resource = resourcePhrase(finding.resource);
  const title = guide?.title ?? finding.control;
  const first = finding.violations[0]?.message;
  switch (finding.transition) {
    case 'resolved':
      return finding.resourceDeleted
        ? `Resolved: ${resource} has been deleted`
        : `Resolved: ${title}, ${resource}`;
    case 'remediated':
      return `Remediated by ecr-warden: ${title}, ${resource}`;
    case 'exempted':
      return `Exempted: ${title}, ${resource}`;
    case 'exemption-expired':
      return `${finding.severity}, exemption expired: ${resource}: ${first ?? title}`;
    case 'opened':
    case 'worsened':
    case 'changed':
    case 'recorded':
    case 'closed': {
      const verb = transitionWord(finding.transition);
      if (finding.compliance === 'INSUFFICIENT_DATA') {
        return `${finding.severity}, ${verb}: ${resource} cannot be judged: ${finding.evidence.summary}`;
      }
      return `${finding.severity}, ${verb}: ${resource}: ${first ?? title}`;
    }
  }
};

const subjectOf = (finding: Finding, context: AlertContext): string => {
  const { resource } = finding;
  const grave = finding.open ? `${finding.severity} ` : '';
  return subjectAround(
    `${grave}${transitionWord(finding.transition)}: ${finding.control}`,
    resource.name,
    placePhrase(resource, context.accountAliases),
  );
};

const openNextSteps = (finding: Finding, context: AlertContext): readonly string[] => {
  const plan = planOf(finding);
  const remedy = context.guides.get(finding.control)?.remedy ?? '';
  return [
    ...(plan === null || plan.automatic
      ? []
      : [`Read the proposed change and apply it: ${quoted(approveCommand(finding.key))}`]),
    ...(remedy === '' ? [] : [`Fix: ${remedy}`]),
    ...(finding.cause.kind === 'event' && !finding.cause.actor.own
      ? [`Ask ${actorPhrase(finding.cause.actor)} whether ${quoted(finding.cause.eventName)} was meant`]
      : []),
    `Accept the risk: add a dated exemption for ${quoted(finding.control)} to ${quoted('ecr-warden.yml')}`,
  ];
};

const openDuration = (finding: Finding, before: Finding | null): readonly Section[] => {
  const opened = before?.openedAt ?? null;
  const milliseconds = opened === null ? null : span(opened, finding.changedAt);
  if (milliseconds === null) return [];
  return [{ title: 'Open for', items: [point(`${duration(milliseconds)}, since ${opened}`)] }];
};

/** What is said of one transition of one finding. Open ones say how to end them; closed ones are short. */
export const findingContent = (
  alert: { readonly finding: Finding; readonly before: Finding | null; readonly toldAt: string },
  context: AlertContext,
): AlertContent => {
  const { finding, before, toldAt } = alert;
  const guide = context.guides.get(finding.control);
  const tone = toneOf(finding);
  const remediation: Section = { title: 'Remediation', items: remediationItems(finding) };
  const core: readonly Section[] = [
    whatSection(finding, guide),
    changeSection(finding, before),
    whereSection(finding, context),
    whoSection(finding.cause),
    whenSection(finding, toldAt),
  ];
  const sections =
    tone === 'open'
      ? [
          ...core,
          severitySection(finding, guide),
          fixSection(planOf(finding), guide),
          remediation,
          exemptSection(finding, toldAt),
          referenceSection(finding, context),
          evidenceDataSection(finding),
        ]
      : [
          ...core,
          ...openDuration(finding, before),
          ...(finding.remediation.status === 'none' ? [] : [remediation]),
          referenceSection(finding, context),
        ];
  return {
    headline: headlineOf(finding, guide),
    subject: subjectOf(finding, context),
    severity: finding.severity,
    tone,
    sections,
    nextSteps: tone === 'open' ? openNextSteps(finding, context) : [],
    keywords: [
      finding.severity,
      finding.control,
      transitionWord(finding.transition),
      finding.resource.account,
      finding.resource.region,
    ],
  };
};
