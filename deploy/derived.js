// What serverless.yml takes from the code at packaging time, each by `${file(deploy/derived.js):NAME}`.
// osls loads only JavaScript; the TypeScript behind it is imported when a value is asked for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const deployment = async () => {
  await import('../scripts/check-node.js');
  return import('../scripts/deployment.ts');
};

// From the code.
export const changeRules = async () => (await deployment()).changeRules();
export const changeRuleArns = async () => (await deployment()).changeRuleArns();
export const allRuleArns = async () => (await deployment()).allRuleArns();
export const repositoryReads = async () => (await deployment()).repositoryReads();
export const registryReads = async () => (await deployment()).registryReads();
export const table = async () => (await deployment()).table();

// From the configuration: the very file that the build has put into the functions' archives.
const packagedSettings = async (resolveVariable) => {
  const folder = await resolveVariable('param:artifacts');
  return JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'));
};
export const remediationPolicy = async ({ resolveVariable }) =>
  (await deployment()).remediationPolicy(await packagedSettings(resolveVariable));
export const importPolicy = async ({ resolveVariable }) =>
  (await deployment()).importPolicy(await packagedSettings(resolveVariable));
