import { describe, expect, it } from 'vitest';
import { addScanningFilter } from '../../shared/model/registry-scanning.ts';
import { judge, type Judged } from '../../shared/engine/judge.ts';
import type { Compliance, Severity } from '../../shared/model/compliance.ts';
import { known, type FactName, type FactValues, type KnownFacts } from '../../shared/model/facts.ts';
import {
  repositoryResource,
  registryResource,
  type Resource,
  type ResourceType,
} from '../../shared/model/resource.ts';
import { NO_TRUST, type Trust } from '../../shared/model/trust.ts';
import type { JsonObject } from '../../shared/model/verdict.ts';
import type { Control } from '../../shared/controls/control.ts';
import { applyChange } from './apply-change.ts';

export const AT = { account: '111122223333', region: 'eu-west-1' };
export const NOW = '2026-06-01T12:00:00.000Z';

export interface Case {
  readonly name: string;
  readonly facts: Partial<FactValues>;
  readonly options?: JsonObject;
  /** The repository's name; `team-a/api` if not given. */
  readonly repository?: string;
  readonly trust?: Partial<Trust>;
  /** Text that the evidence must contain. */
  readonly evidence?: string;
}

export interface NonCompliantCase extends Case {
  readonly messages: readonly string[];
  readonly severity?: Severity;
  /** `heals`: applying the plan gives COMPLIANT. `advises`: words only, no changes. `none`: there is no plan. */
  readonly plan: 'heals' | 'advises' | 'none';
  /** Whether it may run unattended; required where it heals. */
  readonly automatic?: boolean;
}

export interface Cases {
  readonly type: ResourceType;
  readonly compliant: readonly Case[];
  readonly nonCompliant: readonly NonCompliantCase[];
  readonly notApplicable?: readonly Case[];
  readonly insufficient?: readonly Case[];
}

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
};

const resourceOf = (type: ResourceType, { repository = 'team-a/api' }: Case): Resource =>
  type === 'registry' ? registryResource(AT) : repositoryResource(AT, repository);

const trustOf = ({ trust }: Case): Trust => ({ ...NO_TRUST, ...trust });

const configured = (control: Control, { options = {} }: Case) =>
  control.configure({ severity: null, remediate: 'apply', options });

/** Judged by the engine, with the facts frozen. */
export const judgeCase = (control: Control, type: ResourceType, one: Case): Judged => {
  const facts = Object.fromEntries(Object.entries(one.facts).map(([name, value]) => [name, known(value)]));
  const [judged] = judge({
    snapshot: freeze({
      exists: true as const,
      resource: resourceOf(type, one),
      observedAt: NOW,
      facts,
    }),
    controls: [configured(control, one)],
    trust: freeze(trustOf(one)),
    now: NOW,
  });
  return judged!;
};

/** Facts that fail the test when a control reads one that it did not declare. */
const watched = (control: Control, type: ResourceType, one: Case): KnownFacts => {
  const declared = new Set<string | symbol>(configured(control, one).needs[type]);
  return new Proxy(freeze(structuredClone(one.facts)) as KnownFacts, {
    get: (target, key) => {
      if (!declared.has(key)) throw new Error(`reads ${String(key)} without declaring it`);
      return Reflect.get(target, key) as unknown;
    },
  });
};

const expectCompliance = (judged: Judged, one: Case, compliance: Compliance): void => {
  expect({ compliance: judged.verdict.compliance, evidence: judged.verdict.evidence.summary }).toEqual({
    compliance,
    evidence: one.evidence === undefined ? expect.any(String) : expect.stringContaining(one.evidence),
  });
  expect(judged.verdict.evidence.summary.length).toBeGreaterThan(0);
};

const caseKey = (type: ResourceType, { facts, options, repository, trust }: Case): string =>
  JSON.stringify([type, facts, options, repository, trust]);

const heal = (type: ResourceType, one: Case, plan: Judged['plan']): Case => {
  const resource = resourceOf(type, one);
  const facts = plan!.changes.reduce((before, change) => applyChange(before, change, resource), one.facts);
  return { ...one, facts };
};

const checkPlan = (control: Control, type: ResourceType, one: NonCompliantCase): void => {
  const { plan } = judgeCase(control, type, one);
  if (one.plan === 'none') {
    expect(plan).toBeNull();
    return;
  }
  expect(plan!.reason).toMatch(/^[^A-Z].*[^.]$/su);
  expect(plan!.changes.length > 0).toBe(one.plan === 'heals');
  expect(plan!.automatic).toBe(one.automatic ?? false);
  if (one.plan === 'advises') return;
  expect(plan!.cli.length).toBeGreaterThan(0);
  const { evidence: _, ...unchecked } = heal(type, one, plan);
  expect(judgeCase(control, type, unchecked).verdict).toMatchObject({ compliance: 'COMPLIANT' });
  for (const change of plan!.changes) {
    if (change.kind !== 'put-registry-scanning-configuration') continue;
    expect(addScanningFilter(one.facts.registryScanning!, change.add)).not.toBeNull();
  }
};

const checkViolations = (judged: Judged, one: NonCompliantCase, control: Control): void => {
  const { violations, severity } = judged.verdict;
  expect(violations.map(({ messageId }) => messageId).sort()).toEqual([...one.messages].sort());
  expect(severity).toBe(one.severity ?? control.severity);
  for (const { message } of violations) {
    expect(message).not.toMatch(/\{\{|undefined|\[object/u);
    expect(message).toMatch(/^[^A-Z].*[^.]$/su);
  }
};

/** Tables of facts for one control: what each gives, and the laws that hold for every control. */
export const testControl = (control: Control, tables: readonly Cases[]): void => {
  describe(control.id, () => {
    for (const table of tables) describeTable(control, table);

    it('uses every message', () => {
      const used = tables.flatMap(({ nonCompliant }) => nonCompliant.flatMap(({ messages }) => messages));
      expect([...new Set(used)].sort()).toEqual(Object.keys(control.messages).sort());
    });

    it('has no case twice', () => {
      const keys = tables.flatMap((table) =>
        [
          ...table.compliant,
          ...table.nonCompliant,
          ...(table.notApplicable ?? []),
          ...(table.insufficient ?? []),
        ].map((one) => caseKey(table.type, one)),
      );
      expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    });

    it('judges exactly the types that are tested', () => {
      expect([...control.resourceTypes].sort()).toEqual(tables.map(({ type }) => type).sort());
    });
  });
};

const describeTable = (control: Control, { type, ...table }: Cases): void => {
  const all = [...table.compliant, ...table.nonCompliant, ...(table.notApplicable ?? [])];

  it.each(table.compliant)(`$name: COMPLIANT ${type}`, (one) => {
    const judged = judgeCase(control, type, one);
    expectCompliance(judged, one, 'COMPLIANT');
    expect([judged.verdict.violations, judged.plan]).toEqual([[], null]);
  });

  it.each(table.nonCompliant)(`$name: NON_COMPLIANT ${type}`, (one) => {
    const judged = judgeCase(control, type, one);
    expectCompliance(judged, one, 'NON_COMPLIANT');
    checkViolations(judged, one, control);
    checkPlan(control, type, one);
  });

  if (table.notApplicable !== undefined) {
    it.each(table.notApplicable)(`$name: NOT_APPLICABLE ${type}`, (one) => {
      expectCompliance(judgeCase(control, type, one), one, 'NOT_APPLICABLE');
    });
  }

  if (table.insufficient !== undefined) {
    it.each(table.insufficient)(`$name: INSUFFICIENT_DATA ${type}`, (one) => {
      expectCompliance(judgeCase(control, type, one), one, 'INSUFFICIENT_DATA');
    });
  }

  it(`reads only what it declares of a ${type}`, () => {
    for (const one of all) {
      const ready = configured(control, one);
      const context = { resource: resourceOf(type, one), trust: trustOf(one), now: NOW };
      const judgement = ready.evaluate(watched(control, type, one), context);
      if (judgement.offences.length > 0) ready.plan(watched(control, type, one), context);
    }
  });

  it(`is insufficient for a ${type} when any needed fact is unreadable`, () => {
    const [one] = all;
    const { needs } = configured(control, one!);
    for (const lost of needs[type] ?? []) {
      const facts = Object.fromEntries(Object.entries(one!.facts).filter(([name]) => name !== lost));
      const judged = judgeCase(control, type, { ...one!, facts });
      expect(judged.verdict.compliance).toBe('INSUFFICIENT_DATA');
      expect(judged.verdict.evidence.summary).toContain(lost satisfies FactName);
    }
  });
};
