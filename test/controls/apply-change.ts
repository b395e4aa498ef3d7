import type { Change } from '../../shared/model/change.ts';
import type { AppliedScanning, FactValues, RegistryScanning } from '../../shared/model/facts.ts';
import type { Resource } from '../../shared/model/resource.ts';

type Facts = Partial<FactValues>;

/** ECR's filters as regular expressions: another way than the product's, so that they can disagree. */
export const filterRegExp = (filter: string): RegExp => {
  const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  if (!filter.includes('*')) return new RegExp(literal(filter), 'u');
  return new RegExp(`^${filter.split(/\*+/).map(literal).join('.*')}$`, 'su');
};

/** What AWS would answer to BatchGetRepositoryScanningConfiguration. */
export const awsAnswer = (name: string, registry: RegistryScanning, scanOnPush: boolean): AppliedScanning => {
  const of = (frequency: string): string[] =>
    registry.rules
      .filter((rule) => rule.frequency === frequency)
      .flatMap((rule) => rule.filters)
      .filter((filter) => filterRegExp(filter).test(name));
  const continuous = of('CONTINUOUS_SCAN');
  const onPush = of('SCAN_ON_PUSH');
  if (registry.scanType === 'ENHANCED') {
    if (registry.rules.length === 0) return { frequency: 'CONTINUOUS_SCAN', filters: [] };
    if (continuous.length > 0) return { frequency: 'CONTINUOUS_SCAN', filters: continuous };
    return onPush.length > 0
      ? { frequency: 'SCAN_ON_PUSH', filters: onPush }
      : { frequency: 'MANUAL', filters: [] };
  }
  if (onPush.length > 0) return { frequency: 'SCAN_ON_PUSH', filters: onPush };
  const matched = registry.rules.some((rule) =>
    rule.filters.some((filter) => filterRegExp(filter).test(name)),
  );
  return { frequency: scanOnPush && !matched ? 'SCAN_ON_PUSH' : 'MANUAL', filters: [] };
};

const withFilter = (
  registry: RegistryScanning,
  add: { frequency: 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN'; filter: string },
): RegistryScanning => {
  const rules = registry.rules.map((rule) =>
    rule.frequency === add.frequency ? { ...rule, filters: [...rule.filters, add.filter] } : rule,
  );
  const there = rules.some((rule) => rule.frequency === add.frequency);
  return {
    ...registry,
    rules: there ? rules : [...rules, { frequency: add.frequency, filters: [add.filter] }],
  };
};

const write = (facts: Facts, change: Change): Facts => {
  switch (change.kind) {
    case 'put-image-scanning-configuration':
      return { ...facts, scanOnPush: change.scanOnPush };
    case 'put-registry-scanning-configuration':
      return { ...facts, registryScanning: withFilter(facts.registryScanning!, change.add) };
    case 'put-image-tag-mutability':
      return { ...facts, tagMutability: { mode: change.mode, exclusionFilters: [] } };
    case 'set-repository-policy':
      return { ...facts, repositoryPolicy: change.policyText };
  }
};

/** The facts as they would be read after AWS has carried out a change. */
export const applyChange = (facts: Facts, change: Change, resource: Resource): Facts => {
  const after = write(facts, change);
  const { appliedScanning, registryScanning, scanOnPush } = after;
  if (appliedScanning === undefined || registryScanning === undefined) return after;
  return { ...after, appliedScanning: awsAnswer(resource.name, registryScanning, scanOnPush ?? false) };
};
