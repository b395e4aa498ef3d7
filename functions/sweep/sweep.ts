import * as z from 'zod/mini';
import { MalformedInputError } from '../../shared/model/errors.ts';
import { startSweep, type SweepDependencies } from '../../shared/pipeline/sweep.ts';
import { takeStock, type StockDependencies } from '../../shared/pipeline/take-stock.ts';

export type SweepFunctionDependencies = SweepDependencies & StockDependencies;

/** What the rules of serverless.yml send. `id` is the EventBridge event's: a tick that comes twice is one sweep. */
const tickSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sweep'), trigger: z.enum(['schedule', 'deploy']), id: z.string() }),
  z.object({ kind: z.literal('health'), id: z.string() }),
]);

/** On schedule and after a deployment: puts every registry on the queue. Every hour: writes the figures of state. */
export const sweepHandler =
  (deps: SweepFunctionDependencies) =>
  async (event: unknown): Promise<void> => {
    const tick = tickSchema.safeParse(event);
    if (!tick.success) throw new MalformedInputError(`not a tick: ${z.prettifyError(tick.error)}`);
    const { data } = tick;
    return data.kind === 'health'
      ? takeStock(deps)
      : startSweep({ sweepId: data.id, trigger: data.trigger }, deps);
  };
