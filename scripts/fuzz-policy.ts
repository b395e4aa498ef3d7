import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { analyzeAccess } from '../shared/policy/access.ts';
import { evaluateConcretely } from '../shared/policy/concrete.ts';
import { NO_TRUST } from '../shared/model/trust.ts';
import { NOW, OWNER, policy, request, trust } from '../test/policy/generators.ts';
import { hostileDocuments } from '../test/policy/hostile.ts';
import { analyze, missedAccess, setting, unfoundedClaims } from '../test/policy/laws.ts';

/**
 * The long run of the property tests of the access analysis.
 * `node scripts/fuzz-policy.ts --pairs 1000000 --seed 7`: that many pairs of a random policy and a random request.
 * `node scripts/fuzz-policy.ts --hostile`: documents made to be slow; prints the worst time.
 * Progress on standard error, one JSON summary on standard output. Exit status 1 when a law is broken or a bound exceeded.
 */
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2_147_483_648) },
    'requests-per-policy': { type: 'string', default: '20' },
    hostile: { type: 'boolean', default: false },
    'bound-ms': { type: 'string', default: '50' },
    show: { type: 'string', default: '20' },
  },
});

const CHUNK = 500;

interface Tally {
  policies: number;
  pairs: number;
  allowed: number;
  explicitDenies: number;
  public: number;
  untrusted: number;
  undecided: number;
  missed: number;
  unfounded: number;
  faults: { fault: string; document: unknown; trust: unknown; request?: unknown }[];
}

const emptyTally = (): Tally => ({
  policies: 0,
  pairs: 0,
  allowed: 0,
  explicitDenies: 0,
  public: 0,
  untrusted: 0,
  undecided: 0,
  missed: 0,
  unfounded: 0,
  faults: [],
});

const fuzzChunk = (tally: Tally, seed: number, perPolicy: number): void => {
  const cases = fc.sample(
    fc.tuple(policy, trust, fc.array(request, { minLength: perPolicy, maxLength: perPolicy })),
    { seed, numRuns: CHUNK },
  );
  for (const [document, trusted, requests] of cases) {
    const report = analyze(document, trusted);
    tally.policies += 1;
    tally.public += Number(report.public);
    tally.untrusted += Number(report.untrusted);
    tally.undecided += Number(report.undecided.length > 0);
    for (const fault of unfoundedClaims(report, document, trusted)) {
      tally.unfounded += 1;
      tally.faults.push({ fault, document, trust: trusted });
    }
    for (const one of requests) {
      const decision = evaluateConcretely(document, one, setting);
      tally.pairs += 1;
      tally.allowed += Number(decision === 'allowed');
      tally.explicitDenies += Number(decision === 'explicit-deny');
      const fault = decision === 'allowed' ? missedAccess(report, { document, trust: trusted }, one) : null;
      if (fault === null) continue;
      tally.missed += 1;
      tally.faults.push({ fault, document, trust: trusted, request: one });
    }
  }
};

const fuzz = (pairs: number, seed: number, perPolicy: number): number => {
  const tally = emptyTally();
  const began = Date.now();
  for (let chunk = 0; tally.pairs < pairs; chunk += 1) {
    // Chunks far apart in seed space, each of them reproducible by itself.
    fuzzChunk(tally, (seed + chunk * 7919) | 0, perPolicy);
    if (chunk % 20 === 0)
      process.stderr.write(`${tally.pairs} pairs, ${tally.missed} missed, ${tally.unfounded} unfounded\n`);
  }
  const { faults, ...counts } = tally;
  for (const fault of faults.slice(0, Number(values.show)))
    process.stderr.write(`${JSON.stringify(fault)}\n`);
  process.stdout.write(
    `${JSON.stringify({ seed, ...counts, seconds: Math.round((Date.now() - began) / 100) / 10 })}\n`,
  );
  return faults.length === 0 ? 0 : 1;
};

/** Milliseconds of one analysis; for ever when it throws, which it must not. */
const timeOf = (document: unknown): number => {
  const began = performance.now();
  try {
    analyzeAccess({ document, ownerAccount: OWNER, trust: NO_TRUST, now: NOW });
  } catch (error) {
    process.stderr.write(`it threw: ${String(error)}\n`);
    return Number.MAX_SAFE_INTEGER;
  }
  return performance.now() - began;
};

const hostile = (boundMs: number): number => {
  const times = hostileDocuments().map(({ name, document }) => {
    const characters = typeof document === 'string' ? document.length : JSON.stringify(document).length;
    // The best of three: a collection of garbage is not the analysis.
    const runs = [1, 2, 3].map(() => timeOf(document));
    const milliseconds = Math.round(Math.min(...runs) * 100) / 100;
    process.stderr.write(`${milliseconds.toFixed(2).padStart(9)} ms  ${characters} characters  ${name}\n`);
    return { name, milliseconds, characters };
  });
  const storable = times.filter(({ characters }) => characters <= 10_240);
  const worst = storable.reduce((one, other) => (other.milliseconds > one.milliseconds ? other : one));
  const worstOfAll = times.reduce((one, other) => (other.milliseconds > one.milliseconds ? other : one));
  process.stdout.write(`${JSON.stringify({ documents: times.length, boundMs, worst, worstOfAll })}\n`);
  return worst.milliseconds <= boundMs ? 0 : 1;
};

process.exitCode = values.hostile
  ? hostile(Number(values['bound-ms']))
  : fuzz(Number(values.pairs), Number(values.seed), Number(values['requests-per-policy']));
