import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';

/** The examples of docs/state.md, taken out of it to be run. */
export const STATE_DOC = readFileSync(join(import.meta.dirname, '../../docs/state.md'), 'utf8');

export interface Example {
  readonly name: string;
  readonly sh: string;
  readonly sql: string;
  readonly js: string | null;
}

const block = (section: string, language: string): string | null =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1] ?? null;

export const examples = (): Example[] =>
  STATE_DOC.split('<!-- example: ')
    .slice(1)
    .map((section) => ({
      name: section.slice(0, section.indexOf(' -->')),
      sh: block(section, 'sh') ?? '',
      sql: block(section, 'sql') ?? '',
      js: block(section, 'js'),
    }));

/** The commands that a shell makes of the block, word by word: `aws` is a function that prints what it was given. */
export const awsCalls = (script: string): string[][] => {
  const aws = String.raw`aws() { for word in "$@"; do printf '%s\037' "$word"; done; printf '\036'; }`;
  const { stdout, status, stderr } = spawnSync('sh', ['-ec', `${aws}\n${script}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the shell refuses the example: ${stderr}`);
  return stdout
    .split('\u001E')
    .filter((call) => call !== '')
    .map((call) => call.split('\u001F').slice(0, -1));
};

/** Input of `Query` from the words of `aws dynamodb query`. */
export const queryInput = (words: readonly string[]): QueryCommandInput => {
  const [service, operation, ...rest] = words;
  if (service !== 'dynamodb' || operation !== 'query') throw new Error(`not a query: ${words.join(' ')}`);
  const input: QueryCommandInput = { TableName: undefined };
  const options = rest[Symbol.iterator]();
  const value = (): string => String(options.next().value);
  for (const option of options) {
    switch (option) {
      case '--table-name':
        input.TableName = value();
        break;
      case '--index-name':
        input.IndexName = value();
        break;
      case '--key-condition-expression':
        input.KeyConditionExpression = value();
        break;
      case '--filter-expression':
        input.FilterExpression = value();
        break;
      case '--projection-expression':
        input.ProjectionExpression = value();
        break;
      case '--expression-attribute-values':
        input.ExpressionAttributeValues = JSON.parse(value()) as Record<string, AttributeValue>;
        break;
      case '--no-scan-index-forward':
        input.ScanIndexForward = false;
        break;
      case '--limit':
        input.Limit = Number(value());
        break;
      default:
        throw new Error(`an option that the test does not know: ${option}`);
    }
  }
  return input;
};
