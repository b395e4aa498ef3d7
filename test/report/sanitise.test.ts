import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellLine, shellQuote } from '../../shared/model/shell.ts';
import { clip, clipBytes, clipLines, utf8Bytes } from '../../shared/report/bounds.ts';
import {
  chatCode,
  chatName,
  chatText,
  escapeHtml,
  plainBlock,
  plainText,
  subjectText,
} from '../../shared/report/sanitise.ts';
import { hostile } from './hostile.ts';

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u3164]/u;

describe('plain text of theirs', () => {
  it('is one line of visible characters within the bound, and stays as it is when cleaned again', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 400 }), (value, max) => {
        const text = plainText(value, max);
        expect(text).not.toMatch(UNSEEN);
        expect(text).not.toContain('://');
        expect(text.length).toBeLessThanOrEqual(max);
        expect(plainText(text, max)).toBe(text);
      }),
    );
  });

  it.each([
    ['team-a/my_app', 'team-a/my_app'],
    ['a\nSubject: b', 'a Subject: b'],
    ['gpj\u202Eexe', 'gpj\uFFFDexe'],
    ['\x1b[2Jgone', '\uFFFD[2Jgone'],
    ['see https://evil.example', 'see https[:]//evil.example'],
    ['  spaces\u00A0\u3000here ', 'spaces here'],
    ['e\u0301\u0301\u0301\u0301', 'e\u0301\u0301'],
  ])('%j shows as %j', (value, shown) => {
    expect(plainText(value)).toBe(shown);
  });

  it('keeps the lines of a snippet and nothing unseen in them', () => {
    expect(plainBlock('a {\r\n\tb = "\u200Bc"  \n}\n')).toBe('a {\n  b = "\uFFFDc"\n}');
  });
});

describe('a subject', () => {
  it('is printable ASCII, one line, under 100 characters, without markup or link', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const subject = subjectText(value);
        expect(subject).toMatch(/^[ -~]*$/);
        expect(subject).not.toMatch(/[<>*`[\]|#&~\\]|:\/\/|www\./i);
        expect(subject.length).toBeLessThan(100);
      }),
    );
  });
});

describe('chat text of theirs', () => {
  it('carries no markup, mention, emoji or link', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const text = chatText(value);
        expect(text).not.toMatch(UNSEEN);
        const words = text.replace(/`[^`]+`/gu, ' ');
        expect(words).not.toMatch(/[<>&*~|#@\\`]|:\/\/|www\.|\]\(|:[a-z]+:/iu);
        expect(words).not.toMatch(/(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])/u);
        expect(text).not.toMatch(/[<>&*~|#@\\]|:\/\/|www\./iu);
      }),
    );
  });

  it('has backticks in pairs around something', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect((chatText(value).match(/`/g) ?? []).length % 2).toBe(0);
        expect(chatText(value)).not.toContain('``');
        expect(chatName(value)).toMatch(/^(`[^`]+`)?$/u);
      }),
    );
  });

  it.each([
    ['no filter matches `team-a/my_app`', 'no filter matches `team-a/my_app`'],
    ['principal `*` may pull', 'principal `∗` may pull'],
    [
      '<!channel> look at [this](https://evil.example)',
      '‹!channel› look at ［this］(https[:]//evil[.]example)',
    ],
    ['mail jane@corp.example', 'mail jane＠corp[.]example'],
    ['from 203.0.113.7, e.g. now', 'from 203.0.113.7, e.g. now'],
    ['it is :fire: here', 'it is ∶fire: here'],
    ['`odd', "'odd"],
    ['_a_ and b_c', '＿a＿ and b_c'],
    ['`` ` ``', " '"],
  ])('%j shows as %j', (value, shown) => {
    expect(chatText(value)).toBe(shown);
  });

  it('shows a command only if it can be shown unaltered', () => {
    const command = shellLine(['aws', 'ecr', 'describe-repositories', '--repository-names', 'team-a/my_app']);
    expect(chatCode(command)).toBe(command);
    expect(chatCode('aws ecr x --policy-text \'{"a":["*"]}\'')).not.toBeNull();
    for (const altered of [
      'echo `id`',
      'echo <!here>',
      'curl https://evil.example',
      'a\u202Eb',
      'echo www.evil',
    ]) {
      expect(chatCode(altered)).toBeNull();
    }
  });
});

describe('a megabyte of theirs', () => {
  it.each(['_', '`', '.', ':a', '\u0301', ' ', '\n', '://', 'www.', '\uD800', '[x]('])(
    'of %j is dealt with in no time',
    (piece) => {
      const value = `a${piece.repeat(1_000_000 / piece.length)}a`;
      const start = performance.now();
      for (const clean of [plainText, plainBlock, subjectText, chatText, chatName, chatCode, escapeHtml])
        clean(value);
      expect(performance.now() - start).toBeLessThan(5_000);
    },
  );
});

describe('HTML of theirs', () => {
  it('cannot open a tag, an entity or leave an attribute', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const html = escapeHtml(value);
        expect(html).not.toMatch(/[<>"'`]/);
        expect(html.replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&');
        expect(html.replaceAll('\n', '')).not.toMatch(UNSEEN);
      }),
    );
  });
});

describe('bounds', () => {
  it('hold, and never split a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (text, max) => {
        expect(clip(text, max).length).toBeLessThanOrEqual(max);
        expect(utf8Bytes(clipBytes(text, max))).toBeLessThanOrEqual(max);
        expect(clip(text, max)).not.toMatch(/\p{Cs}/u);
        expect(clipBytes(text, max)).not.toContain('\uFFFD');
      }),
    );
  });

  it('say how much is left out', () => {
    expect(clipLines('a\nb\nc\nd', 3)).toBe('a\nb\n… 2 more lines');
  });
});

describe('shell quoting', () => {
  it('is read back by a shell as the very value', () => {
    const values = fc.sample(
      hostile.filter((value) => !value.includes('\0') && value.isWellFormed()),
      { numRuns: 200, seed: 7 },
    );
    const out = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${shellLine(values)}`], { encoding: 'utf8' });
    expect(out.split('\0').slice(0, -1)).toEqual(values);
  });

  it('leaves plain words plain, and quotes what only some shells expand', () => {
    expect(shellLine(['aws', 'ecr', 'team/a_b-c.d'])).toBe('aws ecr team/a_b-c.d');
    expect(['', '~x', '=ls', 'a=b', "it's"].map(shellQuote)).toEqual([
      "''",
      "'~x'",
      "'=ls'",
      "'a=b'",
      String.raw`'it'\''s'`,
    ]);
  });
});
