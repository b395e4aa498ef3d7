import type { Severity } from '../model/compliance.ts';
import type { ControlDoc } from '../model/control.ts';

/** What people read about a control; every `ControlDoc` is one. */
export type ControlGuide = Pick<
  ControlDoc,
  'id' | 'title' | 'requirement' | 'severity' | 'rationale' | 'remedy' | 'frameworks' | 'references'
>;

/** What the renderers must be told besides the alert; the first two are `settings.alerts`. */
export interface AlertContext {
  /** The control's id is appended. Null: alerts carry no runbook link. */
  readonly runbookBaseUrl: string | null;
  readonly accountAliases: Readonly<Record<string, string>>;
  /** By control id. A control that is not in it is told with what the finding says alone. */
  readonly guides: ReadonlyMap<string, ControlGuide>;
}

/** One alert in every form that is published. */
export interface RenderedAlert {
  /** Stable: a receiver may drop repeats by it. */
  readonly key: string;
  /** The finding's key, so that opening and closing land in one thread. */
  readonly threadId: string;
  /** Printable ASCII, one line, under 100 characters. */
  readonly subject: string;
  /** For people, by mail. With the attributes under 256 KiB. */
  readonly text: string;
  /** For machines: `schema/alert.schema.json`. ASCII, with the attributes under 256 KiB. */
  readonly json: string;
  /** For Amazon Q Developer in chat applications. */
  readonly chat: string;
  readonly attributes: AlertAttributes;
}

export const ALERT_ATTRIBUTES = [
  'severity',
  'control',
  'compliance',
  'transition',
  'account',
  'region',
  'resourceType',
] as const;
type AlertAttribute = (typeof ALERT_ATTRIBUTES)[number];
/** For subscription filters. A digest has several values for some; `snsAttributes` gives those as `String.Array`. */
export type AlertAttributes = { readonly [A in AlertAttribute]: string | readonly string[] };

/** What is said, before it is laid out for a destination. Texts are untrusted prose with `names` in backticks. */
export type Item =
  | { readonly kind: 'row'; readonly label: string; readonly text: string }
  | { readonly kind: 'point'; readonly text: string }
  | { readonly kind: 'link'; readonly label: string; readonly url: string }
  | { readonly kind: 'code'; readonly label: string; readonly code: string };

export interface Section {
  readonly title: string;
  readonly items: readonly Item[];
  /** Left out of chat messages, which are read on a telephone. */
  readonly longFormOnly?: true;
}

export interface AlertContent {
  /** One sentence: how grave, what, on which resource. */
  readonly headline: string;
  /** The same in fewer words, most telling first: a subject has 99 characters. */
  readonly subject: string;
  readonly severity: Severity;
  /** `open` asks for somebody's attention; `closed` ends a thread. */
  readonly tone: 'open' | 'closed' | 'news';
  readonly sections: readonly Section[];
  /** What to do next, most urgent first, one sentence each. */
  readonly nextSteps: readonly string[];
  readonly keywords: readonly string[];
}

/** One alert's content and identity: what every form is made from. */
export interface AlertBody {
  readonly key: string;
  readonly threadId: string;
  readonly content: AlertContent;
  readonly attributes: AlertAttributes;
}
