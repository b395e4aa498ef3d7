import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MAX_CODE_BYTES,
  functionNames,
  packageFunctions,
  type PackagedFunction,
} from '../../scripts/package-functions.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { settingsToJson } from '../../shared/config/packaged-settings.ts';
import { CATALOGUE } from '../../shared/controls/catalogue.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { deploy, type Delivery, type Deployment } from './deployment.ts';
import {
  FUNCTIONS,
  at,
  functionId,
  listAt,
  logicalIdOf,
  ofType,
  packageTemplate,
  parseTemplate,
  textAt,
  type Template,
} from './template.ts';

const root = resolve(import.meta.dirname, '../..');
const CONFIG = `
controls:
  image-scanning: { remediate: apply }
alerts: { securityHub: true }
`;

let folder = '';
let packaged: readonly PackagedFunction[] = [];
let settings: Settings;
let template: Template;
let deployment: Deployment;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ecr-warden-packaged-'));
  settings = parseConfig(CONFIG, 'ecr-warden.yml', CATALOGUE);
  const [functions, text] = await Promise.all([
    packageFunctions({
      functionsFolder: join(root, 'functions'),
      outFolder: folder,
      settings: settingsToJson(settings),
      sourceMap: false,
    }),
    packageTemplate(settings),
  ]);
  packaged = functions;
  template = parseTemplate(text);
  deployment = await deploy({
    template,
    archiveOf: (name) => join(folder, `${name}.zip`),
  });
});
afterAll(async () => {
  await deployment.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ecr = (): ECRClient => new ECRClient(deployment.sandbox.clientConfig({ role: 'developer' }));
const machineAlerts = (): readonly unknown[] =>
  deployment.sandbox.sns
    .published(deployment.topics.machine)
    .map(({ message }): unknown => JSON.parse(message));
const faultsOf = (deliveries: readonly Delivery[]): readonly unknown[] =>
  deliveries.filter(({ result }) => !result.ok || JSON.stringify(result).includes('itemIdentifier'));

/** What is told of a repository that was made without scanning: found, repaired, and judged anew to be repaired. */
const STORY = ['opened', 'remediated'];

describe('the packaged functions', () => {
  it('are all that the template deploys, each within its budget', () => {
    expect(functionNames(join(root, 'functions'))).toEqual([...FUNCTIONS].sort());
    for (const { name, codeBytes } of packaged) expect(codeBytes, name).toBeLessThan(MAX_CODE_BYTES);
  });

  it('carry one event from the rule to the alert, repair what they found, and tell that too', async () => {
    await ecr().send(new CreateRepositoryCommand({ repositoryName: 'team/api' }));
    const deliveries = await deployment.settle();

    expect(faultsOf(deliveries), deployment.logs()).toEqual([]);
    expect(new Set(deliveries.map(({ to }) => to))).toEqual(new Set(['evaluate', 'alert', 'remediate']));
    expect(deployment.sandbox.ecr.registry().repositories.get('team/api')?.scanOnPush).toBe(true);
    const alerts = machineAlerts();
    const scanning = alerts.filter((alert) => textAt(alert, 'key').startsWith('image-scanning/'));
    expect(scanning.map((alert) => at(alert, 'transition'))).toEqual(STORY);
    expect(new Set(alerts.map((alert) => at(alert, 'key'))).size).toBe(alerts.length);
    for (const topic of [deployment.topics.human, deployment.topics.chat]) {
      expect(deployment.sandbox.sns.published(topic)).toHaveLength(alerts.length);
    }
    expect(at(scanning, 0, 'configVersion')).toBe(settings.version);
    // What the function loads only now: a file of its own in the archive.
    const imported = deployment.sandbox.securityHub.findings().map(({ Id, Compliance }) => [Id, Compliance]);
    expect(imported).toContainEqual([
      expect.stringContaining('/image-scanning/'),
      expect.objectContaining({ Status: 'PASSED' }),
    ]);
  });

  it('read the ticks that the rules send', async () => {
    const ticks = ofType(template, 'AWS::Events::Rule')
      .flatMap(([, rule]) => listAt(rule.Properties, 'Targets'))
      .filter((target) => at(target, 'InputTransformer') !== undefined)
      .map((target) => ({
        to: FUNCTIONS.find((name) => functionId(name) === logicalIdOf(at(target, 'Arn'))),
        event: textAt(target, 'InputTransformer', 'InputTemplate')
          .replace('<id>', '"6a7e8feb-b491-4cf7-a9f1-bf3703467718"')
          .replace('<time>', '"2026-11-21T03:17:00Z"'),
      }));
    expect(ticks).toHaveLength(4);
    for (const { to = 'sweep', event } of ticks) {
      const result = await deployment.invoke(to, JSON.parse(event));
      expect(result, `${event}\n${deployment.logs()}`).toEqual({ ok: true, answer: null });
    }
    const deliveries = await deployment.settle();
    expect(faultsOf(deliveries), deployment.logs()).toEqual([]);
    expect(deliveries.map(({ to }) => to)).toContain('evaluate');
  });

  it('give back the one record of a batch that nobody can read, and do the others', async () => {
    await ecr().send(new CreateRepositoryCommand({ repositoryName: 'team/web' }));
    const queue = deployment.queueArn;
    deployment.sandbox.sqs.send(queue, '{"neither": "event nor job"}');
    const deliveries = await deployment.settle();
    const failures = deliveries.flatMap(({ result }) =>
      result.ok && at(result.answer, 'batchItemFailures') !== undefined
        ? listAt(result.answer, 'batchItemFailures')
        : [],
    );
    expect(failures).toHaveLength(1);
    expect(deployment.sandbox.ecr.registry().repositories.get('team/web')?.scanOnPush).toBe(true);
  });

  it('log no fault that they did not report', () => {
    const errors = deployment
      .logs()
      .split('\n')
      .filter((line) => line.includes('"level":"ERROR"'));
    expect(errors.map((line): unknown => at(JSON.parse(line), 'message'))).toEqual(['record not judged']);
  });
});
