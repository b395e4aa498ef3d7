import type { Actor, Cause } from '../model/finding.ts';
import type { Envelope } from './envelope.ts';
import { own, ownPath, textOf } from './foreign.ts';
import { isAccountId } from './resource-names.ts';

/** Characters kept of each string: a finding is stored, and all of this is somebody else's input. */
const KEEP = 1024;

const text = (value: unknown): string | null => textOf(value)?.slice(0, KEEP) ?? null;

const flag = (value: unknown): boolean | null => {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : null;
};

const accountOfRole = (roleArn: string): string | null => {
  const account = roleArn.split(':')[4];
  return isAccountId(account) ? account : null;
};

/**
 * Whether a call was made under one of the given roles: the session's issuer has exactly that ARN and the identity
 * is of the role's account. Session names and user agents are the caller's to choose and prove nothing.
 */
const isOwn = (identity: unknown, roleArns: readonly string[]): boolean => {
  const issuer = textOf(ownPath(identity, ['sessionContext', 'sessionIssuer', 'arn']));
  if (issuer === null || own(identity, 'type') !== 'AssumedRole' || !roleArns.includes(issuer)) return false;
  const account = accountOfRole(issuer);
  return account !== null && own(identity, 'accountId') === account;
};

/** Who made a call, from CloudTrail's `userIdentity`. `roleArns`: the remediation roles, see `Actor.own`. */
const actorOf = (detail: unknown, roleArns: readonly string[]): Actor => {
  const identity = own(detail, 'userIdentity');
  const issuer = ownPath(identity, ['sessionContext', 'sessionIssuer']);
  return {
    type: text(own(identity, 'type')) ?? 'Unknown',
    arn: text(own(identity, 'arn')),
    accountId: text(own(identity, 'accountId')),
    sessionIssuerArn: text(own(issuer, 'arn')),
    userName: text(own(identity, 'userName')) ?? text(own(issuer, 'userName')),
    invokedBy: text(own(identity, 'invokedBy')),
    sourceIp: text(own(detail, 'sourceIPAddress')),
    userAgent: text(own(detail, 'userAgent')),
    mfa: flag(ownPath(identity, ['sessionContext', 'attributes', 'mfaAuthenticated'])),
    own: isOwn(identity, roleArns),
  };
};

/** What stands for a time that an event does not tell. */
export const UNKNOWN_TIME = new Date(0).toISOString();

const isoTime = (value: unknown): string | null => {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : new Date(at).toISOString();
};

/** When it happened: CloudTrail's time of the call, else the envelope's; `UNKNOWN_TIME` if neither is a time. */
const eventTimeOf = ({ detail, time }: Envelope): string =>
  isoTime(own(detail, 'eventTime')) ?? isoTime(time) ?? UNKNOWN_TIME;

/** The cause that findings record. `eventId` is CloudTrail's, the same in every delivery of the event. */
export const causeOf = (envelope: Envelope, eventName: string, roleArns: readonly string[]): Cause => ({
  kind: 'event',
  eventId: text(own(envelope.detail, 'eventID')) ?? envelope.id.slice(0, KEEP),
  eventName,
  eventTime: eventTimeOf(envelope),
  actor: actorOf(envelope.detail, roleArns),
});
