/** An address as a number of 32 or 128 bits. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** A CIDR block. An address alone is a block of itself. */
export interface Network extends Address {
  readonly prefix: number;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/u;

const readIpv4 = (text: string): Address | null => {
  const parts = IPV4.exec(text);
  if (parts === null) return null;
  let value = 0;
  for (const part of parts.slice(1)) {
    const octet = Number(part);
    if (octet > 255) return null;
    value = value * 256 + octet;
  }
  return { bits: 32, value: BigInt(value) };
};

const readIpv6 = (text: string): Address | null => {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) return null;
  const groups = [...head, ...Array.from({ length: gap }, () => '0'), ...tail];
  if (!groups.every((group) => /^[\da-f]{1,4}$/iu.test(group))) return null;
  return { bits: 128, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
};

/** Reads an IPv4 or IPv6 address; null when it is neither. */
export const readAddress = (text: string): Address | null =>
  text.includes(':') ? readIpv6(text) : readIpv4(text);

/** Reads a CIDR block or an address; host bits do not matter. Null when it is neither. */
export const readNetwork = (text: string): Network | null => {
  const slash = text.indexOf('/');
  const address = readAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  if (slash < 0) return { ...address, prefix: address.bits };
  const prefix = text.slice(slash + 1);
  return /^\d{1,3}$/u.test(prefix) && Number(prefix) <= address.bits
    ? { ...address, prefix: Number(prefix) }
    : null;
};

/** Whether the address lies in the block. */
export const inNetwork = (address: Address, network: Network): boolean => {
  if (address.bits !== network.bits) return false;
  const shift = BigInt(network.bits - network.prefix);
  return address.value >> shift === network.value >> shift;
};

/** First address of the block, and the first one after it. */
export const edgesOf = (network: Network): readonly [bigint, bigint] => {
  const shift = BigInt(network.bits - network.prefix);
  const first = (network.value >> shift) << shift;
  return [first, first + (1n << shift)];
};

/** `203.0.113.9` or `2001:db8:0:0:0:0:0:1`. */
export const formatAddress = ({ bits, value }: Address): string => {
  const [size, count] = bits === 32 ? [8n, 4] : [16n, 8];
  const mask = (1n << size) - 1n;
  const groups = Array.from({ length: count }, (_, n) => (value >> (size * BigInt(count - 1 - n))) & mask);
  return bits === 32 ? groups.join('.') : groups.map((group) => group.toString(16)).join(':');
};

const network = (text: string): Network => {
  const read = readNetwork(text);
  if (read === null) throw new TypeError(`not a network: \`${text}\``);
  return read;
};

/** Ranges that no request from the internet has. Source: IAM user guide, aws:SourceIp; RFC 1918, 6598, 4193. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].map(network);

/** A block so narrow that it names a network: IPv4 /8, IPv6 /32 or narrower. */
export const isNarrow = (block: Network): boolean => block.prefix >= (block.bits === 32 ? 8 : 32);

/** Blocks as sorted ranges that do not touch, for many of them to be asked at once. */
export interface Ranges {
  readonly bits: 32 | 128;
  /** First address of each range. */
  readonly from: readonly bigint[];
  /** First address after each range. */
  readonly to: readonly bigint[];
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const rangesOfBits = (networks: readonly Network[], bits: 32 | 128): Ranges => {
  const edges = networks.filter((one) => one.bits === bits).map(edgesOf);
  const from: bigint[] = [];
  const to: bigint[] = [];
  for (const [first, next] of edges.sort((a, b) => ascending(a[0], b[0]))) {
    const last = to.at(-1);
    if (last === undefined || first > last) {
      from.push(first);
      to.push(next);
    } else if (next > last) to[to.length - 1] = next;
  }
  return { bits, from, to };
};

/** The ranges that blocks cover together. */
export const rangesOf = (networks: readonly Network[]): readonly Ranges[] => [
  rangesOfBits(networks, 32),
  rangesOfBits(networks, 128),
];

/** Whether an address lies in one of the ranges. */
export const inRanges = (address: Address, ranges: readonly Ranges[]): boolean =>
  ranges.some(({ bits, from, to }) => {
    if (bits !== address.bits) return false;
    let low = 0;
    let high = from.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((from[middle] ?? 0n) <= address.value) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address.value < (to[low - 1] ?? 0n);
  });

const PRIVATE_RANGES = rangesOf(PRIVATE);

/** First address after the private range that an address lies in; null when it lies in none. */
export const privateEnd = (address: Address): bigint | null => {
  for (const { bits, from, to } of PRIVATE_RANGES) {
    if (bits !== address.bits) continue;
    const at = from.findIndex((first, n) => first <= address.value && address.value < (to[n] ?? 0n));
    if (at >= 0) return to[at] ?? null;
  }
  return null;
};

/** Whether an address can never be the source of a request over the internet. */
export const isPrivate = (address: Address): boolean => inRanges(address, PRIVATE_RANGES);
