import { createHash } from 'node:crypto';
import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { severityOfActions } from '../shared/controls/access.ts';
import { CATALOGUE } from '../shared/controls/catalogue.ts';
import type { AccessGrant, AccessReport } from '../shared/policy/report.ts';
import { sarifLog, type SarifLog, type SarifResult } from '../shared/report/sarif.ts';
import { VERSION } from './version.ts';

interface PolicyFile {
  /** As it was named on the command line. */
  readonly path: string;
  readonly text: string;
}

const RULES: ReadonlySet<string> = new Set(['public-access', 'untrusted-access']);

/** The line on which each statement starts; none where the text is not plain JSON. JSON is YAML. */
const statementLines = (text: string): readonly number[] => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
  const statement = isMap(document.contents) ? document.contents.get('Statement', true) : undefined;
  const nodes: readonly unknown[] = isSeq(statement) ? statement.items : [statement];
  return nodes.map((node) => {
    const start = typeof node === 'object' && node !== null && 'range' in node ? node.range : null;
    return Array.isArray(start) ? lines.linePos(Number(start[0])).line : 1;
  });
};

const fingerprint = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

const ruleOf = ({ public: open }: Pick<AccessGrant, 'public'>): string =>
  open ? 'public-access' : 'untrusted-access';

const grantResult = (grant: AccessGrant, file: PolicyFile, line: number): SarifResult => ({
  ruleId: ruleOf(grant),
  severity: severityOfActions(grant.actions),
  message: grant.sentence,
  location: { kind: 'file', path: file.path, line },
  fingerprint: fingerprint(file.path, grant.sid, grant.principals, grant.actions, grant.conditions),
});

/** Where no grant shows what the report says, the doubt does. */
const doubtResults = (report: AccessReport, file: PolicyFile): readonly SarifResult[] =>
  report.undecided.map(({ statement, reason }) => ({
    ruleId: ruleOf(report),
    severity: 'HIGH',
    message: `somebody may get in, for a part of the policy could not be decided: ${reason}`,
    location: { kind: 'file', path: file.path },
    fingerprint: fingerprint(file.path, statement, reason),
  }));

/** One result for each grant to somebody who is not trusted. */
export const policySarif = (report: AccessReport, file: PolicyFile): SarifLog => {
  const lines = statementLines(file.text);
  const wrong = report.grants.filter(({ trusted }) => !trusted);
  const results = wrong.map((grant) => grantResult(grant, file, lines[grant.statement] ?? 1));
  const doubtful = report.public || report.untrusted;
  return sarifLog({
    version: VERSION,
    guides: new Map(CATALOGUE.filter(({ id }) => RULES.has(id)).map((control) => [control.id, control])),
    results: results.length > 0 || !doubtful ? results : doubtResults(report, file),
  });
};
