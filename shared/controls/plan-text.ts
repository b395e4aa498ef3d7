import type { Resource } from '../model/resource.ts';
import { shellLine } from '../model/shell.ts';

/** JSON in one line, only ASCII, so that it survives any terminal. */
export const compactJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/[\u007F-\uFFFF]/g, asEscape);

const asEscape = (unit: string): string => String.raw`\u` + unit.charCodeAt(0).toString(16).padStart(4, '0');

/** An AWS CLI line for ECR, in the resource's own account and Region, each word quoted where it must be. */
export const ecrCliLine = (resource: Resource, operation: string, ...args: readonly string[]): string =>
  shellLine(['aws', 'ecr', operation, '--region', resource.region, ...args]);

/** The arguments that name the repository. Registry-level operations take none of them. */
export const repositoryArgs = ({ account, name }: Resource): readonly string[] => [
  '--registry-id',
  account,
  '--repository-name',
  name,
];

/** A Terraform string literal that reads back as `value`: no escape and no template sequence of the value's own. */
export const hclString = (value: string): string =>
  compactJson(value)
    .replaceAll(/\\[\\bf]/g, (escape) => HCL_ESCAPES.get(escape) ?? escape)
    .replaceAll(/[$%]\{/g, (opening) => opening.charAt(0) + opening);

/** JSON's escapes that HCL does not know. Source: HCL native syntax specification, quoted templates. */
const HCL_ESCAPES: ReadonlyMap<string, string> = new Map([
  [String.raw`\b`, String.raw`\u0008`],
  [String.raw`\f`, String.raw`\u000c`],
]);
