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

/** Whether an address can never be the source of a request over the internet. */
export const isPrivate = (address: Address): boolean => PRIVATE.some((range) => inNetwork(address, range));

/** The private ranges, whose edges matter to where a request can come from. */
export const PRIVATE_NETWORKS: readonly Network[] = PRIVATE;

/** A block so narrow that it names a network: IPv4 /8, IPv6 /32 or narrower. */
export const isNarrow = (block: Network): boolean => block.prefix >= (block.bits === 32 ? 8 : 32);
