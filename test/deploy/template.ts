import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/mini';

const root = resolve(import.meta.dirname, '../..');

const statement = z.strictObject({
  Sid: z.optional(z.string()),
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.optional(z.unknown()),
  Principal: z.optional(z.unknown()),
  Condition: z.optional(z.record(z.string(), z.record(z.string(), z.unknown()))),
});
export type Statement = z.infer<typeof statement>;

const resource = z.object({
  Type: z.string(),
  Condition: z.optional(z.string()),
  DeletionPolicy: z.optional(z.string()),
  UpdateReplacePolicy: z.optional(z.string()),
  Properties: z._default(z.record(z.string(), z.unknown()), {}),
});
export type CfnResource = z.infer<typeof resource>;
const templateSchema = z.object({ Resources: z.record(z.string(), resource) });
export type Template = z.infer<typeof templateSchema>;

export const parseTemplate = (text: string): Template => templateSchema.parse(JSON.parse(text));

/** What `serverless.yml` deploys, as listed in `functions`. */
export const FUNCTIONS = ['evaluate', 'alert', 'remediate', 'sweep'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/**
 * Packages `serverless.yml` as `npm run package` does, offline and without credentials, with stand-ins for the archives
 * and the given settings, and returns the template's text.
 */
export const packageTemplate = async (settings: object): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'ecr-warden-package-'));
  try {
    // A folder of its own, because osls works in the service's folder and these runs are side by side.
    copyFileSync(join(root, 'serverless.yml'), join(folder, 'serverless.yml'));
    symlinkSync(join(root, 'deploy'), join(folder, 'deploy'));
    mkdirSync(join(folder, 'artifacts'));
    for (const name of FUNCTIONS) writeFileSync(join(folder, `artifacts/${name}.zip`), name);
    writeFileSync(join(folder, 'artifacts/settings.json'), JSON.stringify(settings));
    const osls = join(root, 'node_modules/osls/bin/serverless.js');
    await promisify(execFile)(process.execPath, [osls, 'package', '--param=artifacts=artifacts'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' },
    });
    return readFileSync(join(folder, '.serverless/cloudformation-template-update-stack.json'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Logical ids and resources of one type. */
export const ofType = (template: Template, type: string): readonly (readonly [string, CfnResource])[] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

/** What is at a path inside a template's value; undefined where there is nothing. */
export const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );

/** The list at a path. */
export const listAt = (value: unknown, ...path: readonly (string | number)[]): readonly unknown[] =>
  z.array(z.unknown()).parse(at(value, ...path));

/** The text at a path. */
export const textAt = (value: unknown, ...path: readonly (string | number)[]): string =>
  z.string().parse(at(value, ...path));

/** The logical id that a `Ref` or a `Fn::GetAtt` points at. */
export const logicalIdOf = (value: unknown): string =>
  at(value, 'Ref') === undefined ? textAt(value, 'Fn::GetAtt', 0) : textAt(value, 'Ref');

const actionsIn = ({ Action }: Statement): readonly string[] =>
  typeof Action === 'string' ? [Action] : Action;

/** Statements of a policy document, those behind a condition included. */
export const statementsOf = (document: unknown): readonly Statement[] =>
  listAt(document, 'Statement').map((one) => statement.parse(at(one, 'Fn::If', 1) ?? one));

/** Everything that a role may do: its own policies and the policies attached to it. */
export const permissionsOf = (template: Template, roleId: string): readonly Statement[] => {
  const inline = listAt(template.Resources[roleId]?.Properties, 'Policies');
  const attached = ofType(template, 'AWS::IAM::Policy')
    .filter(([, policy]) => listAt(policy.Properties, 'Roles').some((role) => logicalIdOf(role) === roleId))
    .map(([, policy]) => policy.Properties);
  return [...inline, ...attached].flatMap((policy) => statementsOf(at(policy, 'PolicyDocument')));
};

/** The actions of statements, each once, sorted. */
export const actionsOf = (statements: readonly Statement[]): readonly string[] =>
  sorted(new Set(statements.flatMap(actionsIn)));

export const sorted = (texts: Iterable<string>): readonly string[] =>
  [...texts].sort((a, b) => (a < b ? -1 : Number(a > b)));

/** The logical id that osls gives to a function. */
export const functionId = (name: string): string =>
  `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;

/** What CloudFormation knows once it has made the resources: by logical id or parameter, `Id.Attribute` for attributes. */
export type Physical = Readonly<Record<string, string>>;

const resolved = (value: unknown, physical: Physical): string => {
  if (typeof value === 'string') return value;
  const join = at(value, 'Fn::Join');
  if (join !== undefined) {
    return listAt(join, 1)
      .map((part) => resolved(part, physical))
      .join(textAt(join, 0));
  }
  const name =
    at(value, 'Ref') === undefined ? listAt(value, 'Fn::GetAtt').map(String).join('.') : textAt(value, 'Ref');
  const known = physical[name];
  if (known === undefined) throw new Error(`nothing is known of \`${name}\``);
  return known;
};

/** The environment of a function as deployed. */
export const environmentOf = (
  template: Template,
  name: FunctionName,
  physical: Physical,
): Record<string, string> => {
  const variables = z
    .record(z.string(), z.unknown())
    .parse(at(template.Resources[functionId(name)]?.Properties, 'Environment', 'Variables'));
  return Object.fromEntries(
    Object.entries(variables).map(([variable, value]) => [variable, resolved(value, physical)]),
  );
};
