import { record, records, text } from '../fields.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { getOrCreate, operations } from './service.ts';
import type { Call, Service } from './service.ts';

export interface Hubs {
  /** Findings of one account and Region, by the order of their first import. */
  readonly findings: (account: string, region: string) => readonly JsonObject[];
}

/** Source: Security Hub API reference, BatchImportFindings. */
const MAX_FINDINGS = 100;
const MAX_BYTES = 240 * 1024;
/** Source: the same, AwsSecurityFinding. `Severity` and `Types` may come in `FindingProviderFields`. */
const REQUIRED = [
  'SchemaVersion',
  'Id',
  'ProductArn',
  'GeneratorId',
  'AwsAccountId',
  'CreatedAt',
  'UpdatedAt',
  'Title',
  'Description',
];

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

const invalid = (ErrorMessage: string): Refusal => ({ ErrorCode: 'InvalidInput', ErrorMessage });

const isComplete = (finding: JsonObject): boolean => {
  const provider = record(finding, 'FindingProviderFields') ?? {};
  return (
    REQUIRED.every((name) => (text(finding, name) ?? '') !== '') &&
    (records(finding, 'Resources') ?? []).length > 0 &&
    (record(finding, 'Severity') ?? record(provider, 'Severity')) !== undefined
  );
};

/** Why a finding is not taken; null if it is. */
const refusalOf = (finding: JsonObject, { caller, region }: Call): Refusal | null => {
  if (!isComplete(finding)) return invalid('Finding does not adhere to Amazon Finding Format.');
  if (text(finding, 'SchemaVersion') !== '2018-10-08') return invalid('SchemaVersion is not supported.');
  if (Buffer.byteLength(JSON.stringify(finding)) > MAX_BYTES) {
    return { ErrorCode: 'FindingSizeExceeded', ErrorMessage: 'Finding size exceeded 240 KB' };
  }
  const own = `arn:aws:securityhub:${region}:${caller.account}:product/${caller.account}/default`;
  if (text(finding, 'AwsAccountId') !== caller.account || text(finding, 'ProductArn') !== own) {
    return {
      ErrorCode: 'InvalidAccess',
      ErrorMessage: 'The account or the product is not that of the caller.',
    };
  }
  return null;
};

type Hub = Map<string, JsonObject>;

/** What belongs to the customer stays as it is. */
const keptOf = ({ Workflow, Note, UserDefinedFields, VerificationState }: JsonObject): JsonObject => ({
  Workflow,
  Note,
  UserDefinedFields,
  VerificationState,
});

const updatedAt = (finding: JsonObject): number => Date.parse(text(finding, 'UpdatedAt') ?? '');

/** The same Id is an update, taken only if its UpdatedAt is later; an earlier one is dropped without a word. */
const store = (hub: Hub, finding: JsonObject): void => {
  const id = text(finding, 'Id') ?? '';
  const known = hub.get(id);
  if (known === undefined) {
    hub.set(id, { Workflow: { Status: 'NEW' }, RecordState: 'ACTIVE', ...finding });
    return;
  }
  if (updatedAt(finding) > updatedAt(known)) hub.set(id, { ...known, ...finding, ...keptOf(known) });
};

const importFindings = (hub: Hub, call: Call): JsonObject => {
  const findings = records(call.input, 'Findings') ?? [];
  if (findings.length === 0 || findings.length > MAX_FINDINGS) {
    throw new ServiceError('InvalidInputException', 'Findings must hold 1 to 100 findings.');
  }
  const failed: JsonObject[] = [];
  for (const finding of findings) {
    const refusal = refusalOf(finding, call);
    if (refusal === null) store(hub, finding);
    else failed.push({ Id: finding['Id'], ...refusal });
  }
  return {
    FailedCount: failed.length,
    SuccessCount: findings.length - failed.length,
    FailedFindings: failed,
  };
};

/** AWS Security Hub CSPM as far as finding providers use it, turned on in every account. */
export const createSecurityHub = (): { readonly service: Service; readonly hubs: Hubs } => {
  const hubs = new Map<string, Hub>();
  const hubOf = (account: string, region: string): Hub =>
    getOrCreate(hubs, `${account}/${region}`, () => new Map());
  const service: Service = {
    name: 'securityhub',
    signingName: 'securityhub',
    protocol: 'rest-json',
    eventSource: 'securityhub.amazonaws.com',
    resourceOf: ({ account, region }) =>
      `arn:aws:securityhub:${region}:${account}:product/${account}/default`,
    operationAt: (request) => (request === 'POST /findings/import' ? 'BatchImportFindings' : undefined),
    operation: operations({
      BatchImportFindings: (call) => importFindings(hubOf(call.account, call.region), call),
    }),
  };
  return { service, hubs: { findings: (account, region) => [...hubOf(account, region).values()] } };
};
