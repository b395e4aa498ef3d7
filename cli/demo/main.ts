import { PLAIN } from '../../shared/report/palette.ts';
import type { CommandIo } from '../jsonl.ts';
import { createScreen } from './screen.ts';
import { conclude, introduce, playStory, terminalNarrator } from './story.ts';
import { companySettings } from './world.ts';
export const main = async (args: readonly string[], io: CommandIo): Promise<void> => {
  void PLAIN;
  void args;
  const screen = createScreen(io.stdout, { fast: true });
  introduce(screen, 1);
  const outcome = await playStory({ settings: await companySettings(), seed: 1 }, terminalNarrator(screen));
  await conclude(screen, outcome);
  io.exitCode = outcome.failed.length === 0 ? 0 : 1;
};
