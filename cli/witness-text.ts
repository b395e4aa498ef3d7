import {
  principalArnOf,
  sessionArnOf,
  type ConcreteCaller,
  type ServiceCaller,
} from '../shared/policy/concrete-caller.ts';
import type { Witness } from '../shared/policy/report.ts';
import { plainText } from '../shared/report/sanitise.ts';

const serviceWords = (caller: ServiceCaller): string => {
  const source = [
    caller.sourceAccount === undefined ? null : `account ${caller.sourceAccount}`,
    caller.sourceArn ?? null,
    caller.sourceOrgPath ?? caller.sourceOrg ?? null,
  ].filter((part) => part !== null);
  const whom = source.length === 0 ? 'anybody' : source.join(', ');
  return `the service ${caller.service}, acting for ${whom}`;
};

const callerWords = (caller: ConcreteCaller): string => {
  if (caller.kind === 'service') return serviceWords(caller);
  const arn = sessionArnOf(caller) ?? principalArnOf(caller) ?? caller.kind;
  const organization = caller.orgPath ?? caller.org;
  return organization === undefined ? arn : `${arn} of ${organization}`;
};

/** A witness as pairs of a label and a value, in the order in which people read them. */
export const witnessWords = (witness: Witness): readonly (readonly [label: string, value: string])[] => [
  ['caller', plainText(callerWords(witness.caller))],
  ['action', plainText(witness.action)],
  ...(witness.resource === undefined ? [] : [['resource', plainText(witness.resource)] as const]),
  ...Object.entries(witness.context).map(
    ([key, value]) => ['context', plainText(`${key} = ${[value].flat().join(', ')}`)] as const,
  ),
];
