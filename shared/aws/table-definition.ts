/**
 * The table as data: its keys and indexes are a public interface (docs/state.md).
 * serverless.yml declares the same table; a test compares the two. Tests and the sandbox create it from here.
 */
export const TABLE_KEYS = { partition: 'pk', sort: 'sk' } as const;

/** Index name -> its key attributes. Only items that carry both attributes are in the index. */
export const TABLE_INDEXES = {
  openBySeverity: { partition: 'openSeverity', sort: 'openOrder' },
  openByControl: { partition: 'openControl', sort: 'openOrder' },
  openByScope: { partition: 'openScope', sort: 'openOrder' },
  resourcesByRegistry: { partition: 'registry', sort: 'registryOrder' },
  changes: { partition: 'changeDay', sort: 'changeOrder' },
} as const;
export type IndexName = keyof typeof TABLE_INDEXES;

/** Name of the attribute that DynamoDB's TTL reads: epoch seconds. */
export const TTL_ATTRIBUTE = 'expiresAt';

interface KeyPair {
  readonly partition: string;
  readonly sort: string;
}

/** Both halves of a key as `CreateTable` wants them; mutable arrays because the SDK's types want those. */
const keySchema = ({ partition, sort }: KeyPair): { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[] => [
  { AttributeName: partition, KeyType: 'HASH' },
  { AttributeName: sort, KeyType: 'RANGE' },
];

const keyAttributes = (): string[] => [
  ...new Set(
    [TABLE_KEYS, ...Object.values(TABLE_INDEXES)].flatMap(({ partition, sort }) => [partition, sort]),
  ),
];

/**
 * Input of `CreateTable`, less the table's name: string keys, every index with all attributes, on-demand capacity.
 * What an emulator does not need (PITR, KMS, deletion protection, TTL) is in serverless.yml alone.
 */
export const tableDefinition = () => ({
  AttributeDefinitions: keyAttributes().map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S' as const,
  })),
  KeySchema: keySchema(TABLE_KEYS),
  GlobalSecondaryIndexes: Object.entries(TABLE_INDEXES).map(([IndexName, keys]) => ({
    IndexName,
    KeySchema: keySchema(keys),
    Projection: { ProjectionType: 'ALL' as const },
  })),
  BillingMode: 'PAY_PER_REQUEST' as const,
});
