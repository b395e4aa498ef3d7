import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { AwsRequestError } from '../model/errors.ts';
import { partitionOf } from '../model/resource.ts';
import { callAws } from './faults.ts';

export interface MemberRole {
  /** The role's name in each account, with its path if it has one. */
  readonly roleName: string;
  /** Required by the role's trust policy against the confused deputy; null where the policy asks for none. */
  readonly externalId: string | null;
  /** Seen in the member account's CloudTrail. */
  readonly sessionName: string;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Credentials of one account; the SDK calls again when they are about to expire. */
export type CredentialsProvider = () => Promise<Credentials>;

interface MemberOptions {
  readonly region: string;
  readonly account?: string | null;
  readonly memberRole?: MemberRole | null;
}

/**
 * Says whose credentials reach an account: null for our own (it is our account, or no role is configured), else a
 * provider that assumes the role there. The SDK's clients keep the credentials and ask again five minutes before
 * they expire; calls for one account that overlap share one request to STS.
 */
export const memberCredentials = (
  { region, account: home = null, memberRole = null }: MemberOptions,
  createSts: () => STSClient,
): ((account: string) => CredentialsProvider | null) => {
  const pending = new Map<string, Promise<Credentials>>();
  let sts: STSClient | null = null;
  return (account) => {
    if (memberRole === null || account === home) return null;
    return async () => {
      const running = pending.get(account);
      if (running !== undefined) return running;
      sts ??= createSts();
      const started = assume(sts, memberRole, { account, region }).finally(() => pending.delete(account));
      pending.set(account, started);
      return started;
    };
  };
};

const assume = async (
  sts: STSClient,
  role: MemberRole,
  at: { readonly account: string; readonly region: string },
): Promise<Credentials> => {
  const answer = await callAws({ service: 'sts', operation: 'AssumeRole' }, () =>
    sts.send(
      new AssumeRoleCommand({
        RoleArn: `arn:${partitionOf(at.region)}:iam::${at.account}:role/${role.roleName}`,
        RoleSessionName: role.sessionName,
        ...(role.externalId === null ? {} : { ExternalId: role.externalId }),
      }),
    ),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new AwsRequestError('sts AssumeRole answered without credentials', {
      data: { account: at.account },
    });
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration === undefined ? {} : { expiration: Expiration }),
  };
};
