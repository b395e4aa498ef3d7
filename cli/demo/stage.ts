import { ECRClient } from '@aws-sdk/client-ecr';
import type { Finding } from '../../shared/model/finding.ts';
import { repositoryResource } from '../../shared/model/resource.ts';
import { HOME } from './company.ts';
import type { Told } from './told.ts';
import type { World } from './world.ts';

/** Somebody of the company, and the role in which they act. */
export interface Person {
  readonly name: string;
  readonly role: string;
}

/** How a step is told: on a terminal, or as data. */
export interface Narrator {
  readonly step: (step: StepTitle) => Promise<void>;
  /** What somebody does. */
  readonly call: (who: string, what: string) => Promise<void>;
  readonly alert: (told: Told, full: boolean) => Promise<void>;
  /** Whether it turned out as the story says; `saw` is what happened instead. */
  readonly check: (check: Check) => Promise<void>;
  readonly during: <T>(what: string, work: () => Promise<T>) => Promise<T>;
}

export interface StepTitle {
  readonly number: number;
  readonly of: number;
  readonly title: string;
}

export interface Check {
  readonly what: string;
  readonly holds: boolean;
  readonly saw: string;
}

interface ApiCall {
  readonly who: Person;
  /** As it is shown. */
  readonly what: string;
  readonly region?: string;
  readonly send: (ecr: ECRClient) => Promise<unknown>;
}

/** What a step of the story can do and look at. */
export interface Stage {
  readonly world: World;
  /** Makes an API call as somebody, and shows it. */
  readonly act: (call: ApiCall) => Promise<void>;
  /** Lets events, judgements, repairs and alerts happen, and shows what was told. */
  readonly settle: (full?: (told: Told) => boolean) => Promise<readonly Told[]>;
  readonly finding: (name: string, control: string, region?: string) => Promise<Finding | undefined>;
  /** Lets virtual time pass in which nothing happens, and then the tick that tells digests. */
  readonly tellDigests: () => Promise<void>;
  readonly check: (what: string, holds: boolean, saw: () => string) => Promise<void>;
}

/** The next tick after the ten minutes for which a sweep's findings are gathered. */
const DIGEST_MINUTES = 11;

const createClients = ({ sandbox }: World): ((who: Person, region: string) => ECRClient) => {
  const clients = new Map<string, ECRClient>();
  return ({ name, role }, region) => {
    const key = `${role}/${name}/${region}`;
    const known = clients.get(key);
    if (known !== undefined) return known;
    const client = new ECRClient(
      // People use the AWS CLI; the SDK's own user agent would tell of this machine.
      {
        ...sandbox.clientConfig({ account: HOME.account, region, role, session: name }),
        defaultUserAgentProvider: () => Promise.resolve([['aws-cli', '2.31.9']]),
      },
    );
    clients.set(key, client);
    return client;
  };
};

/** How what was told reads in a failed check. */
export const heard = (told: readonly Told[]): string =>
  told.length === 0
    ? 'nothing was told'
    : told
        .map(({ json }) => `${json.kind === 'transition' ? json.transition : json.kind} ${json.headline}`)
        .join('; ');

export const createStage = (world: World, narrator: Narrator): Stage => {
  const clientOf = createClients(world);
  const { sandbox, warden, stores } = world;
  return {
    world,
    act: async ({ who, what, region = HOME.region, send }) => {
      await narrator.call(who.name, region === HOME.region ? what : `${what} in ${region}`);
      await send(clientOf(who, region));
    },
    settle: async (full = () => false) => {
      const told = await narrator.during('event, judgement, alert', async () => {
        await sandbox.settle();
        return world.told();
      });
      for (const each of told) await narrator.alert(each, full(each));
      return told;
    },
    finding: async (name, control, region = HOME.region) => {
      const { arn } = repositoryResource({ account: HOME.account, region }, name);
      return (await stores.findings.findingsOf(arn)).find((each) => each.control === control);
    },
    tellDigests: async () => {
      await sandbox.run(DIGEST_MINUTES * 60_000);
      await warden.tellDigests();
    },
    check: (what, holds, saw) => narrator.check({ what, holds, saw: holds ? '' : saw() }),
  };
};
