import { createHash } from 'node:crypto';
import { isRecord, records, text } from '../fields.ts';
import { wildcardMatches } from '../wildcard.ts';
import { ServiceError } from '../wire.ts';
import type { JsonObject } from '../wire.ts';
import { invalid, nameOf, required } from './ecr-input.ts';
import { existing, registryOf } from './ecr-state.ts';
import type { ImageState, Registries, RepositoryState } from './ecr-state.ts';
import { repositoryTrail } from './ecr-trail.ts';
import type { Call, Host, Operation } from './service.ts';

const DEFAULT_MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';

const mediaTypeOf = (manifest: string): string => {
  try {
    const value: unknown = JSON.parse(manifest);
    const type = isRecord(value) ? value['mediaType'] : undefined;
    return typeof type === 'string' ? type : DEFAULT_MEDIA_TYPE;
  } catch {
    throw invalid('imageManifest', 'Invalid JSON syntax');
  }
};

const byTag = (repository: RepositoryState, tag: string): ImageState | undefined =>
  [...repository.images.values()].find((image) => image.tags.has(tag));

const mayMoveTag = ({ tagMutability, exclusionFilters }: RepositoryState, tag: string): boolean => {
  const excluded = exclusionFilters.some((filter) => wildcardMatches(filter, tag));
  return tagMutability.startsWith('IMMUTABLE') ? excluded : !excluded;
};

const refuseTag = (repository: RepositoryState, tag: string): ServiceError =>
  new ServiceError(
    'ImageTagAlreadyExistsException',
    `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten ` +
      'because the tag is immutable.',
  );

const tagImage = (repository: RepositoryState, image: ImageState, tag: string): void => {
  const holder = byTag(repository, tag);
  if (holder !== undefined && holder !== image && !mayMoveTag(repository, tag))
    throw refuseTag(repository, tag);
  holder?.tags.delete(tag);
  image.tags.add(tag);
};

const put = (host: Host, repository: RepositoryState, input: JsonObject): ImageState => {
  const manifest = required(text(input, 'imageManifest'), 'imageManifest');
  const tag = text(input, 'imageTag');
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  const known = repository.images.get(digest);
  if (known !== undefined && (tag === undefined || known.tags.has(tag))) {
    throw new ServiceError(
      'ImageAlreadyExistsException',
      `Image with digest '${digest}' already exists in the repository with name '${repository.name}'`,
    );
  }
  const mediaType = text(input, 'imageManifestMediaType') ?? mediaTypeOf(manifest);
  const pushedAt = host.schedule.now();
  const image = known ?? { digest, manifest, mediaType, tags: new Set<string>(), pushedAt };
  if (tag !== undefined) tagImage(repository, image, tag);
  repository.images.set(digest, image);
  return image;
};

/** `ECR Image Action`, ECR's own event of a push or deletion. */
const emitAction = (host: Host, repository: RepositoryState, detail: JsonObject): void =>
  host.emit({
    account: repository.account,
    region: repository.region,
    source: 'aws.ecr',
    detailType: 'ECR Image Action',
    detail: { result: 'SUCCESS', 'repository-name': repository.name, ...detail },
  });

const imageIds = (image: ImageState): readonly JsonObject[] =>
  image.tags.size === 0
    ? [{ imageDigest: image.digest }]
    : [...image.tags].map((imageTag) => ({ imageDigest: image.digest, imageTag }));

const find = (repository: RepositoryState, id: JsonObject): ImageState | undefined => {
  const digest = text(id, 'imageDigest');
  const tag = text(id, 'imageTag');
  const image = digest === undefined ? byTag(repository, tag ?? '') : repository.images.get(digest);
  return tag === undefined || image?.tags.has(tag) === true ? image : undefined;
};

const detailOf = (repository: RepositoryState, image: ImageState): JsonObject => ({
  registryId: repository.account,
  repositoryName: repository.name,
  imageDigest: image.digest,
  ...(image.tags.size === 0 ? {} : { imageTags: [...image.tags] }),
  imageSizeInBytes: image.manifest.length,
  imagePushedAt: image.pushedAt / 1000,
  imageManifestMediaType: image.mediaType,
});

const describe = (repository: RepositoryState, input: JsonObject): JsonObject => {
  const wanted = records(input, 'imageIds');
  if (wanted === undefined) {
    return { imageDetails: [...repository.images.values()].map((image) => detailOf(repository, image)) };
  }
  return {
    imageDetails: wanted.map((id) => {
      const image = find(repository, id);
      if (image !== undefined) return detailOf(repository, image);
      throw new ServiceError(
        'ImageNotFoundException',
        `The image does not exist within the repository with name '${repository.name}' ` +
          `in the registry with id '${repository.account}'`,
      );
    }),
  };
};

const removeOne = (host: Host, repository: RepositoryState, id: JsonObject): JsonObject | null => {
  const image = find(repository, id);
  if (image === undefined) return null;
  const tag = text(id, 'imageTag');
  if (tag !== undefined) image.tags.delete(tag);
  if (image.tags.size === 0 || text(id, 'imageDigest') !== undefined) repository.images.delete(image.digest);
  emitAction(host, repository, {
    'action-type': 'DELETE',
    'image-digest': image.digest,
    'image-tag': tag ?? '',
  });
  return { imageDigest: image.digest, ...(tag === undefined ? {} : { imageTag: tag }) };
};

const remove = (host: Host, repository: RepositoryState, input: JsonObject): JsonObject => {
  const ids = records(input, 'imageIds') ?? [];
  const outcomes = ids.map((id) => ({ id, removed: removeOne(host, repository, id) }));
  return {
    imageIds: outcomes.map(({ removed }) => removed).filter((removed) => removed !== null),
    failures: outcomes
      .filter(({ removed }) => removed === null)
      .map(({ id }) => ({
        imageId: id,
        failureCode: 'ImageNotFound',
        failureReason: 'Requested image not found',
      })),
  };
};

/** Images as far as compliance looks at them: pushing by manifest, tags under the four mutability modes, deletion. */
export const imageOperations = (host: Host, registries: Registries): Record<string, Operation> => {
  const repositoryOf = (call: Call): RepositoryState =>
    existing(registryOf(registries, call), nameOf(call.input));
  return {
    PutImage: {
      run: (call) => {
        const repository = repositoryOf(call);
        const image = put(host, repository, call.input);
        const tag = text(call.input, 'imageTag');
        emitAction(host, repository, {
          'action-type': 'PUSH',
          'image-digest': image.digest,
          'image-tag': tag ?? '',
          'manifest-media-type': image.mediaType,
        });
        return {
          image: {
            registryId: repository.account,
            repositoryName: repository.name,
            imageId: { imageDigest: image.digest, ...(tag === undefined ? {} : { imageTag: tag }) },
            imageManifest: image.manifest,
            imageManifestMediaType: image.mediaType,
          },
        };
      },
      trail: repositoryTrail(),
    },
    DescribeImages: { run: (call) => describe(repositoryOf(call), call.input) },
    ListImages: {
      run: (call) => ({ imageIds: [...repositoryOf(call).images.values()].flatMap(imageIds) }),
    },
    BatchDeleteImage: {
      run: (call) => remove(host, repositoryOf(call), call.input),
      trail: repositoryTrail(),
    },
  };
};
