import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkEventCommand } from '../../cli/check-event.ts';
import type { CommandIo } from '../../cli/jsonl.ts';
import { own } from '../../shared/events/foreign.ts';
import { apiCall } from './build.ts';

const text = (stream: PassThrough): string => String(stream.read() ?? '');

const run = async (args: readonly string[], input = '') => {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const io: CommandIo = { stdin: Readable.from([input]), stdout, stderr };
  await checkEventCommand(io).parseAsync([...args], { from: 'user' });
  return { out: text(stdout), err: text(stderr), status: io.exitCode };
};

const linesOf = (text: string): readonly unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

const created = apiCall('ecr', 'CreateRepository', { repositoryName: 'app' });
const pushed = apiCall('ecr', 'PutImage', { repositoryName: 'app' });

const fileOf = (content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'check-event-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'event.json');
  writeFileSync(path, content);
  return path;
};

describe('check event --jsonl', () => {
  it('answers envelopes and wrapped envelopes in order', async () => {
    const lines = [
      created,
      { id: 'a', event: pushed },
      { id: 2, event: JSON.stringify(created) },
      { event: pushed },
    ];
    const { out, status } = await run(['--jsonl'], lines.map((line) => JSON.stringify(line)).join('\n'));
    const answers = linesOf(out).map((answer) => [own(answer, 'id'), own(answer, 'action')]);
    expect(answers).toEqual([
      ['7bf73129-1428-4cd3-a780-95db273d1602', 'evaluate'],
      ['a', 'ignore'],
      [2, 'evaluate'],
      [undefined, 'ignore'],
    ]);
    expect(status).toBe(1);
  });

  it('answers what is no event with an error, and the rest go on', async () => {
    const lines = [
      '{"id":"a","event":null}',
      '7',
      '{"id":"b"}',
      '{',
      JSON.stringify({ id: 'c', event: pushed }),
    ];
    const { out, status } = await run(['--jsonl'], lines.join('\n'));
    expect(linesOf(out)).toEqual([
      { id: 'a', error: 'the event is not an object' },
      { error: 'the line is not an object' },
      { id: 'b', error: "the event's `detail-type` is missing or not a string" },
      { error: 'the text is not valid JSON' },
      {
        id: 'c',
        action: 'ignore',
        targets: [],
        sweep: false,
        reason: 'the call changes nothing that is judged',
      },
    ]);
    expect(status).toBe(2);
  });

  it('ends with 0 when nothing is relevant', async () => {
    expect((await run(['--jsonl'], JSON.stringify(pushed))).status).toBe(0);
    expect((await run(['--jsonl'])).status).toBe(0);
  });

  it('reads files too', async () => {
    const { out, status } = await run(['--jsonl', fileOf(JSON.stringify(created))]);
    expect(JSON.parse(out)).toMatchObject({
      action: 'evaluate',
      targets: [{ type: 'repository', name: 'app', account: '111122223333', region: 'eu-west-1' }],
      sweep: false,
    });
    expect(status).toBe(1);
  });
});

describe('check event', () => {
  it('tells people what one event means', async () => {
    const { out, status } = await run([], JSON.stringify(created));
    expect(out).toBe(
      'standard input: evaluate: `CreateRepository` changes the named repository\n' +
        '  repository app in 111122223333 eu-west-1\n',
    );
    expect(status).toBe(1);
  });

  it('tells of a sweep', async () => {
    const { out } = await run([], JSON.stringify(apiCall('iam', 'PutRolePolicy', { omitted: 'true' })));
    expect(out).toContain('evaluate, sweep: ');
    expect(out).toContain('  role (all of them) in 111122223333 eu-west-1\n');
  });

  it('lets no control character of a name through', async () => {
    const event = apiCall('ecr', 'CreateRepository', { repositoryName: 'a\u001b[2J\nb\u202e' });
    const { out } = await run([], JSON.stringify(event, null, 2));
    expect(out).toContain('repository a\uFFFD[2J b\uFFFD in');
  });

  it('goes on after a file that cannot be read', async () => {
    const { out, err, status } = await run([
      'no-such-file.json',
      fileOf('[]'),
      fileOf(JSON.stringify(pushed)),
    ]);
    expect(err).toContain('no-such-file.json: ENOENT');
    expect(err).toContain('event.json: the event is not an object');
    expect(out).toContain('ignore: the call changes nothing that is judged');
    expect(status).toBe(2);
  });

  it('explains itself', () => {
    const command = checkEventCommand();
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    expect(help).toContain('--jsonl');
    expect(help).toContain('Examples:');
    expect(help).toContain('Exit status:');
  });
});
