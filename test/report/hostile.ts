import * as fc from 'fast-check';

const PIECES = [
  '<!channel>',
  '<@U1>',
  '<https://evil.example|ok>',
  '[ok](https://evil.example)',
  'https://evil.example',
  'www.evil.example',
  '@here',
  ':smile:',
  '*b*',
  '_i_',
  '~s~',
  '`',
  '```',
  '&lt;!here&gt;',
  '\\',
  '|',
  '#',
  '\r\nBcc: x',
  '\x1b[31m',
  '\u2028',
  '\u202E',
  '\u200B',
  '\uFEFF',
  '\uD800',
  '\u{E0041}',
  'e\u0301'.repeat(9),
  '__proto__',
  'a_b',
  'x'.repeat(1_000),
];

/** Text made of the pieces that do harm somewhere, mixed with any other text. */
export const hostile = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...PIECES)), {
    maxLength: 20,
  })
  .map((parts) => parts.join(''));
