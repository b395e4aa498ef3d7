import { text } from '../fields.ts';
import { imageOperations } from './ecr-images.ts';
import { policyOperations } from './ecr-policies.ts';
import { registryOperations } from './ecr-registry.ts';
import { repositoryOperations } from './ecr-repositories.ts';
import { scanningOperations } from './ecr-scanning.ts';
import { createRegistries, repositoryArn } from './ecr-state.ts';
import type { EcrOptions, Registries } from './ecr-state.ts';
import { operations } from './service.ts';
import type { Host, Service } from './service.ts';

/** Amazon ECR, private registries: one an account and Region. */
export const createEcr = (
  host: Host,
  options: EcrOptions,
): { readonly service: Service; readonly registries: Registries } => {
  const registries = createRegistries(options);
  const service: Service = {
    name: 'ecr',
    signingName: 'ecr',
    protocol: 'json-1.1',
    eventSource: 'ecr.amazonaws.com',
    operation: operations({
      ...repositoryOperations(host, registries),
      ...policyOperations(host, registries),
      ...scanningOperations(host, registries),
      ...registryOperations(host, registries),
      ...imageOperations(host, registries),
    }),
    ownerOf: (input) => text(input, 'registryId'),
    resourceOf: ({ account, region, input }) =>
      repositoryArn(account, region, text(input, 'repositoryName') ?? '*'),
  };
  return { service, registries };
};
