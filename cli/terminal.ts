import type { Readable, Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import picocolors from 'picocolors';
import { PLAIN, type Palette } from '../shared/report/palette.ts';

/** Of output that no terminal wraps. */
const UNWRAPPED_COLUMNS = 140;

/**
 * Whether somebody looks at this stream while it is written, and it can be written over. A terminal that does not
 * know its width (a container's, a recorder's) cannot: to count the lines to clear, the spinner divides by the width.
 */
export const isTerminal = (stream: Writable): boolean =>
  stream instanceof WriteStream && stream.isTTY && stream.columns > 0;

/** Whether somebody can answer a question. */
export const canAnswer = (stdin: Readable): boolean => 'isTTY' in stdin && stdin.isTTY === true;

/** Colours where the stream is a terminal that has them; `NO_COLOR` and `FORCE_COLOR` are obeyed there. */
export const paletteFor = (stream: Writable): Palette =>
  stream instanceof WriteStream && stream.isTTY && stream.hasColors() ? picocolors.createColors(true) : PLAIN;

/** Columns of the terminal, or of a file that is read later. */
export const columnsOf = (stream: Writable): number =>
  stream instanceof WriteStream && stream.isTTY && stream.columns > 0 ? stream.columns : UNWRAPPED_COLUMNS;
