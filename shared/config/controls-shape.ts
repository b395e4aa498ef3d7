import { SEVERITIES } from '../model/compliance.ts';
import type { ControlDoc } from '../model/control.ts';
import { ConfigError } from '../model/errors.ts';
import { REMEDIATION_MODES } from '../model/remediation.ts';
import type { ControlSettings, Settings } from '../model/settings.ts';
import type { Json, JsonObject } from '../model/verdict.ts';
import { DEFAULT_CONTROL } from './defaults.ts';
import { pathText, positionOf, toJson, type Located } from './located.ts';
import {
  boolean,
  childOf,
  documented,
  isBlock,
  object,
  oneOf,
  refuseUnknownKeys,
  report,
  type Cursor,
  type JsonSchema,
  type Shape,
} from './shape.ts';

/** What the configuration needs to know of a control. `Control` of the catalogue fits. */
export interface ControlDescriptor extends Pick<ControlDoc, 'id' | 'optionDocs'> {
  readonly title?: string;
  readonly requirement?: string;
  /** Validates options and fills in defaults; throws `ConfigError`, with `data.path` where it knows it. */
  readonly parseOptions: (raw: JsonObject) => JsonObject;
}

const OPTIONS = 'options';

const commonShape = object<Omit<ControlSettings, 'options'>>({
  enabled: documented('Whether the control judges anything.', boolean(DEFAULT_CONTROL.enabled)),
  severity: documented(
    'Severity of its findings, instead of the one that the control gives.',
    oneOf(SEVERITIES, null),
  ),
  remediate: documented(
    '`off`: never. `plan`: decide and report, change nothing. `apply`: change what may be changed unattended.',
    oneOf(REMEDIATION_MODES, DEFAULT_CONTROL.remediate),
  ),
});

const isObject = (json: Json): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const rawOptions = (node: Located | undefined, known: readonly string[]): JsonObject => {
  const json = node === undefined ? {} : toJson(node);
  if (!isObject(json)) return {};
  return Object.fromEntries(
    Object.entries(json).filter(([key, value]) => known.includes(key) && value !== null),
  );
};

const isPath = (path: unknown): path is readonly (string | number)[] =>
  Array.isArray(path) && path.every((step) => typeof step === 'string' || typeof step === 'number');

/** The path inside the options that an error names, as far as it does. */
const pathOf = (error: ConfigError): readonly (string | number)[] => {
  const { path } = error.data;
  return isPath(path) ? path : [];
};

const withoutOwner = (message: string, control: string): string =>
  message.startsWith(`control \`${control}\`: `) ? message.slice(`control \`${control}\`: `.length) : message;

/** The control's own complaint, put where it belongs. */
const reportOption = (cursor: Cursor, control: string, error: ConfigError): void => {
  const path = pathOf(error);
  const at = cursor.node === undefined ? null : positionOf(cursor.node, path);
  report(
    { ...cursor, path: [...cursor.path, ...path] },
    `\`${pathText(cursor.path)}\`: ${withoutOwner(error.message, control)}`,
    at ?? cursor.keyAt,
  );
};

/** The validated options. A control complains about one thing at a time, so what is wrong is left out and it is asked again. */
const parseOptions = (cursor: Cursor, control: ControlDescriptor, raw: JsonObject): JsonObject => {
  try {
    return control.parseOptions(raw);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reportOption(cursor, control.id, error);
    const [culprit] = pathOf(error);
    const rest = Object.entries(raw).filter(([key]) => key !== culprit);
    return rest.length < Object.keys(raw).length
      ? parseOptions(cursor, control, Object.fromEntries(rest))
      : raw;
  }
};

const readOptions = (cursor: Cursor, control: ControlDescriptor): JsonObject => {
  const known = Object.keys(control.optionDocs);
  if (isBlock(cursor)) {
    if (known.length > 0) refuseUnknownKeys(cursor, known);
    else if (cursor.node?.kind === 'map' && cursor.node.entries.length > 0) {
      report(cursor, `\`${control.id}\` has no options`);
    }
  }
  return parseOptions(cursor, control, rawOptions(cursor.node, known));
};

const optionSchema = (control: ControlDescriptor): JsonSchema => ({
  description: `Options of \`${control.id}\`.`,
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(control.optionDocs).map(([name, doc]) => [
      name,
      { description: `${doc.description} (${doc.type})`, default: doc.default },
    ]),
  ),
  additionalProperties: false,
});

const optionsShape = (control: ControlDescriptor): Shape<JsonObject> => ({
  read: (cursor) => readOptions(cursor, control),
  schema: optionSchema(control),
});

/** The keys of a control's block that are not its options. */
const COMMON_KEYS: readonly string[] = [
  ...Object.keys(DEFAULT_CONTROL).filter((key) => key !== OPTIONS),
  OPTIONS,
];

/** Options may stand beside the common keys as well as below `options`: they are read as if all stood there. */
const withOptionsTogether = (node: Located | undefined, control: ControlDescriptor): Located | undefined => {
  if (node?.kind !== 'map') return node;
  const isBeside = (key: string): boolean =>
    Object.hasOwn(control.optionDocs, key) && !COMMON_KEYS.includes(key);
  const beside = node.entries.filter(({ key }) => isBeside(key));
  const block = node.entries.find(({ key }) => key === OPTIONS);
  if (beside.length === 0 || (block !== undefined && block.value.kind !== 'map')) return node;
  const inside = block?.value.kind === 'map' ? block.value.entries : [];
  const options: Located = { kind: 'map', at: block?.value.at ?? node.at, entries: [...beside, ...inside] };
  const rest = node.entries.filter(({ key }) => key !== OPTIONS && !isBeside(key));
  return { ...node, entries: [...rest, { key: OPTIONS, keyAt: block?.keyAt ?? null, value: options }] };
};

/** What the published schema says of options beside the common keys: they are let through, and described below `options`. */
const besideSchema = ({ optionDocs }: ControlDescriptor): JsonSchema => {
  const names = Object.keys(optionDocs);
  return names.length === 0 ? {} : { patternProperties: { [`^(?:${names.join('|')})$`]: {} } };
};

const controlShape = (control: ControlDescriptor): Shape<ControlSettings> => {
  const options = optionsShape(control);
  const properties: unknown = commonShape.schema['properties'];
  return {
    read: (given) => {
      const cursor = { ...given, node: withOptionsTogether(given.node, control) };
      if (isBlock(cursor)) refuseUnknownKeys(cursor, COMMON_KEYS);
      // The common keys are read from a block without the options, which are the control's own.
      const { node } = cursor;
      const common: Located | undefined =
        node?.kind === 'map'
          ? { ...node, entries: node.entries.filter(({ key }) => Object.hasOwn(DEFAULT_CONTROL, key)) }
          : undefined;
      return {
        ...commonShape.read({ ...cursor, node: common }),
        options: options.read(childOf(cursor, OPTIONS)),
      };
    },
    schema: {
      description: [control.title, control.requirement].filter(Boolean).join('. '),
      type: 'object',
      properties: {
        ...(typeof properties === 'object' ? properties : {}),
        [OPTIONS]: options.schema,
      },
      ...besideSchema(control),
      additionalProperties: false,
    },
  };
};

/** `controls`: a block for each control of the catalogue; every control is in the result. */
export const controlsShape = (controls: readonly ControlDescriptor[]): Shape<Settings['controls']> =>
  object<Record<string, ControlSettings>>(
    Object.fromEntries(controls.map((control) => [control.id, controlShape(control)])),
  );
