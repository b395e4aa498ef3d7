import type { ResourceType } from '../model/resource.ts';
import type { Envelope } from './envelope.ts';
import type { Naming, RelevantCall } from './event-catalogue.ts';
import { listOf, own, ownPath, textOf } from './foreign.ts';
import { isAccountId, isSameName, namedBy, namedByArn, type NamedResource } from './resource-names.ts';

/**
 * A resource that an event names, in the account and Region where it lives.
 * `NAMELESS` stands for every resource of the type there.
 */
export interface EventTarget {
  readonly type: ResourceType;
  readonly name: string;
  /** Where the event carries it. */
  readonly arn?: string;
  readonly account: string;
  readonly region: string;
  /** Of a node group, whose name is unique in its cluster only. */
  readonly cluster?: string;
}

/** The name of a target that no resource has: "every one of this type in this account and Region". */
export const NAMELESS = '';

/** What an event says about its resources. */
export interface Targets {
  readonly targets: readonly EventTarget[];
  /** Some name could not be read: every resource of the targets' types there is in question. */
  readonly sweep: boolean;
  /** Only versions or aliases of functions are named. */
  readonly qualified: boolean;
}

/** One `AWS API Call via CloudTrail`, taken apart. */
interface CallParts {
  readonly envelope: Envelope;
  readonly request: unknown;
  readonly response: unknown;
  /** Resources named by the ARNs in `resources[]`, of the record and of the envelope. */
  readonly arns: readonly NamedResource[];
}

const stringsIn = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => textOf(item) !== null);

const namedIn = (type: ResourceType, value: unknown): readonly NamedResource[] =>
  stringsIn(value).flatMap((text) => namedBy(type, text) ?? []);

const arnsOf = (envelope: Envelope): readonly NamedResource[] => {
  const recorded = listOf(own(envelope.detail, 'resources')).flatMap((resource) =>
    stringsIn(own(resource, 'ARN')),
  );
  return [...recorded, ...envelope.resources].flatMap((arn) => namedByArn(arn) ?? []);
};

const partsOf = (envelope: Envelope): CallParts => ({
  envelope,
  request: own(envelope.detail, 'requestParameters'),
  response: own(envelope.detail, 'responseElements'),
  arns: arnsOf(envelope),
});

/** CloudTrail leaves out parameters over 100 KB and says `{"omitted":"true"}` in their place. */
const isOmitted = (request: unknown): boolean => {
  const omitted = own(request, 'omitted');
  return omitted === true || omitted === 'true';
};

const inRequest = (parts: CallParts, naming: Naming): readonly NamedResource[] =>
  naming.request
    .map((key) => namedIn(naming.type, own(parts.request, key)))
    .find((found) => found.length > 0) ?? [];

const inResponse = (parts: CallParts, naming: Naming): readonly NamedResource[] =>
  naming.response.flatMap((path) => namedIn(naming.type, ownPath(parts.response, path)));

/** The registry that a call on ECR is about: a caller of another account names it. */
const registryIdOf = ({ request, response }: CallParts): string | null => {
  const ids = [
    own(request, 'registryId'),
    ownPath(response, ['repository', 'registryId']),
    own(response, 'registryId'),
  ];
  return ids.find(isAccountId) ?? null;
};

const homeOf = (parts: CallParts, type: ResourceType): Pick<EventTarget, 'account' | 'region'> => ({
  account:
    (type === 'repository' || type === 'registry' ? registryIdOf(parts) : null) ?? parts.envelope.account,
  region: parts.envelope.region,
});

const clusterOf = (parts: CallParts, resource: NamedResource): string | null =>
  resource.type === 'nodegroup'
    ? (textOf(own(parts.request, 'name')) ??
      textOf(own(parts.request, 'clusterName')) ??
      textOf(ownPath(parts.response, ['nodegroup', 'clusterName'])) ??
      resource.cluster)
    : null;

/** The target that a name means, with the ARN that the event carries for it, if any. */
const targetOf = (parts: CallParts, found: NamedResource, known: readonly NamedResource[]): EventTarget => {
  const byArn =
    found.arn === null
      ? known.find(
          (other) => other.type === found.type && other.arn !== null && isSameName(other, found.name),
        )
      : found;
  const home = homeOf(parts, found.type);
  const cluster = clusterOf(parts, byArn ?? found);
  return {
    type: found.type,
    name: found.name,
    ...(byArn?.arn ? { arn: byArn.arn } : {}),
    account: byArn?.account ?? found.account ?? home.account,
    region: byArn?.region ?? home.region,
    ...(cluster === null ? {} : { cluster }),
  };
};

const nameless = (parts: CallParts, type: ResourceType): EventTarget => ({
  type,
  name: NAMELESS,
  ...homeOf(parts, type),
});

const registryTarget = (parts: CallParts): EventTarget => {
  const home = homeOf(parts, 'registry');
  return { type: 'registry', name: home.account, ...home };
};

/** Where one naming of a call leads: its request, else its response, else the ARNs of the record. */
const namesOf = (parts: CallParts, naming: Naming): Targets => {
  if (naming.type === 'registry')
    return { targets: [registryTarget(parts)], sweep: isOmitted(parts.request), qualified: false };
  const ofType = parts.arns.filter((resource) => resource.type === naming.type);
  const response = inResponse(parts, naming);
  const request = inRequest(parts, naming);
  const found = [request, response.slice(0, 1), naming.optional === true ? [] : ofType].find(
    (names) => names.length > 0,
  );
  const missing = found === undefined && naming.optional !== true;
  return {
    targets: missing
      ? [nameless(parts, naming.type)]
      : (found ?? []).map((resource) => targetOf(parts, resource, [...response, ...ofType])),
    sweep: missing || isOmitted(parts.request),
    qualified: found?.every((resource) => resource.qualified) ?? false,
  };
};

const unique = (targets: readonly EventTarget[]): readonly EventTarget[] => [
  ...new Map(
    targets.map((target) => [
      JSON.stringify([target.type, target.account, target.region, target.cluster ?? null, target.name]),
      target,
    ]),
  ).values(),
];

const merge = (all: readonly Targets[]): Targets => ({
  targets: unique(all.flatMap((one) => one.targets)),
  sweep: all.some((one) => one.sweep),
  qualified: all.some((one) => one.qualified),
});

/** The resources that a relevant API call names. */
export const targetsOfCall = (envelope: Envelope, call: RelevantCall): Targets => {
  const parts = partsOf(envelope);
  const named = merge(call.names.map((naming) => namesOf(parts, naming)));
  const partOnly = call.partOnlyWith !== null && textOf(own(parts.request, call.partOnlyWith)) !== null;
  return { ...named, qualified: named.qualified || partOnly };
};

/** One entry of ECR's own event; null if it names nothing. Some of AWS's events carry an ARN as the name. */
const scannedRepository = (parts: CallParts, entry: unknown): EventTarget | null => {
  const byArn = namedIn('repository', own(entry, 'repository-arn'))[0];
  const found = namedIn('repository', own(entry, 'repository-name'))[0] ?? byArn;
  return found === undefined ? null : targetOf(parts, found, byArn === undefined ? [] : [byArn]);
};

/** The repositories of an `ECR Scan Resource Change`. */
export const targetsOfScanChange = (envelope: Envelope): Targets => {
  const parts: CallParts = { envelope, request: undefined, response: undefined, arns: [] };
  const entries = listOf(own(envelope.detail, 'repositories'));
  const found = entries.map((entry) => scannedRepository(parts, entry));
  const named = found.filter((target) => target !== null);
  const missing = entries.length === 0 || named.length < entries.length;
  return {
    targets: unique(missing ? [...named, nameless(parts, 'repository')] : named),
    sweep: missing,
    qualified: false,
  };
};
