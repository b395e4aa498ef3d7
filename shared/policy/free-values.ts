import { isNetworkName, isVpcKey, SOURCE_IP } from './condition-keys.ts';
import { valueIn, type ConditionTest, type Expected } from './conditions.ts';
import { instancesOf } from './fresh.ts';
import {
  edgesOf,
  formatAddress,
  isPrivate,
  privateEnd,
  readAddress,
  type Address,
  type Network,
} from './ip.ts';
import type { KeyLookup } from './template.ts';

/**
 * Values of a free key that tests can tell apart: one of each kind, and one that no test mentions.
 * `lookup` gives the values of policy variables; `edges` are networks to be told apart besides the tests' own.
 */
export const valuesFor = (
  key: string,
  tests: readonly ConditionTest[],
  { lookup, edges = [] }: { readonly lookup: KeyLookup; readonly edges?: readonly Network[] },
): string[] => {
  const values = new Set<string>();
  const networks: Network[] = [...edges];
  for (const test of tests)
    for (const [n, expected] of test.values.entries()) {
      const value = valueIn(test, expected, lookup);
      if (value === null) continue;
      if (values.size > MOST) return [...values];
      if (value.kind === 'network') networks.push(value.network);
      else if (value.kind === 'pattern' && isAddressKey(key)) values.add(test.texts[n] ?? '');
      else for (const text of textsFor(test, value, test.texts[n] ?? '')) values.add(text);
    }
  if (isAddressKey(key) || networks.length > 0) return addressesFor(key, networks, values);
  for (const text of joined(tests)) values.add(text);
  values.add(freshFor(key));
  return isNetworkName(key) ? [...values].filter(isNetworkId) : [...values];
};

/** More values than these of one key are not tried; whoever asks must then treat no answer as none found. */
export const MOST = 400;

const isAddressKey = (key: string): boolean => key === SOURCE_IP || key === 'aws:vpcsourceip';

const freshFor = (key: string): string => {
  if (key === 'aws:sourcevpc') return 'vpc-0q7q7q7q7';
  return key === 'aws:sourcevpce' ? 'vpce-0q7q7q7q7' : 'q7-other';
};

const FILLS = ['q7', '', '7'];

const textsFor = (test: ConditionTest, value: Expected, written: string): string[] => {
  const { base } = test.operator;
  switch (value.kind) {
    case 'text':
      return [value.text];
    case 'folded':
      return base === 'bool' ? ['true', 'false'] : [value.text, value.text.toUpperCase(), written];
    case 'pattern':
      return instancesOf(
        value.pattern.pieces.map((piece) => withOnes(piece.text, piece.any)).join('*'),
        FILLS,
      );
    case 'arn':
      return instancesOf(
        value.fields
          .map((field) => field.pieces.map((piece) => withOnes(piece.text, piece.any)).join('*'))
          .join(':'),
        FILLS,
      );
    case 'number':
      return base.startsWith('date') ? datesAround(value.value) : numbersAround(value.value);
    case 'network':
    case 'template':
    case 'unreadable':
      return [];
    default:
      return value satisfies never;
  }
};

/** Ids of VPCs and endpoints are lower-case, without wildcards. */
const isNetworkId = (text: string): boolean => /^[a-z0-9-]+$/u.test(text);

const withOnes = (text: string, any: readonly number[] | null): string =>
  any === null
    ? text
    : text
        .split('')
        .map((char, n) => (any.includes(n) ? '7' : char))
        .join('');

const numbersAround = (value: number): string[] =>
  [value - 0.5, value, value + 0.5].map((number) => plain(number));

/** Without exponent. */
const plain = (value: number): string =>
  Math.abs(value) < 1e21 ? value.toFixed(1).replace(/\.0$/u, '') : String(BigInt(value));

const datesAround = (value: number): string[] =>
  [value - 1, value, value + 1].flatMap((time) => {
    const date = new Date(time);
    return Number.isNaN(date.getTime()) ? [] : [date.toISOString()];
  });

/** Two patterns can have a text in common that is an instance of neither alone: the one followed by the other. */
const joined = (tests: readonly ConditionTest[]): string[] => {
  const wild = tests
    .flatMap((test) => (test.operator.base === 'stringlike' ? test.texts : []))
    .filter((text) => text.includes('*'))
    .slice(0, 8);
  if (wild.length < 2) return [];
  return wild.flatMap((head) =>
    wild
      .filter((tail) => tail !== head)
      .map((tail) => `${head}${tail}`.replaceAll('*', '').replaceAll('?', '7')),
  );
};

const FRESH_ADDRESSES = ['8.8.4.4', '151.101.1.1', '2606:4700:0:0:0:0:0:1111'];
const FRESH_VPC_ADDRESS = '10.213.7.9';
const ADDRESS_FILLS = ['9', '9.9', '9.9.9', '', '1'];

/** One address in each interval that the networks cut the address space into. */
const addressesFor = (key: string, networks: readonly Network[], texts: ReadonlySet<string>): string[] => {
  const internet = key === SOURCE_IP;
  const addresses = new Set(internet ? FRESH_ADDRESSES : [...FRESH_ADDRESSES, FRESH_VPC_ADDRESS]);
  for (const text of texts)
    for (const filled of [text, ...instancesOf(text, ADDRESS_FILLS)]) {
      const address = readAddress(filled);
      if (address !== null && !(internet && isPrivate(address))) addresses.add(filled);
    }
  for (const bits of [32, 128] as const) {
    const edges = networks.filter((network) => network.bits === bits).flatMap(edgesOf);
    if (edges.length > 0) for (const address of inEachInterval(edges, bits, internet)) addresses.add(address);
  }
  return [...addresses];
};

const inEachInterval = (edges: readonly bigint[], bits: 32 | 128, internet: boolean): string[] => {
  const end = 1n << BigInt(bits);
  const sorted = [...new Set([0n, ...edges, end])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.flatMap((first, n) => {
    const next = sorted[n + 1];
    const address = next === undefined ? null : addressIn(first, next, { bits, internet });
    return address === null ? [] : [formatAddress(address)];
  });
};

interface Where {
  readonly bits: 32 | 128;
  readonly internet: boolean;
}

/** An address of the interval, of the internet if it must be; null when there is none. */
const addressIn = (first: bigint, next: bigint, { bits, internet }: Where): Address | null => {
  // Not the very first address, if there is room: nobody has that one.
  const inside: Address = { bits, value: next - first > 9n ? first + 9n : first };
  if (!internet) return inside;
  let { value } = inside;
  for (let end = privateEnd({ bits, value }); end !== null; end = privateEnd({ bits, value })) value = end;
  if (value < next) return { bits, value };
  return isPrivate({ bits, value: first }) ? null : { bits, value: first };
};

/** Keys of which some belong to requests over the internet, and some to those through a VPC endpoint. */
export const isNetworkKey = (key: string): boolean => key === SOURCE_IP || isVpcKey(key);
