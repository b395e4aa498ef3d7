import type { Change, StateBefore } from '../model/change.ts';
import type { Severity } from '../model/compliance.ts';
import type { Actor, Finding, TransitionKind } from '../model/finding.ts';
import type { AttemptOutcome } from '../model/remediation.ts';
import type { Resource, ResourceType } from '../model/resource.ts';

/** A name in prose: between backticks, which every renderer turns into what its destination has for names. */
export const quoted = (name: string): string => `\`${name.replaceAll('`', "'")}\``;

/** `1 finding`, `3 findings`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A time span in its two largest units: `4 s`, `3 min 5 s`, `2 d 4 h`. Milliseconds; clocks that disagree give `0 s`. */
export const duration = (milliseconds: number): string => {
  let rest = Math.max(0, Math.round(milliseconds / 1000));
  const parts = UNITS.map(([seconds, name]) => {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    return { count, name };
  });
  const first = parts.findIndex((part) => part.count > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${part.name}`)
    .join(' ');
};

/** Milliseconds from one ISO 8601 time to another; null if either cannot be read. */
export const span = (from: string, to: string): number | null => {
  const milliseconds = Date.parse(to) - Date.parse(from);
  return Number.isFinite(milliseconds) ? milliseconds : null;
};

const RESOURCE_WORDS: { readonly [T in ResourceType]: string } = {
  repository: 'repository',
  registry: 'registry',
  role: 'IAM role',
  user: 'IAM user',
  group: 'IAM group',
  policy: 'IAM policy',
  cluster: 'EKS cluster',
  nodegroup: 'EKS node group',
  'task-definition': 'ECS task definition',
  function: 'Lambda function',
};

/** `repository`, `IAM role`: the type in words. */
export const resourceWord = (type: ResourceType): string => RESOURCE_WORDS[type];

/** `repository team-a/api`, as prose. */
export const resourcePhrase = (resource: Resource): string =>
  `${RESOURCE_WORDS[resource.type]} ${quoted(resource.name)}`;

/** `payments-prod (111122223333)`, or the bare id where the account has no alias. */
export const accountPhrase = (account: string, aliases: Readonly<Record<string, string>>): string =>
  Object.hasOwn(aliases, account) ? `${aliases[account]} (${account})` : account;

/** `(payments-prod eu-west-1)`: where, in the few characters that a subject has. */
export const placePhrase = (
  { account, region }: Resource,
  aliases: Readonly<Record<string, string>>,
): string => `(${(Object.hasOwn(aliases, account) ? aliases[account] : account) ?? account} ${region})`;

const TRANSITION_WORDS: { readonly [K in TransitionKind]: string } = {
  recorded: 'recorded',
  opened: 'opened',
  worsened: 'worsened',
  changed: 'changed',
  resolved: 'resolved',
  remediated: 'remediated',
  exempted: 'exempted',
  'exemption-expired': 'exemption expired',
  closed: 'closed',
};

export const transitionWord = (transition: TransitionKind): string => TRANSITION_WORDS[transition];

/** Whether an alert on this finding asks for somebody's attention or ends a thread. */
export const toneOf = (finding: Finding): 'open' | 'closed' => (finding.open ? 'open' : 'closed');

/** `attempt` outcomes as the values of the alert attribute `transition`. */
export const ATTEMPT_TRANSITIONS: { readonly [O in AttemptOutcome]: string } = {
  started: 'remediation-started',
  applied: 'remediation-applied',
  failed: 'remediation-failed',
  contested: 'contested',
  stopped: 'remediation-stopped',
  reverted: 'remediation-reverted',
};

/** One change as a sentence part that begins with a verb. */
export const changePhrase = (change: Change): string => {
  switch (change.kind) {
    case 'put-image-scanning-configuration':
      return `set scanOnPush=${change.scanOnPush} on the repository (PutImageScanningConfiguration)`;
    case 'put-registry-scanning-configuration':
      return (
        `add the ${change.add.frequency} filter ${quoted(change.add.filter)} to the registry's scanning rules, ` +
        'keeping every rule that is there (PutRegistryScanningConfiguration)'
      );
    case 'put-image-tag-mutability':
      return `make the repository's tags ${change.mode} (PutImageTagMutability)`;
    case 'set-repository-policy':
      return 'replace the repository policy by the proposed one (SetRepositoryPolicy)';
  }
};

const filterWords = (filters: readonly string[]): string =>
  filters.length === 0 ? 'no filter' : filters.map(quoted).join(', ');

/** A recorded state in words, for before and after. */
export const statePhrase = (state: StateBefore): string => {
  switch (state.kind) {
    case 'put-image-scanning-configuration':
      return `scanOnPush=${state.scanOnPush}`;
    case 'put-registry-scanning-configuration': {
      const rules = state.registryScanning.rules.map(
        (rule) => `${rule.frequency} on ${filterWords(rule.filters)}`,
      );
      return `${state.registryScanning.scanType} scanning, ${rules.length === 0 ? 'no rules' : rules.join('; ')}`;
    }
    case 'put-image-tag-mutability':
      return `tags ${state.mode}${state.exclusionFilters.length === 0 ? '' : ` but ${filterWords(state.exclusionFilters)}`}`;
    case 'set-repository-policy':
      return state.policyText === null
        ? 'no repository policy'
        : `repository policy ${quoted(state.policyText)}`;
  }
};

/** Who made a call, in one phrase; prose. */
export const actorPhrase = (actor: Actor): string => {
  if (actor.own) return "ecr-warden's own remediation role";
  const name = actor.arn ?? actor.userName ?? actor.sessionIssuerArn;
  if (name !== null) return quoted(name);
  return actor.invokedBy === null
    ? `an unnamed ${actor.type} identity`
    : `the service ${quoted(actor.invokedBy)}`;
};

/** `HIGH`, and why it is not the control's own where it is not. */
export const severityPhrase = (severity: Severity, own: Severity | undefined): string =>
  own === undefined || own === severity
    ? severity
    : `${severity} (the control's own is ${own}; this violation or the configuration makes the difference)`;
