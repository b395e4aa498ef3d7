import type { AlertBody, AlertContent, Item, Section } from './alert-model.ts';
import { clip } from './bounds.ts';
import { chatCode, chatText, chatValue } from './sanitise.ts';

/** Lengths in characters. Source: Amazon Q Developer in chat applications, Custom notifications. */
const CHAT_LIMITS = { title: 250, description: 8_000, nextStep: 350, keyword: 75 } as const;

/** The custom notification schema, version 1.0. A message of another form is dropped silently. */
export interface ChatNotification {
  readonly version: '1.0';
  readonly source: 'custom';
  readonly id: string;
  readonly content: {
    readonly textType: 'client-markdown';
    readonly title: string;
    readonly description: string;
    readonly nextSteps?: readonly string[];
    readonly keywords?: readonly string[];
  };
  readonly metadata: {
    readonly threadId: string;
    readonly summary: string;
    readonly eventType: string;
    readonly relatedResources: readonly string[];
    readonly additionalContext: Readonly<Record<string, string>>;
    readonly enableCustomActions: boolean;
  };
}

const ELSEWHERE = '… shortened: the mail and the JSON alert have the rest';
const MAX_ITEM = 900;
const MAX_CODE = 1_500;

const MARKS = { open: '🔴', closed: '🟢', news: '🔵' } as const;

/** Text that ends within `max` characters without leaving a code span open. */
const chatWithin = (text: string, max: number): string => {
  for (let length = max; length > 0; length = Math.floor(length * 0.8)) {
    const rendered = chatText(text, length);
    if (rendered.length <= max) return rendered;
  }
  return '';
};

const itemText = (item: Item): string => {
  switch (item.kind) {
    case 'row':
      return `${chatWithin(item.label, 60)}: ${chatWithin(item.text, MAX_ITEM)}`;
    case 'point':
      return `• ${chatWithin(item.text, MAX_ITEM)}`;
    case 'link':
      return `${item.label}: ${item.url}`;
    case 'code': {
      const code = item.code.length <= MAX_CODE ? chatCode(item.code) : null;
      return code === null
        ? `${item.label}: in the mail and the JSON alert`
        : `${item.label}:\n\`\`\`\n${code}\n\`\`\``;
    }
  }
};

const fits = (text: string): boolean => text.length + ELSEWHERE.length + 2 <= CHAT_LIMITS.description;

/** As many whole items, in order, as fit; the title of a section only with its first item. */
const descriptionOf = (sections: readonly Section[]): string => {
  let text = '';
  for (const section of sections.filter((candidate) => candidate.longFormOnly !== true)) {
    const lines = section.items.map(itemText);
    for (const [index, line] of lines.entries()) {
      const piece = index === 0 ? `${text === '' ? '' : '\n\n'}*${section.title}*\n${line}` : `\n${line}`;
      if (!fits(text + piece)) return `${text}\n\n${ELSEWHERE}`;
      text += piece;
    }
  }
  return text;
};

/** Attribute values joined: `additionalContext` takes strings only. */
const contextOf = (body: AlertBody): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(body.attributes).map(([name, value]) => [
      name,
      chatValue(typeof value === 'string' ? value : value.join(', '), 200),
    ]),
  );

const contentOf = (content: AlertContent): ChatNotification['content'] => ({
  textType: 'client-markdown',
  title: clip(
    `${MARKS[content.tone]} ${chatWithin(content.headline, CHAT_LIMITS.title - 3)}`,
    CHAT_LIMITS.title,
  ),
  description: descriptionOf(content.sections),
  ...(content.nextSteps.length === 0
    ? {}
    : { nextSteps: content.nextSteps.map((step) => chatWithin(step, CHAT_LIMITS.nextStep)) }),
  ...(content.keywords.length === 0
    ? {}
    : { keywords: content.keywords.map((keyword) => chatWithin(keyword, CHAT_LIMITS.keyword)) }),
});

/** The notification for Slack and Teams. `threadId` and `id` are identities, not shown, and stay as they are. */
export const chatNotification = (body: AlertBody, relatedResources: readonly string[]): ChatNotification => ({
  version: '1.0',
  source: 'custom',
  id: body.key,
  content: contentOf(body.content),
  metadata: {
    threadId: body.threadId,
    summary: chatWithin(body.content.headline, CHAT_LIMITS.title),
    eventType: `ecr-warden ${chatValue([body.attributes.transition].flat().join(' '), 60)}`,
    relatedResources: relatedResources.slice(0, 20).map((arn) => chatValue(arn)),
    additionalContext: contextOf(body),
    enableCustomActions: true,
  },
});
