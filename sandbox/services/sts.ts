import { integer, text } from '../fields.ts';
import type { Identities } from '../identity.ts';
import { stableId } from '../random.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { operations } from './service.ts';
import type { Call, Host, Service } from './service.ts';

const ROLE_ARN = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.+\/)?([\w+=,.@-]{1,64})$/;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const DEFAULT_SECONDS = 3600;

const denied = (call: Call, roleArn: string): ServiceError =>
  new ServiceError(
    'AccessDenied',
    `User: ${call.caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    { status: 403 },
  );

const assume = (host: Host, identities: Identities, call: Call): JsonObject => {
  const roleArn = text(call.input, 'RoleArn') ?? '';
  const session = text(call.input, 'RoleSessionName') ?? '';
  if (!SESSION_NAME.test(session)) throw new ServiceError('ValidationError', 'Invalid RoleSessionName');
  const [, account = '', role = ''] = ROLE_ARN.exec(roleArn) ?? [];
  const config = identities.roleConfig(account, role);
  const isTrusted = config !== undefined && (config.trusts?.includes(call.caller.account) ?? true);
  if (!isTrusted) throw denied(call, roleArn);
  const identity = identities.signIn({ account, role, session });
  const lifetime = (integer(call.input, 'DurationSeconds') ?? DEFAULT_SECONDS) * 1000;
  return {
    Credentials: {
      AccessKeyId: identity.accessKeyId,
      SecretAccessKey: stableId('', `secret/${identity.accessKeyId}`, 32),
      SessionToken: stableId('', `token/${identity.accessKeyId}`, 32),
      // The SDK compares this with the machine's clock, so a virtual time would make it assume the role at every call.
      Expiration: new Date(Math.max(Date.now(), host.schedule.now()) + lifetime).toISOString(),
    },
    AssumedRoleUser: {
      AssumedRoleId: `${stableId('AROA', `${account}/${role}`)}:${session}`,
      Arn: identity.arn,
    },
  };
};

/** AWS STS: who am I, and sessions of declared roles. An undeclared role or a foreign caller is refused. */
export const createSts = (host: Host, identities: Identities): Service => ({
  name: 'sts',
  signingName: 'sts',
  protocol: 'query',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  eventSource: 'sts.amazonaws.com',
  resourceOf: ({ input }) => text(input, 'RoleArn') ?? '*',
  operation: operations({
    GetCallerIdentity: ({ caller }) => ({
      UserId:
        caller.kind === 'user'
          ? stableId('AIDA', `${caller.account}/${caller.name}`)
          : `${stableId('AROA', `${caller.account}/${caller.name}`)}:${caller.sessionName}`,
      Account: caller.account,
      Arn: caller.arn,
    }),
    AssumeRole: (call) => assume(host, identities, call),
  }),
});
