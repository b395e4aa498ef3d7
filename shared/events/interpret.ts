import type { FactName } from '../model/facts.ts';
import type { Cause } from '../model/finding.ts';
import { causeOf } from './actor.ts';
import type { Envelope } from './envelope.ts';
import {
  factsChangedBy,
  relevantCall,
  SCAN_RESOURCE_CHANGE,
  SCAN_RESOURCE_CHANGE_FACTS,
  type RelevantCall,
} from './event-catalogue.ts';
import { own, textOf } from './foreign.ts';
import { targetsOfCall, targetsOfScanChange, type EventTarget, type Targets } from './targets.ts';

export const API_CALL = 'AWS API Call via CloudTrail';

/** Why an event is ignored; few values, so that they can be counted. */
type IgnoredBecause = 'other-event' | 'source-mismatch' | 'other-call' | 'failed-call';

/** What an event means. It only names resources: what they are is read live. */
export type EventReading =
  | {
      readonly action: 'ignore';
      readonly because: IgnoredBecause;
      /** For people. */
      readonly reason: string;
      readonly targets: readonly [];
      readonly sweep: false;
    }
  | {
      /** `delete`: the call removes its targets; confirm by a live read, it may be late and the resource made again. */
      readonly action: 'evaluate' | 'delete';
      readonly reason: string;
      /** With `sweep`, a target named `NAMELESS` stands for every resource of its type there. */
      readonly targets: readonly EventTarget[];
      readonly sweep: boolean;
      /** Facts read today that may differ now; empty: none that is read today (IAM, EKS, replication, …). */
      readonly changedFacts: readonly FactName[];
      readonly cause: Cause;
    };

export interface InterpretOptions {
  /** ARNs of the roles under which remediation makes its own calls. */
  readonly ownRoleArns?: readonly string[];
}

const ignore = (because: IgnoredBecause, reason: string): EventReading => ({
  action: 'ignore',
  because,
  reason,
  targets: [],
  sweep: false,
});

/** An error code is shown only if it looks like one. */
const shownCode = (code: unknown): string =>
  typeof code === 'string' && /^[\w.:-]{1,100}$/.test(code) ? ` with \`${code}\`` : '';

const isFailed = (detail: unknown): boolean => {
  const code = own(detail, 'errorCode');
  return code !== undefined && code !== null && code !== '';
};

const listed = (types: readonly string[]): string => [...new Set(types)].join(' and ');

const reasonOf = (what: string, { targets, sweep }: Targets): string =>
  sweep
    ? `${what} may change any ${listed(targets.map((target) => target.type))} there: the event does not name all of them`
    : `${what} changes the named ${listed(targets.map((target) => target.type))}`;

const readCall = (envelope: Envelope, call: RelevantCall, options: InterpretOptions): EventReading => {
  const { targets, sweep, qualified } = targetsOfCall(envelope, call);
  const partOnly = call.action === 'delete' && call.partOnlyWith !== null && qualified;
  return {
    action: partOnly ? 'evaluate' : call.action,
    reason: reasonOf(`\`${call.eventName}\``, { targets, sweep, qualified }),
    targets,
    sweep,
    changedFacts: factsChangedBy(call),
    cause: causeOf(envelope, call.eventName, options.ownRoleArns ?? []),
  };
};

const interpretCall = (envelope: Envelope, options: InterpretOptions): EventReading => {
  const { detail, source } = envelope;
  const call = relevantCall(textOf(own(detail, 'eventSource')) ?? '', textOf(own(detail, 'eventName')) ?? '');
  if (call === undefined) return ignore('other-call', 'the call changes nothing that is judged');
  if (source !== `aws.${call.service}`) {
    return ignore('source-mismatch', `\`source\` is not that of \`${call.eventSource}\``);
  }
  if (isFailed(detail)) {
    return ignore('failed-call', `the call failed${shownCode(own(detail, 'errorCode'))} and changed nothing`);
  }
  return readCall(envelope, call, options);
};

const interpretScanChange = (envelope: Envelope, options: InterpretOptions): EventReading => {
  if (envelope.source !== 'aws.ecr') return ignore('source-mismatch', '`source` is not `aws.ecr`');
  if (isFailed(envelope.detail)) return ignore('failed-call', 'the change failed and changed nothing');
  const named = targetsOfScanChange(envelope);
  return {
    action: 'evaluate',
    reason: reasonOf(`\`${SCAN_RESOURCE_CHANGE}\``, named),
    targets: named.targets,
    sweep: named.sweep,
    changedFacts: SCAN_RESOURCE_CHANGE_FACTS,
    cause: causeOf(envelope, SCAN_RESOURCE_CHANGE, options.ownRoleArns ?? []),
  };
};

/** Says what an event means: which resources to judge again, or why it is ignored. Never throws. */
export const interpretEvent = (envelope: Envelope, options: InterpretOptions = {}): EventReading => {
  switch (envelope.detailType) {
    case API_CALL:
      return interpretCall(envelope, options);
    case SCAN_RESOURCE_CHANGE:
      return interpretScanChange(envelope, options);
    default:
      return ignore('other-event', 'neither an API call nor a change of scanned resources');
  }
};
