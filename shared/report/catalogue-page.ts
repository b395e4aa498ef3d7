import type { ConfiguredControl } from '../model/control.ts';
import { factSources } from '../model/fact-sources.ts';
import type { FactName } from '../model/facts.ts';
import { RESOURCE_TYPES, type ResourceType } from '../model/resource.ts';

/** Where the table of controls stands in a document that people write. */
const CONTROLS_BEGIN = '<!-- controls:begin -->';
const CONTROLS_END = '<!-- controls:end -->';

/** Text in one cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll(/\s*\n\s*/g, ' ');

const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const section = (title: string, ...body: readonly string[]): string => [`## ${title}`, ...body].join('\n\n');

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

const code = (text: string): string => `\`${text}\``;

const typesOf = ({ needs }: ConfiguredControl): ResourceType[] =>
  RESOURCE_TYPES.filter((type) => needs[type] !== undefined);

const factsOf = ({ needs }: ConfiguredControl): FactName[] => [
  ...new Set(RESOURCE_TYPES.flatMap((type) => needs[type] ?? [])),
];

/** One row a control, with links to their pages below `folder` (a relative path that ends in `/`, or nothing). */
export const controlTable = (controls: readonly ConfiguredControl[], folder: string): string =>
  table(
    ['Control', 'Judges', 'Severity', 'Requirement', 'Evidence towards'],
    controls.map((control) => [
      `[${control.id}](${folder}${control.id}.md)`,
      typesOf(control).join(', '),
      control.severity,
      control.requirement,
      control.frameworks.slice(0, 2).join(', '),
    ]),
  );

/** The page that lists all controls. */
export const controlsIndexPage = (controls: readonly ConfiguredControl[]): string =>
  [
    '# Controls',
    'Made from the catalogue by `npm run docs`. Each control judges a resource `COMPLIANT`, `NON_COMPLIANT`, `NOT_APPLICABLE` or, where something could not be read, `INSUFFICIENT_DATA`. They give evidence towards the frameworks named; they certify nothing.',
    controlTable(controls, ''),
  ].join('\n\n') + '\n';

const optionsTable = ({ optionDocs }: ConfiguredControl): string =>
  table(
    ['Option', 'Type', 'Default', 'Meaning'],
    Object.entries(optionDocs).map(([name, doc]) => [
      code(name),
      doc.type,
      code(JSON.stringify(doc.default)),
      doc.description,
    ]),
  );

const optionsSection = (control: ConfiguredControl): string => {
  const common = `Set below \`controls.${control.id}\` in \`ecr-warden.yml\`, beside \`enabled\`, \`severity\` and \`remediate\` (\`off\`, \`plan\` or \`apply\`).`;
  if (Object.keys(control.optionDocs).length === 0) return section('Options', `${common} It has no others.`);
  return section('Options', common, optionsTable(control));
};

const messagesSection = ({ messages }: ConfiguredControl): string =>
  section(
    'Violations',
    'The id of a violation, and its message; `{{name}}` stands for the data of that name.',
    table(
      ['Id', 'Message'],
      Object.entries(messages).map(([id, message]) => [code(id), message]),
    ),
  );

const factsSection = (control: ConfiguredControl): string =>
  section(
    'Facts',
    'What is read with the default options, by which call, and which calls make it judge again.',
    table(
      ['Fact', 'Read by', 'Changed by'],
      factsOf(control).map((fact) => {
        const { readBy, changedBy } = factSources[fact];
        return [
          code(fact),
          readBy.map(({ iamAction }) => code(iamAction)).join(', '),
          changedBy.map(({ eventName }) => code(eventName)).join(', '),
        ];
      }),
    ),
  );

/** The page of one control, configured with its defaults. */
export const controlPage = (control: ConfiguredControl): string =>
  [
    `# ${control.id}`,
    `**${control.requirement}**`,
    list([`Judges: ${typesOf(control).join(', ')}`, `Severity: ${control.severity}`]),
    section('Why', control.rationale),
    section('Remedy', control.remedy),
    messagesSection(control),
    optionsSection(control),
    factsSection(control),
    section('Evidence towards', list(control.frameworks)),
    section('References', list(control.references.map((reference) => `<${reference}>`))),
  ].join('\n\n') + '\n';

/**
 * The document with everything between its two markers replaced; null if it has no such pair of markers.
 * What stands outside them is kept to the letter.
 */
export const betweenMarkers = (document: string, text: string): string | null => {
  const begin = document.indexOf(CONTROLS_BEGIN);
  const end = document.indexOf(CONTROLS_END, begin);
  if (begin < 0 || end < 0) return null;
  return `${document.slice(0, begin)}${CONTROLS_BEGIN}\n\n${text}\n\n${document.slice(end)}`;
};
