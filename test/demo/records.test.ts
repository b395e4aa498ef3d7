import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { eventRecords, type EventRecord } from '../../cli/demo/records.ts';
import { envelopeOf, logFile, RECORDS } from './records.ts';

/** In pieces of so many bytes, so that every value is cut somewhere. */
const inPieces = (content: string | Buffer, size: number): Readable => {
  const bytes = Buffer.from(content as string);
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  );
};

const read = async (content: string | Buffer, size = 64 * 1024): Promise<readonly EventRecord[]> => {
  const records: EventRecord[] = [];
  for await (const record of eventRecords(inPieces(content, size))) records.push(record);
  return records;
};

const lines = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join('\n');
const namesOf = (records: readonly EventRecord[]): readonly unknown[] =>
  records.map((record) => (record.ok ? record.envelope.detail['eventName'] : record.error));

const NAMES = RECORDS.map((record) => record['eventName']);
const ENVELOPES = RECORDS.map(envelopeOf);

const FORMS: readonly (readonly [string, string | Buffer])[] = [
  ['a CloudTrail log file', logFile()],
  ['one that is laid out', logFile(RECORDS, 2)],
  ['one that is compressed', gzipSync(logFile())],
  ['two, one after the other', `${logFile(RECORDS.slice(0, 3))}\n${logFile(RECORDS.slice(3))}\n`],
  ['JSON Lines of records', lines(RECORDS)],
  [
    'with Windows line ends, blank lines and a byte order mark',
    `\uFEFF${lines(RECORDS).replaceAll('\n', '\r\n\r\n')}`,
  ],
  ['JSON Lines of EventBridge events', `${lines(ENVELOPES)}\n`],
  ['an array', JSON.stringify(ENVELOPES)],
  ['an array that is laid out', JSON.stringify(RECORDS, null, '\t')],
  ['values one after another, laid out', ENVELOPES.map((each) => JSON.stringify(each, null, 2)).join('\n')],
  [
    'the answer of lookup-events',
    JSON.stringify({ Events: RECORDS.map((each) => ({ CloudTrailEvent: JSON.stringify(each) })) }, null, 4),
  ],
];

describe('the forms of a file of events', () => {
  it.each(FORMS)('%s', async (_form, content) => {
    expect(namesOf(await read(content))).toEqual(NAMES);
  });

  it.each(FORMS)('%s, cut anywhere', async (_form, content) => {
    for (const size of [1, 7, 997]) expect(namesOf(await read(content, size))).toEqual(NAMES);
  });

  it('strings may hold brackets, quotes and commas', async () => {
    const nasty = { ...RECORDS[0], userAgent: '{"[,]}\\" \\\\' };
    expect(namesOf(await read(logFile([nasty, RECORDS[1]]), 3))).toEqual(NAMES.slice(0, 2));
  });

  it.each([
    ['a line', lines(RECORDS).replace('\n', '\n{"half":\n'), 'line 2', 'it is not valid JSON'],
    ['the first line', `{"half":\n${lines(RECORDS)}`, 'line 1', 'it is not valid JSON'],
    [
      'a record of a log file',
      logFile(RECORDS, 1).replace('[', '[{"a":},'),
      'record 1 (line 2)',
      'it is not valid JSON',
    ],
    [
      'the last record, cut off',
      logFile([...RECORDS, RECORDS[0]]).slice(0, -9),
      'record 9 (line 1)',
      'it is not valid JSON',
    ],
    ['what is no event', lines([{ hello: 'world' }, ...RECORDS]), 'line 1', 'neither an EventBridge event'],
    ['what is no object', JSON.stringify([42, ...RECORDS]), 'record 1 (line 1)', 'it is not a JSON object'],
    [
      'no UTF-8',
      Buffer.concat([Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from(lines(RECORDS))]),
      'line 1',
      'UTF-8',
    ],
    [
      'one that is too long',
      lines([{ pad: 'x'.repeat(5 * 1024 * 1024) }, ...RECORDS]),
      'line 1',
      'longer than',
    ],
    [
      'an event without account',
      lines([{ ...ENVELOPES[0], account: 'me' }, ...RECORDS]),
      'line 1',
      'account',
    ],
  ])('%s is named, the rest go on', async (_what, content, where, error) => {
    const records = await read(content);
    const bad = records.filter((record) => !record.ok);
    expect(bad).toHaveLength(1);
    expect(bad[0]?.where).toBe(where);
    expect(bad[0]?.error).toContain(error);
    expect(records.length - bad.length).toBe(RECORDS.length);
  });

  it('a compressed file that ends too soon is bad input', async () => {
    const whole = gzipSync(logFile());
    await expect(read(whole.subarray(0, whole.length - 20))).rejects.toThrow(
      'the compressed input is broken',
    );
  });

  it('nothing holds no event', async () => {
    expect(await read('')).toEqual([]);
    expect(await read(' \n')).toEqual([]);
    expect(await read(logFile([]))).toEqual([]);
  });
});
