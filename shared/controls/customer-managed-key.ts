import * as z from 'zod/mini';
import type { Plan } from '../model/change.ts';
import type { Judgement } from '../model/control.ts';
import type { Encryption } from '../model/facts.ts';
import { matchesAny } from '../model/pattern.ts';
import type { Resource } from '../model/resource.ts';
import { defineControl, judging, type Context } from './control.ts';
import { optionsParser } from './options.ts';
import { ecrCliLine, hclString, repositoryArgs } from './plan-text.ts';

const schema = z.strictObject({ keys: z._default(z.array(z.string().check(z.minLength(1))), []) });
type Options = z.infer<typeof schema>;
type MessageId = 'noKmsKey' | 'awsManagedKey' | 'otherKey';
interface Facts {
  readonly encryption: Encryption;
}

/** The alias of the key that AWS manages for ECR, as a name or at the end of an ARN. */
const isAwsManaged = (key: string): boolean => key === 'alias/aws/ecr' || key.endsWith(':alias/aws/ecr');

const messageIdFor = ({ type, kmsKey }: Encryption, { keys }: Options): MessageId | null => {
  if (type === 'AES256') return 'noKmsKey';
  if (kmsKey === null || isAwsManaged(kmsKey)) return 'awsManagedKey';
  return keys.length === 0 || matchesAny(keys, kmsKey) ? null : 'otherKey';
};

const summaryOf = ({ type, kmsKey }: Encryption, { keys }: Options): string => {
  if (type === 'AES256') return 'encryption is AES256, with a key of Amazon S3';
  if (kmsKey === null) return `encryption is ${type} without a key of its own: the AWS managed key aws/ecr`;
  const named = keys.length === 0 ? '; ECR does not say who manages it, option `keys` does' : '';
  return `encryption is ${type} with the key \`${kmsKey}\`${isAwsManaged(kmsKey) ? ', which AWS manages' : named}`;
};

const evaluate = ({ encryption }: Facts, { resource, options }: Context<Options>): Judgement<MessageId> => {
  const messageId = messageIdFor(encryption, options);
  const data = { repository: resource.name, key: encryption.kmsKey };
  return {
    offences: messageId === null ? [] : [{ messageId, data }],
    evidence: { summary: summaryOf(encryption, options), data: { ...encryption } },
  };
};

/** Stands in the proposal for a key that only its owner can name. */
const EXAMPLE_KEY = 'alias/ecr-images';

const plan = (resource: Resource): Plan => {
  const successor = { ...resource, name: `${resource.name.slice(0, 240)}-encrypted` };
  return {
    changes: [],
    automatic: false,
    reason: `a repository keeps the encryption it was made with: make a new one with your key in place of \`${EXAMPLE_KEY}\`, and copy the images`,
    cli: [
      ecrCliLine(
        resource,
        'create-repository',
        ...repositoryArgs(successor),
        '--encryption-configuration',
        `encryptionType=KMS,kmsKey=${EXAMPLE_KEY}`,
      ),
    ],
    iac: [
      'resource "aws_ecr_repository" "this" {',
      `  name = ${hclString(successor.name)}`,
      '  encryption_configuration {',
      '    encryption_type = "KMS"',
      '    kms_key         = aws_kms_key.ecr_images.arn',
      '  }',
      '}',
    ].join('\n'),
  };
};

/** The key is the customer's. */
export const customerManagedKey = defineControl<Options, MessageId>({
  id: 'customer-managed-key',
  title: 'Images are encrypted with a customer managed key',
  requirement: 'A repository is encrypted with a KMS key that the customer manages.',
  severity: 'MEDIUM',
  frameworks: [
    'Security Hub ECR.5',
    'NIST SP 800-53 r5 SC-12(2)',
    'NIST SP 800-53 r5 SC-13',
    'NIST SP 800-53 r5 SC-28',
  ],
  references: [
    'https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html',
    'https://docs.aws.amazon.com/config/latest/developerguide/ecr-repository-cmk-encryption-enabled.html',
    'https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-5',
  ],
  rationale:
    'Only with a key of your own can you say who may decrypt images, see who did, and take that right away. ECR shows the key of a repository but not who manages it, so a key given by its id counts as yours unless option `keys` names yours.',
  remedy:
    'Make a new repository with your own key and copy the images: encryption cannot be changed afterwards.',
  messages: {
    noKmsKey: '`{{repository}}` is encrypted with a key of Amazon S3, not with a KMS key',
    awsManagedKey: '`{{repository}}` is encrypted with the KMS key that AWS manages for ECR',
    otherKey: '`{{repository}}` is encrypted with the key `{{key}}`, which is none of the declared ones',
  },
  optionDocs: {
    keys: {
      type: 'list of key ARNs',
      default: [],
      description:
        'The keys (`*` any characters, else exact) that a repository may be encrypted with; empty: every key that is not known to be managed by AWS. Like `kmsKeyArns` of the AWS Config rule.',
    },
  },
  parseOptions: optionsParser('customer-managed-key', schema),
  judges: {
    repository: judging<Options, MessageId, 'encryption'>({
      needs: ['encryption'],
      evaluate,
      plan: (_facts, { resource }) => plan(resource),
    }),
  },
});
