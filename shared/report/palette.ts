import type { Compliance, Severity } from '../model/compliance.ts';

type Paint = (text: string) => string;

/** Colours for a terminal, given by whoever knows the terminal; picocolors' `createColors()` is one. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly cyan: Paint;
  readonly magenta: Paint;
}

const same: Paint = (text) => text;

/** No colours: pipes, files, `NO_COLOR`. */
export const PLAIN: Palette = {
  bold: same,
  dim: same,
  red: same,
  yellow: same,
  green: same,
  cyan: same,
  magenta: same,
};

/** The colour of a severity. */
export const severityPaint = (severity: Severity, palette: Palette): Paint => {
  const paints: { readonly [S in Severity]: Paint } = {
    CRITICAL: palette.magenta,
    HIGH: palette.red,
    MEDIUM: palette.yellow,
    LOW: palette.cyan,
    INFORMATIONAL: palette.dim,
  };
  return paints[severity];
};

/** The colour of a compliance. */
export const compliancePaint = (compliance: Compliance, palette: Palette): Paint => {
  const paints: { readonly [C in Compliance]: Paint } = {
    COMPLIANT: palette.green,
    NON_COMPLIANT: palette.red,
    INSUFFICIENT_DATA: palette.yellow,
    NOT_APPLICABLE: palette.dim,
  };
  return paints[compliance];
};
