import * as z from 'zod/mini';
import { AwsRequestError } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import type { RemediationAttempt } from '../model/remediation.ts';
import type { Resource } from '../model/resource.ts';
import type { Evidence, Violation } from '../model/verdict.ts';
import type { Item } from './dynamo-table.ts';
import { cutText, ITEM_BUDGET, sizeOf, truncatedNote } from './item-size.ts';
import { attemptItemSchema, findingItemSchema } from './schemas.ts';
import { storeJson } from './stored-json.ts';

/** Longest text of an evidence summary or a violation's message that a shortened record keeps, in bytes. */
const MAX_KEPT_TEXT = 2_048;
/** A violation's or evidence's data above this goes first when a record is too large, in bytes. */
const MAX_KEPT_DATA = 1_024;

/** Attributes of a resource, one by one, for filters and projections. */
export const resourceAttributes = (resource: Resource) => ({
  resourceArn: resource.arn,
  resourceType: resource.type,
  resourceName: resource.name,
  account: resource.account,
  region: resource.region,
  partition: resource.partition,
});

interface ResourceAttributes {
  readonly resourceArn: string;
  readonly resourceType: Resource['type'];
  readonly resourceName: string;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

export const resourceOf = (item: ResourceAttributes): Resource => ({
  type: item.resourceType,
  name: item.resourceName,
  arn: item.resourceArn,
  account: item.account,
  region: item.region,
  partition: item.partition,
});

const shortened = <T extends Violation | Evidence>(part: T): T =>
  sizeOf(part.data) > MAX_KEPT_DATA ? { ...part, data: truncatedNote(part.data) } : part;

const withNote = (evidence: Evidence, note: string): Evidence => ({
  ...shortened(evidence),
  summary: `${cutText(evidence.summary, MAX_KEPT_TEXT)} (${note})`,
});

/**
 * The finding, small enough for one item. Too large a record would fail for ever and hide the verdict, so large data
 * of violations and evidence gives way to a note, then violations are left out, and the evidence says so.
 */
export const fitFinding = (finding: Finding, budget: number = ITEM_BUDGET): Finding => {
  if (sizeOf(finding) <= budget) return finding;
  const slim: Finding = {
    ...finding,
    violations: finding.violations.map((violation) => ({
      ...shortened(violation),
      message: cutText(violation.message, MAX_KEPT_TEXT),
    })),
    evidence: withNote(finding.evidence, 'large data left out: more than a record holds'),
  };
  return sizeOf(slim) <= budget ? slim : withFewerViolations(slim, budget);
};

const withFewerViolations = (finding: Finding, budget: number): Finding => {
  const total = finding.violations.length;
  const base = sizeOf({ ...finding, violations: [] });
  let room = budget - base - MAX_KEPT_DATA;
  const kept = finding.violations.filter((violation) => (room -= sizeOf(violation) + 1) >= 0);
  return {
    ...finding,
    violations: kept,
    evidence: withNote(finding.evidence, `${kept.length} of ${total} violations recorded`),
  };
};

const storedViolation = ({ messageId, message, data }: Violation) => ({
  messageId,
  message,
  ...storeJson(data),
});

/** The attributes of a finding as findings, history and digests store them, keys excepted. */
export const findingAttributes = (finding: Finding): Item => {
  const { key, resource, violations, evidence, ...rest } = fitFinding(finding);
  return {
    findingKey: key,
    ...resourceAttributes(resource),
    ...rest,
    violations: violations.map(storedViolation),
    evidence: { summary: evidence.summary, ...storeJson(evidence.data) },
  };
};

const parsed = <S extends z.ZodMiniType>(schema: S, item: Item): z.output<S> => {
  const result = z.safeParse(schema, item);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join('.') ?? '';
  throw new AwsRequestError(`an item of the table is not what this version writes: \`${path}\``, {
    data: { pk: item['pk'], sk: item['sk'], path },
  });
};
export { parsed as parseItem };

/**
 * The finding of an item of the table or of its stream (unmarshalled). Throws `AwsRequestError` naming the attribute
 * if it is none.
 */
export const findingOf = (item: Item): Finding => {
  const {
    findingKey: key,
    resourceArn,
    resourceType,
    resourceName,
    account,
    region,
    partition,
    ...rest
  } = parsed(findingItemSchema, item);
  const resource = resourceOf({ resourceArn, resourceType, resourceName, account, region, partition });
  return { key, resource, ...rest };
};

/** The attributes of a remediation attempt, keys excepted. */
export const attemptAttributes = ({ id, resource, ...rest }: RemediationAttempt): Item => ({
  attemptId: id,
  ...resourceAttributes(resource),
  ...rest,
});

/** The attempt of an item of the table or of its stream (unmarshalled). Throws `AwsRequestError` if it is none. */
export const attemptOf = (item: Item): RemediationAttempt => {
  const {
    attemptId: id,
    resourceArn,
    resourceType,
    resourceName,
    account,
    region,
    partition,
    ...rest
  } = parsed(attemptItemSchema, item);
  const resource = resourceOf({ resourceArn, resourceType, resourceName, account, region, partition });
  return { id, resource, ...rest };
};
