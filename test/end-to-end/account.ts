import { ECRClient } from '@aws-sdk/client-ecr';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoStores } from '../../shared/aws/dynamo-stores.ts';
import type { Stores } from '../../shared/aws/dynamo-stores.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import type { Finding } from '../../shared/model/finding.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/sandbox.ts';
import { deployWarden, type DeployedWarden } from '../../sandbox/warden.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

/** A company's account in the sandbox with the monitor deployed into it. */
export interface Account {
  readonly sandbox: Sandbox;
  readonly warden: DeployedWarden;
  /** A developer's client. */
  readonly ecr: ECRClient;
  readonly stores: Stores;
  /** Errors that the functions logged. */
  readonly errors: readonly { readonly message: string; readonly data: Readonly<Record<string, unknown>> }[];
  readonly subjects: () => readonly string[];
  readonly alerts: () => readonly {
    readonly key: string;
    readonly transition: string;
    readonly control: string;
  }[];
  readonly finding: (repository: string, control: string) => Promise<Finding | undefined>;
  readonly deadLetters: () => number;
}

const alertsOf = (sandbox: Sandbox, topic: string): ReturnType<Account['alerts']> =>
  sandbox.sns.published(topic).map(({ message, attributes }) => {
    const { key } = JSON.parse(message) as { key: string };
    return {
      key,
      transition: attributes.get('transition') ?? '',
      control: attributes.get('control') ?? '',
    };
  });

/** Starts the account. Quiet controls are turned off unless the configuration speaks of them. */
export const startAccount = async (config = '', options: SandboxOptions = {}): Promise<Account> => {
  const sandbox = createSandbox({ seed: 1, region: REGION, accounts: [{ id: ACCOUNT }], ...options });
  const errors: { message: string; data: Readonly<Record<string, unknown>> }[] = [];
  const warden = await deployWarden(sandbox, {
    settings: parseConfig(config, 'ecr-warden.yml', CATALOGUE),
    account: ACCOUNT,
    region: REGION,
    onError: (message, data) => void errors.push({ message, data }),
  });
  const stores = dynamoStores({
    client: DynamoDBDocumentClient.from(new DynamoDBClient(sandbox.clientConfig({ role: 'test' })), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    tableName: warden.tableName,
    clock: sandbox.clock,
    historyDays: 400,
  });
  return {
    sandbox,
    warden,
    ecr: new ECRClient(sandbox.clientConfig({ role: 'developer', session: 'ann' })),
    stores,
    errors,
    subjects: () => sandbox.sns.published(warden.topics.human).map(({ subject }) => subject ?? ''),
    alerts: () => alertsOf(sandbox, warden.topics.machine),
    finding: async (name, control) => {
      const { arn } = repositoryResource({ account: ACCOUNT, region: REGION }, name);
      return (await stores.findings.findingsOf(arn)).find((finding) => finding.control === control);
    },
    deadLetters: () => sandbox.sqs.messages(warden.deadLetterArn).length,
  };
};

/** Only the controls named are judged. */
export const only = (...controls: readonly string[]): string =>
  `controls:\n${CATALOGUE.filter(({ id }) => !controls.includes(id))
    .map(({ id }) => `  ${id}: { enabled: false }\n`)
    .join('')}`;
