import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  PutRegistryScanningConfigurationCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import type { TransitionKind } from '../../shared/model/finding.ts';
import { counted } from '../../shared/report/phrases.ts';
import {
  HOME,
  OPEN_TO_THE_WORLD,
  PARTNER,
  pullBy,
  REGIONS,
  REPOSITORIES,
  SECOND_REGION,
  STRANGER,
} from './company.ts';
import { heard, type Person, type Stage } from './stage.ts';
import type { Told } from './told.ts';

/** One step of the story: what happens, and what has to come of it. */
export interface Step {
  readonly title: string;
  readonly play: (stage: Stage) => Promise<void>;
}

const ANN: Person = { name: 'ann', role: 'developer' };
const BOB: Person = { name: 'bob', role: 'developer' };
const EVE: Person = { name: 'eve', role: 'platform-admin' };

const isOf = ({ json }: Told, transition: TransitionKind, control: string): boolean =>
  json.kind === 'transition' && json.transition === transition && json.control.id === control;

const saw = (told: readonly Told[]) => (): string => heard(told);

const firstSweep: Step = {
  title: 'The monitor is deployed, its first sweep judges what is there',
  play: async ({ world, settle, tellDigests, check }) => {
    await world.warden.sweep('deploy');
    const early = await settle();
    await tellDigests();
    const told = await settle(() => true);
    const findings = await world.findings();
    const expected = REPOSITORIES.length + REGIONS.length;
    const resources = new Set(findings.map(({ resource }) => resource.arn)).size;
    await check(
      `${counted(expected, 'resource')} judged in ${counted(REGIONS.length, 'Region')}, each with every control`,
      resources === expected,
      () => `${resources} resources have findings`,
    );
    const [digest] = told;
    const count = digest?.findings.length ?? 0;
    await check(
      `${counted(count, 'finding')} opened and told in one digest, not in ${count} alerts`,
      early.length === 0 && told.length === 1 && digest?.json.kind === 'digest' && count >= 5,
      saw([...early, ...told]),
    );
    const base = findings.filter(({ resource }) => resource.name.startsWith('base/'));
    await check(
      'sharing with the organization, Lambda’s pull and the CI role are no findings: `*` is not public behind its conditions',
      base.length > 0 &&
        findings.every(
          ({ control, compliance }) => control !== 'public-access' || compliance === 'COMPLIANT',
        ),
      () => `base/*: ${base.map(({ control, compliance }) => `${control} ${compliance}`).join(', ')}`,
    );
  },
};

const unscanned: Step = {
  title: 'A repository made without scanning is repaired',
  play: async ({ world, act, settle, finding, check }) => {
    const name = 'payments/refunds';
    const startedAt = world.sandbox.clock.milliseconds();
    await act({
      who: ANN,
      what: `CreateRepository ${name}, scanOnPush=false`,
      send: (ecr) =>
        ecr.send(
          new CreateRepositoryCommand({
            repositoryName: name,
            imageTagMutability: 'IMMUTABLE',
            imageScanningConfiguration: { scanOnPush: false },
            tags: [{ Key: 'owner', Value: 'team-payments' }],
          }),
        ),
    });
    const told = await settle();
    const scanning = told.filter(
      ({ json }) => json.kind === 'transition' && json.control.id === 'image-scanning',
    );
    const [opened, remediated] = scanning;
    await check(
      'opened, repaired and told as remediated in the same thread',
      scanning.length === 2 &&
        opened !== undefined &&
        remediated !== undefined &&
        isOf(opened, 'opened', 'image-scanning') &&
        isOf(remediated, 'remediated', 'image-scanning') &&
        opened.json.threadId === remediated.json.threadId,
      saw(told),
    );
    const seconds = ((remediated?.publishedAt ?? Infinity) - startedAt) / 1000;
    const flag = world.sandbox.ecr.registry(HOME).repositories.get(name)?.scanOnPush;
    await check(
      `${seconds.toFixed(1)} s after the call the repository scans on push`,
      flag === true && seconds < 30 && (await finding(name, 'image-scanning'))?.compliance === 'COMPLIANT',
      () => `scanOnPush is ${String(flag)} after ${seconds} s`,
    );
  },
};

const opened: Step = {
  title: 'A policy is opened to the world, and closed again',
  play: async ({ act, settle, finding, check }) => {
    const name = 'payments/ledger';
    await act({
      who: BOB,
      what: `SetRepositoryPolicy ${name}, Principal: *, pull and push`,
      send: (ecr) =>
        ecr.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText: OPEN_TO_THE_WORLD })),
    });
    const alarm = await settle((told) => isOf(told, 'opened', 'public-access'));
    const alert = alarm.find((told) => isOf(told, 'opened', 'public-access'));
    const cause = alert?.json.kind === 'transition' ? alert.json.cause : null;
    const actor = cause?.kind === 'event' ? cause.actor.arn : null;
    await check(
      'CRITICAL, for strangers may push, and it names who did it',
      alert?.json.severity === 'CRITICAL' && actor?.endsWith('/developer/bob') === true,
      saw(alarm),
    );
    await act({
      who: BOB,
      what: `DeleteRepositoryPolicy ${name}`,
      send: (ecr) => ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName: name })),
    });
    const calm = await settle();
    const stored = await finding(name, 'public-access');
    await check(
      'resolved, each in the thread of its opening',
      calm.length === alarm.length &&
        calm.every(({ json }) => json.kind === 'transition' && json.transition === 'resolved') &&
        calm.every(({ json }) => alarm.some((other) => other.json.threadId === json.threadId)) &&
        stored?.compliance === 'COMPLIANT',
      saw(calm),
    );
  },
};

const partners: Step = {
  title: 'A partner that is trusted, and an account that is not',
  play: async ({ act, settle, finding, check }) => {
    const name = 'shipping/labels';
    await act({
      who: ANN,
      what: `SetRepositoryPolicy ${name}, pull for ${PARTNER}`,
      send: (ecr) =>
        ecr.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText: pullBy(PARTNER) })),
    });
    const quiet = await settle();
    const trusted = await finding(name, 'untrusted-access');
    await check(
      `nothing to tell: ${PARTNER} is under trust in the configuration`,
      quiet.length === 0 && trusted?.compliance === 'COMPLIANT',
      saw(quiet),
    );
    await act({
      who: ANN,
      what: `SetRepositoryPolicy ${name}, pull for ${STRANGER}`,
      send: (ecr) =>
        ecr.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText: pullBy(STRANGER) })),
    });
    const told = await settle();
    const [alert] = told;
    await check(
      `one alert, and it names ${STRANGER}`,
      told.length === 1 &&
        alert !== undefined &&
        isOf(alert, 'opened', 'untrusted-access') &&
        JSON.stringify(alert.json).includes(STRANGER),
      saw(told),
    );
  },
};

const enhanced: Step = {
  title: 'A registry is switched to ENHANCED scanning with a filter that misses a team',
  play: async ({ world, act, settle, finding, check }) => {
    await act({
      who: EVE,
      what: 'PutRegistryScanningConfiguration ENHANCED, CONTINUOUS_SCAN on checkout/*',
      region: SECOND_REGION,
      send: (ecr) =>
        ecr.send(
          new PutRegistryScanningConfigurationCommand({
            scanType: 'ENHANCED',
            rules: [
              {
                scanFrequency: 'CONTINUOUS_SCAN',
                repositoryFilters: [{ filter: 'checkout/*', filterType: 'WILDCARD' }],
              },
            ],
          }),
        ),
    });
    const told = await settle();
    const missed = told.flatMap(({ findings }) => findings.map(({ resource }) => resource.name)).sort();
    await check(
      'alerts for team-search’s repositories only; their flag scanOnPush=true no longer counts',
      missed.join() === 'search/crawler,search/indexer' &&
        told.every((each) => isOf(each, 'opened', 'image-scanning')),
      saw(told),
    );
    const stored = await finding('search/indexer', 'image-scanning', SECOND_REGION);
    const registry = world.sandbox.ecr.registry({ account: HOME.account, region: SECOND_REGION });
    await check(
      'a registry filter is proposed, and nothing was flipped: the rules are as eve left them',
      stored?.remediation.status === 'proposed' &&
        registry.rules.length === 1 &&
        registry.rules[0]?.filters.join() === 'checkout/*',
      () => `remediation is ${stored?.remediation.status ?? 'unknown'}`,
    );
  },
};

const disorder: Step = {
  title: 'Events come late, twice, and long after the fact',
  play: async ({ world, act, settle, finding, check }) => {
    const { sandbox } = world;
    const name = 'data/thumbnailer';
    const before = sandbox.ecr.registry(HOME).repositories.get(name)?.policyText ?? '';
    const earlier = sandbox.eventBridge.emitted().slice();
    sandbox.faults.events({ late: 20 * 60_000, again: 1, times: 1 });
    await act({
      who: BOB,
      what: `SetRepositoryPolicy ${name}, Principal: *; its event will be 20 minutes late, and come twice`,
      send: (ecr) =>
        ecr.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText: OPEN_TO_THE_WORLD })),
    });
    await act({
      who: BOB,
      what: `SetRepositoryPolicy ${name}, the policy as it was`,
      send: (ecr) => ecr.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText: before })),
    });
    const late = await settle();
    sandbox.faults.clear();
    await check(
      'the late event is judged by what is there now: nothing to tell',
      late.length === 0 && (await finding(name, 'public-access'))?.compliance === 'COMPLIANT',
      saw(late),
    );
    const snapshot = await verdictsOf(world);
    for (const envelope of earlier) sandbox.eventBridge.put(envelope);
    const repeated = await settle();
    await check(
      `all ${earlier.length} events of today delivered once more: nothing told twice, no old verdict back`,
      repeated.length === 0 && (await verdictsOf(world)) === snapshot,
      saw(repeated),
    );
  },
};

/** Every verdict and how often it has changed, as one text. */
const verdictsOf = async (world: Stage['world']): Promise<string> =>
  (await world.findings())
    .map(({ key, revision, compliance }) => `${key}@${revision} ${compliance}`)
    .sort()
    .join('\n');

const lost: Step = {
  title: 'An event is lost; the sweep finds what it would have told',
  play: async ({ world, act, settle, tellDigests, check }) => {
    const { sandbox, warden } = world;
    sandbox.faults.events({ lost: true, times: 1 });
    await act({
      who: ANN,
      what: `SetRepositoryPolicy checkout/cart, pull for ${STRANGER}; its event never arrives`,
      send: (ecr) =>
        ecr.send(
          new SetRepositoryPolicyCommand({ repositoryName: 'checkout/cart', policyText: pullBy(STRANGER) }),
        ),
    });
    const silent = await settle();
    sandbox.faults.clear();
    await check('nobody knows', silent.length === 0, saw(silent));
    await warden.sweep('schedule');
    await settle();
    await tellDigests();
    const told = await settle();
    const [alert] = told;
    await check(
      'the next sweep found it, and told it',
      told.length === 1 && alert !== undefined && isOf(alert, 'opened', 'untrusted-access'),
      saw(told),
    );
    const loss = warden.metrics.get('EventLoss') ?? 0;
    await check('counted as event loss: 1', loss === 1, () => `the count is ${loss}`);
  },
};

const deleted: Step = {
  title: 'A repository is deleted; its findings are closed',
  play: async ({ world, act, settle, finding, check }) => {
    const name = 'legacy/cron';
    await act({
      who: EVE,
      what: `DeleteRepository ${name}`,
      send: (ecr) => ecr.send(new DeleteRepositoryCommand({ repositoryName: name })),
    });
    const told = await settle();
    const stored = await finding(name, 'untrusted-access');
    const left = (await world.findings()).filter(({ resource }) => resource.name === name);
    await check(
      'what was open is told as resolved, what was not is closed without a word',
      told.length > 0 &&
        told.every(({ json }) => json.kind === 'transition' && json.transition === 'resolved') &&
        stored?.resourceDeleted === true &&
        left.length === 0,
      saw(told),
    );
  },
};

export const STEPS: readonly Step[] = [
  firstSweep,
  unscanned,
  opened,
  partners,
  enhanced,
  disorder,
  lost,
  deleted,
];
