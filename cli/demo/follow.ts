import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Envelope } from '../../shared/events/envelope.ts';
import { listOf, own, ownPath, textOf } from '../../shared/events/foreign.ts';
import type { EventTarget } from '../../shared/events/targets.ts';
import { TAG_MUTABILITIES } from '../../shared/model/facts.ts';
import { repositoryResource } from '../../shared/model/resource.ts';

type Registry = ReturnType<Sandbox['ecr']['registry']>;
type Repository = Registry extends { repositories: Map<string, infer R> } ? R : never;

/** What a call sets; the later call of the same aspect wins, whatever order their records come in. */
type Aspect = 'existence' | 'policy' | 'lifecycle' | 'scanning' | 'mutability' | 'tags' | 'setting';

const textsOf = (value: unknown, key: string): readonly string[] =>
  listOf(value).flatMap((item) => textOf(own(item, key)) ?? []);

const mutabilityOf = (value: unknown): Repository['tagMutability'] =>
  TAG_MUTABILITIES.find((mode) => mode === own(value, 'imageTagMutability')) ?? 'MUTABLE';

const setMutability = (repository: Repository, given: unknown): void => {
  repository.tagMutability = mutabilityOf(given);
  repository.exclusionFilters = textsOf(own(given, 'imageTagMutabilityExclusionFilters'), 'filter');
};

const setScanning = (repository: Repository, given: unknown): void => {
  repository.scanOnPush = ownPath(given, ['imageScanningConfiguration', 'scanOnPush']) === true;
};

/** CloudTrail writes first letters small; the API does not. */
const addTags = ({ tags }: Repository, given: unknown): void => {
  for (const tag of listOf(own(given, 'tags'))) {
    const key = textOf(own(tag, 'key')) ?? textOf(own(tag, 'Key'));
    if (key !== null) tags.set(key, textOf(own(tag, 'value')) ?? textOf(own(tag, 'Value')) ?? '');
  }
};

const setRegistryScanning = (registry: Registry, given: unknown): void => {
  const scanType = own(given, 'scanType');
  if (scanType === 'BASIC' || scanType === 'ENHANCED') registry.scanType = scanType;
  registry.rules = listOf(own(given, 'rules')).flatMap((rule) => {
    const frequency = own(rule, 'scanFrequency');
    const known = (['SCAN_ON_PUSH', 'CONTINUOUS_SCAN', 'MANUAL'] as const).find((one) => one === frequency);
    if (known === undefined) return [];
    return [{ scanFrequency: known, filters: textsOf(own(rule, 'repositoryFilters'), 'filter') }];
  });
};

interface Rule<R> {
  readonly aspect: Aspect;
  readonly apply: (resource: R, request: unknown) => void;
}

const rules = <R>(entries: Readonly<Record<string, Rule<R>>>): ReadonlyMap<string, Rule<R>> =>
  new Map(Object.entries(entries));

const REPOSITORY_CALLS = rules<Repository>({
  SetRepositoryPolicy: {
    aspect: 'policy',
    apply: (repository, request) => {
      repository.policyText = textOf(own(request, 'policyText')) ?? repository.policyText;
    },
  },
  DeleteRepositoryPolicy: {
    aspect: 'policy',
    apply: (repository) => {
      repository.policyText = null;
    },
  },
  PutLifecyclePolicy: {
    aspect: 'lifecycle',
    apply: (repository, request) => {
      repository.lifecyclePolicyText =
        textOf(own(request, 'lifecyclePolicyText')) ?? repository.lifecyclePolicyText;
    },
  },
  DeleteLifecyclePolicy: {
    aspect: 'lifecycle',
    apply: (repository) => {
      repository.lifecyclePolicyText = null;
    },
  },
  PutImageScanningConfiguration: { aspect: 'scanning', apply: setScanning },
  PutImageTagMutability: { aspect: 'mutability', apply: setMutability },
  TagResource: { aspect: 'tags', apply: addTags },
  UntagResource: {
    aspect: 'tags',
    apply: (repository, request) => {
      for (const key of listOf(own(request, 'tagKeys'))) repository.tags.delete(String(key));
    },
  },
});

const REGISTRY_CALLS = rules<Registry>({
  PutRegistryScanningConfiguration: { aspect: 'scanning', apply: setRegistryScanning },
  PutRegistryPolicy: {
    aspect: 'policy',
    apply: (registry, request) => {
      registry.policyText = textOf(own(request, 'policyText')) ?? registry.policyText;
    },
  },
  DeleteRegistryPolicy: {
    aspect: 'policy',
    apply: (registry) => {
      registry.policyText = null;
    },
  },
  PutAccountSetting: {
    aspect: 'setting',
    apply: (registry, request) => {
      const name = textOf(own(request, 'name'));
      const value = textOf(own(request, 'value'));
      if (name !== null && value !== null) registry.settings.set(name, value);
    },
  },
});

/** A repository as AWS makes it where nothing is said. */
const bareRepository = (registry: Registry, name: string, createdAt: number): Repository => ({
  serial: registry.nextSerial++,
  name,
  arn: repositoryResource(registry, name).arn,
  account: registry.account,
  region: registry.region,
  createdAt,
  tagMutability: 'MUTABLE',
  exclusionFilters: [],
  scanOnPush: false,
  encryption: { type: 'AES256', kmsKey: null },
  policyText: null,
  lifecyclePolicyText: null,
  tags: new Map(),
  images: new Map(),
});

/** The answer says what was made, a creation template's part too; the request stands in for what it leaves out. */
const createdRepository = (bare: Repository, { detail }: Envelope): Repository => {
  const request = own(detail, 'requestParameters');
  const answer = ownPath(detail, ['responseElements', 'repository']);
  const said = (key: string): unknown => own(answer, key) ?? own(request, key);
  const encryption = said('encryptionConfiguration');
  const repository: Repository = {
    ...bare,
    encryption: {
      type: textOf(own(encryption, 'encryptionType')) ?? 'AES256',
      kmsKey: textOf(own(encryption, 'kmsKey')),
    },
  };
  setMutability(repository, {
    imageTagMutability: said('imageTagMutability'),
    imageTagMutabilityExclusionFilters: said('imageTagMutabilityExclusionFilters'),
  });
  setScanning(repository, { imageScanningConfiguration: said('imageScanningConfiguration') });
  addTags(repository, request);
  return repository;
};

/** What following one record came to. */
export type Following = 'applied' | 'late' | 'unknown';

export interface Follower {
  /** Brings the sandbox into the state that the call of a record left behind. `at`: when it was made, milliseconds. */
  readonly follow: (target: EventTarget, envelope: Envelope, at: number) => Following;
  /** Repositories that no record was seen to make: what records do not say of them is as AWS makes it. */
  readonly assumed: () => number;
}

/** What a newer record has set stays when the record of the creation comes after it. */
const KEPT: readonly (readonly [Aspect, (into: Repository, from: Repository) => void])[] = [
  ['policy', (into, from) => (into.policyText = from.policyText)],
  ['lifecycle', (into, from) => (into.lifecyclePolicyText = from.lifecyclePolicyText)],
  ['scanning', (into, from) => (into.scanOnPush = from.scanOnPush)],
  [
    'mutability',
    (into, from) =>
      Object.assign(into, { tagMutability: from.tagMutability, exclusionFilters: from.exclusionFilters }),
  ],
  ['tags', (into, from) => from.tags.forEach((value, key) => into.tags.set(key, value))],
];

interface Call {
  readonly eventName: string;
  readonly envelope: Envelope;
  /** Milliseconds. */
  readonly at: number;
}

/** The time of the newest record of each aspect of each resource. */
const createTimes = () => {
  const newest = new Map<string, number>();
  return {
    of: (resource: string, aspect: Aspect): number => newest.get(`${aspect} ${resource}`) ?? -Infinity,
    note: (resource: string, aspect: Aspect, at: number): void =>
      void newest.set(`${aspect} ${resource}`, at),
  };
};

/** CloudTrail leaves out parameters over 100 KB: what was set is not known. */
const isOmitted = ({ envelope }: Call): boolean =>
  own(own(envelope.detail, 'requestParameters'), 'omitted') !== undefined;

/** Follows what the records of successful ECR calls say, each aspect of a resource by its newest record. */
export const createFollower = (sandbox: Sandbox): Follower => {
  const times = createTimes();
  let assumed = 0;

  const create = (registry: Registry, name: string, { envelope, at }: Call): void => {
    const before = registry.repositories.get(name);
    const made = createdRepository(bareRepository(registry, name, at), envelope);
    for (const [aspect, keep] of KEPT) {
      if (before !== undefined && times.of(made.arn, aspect) > at) keep(made, before);
    }
    registry.repositories.set(name, made);
  };
  const existing = (registry: Registry, name: string, at: number): Repository => {
    const known = registry.repositories.get(name);
    if (known !== undefined) return known;
    assumed += 1;
    const bare = bareRepository(registry, name, at);
    registry.repositories.set(name, bare);
    return bare;
  };
  const followRepository = (registry: Registry, name: string, call: Call): Following => {
    const { eventName, envelope, at } = call;
    const { arn } = repositoryResource(registry, name);
    const rule = REPOSITORY_CALLS.get(eventName);
    const aspect = rule?.aspect ?? 'existence';
    if (at < Math.max(times.of(arn, 'existence'), times.of(arn, aspect))) return 'late';
    if (eventName === 'CreateRepository') create(registry, name, call);
    else if (eventName === 'DeleteRepository') registry.repositories.delete(name);
    else if (rule === undefined) return 'unknown';
    else rule.apply(existing(registry, name, at), own(envelope.detail, 'requestParameters'));
    times.note(arn, aspect, at);
    return 'applied';
  };
  const followRegistry = (registry: Registry, { eventName, envelope, at }: Call): Following => {
    const rule = REGISTRY_CALLS.get(eventName);
    const key = `${registry.account}/${registry.region}`;
    if (rule === undefined) return 'unknown';
    if (at < times.of(key, rule.aspect)) return 'late';
    rule.apply(registry, own(envelope.detail, 'requestParameters'));
    times.note(key, rule.aspect, at);
    return 'applied';
  };
  return {
    assumed: () => assumed,
    follow: ({ type, name, account, region }, envelope, at) => {
      const registry = sandbox.ecr.registry({ account, region });
      const call = { envelope, at, eventName: textOf(own(envelope.detail, 'eventName')) ?? '' };
      if (isOmitted(call)) return 'unknown';
      if (type === 'registry') return followRegistry(registry, call);
      return type === 'repository' && name !== '' ? followRepository(registry, name, call) : 'unknown';
    },
  };
};
