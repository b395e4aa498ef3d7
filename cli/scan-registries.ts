import { isOptIn } from '../shared/aws/regions.ts';
import { isNamed } from '../shared/aws/faults.ts';
import { AwsRequestError, PermissionError, TransientAwsError } from '../shared/model/errors.ts';
import { partitionOf, type RegistryLocation, type Resource } from '../shared/model/resource.ts';
import { scanRegistry, type ScanDependencies, type ScannedFinding } from '../shared/pipeline/scan.ts';

/** What came of one registry. */
export interface RegistryOutcome {
  readonly at: RegistryLocation;
  /** Those judged before a fault ended it are kept. */
  readonly findings: readonly ScannedFinding[];
  /** Why not all of it was judged; null: all was. */
  readonly fault: string | null;
  /** The account has not turned this Region on: nothing is there to judge, and nothing is wrong. */
  readonly notEnabled: boolean;
}

export interface ScanRequest {
  readonly registries: readonly RegistryLocation[];
  readonly admits: (resource: Resource) => boolean;
  /** The Regions were not named one by one: those that the account has not turned on are passed over. */
  readonly everyRegion: boolean;
}

/** Registries at the same time; ECR throttles by account and Region. */
const CONCURRENT_REGISTRIES = 6;

/**
 * Where the account has not turned a Region on, ECR knows no such key there; where a Region has no ECR yet, it has no
 * such host. Both are the same in a Region that every account has: there they are faults.
 */
const isNothingThere = (error: Error): boolean =>
  isNamed(error, 'UnrecognizedClientException', 'InvalidClientTokenId', 'AuthFailure', 'OptInRequired') ||
  /\bENOTFOUND\b/.test(error.message);

const isAwsFault = (error: unknown): error is Error =>
  error instanceof PermissionError || error instanceof TransientAwsError || error instanceof AwsRequestError;

const scanOne = async (
  at: RegistryLocation,
  request: ScanRequest,
  deps: ScanDependencies,
): Promise<RegistryOutcome> => {
  const findings: ScannedFinding[] = [];
  try {
    for await (const finding of scanRegistry(at, deps, request.admits)) findings.push(finding);
    return { at, findings, fault: null, notEnabled: false };
  } catch (error) {
    if (!isAwsFault(error)) throw error;
    if (request.everyRegion && isOptIn(at.region) && isNothingThere(error)) {
      return { at, findings: [], fault: null, notEnabled: true };
    }
    return { at, findings, fault: error.message, notEnabled: false };
  }
};

/** Judges the registries, some at a time; one that fails does not stop the others. In the order given. */
export const scanRegistries = async (
  request: ScanRequest,
  deps: ScanDependencies,
): Promise<readonly RegistryOutcome[]> => {
  const outcomes = new Map<RegistryLocation, RegistryOutcome>();
  const waiting = request.registries.values();
  const work = async (): Promise<void> => {
    for (const at of waiting) outcomes.set(at, await scanOne(at, request, deps));
  };
  await Promise.all(Array.from({ length: CONCURRENT_REGISTRIES }, work));
  return request.registries.flatMap((at) => outcomes.get(at) ?? []);
};

/** `123456789012 eu-west-1`; with the partition where it is not the common one. */
export const registryName = ({ account, region }: RegistryLocation): string => {
  const partition = partitionOf(region);
  return `${account} ${region}${partition === 'aws' ? '' : ` (${partition})`}`;
};
