import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { StateChange } from '../ports/state-change.ts';
import type { Item } from './dynamo-table.ts';
import { attemptOf, findingOf } from './finding-item.ts';

/** A record of the table's stream, as Lambda gives it; only what is read of it. */
export interface StreamRecord {
  readonly dynamodb?: Images | undefined;
}

interface Images {
  readonly OldImage?: object | undefined;
  readonly NewImage?: object | undefined;
}

/** Lambda hands images over in DynamoDB's own JSON: each attribute an object that names its type. */
const isImage = (image: object): image is Record<string, AttributeValue> =>
  Object.values(image).every((value) => typeof value === 'object' && value !== null);

const itemOf = (image: object | undefined): Item | null =>
  image !== undefined && isImage(image) ? unmarshall(image) : null;

const orNull = <T>(item: Item | null, of: (item: Item) => T): T | null => (item === null ? null : of(item));

/** The change that one stream record shows; null for every other item and for deletions. Throws `AwsRequestError` if a finding or an attempt is not what this version writes. */
export const streamChangeOf = ({ dynamodb }: StreamRecord): StateChange | null => {
  const after = itemOf(dynamodb?.NewImage);
  const before = itemOf(dynamodb?.OldImage);
  switch (after?.['entity']) {
    case 'finding':
      return { kind: 'transition', before: orNull(before, findingOf), finding: findingOf(after) };
    case 'attempt':
      return { kind: 'attempt', before: orNull(before, attemptOf), attempt: attemptOf(after) };
    default:
      return null;
  }
};
