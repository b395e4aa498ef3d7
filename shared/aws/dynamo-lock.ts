import { randomUUID } from 'node:crypto';
import type { RegistryLocation } from '../model/resource.ts';
import type { RegistryLock } from '../ports/effects.ts';
import { deleteItem, either, putItem, type DynamoTable, type Expression } from './dynamo-table.ts';
import { lockItemKey } from './table-keys.ts';

/** Seconds that a lock holds without being given back: longer than the remediating function may run. */
export const LEASE_SECONDS = 120;

/**
 * A lock a registry in DynamoDB. The lease ends by itself, so a holder that died blocks nobody for longer; work that
 * outlives its lease is no longer alone, hence the verification after each write of a registry's rules.
 */
export const dynamoRegistryLock = (
  table: DynamoTable,
  leaseSeconds: number = LEASE_SECONDS,
): RegistryLock => ({
  withLock: async (at, work) => {
    const holder = randomUUID();
    if (!(await acquire(table, at, { holder, leaseSeconds }))) return null;
    try {
      return await work();
    } finally {
      // A failed condition: the lease has ended and somebody else holds the lock now.
      await deleteItem(table, lockItemKey(at), heldBy(holder));
    }
  },
});

const heldBy = (holder: string): Expression => ({
  text: '#holder = :holder',
  names: { holder: 'holder' },
  values: { holder },
});

const leaseEnded = (now: string): Expression => ({
  text: '#leaseUntil <= :now',
  names: { leaseUntil: 'leaseUntil' },
  values: { now },
});

const free: Expression = { text: 'attribute_not_exists(#pk)', names: { pk: 'pk' }, values: {} };

/** True as well when the holder has it already: the SDK repeats a write whose answer was lost. */
const acquire = async (
  table: DynamoTable,
  at: RegistryLocation,
  lease: { readonly holder: string; readonly leaseSeconds: number },
): Promise<boolean> => {
  const now = table.clock.now();
  const leaseUntil = new Date(Date.parse(now) + lease.leaseSeconds * 1_000).toISOString();
  const item = { ...lockItemKey(at), entity: 'lock', holder: lease.holder, leaseUntil };
  return (await putItem(table, item, either(free, leaseEnded(now), heldBy(lease.holder)))) === 'written';
};
