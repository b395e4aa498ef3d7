import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTelemetry, METRIC_NAMESPACE } from '../../shared/aws/telemetry.ts';
import { PermissionError } from '../../shared/model/errors.ts';
import { METRICS } from '../../shared/ports/effects.ts';

/** Lines of JSON that the work writes on standard output, by whichever console. */
const linesOf = (work: () => void): Record<string, unknown>[] => {
  const lines: string[] = [];
  const take = (line: unknown): boolean => lines.push(String(line)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
  work();
  vi.restoreAllMocks();
  return lines
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('telemetry', () => {
  afterEach(() => vi.restoreAllMocks());

  it('writes collected metrics as one embedded document of our namespace', () => {
    const lines = linesOf(() => {
      const { metrics, flush } = createTelemetry({ functionName: 'evaluate' });
      metrics.count(METRICS.findingsWritten, 3);
      metrics.milliseconds(METRICS.eventLag, 1_200);
      flush();
    });
    const [document] = lines;
    expect(document).toMatchObject({ FindingsWritten: 3, EventLag: 1_200, service: 'ecr-warden' });
    expect(JSON.stringify(document)).toContain(`"Namespace":"${METRIC_NAMESPACE}"`);
  });

  it('logs faults by name, message and data, without their cause', () => {
    const lines = linesOf(() => {
      const { log } = createTelemetry({ functionName: 'evaluate' });
      const fault = new PermissionError('denied', { cause: new Error('hidden'), data: { service: 'ecr' } });
      log.error('record not judged', { fault });
    });
    expect(lines[0]).toMatchObject({
      level: 'ERROR',
      message: 'record not judged',
      function: 'evaluate',
      data: { fault: { name: 'PermissionError', message: 'denied', data: { service: 'ecr' } } },
    });
    expect(JSON.stringify(lines)).not.toContain('hidden');
  });
});
