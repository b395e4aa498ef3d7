import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { AwsRequestError } from '../model/errors.ts';
import { callAws } from './faults.ts';

export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

/** Whose credentials these are. Throws `PermissionError` where there are none or they are not accepted. */
export const callerIdentity = async (sts: STSClient): Promise<CallerIdentity> => {
  const answer = await callAws({ service: 'sts', operation: 'GetCallerIdentity' }, () =>
    sts.send(new GetCallerIdentityCommand({})),
  );
  const { Account: account, Arn: arn } = answer;
  if (account === undefined || arn === undefined) {
    throw new AwsRequestError('sts GetCallerIdentity answered without an account');
  }
  return { account, arn };
};
