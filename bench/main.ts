import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { holds, type BenchRow } from './row.ts';

/** One module a subject, loaded when it is its turn so that none warms up another. */
const SUBJECTS = ['calls', 'handling', 'packages', 'policy'] as const;
type Subject = (typeof SUBJECTS)[number];

const HELP = `npm run bench -- [SUBJECT…] [--json]

Measures in one run what the project promises: ${SUBJECTS.join(', ')} (all by default).
Exit status: 0 every budget holds, 1 some does not, 2 bad usage.
`;

const load = (subject: Subject): Promise<{ readonly run: () => Promise<readonly BenchRow[]> }> => {
  switch (subject) {
    case 'calls':
      return import('./calls.ts');
    case 'handling':
      return import('./handling.ts');
    case 'packages':
      return import('./packages.ts');
    case 'policy':
      return import('./policy.ts');
  }
};

const budget = ({ atMost, atLeast, unit }: BenchRow): string => {
  if (atMost !== undefined) return `≤ ${atMost} ${unit}`;
  return atLeast === undefined ? '' : `≥ ${atLeast} ${unit}`;
};

const print = (rows: readonly BenchRow[]): void => {
  const table = new Table({ head: ['what', 'measured', 'budget', ''], style: { head: [], border: [] } });
  for (const row of rows) {
    const figure = `${row.figure >= 1000 ? Math.round(row.figure) : Number(row.figure.toPrecision(3))} ${row.unit}`;
    table.push([row.what, figure, budget(row), holds(row) ? 'holds' : 'MISSED']);
  }
  process.stdout.write(`${table.toString()}\n`);
};

const isSubject = (name: string): name is Subject => SUBJECTS.some((subject) => subject === name);

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = positionals.filter((name) => !isSubject(name));
  if (unknown.length > 0) {
    process.stderr.write(`no such subject: ${unknown.join(', ')}\n${HELP}`);
    return 2;
  }
  const chosen = positionals.length === 0 ? SUBJECTS : positionals.filter(isSubject);
  const rows: BenchRow[] = [];
  for (const subject of chosen) {
    process.stderr.write(`measuring ${subject} …\n`);
    rows.push(...(await (await load(subject)).run()));
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else print(rows);
  return rows.every(holds) ? 0 : 1;
};

process.exitCode = await main();
