import type { Compliance, Severity } from '../model/compliance.ts';
import type { Finding } from '../model/finding.ts';
import type { ResourceType } from '../model/resource.ts';
import type { AlertContext } from './alert-model.ts';
import { runbookUrl } from './alert-finding.ts';
import { plainText } from './sanitise.ts';

/**
 * A finding as `BatchImportFindings` takes it. Source: Security Hub API reference, AwsSecurityFinding; lengths from there.
 * `Note`, `UserDefinedFields`, `VerificationState` and `Workflow` are the customer's and never sent.
 */
export interface AsffFinding {
  readonly SchemaVersion: '2018-10-08';
  readonly Id: string;
  readonly ProductArn: string;
  readonly ProductName: 'ecr-warden';
  readonly CompanyName: 'ecr-warden';
  readonly GeneratorId: string;
  readonly AwsAccountId: string;
  readonly Region: string;
  readonly CreatedAt: string;
  /** `observedAt`, which grows with each revision: Security Hub takes an update only if it is later. */
  readonly UpdatedAt: string;
  readonly FirstObservedAt: string;
  readonly LastObservedAt: string;
  readonly Title: string;
  readonly Description: string;
  readonly Resources: AsffResource[];
  readonly Compliance: {
    readonly Status: 'PASSED' | 'FAILED' | 'WARNING' | 'NOT_AVAILABLE';
    readonly RelatedRequirements?: string[];
  };
  readonly RecordState: 'ACTIVE' | 'ARCHIVED';
  readonly Remediation: { readonly Recommendation: { readonly Text: string; readonly Url?: string } };
  readonly FindingProviderFields: {
    readonly Severity: { readonly Label: Severity; readonly Original: Severity };
    readonly Types: string[];
  };
  readonly ProductFields: Record<string, string>;
}

interface AsffResource {
  readonly Type: string;
  readonly Id: string;
  readonly Partition: (typeof PARTITIONS)[number];
  readonly Region: string;
}

/** Partitions that Security Hub knows. */
const PARTITIONS = ['aws', 'aws-cn', 'aws-us-gov'] as const;

const RESOURCE_TYPES: { readonly [T in ResourceType]: string } = {
  repository: 'AwsEcrRepository',
  registry: 'Other',
  role: 'AwsIamRole',
  user: 'AwsIamUser',
  group: 'AwsIamGroup',
  policy: 'AwsIamPolicy',
  cluster: 'AwsEksCluster',
  nodegroup: 'Other',
  'task-definition': 'AwsEcsTaskDefinition',
  function: 'AwsLambdaFunction',
};

const STATUSES: { readonly [C in Compliance]: AsffFinding['Compliance']['Status'] } = {
  COMPLIANT: 'PASSED',
  NON_COMPLIANT: 'FAILED',
  INSUFFICIENT_DATA: 'WARNING',
  NOT_APPLICABLE: 'NOT_AVAILABLE',
};

/** Others are shown as the public one. */
const partitionName = (partition: string): AsffResource['Partition'] =>
  PARTITIONS.find((known) => known === partition) ?? 'aws';

const earlier = (a: string, b: string): string => (a < b ? a : b);

/** Exempt ones and those of deleted resources leave the active list; their status still says what was seen. */
const recordState = (finding: Finding): AsffFinding['RecordState'] =>
  finding.resourceDeleted || finding.exemption !== null || finding.compliance === 'NOT_APPLICABLE'
    ? 'ARCHIVED'
    : 'ACTIVE';

const productFields = (finding: Finding): Record<string, string> => ({
  'ecr-warden/Control': finding.control,
  'ecr-warden/FindingId': plainText(finding.key, 1_000),
  'ecr-warden/Revision': String(finding.revision),
  'ecr-warden/Transition': finding.transition,
  'ecr-warden/ConfigVersion': finding.configVersion,
  'ecr-warden/Owner': plainText(finding.owner ?? '-', 256),
  ...(finding.exemption === null
    ? {}
    : {
        'ecr-warden/Exemption': plainText(
          `${finding.exemption.id} until ${finding.exemption.expiresAt}: ${finding.exemption.reason}`,
        ),
      }),
});

const recommendation = (
  finding: Finding,
  context: AlertContext,
): AsffFinding['Remediation']['Recommendation'] => {
  const guide = context.guides.get(finding.control);
  const url =
    runbookUrl(finding.control, context) ??
    guide?.references.find((reference) => reference.startsWith('https://'));
  return {
    Text: plainText(guide?.remedy ?? finding.evidence.summary, 512) || '-',
    ...(url === undefined ? {} : { Url: url }),
  };
};

/**
 * One finding for Security Hub, open or resolved: the same `Id` over its life. It must be imported in the finding's own
 * account and Region (the default product ARN is theirs).
 */
export const toAsff = (finding: Finding, context: AlertContext): AsffFinding => {
  const { resource, severity } = finding;
  const guide = context.guides.get(finding.control);
  const status = STATUSES[finding.compliance];
  const said = finding.violations.map((violation) => violation.message).join('; ');
  const requirements = (guide?.frameworks ?? []).slice(0, 32).map((framework) => framework.slice(0, 64));
  return {
    SchemaVersion: '2018-10-08',
    Id: `ecr-warden/${finding.key}`.slice(0, 512),
    ProductArn: `arn:${resource.partition}:securityhub:${resource.region}:${resource.account}:product/${resource.account}/default`,
    ProductName: 'ecr-warden',
    CompanyName: 'ecr-warden',
    GeneratorId: `ecr-warden/${finding.control}`,
    AwsAccountId: resource.account,
    Region: resource.region,
    // The first record is written a moment after what it judges was read.
    CreatedAt: earlier(finding.firstSeenAt, finding.observedAt),
    // The store refuses a revision whose `observedAt` is not later, so none is taken for an old one here.
    UpdatedAt: finding.observedAt,
    FirstObservedAt: earlier(finding.firstSeenAt, finding.observedAt),
    LastObservedAt: finding.observedAt,
    Title: plainText(`${guide?.title ?? finding.control}: ${resource.name}`, 256),
    Description: plainText(said === '' ? finding.evidence.summary : said, 1_024) || '-',
    Resources: [
      {
        Type: RESOURCE_TYPES[resource.type],
        Id: resource.arn.slice(0, 512),
        Partition: partitionName(resource.partition),
        Region: resource.region,
      },
    ],
    Compliance: {
      Status: status,
      ...(requirements.length === 0 ? {} : { RelatedRequirements: requirements }),
    },
    RecordState: recordState(finding),
    Remediation: { Recommendation: recommendation(finding, context) },
    FindingProviderFields: {
      Severity: { Label: status === 'PASSED' ? 'INFORMATIONAL' : severity, Original: severity },
      Types: ['Software and Configuration Checks/AWS Security Best Practices'],
    },
    ProductFields: productFields(finding),
  };
};
