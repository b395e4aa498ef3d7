import type { Severity } from '../model/compliance.ts';
import { isOpen } from '../model/compliance.ts';
import { findingKey } from '../model/finding.ts';
import type { ControlGuide } from './alert-model.ts';
import { clip } from './bounds.ts';
import type { ReportedFinding } from './findings-json.ts';
import { plainText } from './sanitise.ts';

/** SARIF 2.1.0, as far as it is written here. Source: OASIS, Static Analysis Results Interchange Format 2.1.0. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly SarifRun[];
}

interface SarifRun {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly version: string;
      readonly rules: readonly SarifRuleJson[];
    };
  };
  readonly results: readonly SarifResultJson[];
  readonly columnKind: 'utf16CodeUnits';
}

interface SarifRuleJson {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string };
  readonly helpUri?: string;
  readonly properties: { readonly 'security-severity': string; readonly tags: readonly string[] };
}

interface SarifResultJson {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: 'error' | 'warning' | 'note';
  readonly message: { readonly text: string };
  readonly locations: readonly unknown[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions?: readonly { readonly kind: 'external'; readonly justification: string }[];
  readonly properties: Readonly<Record<string, string>>;
}

/** One thing to report, from a live resource or from a file. */
export interface SarifResult {
  readonly ruleId: string;
  readonly severity: Severity;
  readonly message: string;
  /** A file's path relative to the working directory, or a resource's ARN. */
  readonly location:
    | { readonly kind: 'file'; readonly path: string; readonly line?: number }
    | { readonly kind: 'resource'; readonly arn: string; readonly name: string };
  /** Stable over runs, so that a viewer knows a result again. */
  readonly fingerprint: string;
  readonly properties?: Readonly<Record<string, string>>;
  /** Why it asks for nobody's attention: an exemption's reason. Absent or null: it does ask. */
  readonly suppressed?: string | null;
}

/** GitHub sorts alerts by this number, 0 to 10. Source: GitHub, SARIF support, `security-severity`. */
const SECURITY_SEVERITY: { readonly [S in Severity]: string } = {
  CRITICAL: '9.5',
  HIGH: '8.0',
  MEDIUM: '5.5',
  LOW: '3.0',
  INFORMATIONAL: '0.0',
};

const LEVEL: { readonly [S in Severity]: SarifResultJson['level'] } = {
  CRITICAL: 'error',
  HIGH: 'error',
  MEDIUM: 'warning',
  LOW: 'note',
  INFORMATIONAL: 'note',
};

const message = (text: string): { readonly text: string } => ({ text: plainText(text, 1_000) });

/** A URI reference in which nothing of the path is read as scheme, query or fragment. */
const fileUri = (path: string): string =>
  path
    .toWellFormed()
    .replaceAll('\\', '/')
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/');

const locationOf = ({ location }: SarifResult): unknown =>
  location.kind === 'file'
    ? {
        physicalLocation: {
          artifactLocation: { uri: fileUri(location.path) },
          region: { startLine: Math.max(1, Math.trunc(location.line ?? 1)) },
        },
      }
    : {
        // Code scanning shows results with a physical location only; a resource has its ARN for a file.
        physicalLocation: {
          artifactLocation: { uri: fileUri(location.arn) },
          region: { startLine: 1 },
        },
        logicalLocations: [
          { kind: 'resource', name: plainText(location.name), fullyQualifiedName: plainText(location.arn) },
        ],
      };

const ruleOf = (guide: ControlGuide): SarifRuleJson => {
  const helpUri = guide.references.find((reference) => reference.startsWith('https://'));
  return {
    id: guide.id,
    shortDescription: message(guide.title),
    fullDescription: message(guide.requirement),
    help: message(`${guide.rationale} ${guide.remedy}`),
    ...(helpUri === undefined ? {} : { helpUri }),
    properties: {
      'security-severity': SECURITY_SEVERITY[guide.severity],
      tags: ['security', ...guide.frameworks.map((framework) => clip(framework, 100))],
    },
  };
};

/** A rule for a control that the catalogue does not describe. */
const bareRule = (id: string): ControlGuide => ({
  id,
  title: id,
  requirement: id,
  severity: 'MEDIUM',
  rationale: '',
  remedy: '',
  frameworks: [],
  references: [],
});

const suppressionOf = ({ suppressed = null }: SarifResult): Pick<SarifResultJson, 'suppressions'> =>
  suppressed === null
    ? {}
    : { suppressions: [{ kind: 'external', justification: plainText(suppressed, 1_000) }] };

/** A SARIF log of one run. Every result's rule is in it, whether `guides` has it or not. */
export const sarifLog = (run: {
  readonly results: readonly SarifResult[];
  readonly guides: ReadonlyMap<string, ControlGuide>;
  /** Of ecr-warden. */
  readonly version: string;
}): SarifLog => {
  const ids = [...new Set([...run.guides.keys(), ...run.results.map((result) => result.ruleId)])].sort();
  const index = new Map(ids.map((id, position) => [id, position]));
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'ecr-warden',
            version: run.version,
            rules: ids.map((id) => ruleOf(run.guides.get(id) ?? bareRule(id))),
          },
        },
        results: run.results.map((result) => ({
          ruleId: result.ruleId,
          ruleIndex: index.get(result.ruleId) ?? -1,
          level: LEVEL[result.severity],
          message: message(result.message),
          locations: [locationOf(result)],
          partialFingerprints: { 'ecrWarden/v1': result.fingerprint },
          ...suppressionOf(result),
          properties: { severity: result.severity, ...result.properties },
        })),
        columnKind: 'utf16CodeUnits',
      },
    ],
  };
};

/** What is wrong and what could not be read, one result a finding; compliant ones are left out, exempt ones suppressed. */
export const findingsToSarif = (
  findings: readonly ReportedFinding[],
  guides: ReadonlyMap<string, ControlGuide>,
  version: string,
): SarifLog =>
  sarifLog({
    guides,
    version,
    results: findings
      .filter((finding) => isOpen(finding.compliance))
      .map((finding) => ({
        ruleId: finding.control,
        severity: finding.severity,
        message:
          finding.violations.length === 0
            ? `cannot be judged: ${finding.evidence.summary}`
            : finding.violations.map((violation) => violation.message).join('; '),
        location: { kind: 'resource', arn: finding.resource.arn, name: finding.resource.name },
        fingerprint: findingKey(finding.resource.arn, finding.control),
        suppressed: finding.exemption?.reason ?? null,
        properties: {
          compliance: finding.compliance,
          account: finding.resource.account,
          region: finding.resource.region,
        },
      })),
  });
