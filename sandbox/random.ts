import { createHash } from 'node:crypto';

/** A seeded source of chance. The same seed and the same order of questions give the same answers. */
export interface Random {
  /** A number in [0, 1). */
  readonly next: () => number;
  /** An integer between two bounds, both included; a single number stands for itself. */
  readonly between: (range: Range) => number;
  readonly chance: (probability: number) => boolean;
  readonly uuid: () => string;
}

/** Either one fixed value or an inclusive range of integers. */
export type Range = number | readonly [min: number, max: number];

const STATE_BITS = 0x100000000;

/** Mulberry32, a public-domain generator: 32 bits of state, enough for schedules, never for secrets. */
const mulberry32 = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / STATE_BITS;
  };
};

const word = (next: () => number): string =>
  Math.floor(next() * STATE_BITS)
    .toString(16)
    .padStart(8, '0');

/** Version and variant digits are those of a random UUID. */
const uuidFrom = (next: () => number): string => {
  const digits = word(next) + word(next) + word(next) + word(next);
  const variant = (8 + Math.floor(next() * 4)).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
};

export const createRandom = (seed: number): Random => {
  const next = mulberry32(seed);
  return {
    next,
    between: (range) => {
      if (typeof range === 'number') return range;
      const [min, max] = range;
      return min + Math.floor(next() * (max - min + 1));
    },
    chance: (probability) => probability >= 1 || (probability > 0 && next() < probability),
    uuid: () => uuidFrom(next),
  };
};

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An id as AWS writes them (`AROA…`): a prefix and base-32 letters that depend on the text alone. */
export const stableId = (prefix: string, text: string, length = 17): string => {
  const digest = createHash('sha256').update(text).digest();
  return prefix + [...digest.subarray(0, length)].map((byte) => BASE32[byte % 32] ?? 'A').join('');
};
