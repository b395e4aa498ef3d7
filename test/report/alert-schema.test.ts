import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RESOURCE_TYPES } from '../../shared/model/resource.ts';
import { ATTEMPT_OUTCOMES } from '../../shared/model/remediation.ts';
import { TRANSITION_KINDS } from '../../shared/model/finding.ts';
import { COMPLIANCES } from '../../shared/model/compliance.ts';
import type { Alert } from '../../shared/model/alert.ts';
import { renderAlert } from '../../shared/report/alert.ts';
import { alertJsonSchema, alertSchema } from '../../shared/report/alert-schema.ts';
import {
  ACTOR,
  CONTEXT,
  PLAN,
  REGISTRY,
  REPOSITORY,
  RESOLVED,
  digest,
  remediationAlert,
  transition,
} from './fixtures.ts';

const SCHEMA_FILE = resolve(import.meta.dirname, '../../schema/alert.schema.json');

const event = { kind: 'event', eventId: 'e', eventName: 'X', eventTime: 'not a time', actor: ACTOR } as const;
const ALERTS: readonly Alert[] = [
  RESOLVED,
  transition({}, null),
  transition({ remediation: { status: 'proposed', plan: PLAN }, cause: event }),
  transition({ remediation: { status: 'skipped', reason: 'r', at: '2026-03-01T12:00:00.000Z' } }),
  transition({ remediation: { status: 'failed', attemptId: 'a', at: '2026-03-01T12:00:00.000Z' } }),
  transition({
    exemption: { id: 'x', owner: 'o', reason: 'r', expiresAt: '2026-06-01T00:00:00.000Z' },
    open: false,
  }),
  ...TRANSITION_KINDS.map((kind) => transition({ transition: kind })),
  ...COMPLIANCES.map((compliance) =>
    transition({ compliance, cause: { kind: 'sweep', sweepId: 's', trigger: 'schedule' } }),
  ),
  ...RESOURCE_TYPES.map((type) => transition({ resource: { ...REPOSITORY, type } })),
  transition({ resource: REGISTRY, cause: { kind: 'remediation', attemptId: 'a' } }),
  transition({ cause: { kind: 'scan' } }),
  ...ATTEMPT_OUTCOMES.map((outcome) =>
    remediationAlert({
      outcome,
      after: [
        {
          kind: 'put-registry-scanning-configuration',
          registryScanning: { scanType: 'ENHANCED', rules: [{ frequency: 'SCAN_ON_PUSH', filters: ['*'] }] },
        },
      ],
    }),
  ),
  digest(0),
  digest(3),
  transition({ evidence: { summary: 's', data: { big: 'é'.repeat(100_000) } } }),
];

describe('the JSON form of an alert', () => {
  it.each(ALERTS.map((alert, n) => [n, alert.kind, alert] as const))(
    '%i (%s) is as the schema says',
    (_n, _kind, alert) => {
      const parsed = alertSchema.safeParse(JSON.parse(renderAlert(alert, CONTEXT).json));
      expect(parsed.error?.issues).toBeUndefined();
    },
  );

  it('is refused when a field is missing or unknown, so the schema is a check', () => {
    const good = JSON.parse(renderAlert(RESOLVED, CONTEXT).json);
    expect(alertSchema.safeParse(good).success).toBe(true);
    expect(alertSchema.safeParse({ ...good, severity: 'BAD' }).success).toBe(false);
    expect(alertSchema.safeParse({ ...good, surprise: 1 }).success).toBe(false);
    expect(alertSchema.safeParse({ ...good, key: undefined }).success).toBe(false);
  });

  it('has its schema published in step', () => {
    expect(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'))).toEqual(alertJsonSchema());
  });
});
