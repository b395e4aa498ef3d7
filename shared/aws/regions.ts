import { STSClient } from '@aws-sdk/client-sts';
import { partitionOf } from '../model/resource.ts';

/**
 * Regions that every account has. They cannot be turned off, so one that refuses us is a fault.
 * Source: AWS Account Management, Enable or disable AWS Regions (launched before 20 March 2019).
 */
const ALWAYS_ENABLED: readonly string[] = (
  'ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 ' +
  'eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 ' +
  'cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1 us-iso-east-1 us-iso-west-1 us-isob-east-1'
).split(' ');

/** Regions that an account may or may not have turned on, or that are only announced. Source: as above, and ECR endpoints in the General Reference. */
const OPT_IN: readonly string[] = (
  'af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ' +
  'ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 ' +
  'me-west-1 mx-central-1 sa-west-1'
).split(' ');

/** Whether an account may lack this Region. One that is newer than the lists is taken for such. */
export const isOptIn = (region: string): boolean => !ALWAYS_ENABLED.includes(region);

/** Every Region with ECR in the partition of `region`, sorted; those that need opting in among them. */
export const regionsLike = (region: string): readonly string[] => {
  const partition = partitionOf(region);
  return [...ALWAYS_ENABLED, ...OPT_IN].filter((each) => partitionOf(each) === partition).sort();
};

/** The Region that the SDK finds in `AWS_REGION` or the profile; null if there is none. */
export const configuredRegion = async (): Promise<string | null> => {
  try {
    return await new STSClient({}).config.region();
  } catch {
    return null;
  }
};
