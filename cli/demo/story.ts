import { findingsJson } from '../../shared/report/findings-json.ts';
import { wrap } from '../../shared/report/columns.ts';
import { findingsTable } from '../../shared/report/findings-table.ts';
import { counted, duration } from '../../shared/report/phrases.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { foundCompany, HOME, REGIONS, REPOSITORIES } from './company.ts';
import { alertItems, type Screen } from './screen.ts';
import { createStage, type Check, type Narrator, type StepTitle } from './stage.ts';
import { STEPS } from './steps.ts';
import type { Told } from './told.ts';
import { createCloud, deployMonitor, type World } from './world.ts';

/** What a run came to. */
export interface Figures {
  readonly events: number;
  readonly resourcesJudged: number;
  readonly verdictChanges: number;
  readonly alerts: number;
  readonly repairs: number;
  readonly eventLoss: number;
  readonly apiCalls: number;
  readonly virtualMilliseconds: number;
  readonly wallMilliseconds: number;
}

export interface StoryOutcome {
  readonly failed: readonly Check[];
  readonly figures: Figures;
  readonly world: World;
}

const START = '2026-03-02T09:00:00.000Z';

const figuresOf = ({ warden, sandbox }: World, wallMilliseconds: number): Figures => {
  const count = (name: Parameters<typeof warden.metrics.get>[0]): number => warden.metrics.get(name) ?? 0;
  return {
    events: count('EventsReceived'),
    resourcesJudged: count('ResourcesJudged'),
    verdictChanges: count('FindingsWritten'),
    alerts: count('AlertsPublished'),
    repairs: count('RemediationsApplied'),
    eventLoss: count('EventLoss'),
    apiCalls: sandbox.calls.count(),
    virtualMilliseconds: sandbox.clock.milliseconds() - Date.parse(START),
    wallMilliseconds: Math.round(wallMilliseconds),
  };
};

/** Plays the whole story in a fresh sandbox. Throws only for faults of ours. */
export const playStory = async (
  { settings, seed }: { readonly settings: Settings; readonly seed: number },
  narrator: Narrator,
): Promise<StoryOutcome> => {
  const begun = performance.now();
  const failed: Check[] = [];
  const noting: Narrator = {
    ...narrator,
    check: (check) => {
      if (!check.holds) failed.push(check);
      return narrator.check(check);
    },
  };
  const sandbox = createCloud({ seed, startTime: START, home: HOME });
  await foundCompany(sandbox);
  const world = await deployMonitor({ sandbox, settings, home: HOME, regions: REGIONS });
  const stage = createStage(world, noting);
  for (const [index, { title, play }] of STEPS.entries()) {
    await narrator.step({ number: index + 1, of: STEPS.length, title });
    await play(stage);
    const faults = world.faults();
    if (faults.length > 0) {
      await noting.check({ what: 'no function failed', holds: false, saw: faults.join('; ') });
    }
  }
  return { failed, world, figures: figuresOf(world, performance.now() - begun) };
};

/** Milliseconds to read; together with the work the story stays under 15 s. */
const LINE_PAUSE = 80;
const STEP_PAUSE = 200;
const BOX_PAUSE = 600;

/** Tells the story on a terminal. */
export const terminalNarrator = (screen: Screen): Narrator => {
  const { palette, item, line, pause } = screen;
  return {
    step: async ({ number, of, title }) => {
      await pause(STEP_PAUSE);
      line();
      line(`${palette.cyan(`${number}/${of}`)}  ${palette.bold(title)}`);
    },
    call: async (who, what) => {
      item({ mark: '$', text: `${who}: ${what}`, paint: palette.cyan });
      await pause(LINE_PAUSE);
    },
    alert: async (told, full) => {
      if (full) screen.alert(told);
      else alertItems(told, palette).forEach(item);
      await pause(full ? BOX_PAUSE : LINE_PAUSE);
    },
    check: async ({ what, holds, saw }) => {
      if (holds) item({ mark: '✓', text: what });
      else item({ mark: '✗', text: `expected: ${what}; but: ${saw}`, paint: palette.red });
      await pause(LINE_PAUSE);
    },
    during: (what, work) => screen.during(what, work),
  };
};

export const introduce = ({ line, palette, columns }: Screen, seed: number): void => {
  line(palette.bold('ecr-warden: the main job on this machine, with no AWS account'));
  const where = `${REPOSITORIES.length} repositories in ${REGIONS.join(' and ')}.`;
  const how = `The functions are the deployed ones; AWS is a sandbox with a clock of its own, seed ${seed}.`;
  for (const part of wrap(`${where} ${how}`, columns)) line(palette.dim(part));
};

/** The table of findings and the line of figures. */
export const conclude = async (screen: Screen, { world, figures, failed }: StoryOutcome): Promise<void> => {
  const { line, palette, columns } = screen;
  line();
  line(palette.bold('What is left to do'));
  line();
  line(
    findingsTable(await world.findings(), {
      palette,
      columns,
      accountAliases: world.settings.alerts.accountAliases,
    }),
  );
  line();
  const summary = [
    counted(figures.events, 'event'),
    `${figures.resourcesJudged} judgements`,
    counted(figures.verdictChanges, 'verdict'),
    counted(figures.alerts, 'alert'),
    counted(figures.repairs, 'repair'),
    counted(figures.eventLoss, 'lost event'),
    `${duration(figures.virtualMilliseconds)} in ${(figures.wallMilliseconds / 1000).toFixed(1)} s`,
  ].join(' · ');
  for (const part of wrap(summary, columns)) line(part);
  if (failed.length > 0) {
    line();
    line(palette.red(`${counted(failed.length, 'thing')} did not turn out as the story says:`));
    for (const { what, saw } of failed)
      screen.item({ mark: '✗', text: `${what}; but: ${saw}`, paint: palette.red });
  }
};

interface StepJson extends StepTitle {
  readonly calls: { readonly who: string; readonly what: string }[];
  readonly alerts: Told['json'][];
  readonly checks: Check[];
}

/** Gathers the story as data. */
export const jsonNarrator = (): { readonly narrator: Narrator; readonly steps: readonly StepJson[] } => {
  const steps: StepJson[] = [];
  return {
    steps,
    narrator: {
      step: async (title) => void steps.push({ ...title, calls: [], alerts: [], checks: [] }),
      call: async (who, what) => void steps.at(-1)?.calls.push({ who, what }),
      alert: async ({ json }) => void steps.at(-1)?.alerts.push(json),
      check: async (check) => void steps.at(-1)?.checks.push(check),
      during: (_what, work) => work(),
    },
  };
};

/** The document of `--format json`. */
export const storyJson = async (
  steps: readonly StepJson[],
  { world, figures, failed }: StoryOutcome,
): Promise<string> => {
  const document = {
    passed: failed.length === 0,
    seed: world.sandbox.seed,
    steps,
    ...findingsJson(await world.findings()),
    figures,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};
