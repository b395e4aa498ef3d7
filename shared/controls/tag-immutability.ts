import * as z from 'zod/mini';
import type { Plan } from '../model/change.ts';
import type { Judgement } from '../model/control.ts';
import type { TagMutability } from '../model/facts.ts';
import type { Resource } from '../model/resource.ts';
import type { JsonObject } from '../model/verdict.ts';
import { defineControl, judging, type Context } from './control.ts';
import { optionsParser } from './options.ts';
import { ecrCliLine, hclString, repositoryArgs } from './plan-text.ts';

const schema = z.strictObject({
  alsoAccept: z._default(z.array(z.enum(['IMMUTABLE_WITH_EXCLUSION', 'MUTABLE_WITH_EXCLUSION'])), []),
});
type Options = z.infer<typeof schema>;
type MessageId = 'mutable' | 'mutableWithExclusion' | 'immutableWithExclusion';
interface Facts {
  readonly tagMutability: TagMutability;
}

const filtersInWords = ({ exclusionFilters }: TagMutability): string =>
  exclusionFilters.map((filter) => `\`${filter}\``).join(', ') || 'no filter';

const summaryOf = (mutability: TagMutability): string => {
  switch (mutability.mode) {
    case 'IMMUTABLE':
      return 'tag mutability is IMMUTABLE: no tag can be moved';
    case 'MUTABLE':
      return 'tag mutability is MUTABLE: every tag can be moved';
    case 'IMMUTABLE_WITH_EXCLUSION':
      return `tag mutability is IMMUTABLE_WITH_EXCLUSION: only tags that match ${filtersInWords(mutability)} can be moved`;
    case 'MUTABLE_WITH_EXCLUSION':
      return `tag mutability is MUTABLE_WITH_EXCLUSION: every tag can be moved but those that match ${filtersInWords(mutability)}`;
  }
};

const MESSAGES = {
  MUTABLE: 'mutable',
  MUTABLE_WITH_EXCLUSION: 'mutableWithExclusion',
  IMMUTABLE_WITH_EXCLUSION: 'immutableWithExclusion',
} as const;

const evaluate = (
  { tagMutability }: Facts,
  { resource, options }: Context<Options>,
): Judgement<MessageId> => {
  const { mode, exclusionFilters } = tagMutability;
  const evidence = { summary: summaryOf(tagMutability), data: { mode, exclusionFilters } };
  if (mode === 'IMMUTABLE' || options.alsoAccept.some((accepted) => accepted === mode)) {
    return { offences: [], evidence };
  }
  // Under MUTABLE_WITH_EXCLUSION the filters name what is safe: no list of exposure, so text.
  const filters = mode === 'IMMUTABLE_WITH_EXCLUSION' ? exclusionFilters : filtersInWords(tagMutability);
  return {
    offences: [{ messageId: MESSAGES[mode], data: offenceData(mode, resource, filters) }],
    evidence,
  };
};

const offenceData = (
  mode: TagMutability['mode'],
  { name }: Resource,
  filters: string | readonly string[],
): JsonObject => (mode === 'MUTABLE' ? { repository: name } : { repository: name, filters });

const plan = ({ tagMutability }: Facts, resource: Resource): Plan => {
  const automatic = tagMutability.mode === 'MUTABLE';
  return {
    changes: [{ kind: 'put-image-tag-mutability', mode: 'IMMUTABLE' }],
    automatic,
    reason: automatic
      ? `makes the tags of \`${resource.name}\` immutable`
      : 'somebody chose the exclusion filters, and IMMUTABLE would drop them, so somebody decides',
    cli: [
      ecrCliLine(
        resource,
        'put-image-tag-mutability',
        ...repositoryArgs(resource),
        '--image-tag-mutability',
        'IMMUTABLE',
      ),
    ],
    iac: [
      'resource "aws_ecr_repository" "this" {',
      `  name                 = ${hclString(resource.name)}`,
      '  image_tag_mutability = "IMMUTABLE"',
      '}',
    ].join('\n'),
  };
};

/** Tags cannot be moved. */
export const tagImmutability = defineControl<Options, MessageId>({
  id: 'tag-immutability',
  title: 'Image tags are immutable',
  requirement: 'The tags of a repository cannot be moved to another image.',
  severity: 'MEDIUM',
  frameworks: [
    'Security Hub ECR.2',
    'NIST SP 800-53 r5 CA-9(1)',
    'NIST SP 800-53 r5 CM-2',
    'NIST SP 800-53 r5 CM-8(1)',
  ],
  references: [
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html',
    'https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-2',
  ],
  rationale:
    'Whoever can push to a mutable tag can change what every later deployment of that tag runs. Security Hub passes the mode IMMUTABLE only.',
  remedy: 'Set the tag mutability of the repository to IMMUTABLE, and deploy new tags or digests.',
  messages: {
    mutable: 'tags of `{{repository}}` can be moved to another image',
    mutableWithExclusion:
      'tags of `{{repository}}` can be moved to another image, but those that match {{filters}}',
    immutableWithExclusion: 'tags of `{{repository}}` that match {{filters}} can be moved to another image',
  },
  optionDocs: {
    alsoAccept: {
      type: 'list of `IMMUTABLE_WITH_EXCLUSION`, `MUTABLE_WITH_EXCLUSION`',
      default: [],
      description: 'Modes accepted besides IMMUTABLE. Security Hub ECR.2 accepts none.',
    },
  },
  parseOptions: optionsParser('tag-immutability', schema),
  judges: {
    repository: judging<Options, MessageId, 'tagMutability'>({
      needs: ['tagMutability'],
      evaluate,
      plan: (facts, { resource }) => plan(facts, resource),
    }),
  },
});
