import {
  BatchImportFindingsCommand,
  SecurityHubClient,
  type AwsSecurityFinding,
  type ImportFindingsError,
} from '@aws-sdk/client-securityhub';
import { PermissionError } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import type { FindingImporter, NotImported } from '../ports/effects.ts';
import { perLocation, type ClientFor, type ClientOptions } from './clients.ts';
import { callAws, toFault } from './faults.ts';

// A module of its own, imported only where findings are imported: the schema of every AWS resource comes with the client.

/** Findings of one call. Source: Security Hub API reference, BatchImportFindings. */
const MAX_FINDINGS = 100;
/** Fewer than of other calls: the stream tries again, and alerts wait behind it meanwhile. */
const MAX_ATTEMPTS = 3;

const CALL = { service: 'securityhub', operation: 'BatchImportFindings' };

export interface SecurityHubOptions extends ClientOptions {
  readonly render: (finding: Finding) => AwsSecurityFinding;
}

/**
 * Imports findings with the default product ARN, each in its own account and Region, as Security Hub demands. Those of
 * another account go through the member role; without one they are refused.
 */
export const securityHubImporter = (options: SecurityHubOptions): FindingImporter => {
  const { account: home = null, memberRole = null, overrides } = options;
  const clients = perLocation(
    { ...options, overrides: { maxAttempts: MAX_ATTEMPTS, ...overrides } },
    (config) => new SecurityHubClient(config),
  );
  const isReachable = ({ resource }: Finding): boolean =>
    memberRole !== null || home === null || resource.account === home;
  return {
    importFindings: async (findings) => {
      const groups = batches(findings.filter(isReachable));
      const imported = await Promise.all(groups.map((batch) => importBatch(batch, clients, options.render)));
      return [...findings.filter((finding) => !isReachable(finding)).map(outOfReach), ...imported.flat()];
    },
  };
};

const outOfReach = (finding: Finding): NotImported => ({
  finding,
  fault: new PermissionError(
    `no member role reaches Security Hub in account \`${finding.resource.account}\``,
    { data: { account: finding.resource.account } },
  ),
});

/** Findings of one account and Region, at most as many as one call takes. */
const batches = (findings: readonly Finding[]): readonly (readonly Finding[])[] => {
  const places = Map.groupBy(findings, ({ resource }) => `${resource.account}/${resource.region}`);
  return [...places.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / MAX_FINDINGS) }, (_, index) =>
      group.slice(index * MAX_FINDINGS, (index + 1) * MAX_FINDINGS),
    ),
  );
};

const importBatch = async (
  batch: readonly Finding[],
  clients: ClientFor<SecurityHubClient>,
  render: SecurityHubOptions['render'],
): Promise<readonly NotImported[]> => {
  const [first] = batch;
  if (first === undefined) return [];
  try {
    const rendered = batch.map((finding) => ({ finding, asff: render(finding) }));
    const { FailedFindings = [] } = await callAws(CALL, () =>
      clients(first.resource).send(
        new BatchImportFindingsCommand({ Findings: rendered.map(({ asff }) => asff) }),
      ),
    );
    const refusals = new Map(FailedFindings.map((refusal) => [refusal.Id, refusal]));
    return rendered.flatMap(({ finding, asff }) => {
      const refusal = refusals.get(asff.Id);
      return refusal === undefined ? [] : [{ finding, fault: refusalFault(refusal) }];
    });
  } catch (error) {
    const fault = toFault(error, CALL);
    return batch.map((finding) => ({ finding, fault }));
  }
};

/** Codes of single findings that say nothing about the finding. */
const TRANSIENT_CODES: ReadonlySet<string | undefined> = new Set([
  'ConcurrentUpdateError',
  'InternalException',
  'InternalFailure',
  'LimitExceededException',
]);

const refusalFault = ({ ErrorCode, ErrorMessage }: ImportFindingsError): Error =>
  toFault(
    Object.assign(new Error(ErrorMessage ?? ''), {
      name: ErrorCode ?? 'UnknownError',
      $metadata: { httpStatusCode: TRANSIENT_CODES.has(ErrorCode) ? 500 : 400 },
    }),
    CALL,
  );
