import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  edgesOf,
  formatAddress,
  inNetwork,
  inRanges,
  isNarrow,
  isPrivate,
  privateEnd,
  rangesOf,
  readAddress,
  readNetwork,
  type Address,
  type Network,
} from '../../shared/policy/ip.ts';

const address = (text: string): Address => {
  const read = readAddress(text);
  if (read === null) throw new Error(`no address: ${text}`);
  return read;
};

const network = (text: string): Network => {
  const read = readNetwork(text);
  if (read === null) throw new Error(`no network: ${text}`);
  return read;
};

describe('addresses', () => {
  it.each([
    ['0.0.0.0', 32, 0n],
    ['1.2.3.4', 32, 0x01020304n],
    ['255.255.255.255', 32, 0xffffffffn],
    ['203.0.113.009', 32, 0xcb007109n],
    ['::', 128, 0n],
    ['::1', 128, 1n],
    ['1::', 128, 1n << 112n],
    ['2001:DB8::A', 128, 0x20010db800000000000000000000000an],
    ['1:2:3:4:5:6:7:8', 128, 0x00010002000300040005000600070008n],
    ['1::3:4:5:6:7:8', 128, 0x00010000000300040005000600070008n],
  ])('reads %s', (text, bits, value) => {
    expect(readAddress(text)).toEqual({ bits, value });
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '256.1.1.1',
    '1.2.3.0004',
    ' 1.2.3.4',
    '1.2.3.4 ',
    'x1.2.3.4',
    '1.2.3.x',
    '1a2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::1',
    '1::x2',
    '1::2x',
    '::1.2.3.4',
  ])('refuses "%s"', (text) => {
    expect(readAddress(text)).toBeNull();
  });

  it('are written as they are read', () => {
    expect(formatAddress(address('203.0.113.9'))).toBe('203.0.113.9');
    expect(formatAddress(address('2001:db8::1'))).toBe('2001:db8:0:0:0:0:0:1');
    const any = fc.oneof(
      fc.record({ bits: fc.constant(32 as const), value: fc.bigInt(0n, (1n << 32n) - 1n) }),
      fc.record({ bits: fc.constant(128 as const), value: fc.bigInt(0n, (1n << 128n) - 1n) }),
    );
    fc.assert(
      fc.property(any, (one) => {
        expect(readAddress(formatAddress(one))).toEqual(one);
      }),
    );
  });
});

describe('blocks', () => {
  it.each([
    ['10.1.2.3', 32],
    ['10.1.2.3/0', 0],
    ['10.1.2.3/8', 8],
    ['10.1.2.3/32', 32],
    ['2001:db8::', 128],
    ['2001:db8::/32', 32],
    ['2001:db8::/128', 128],
  ])('reads %s', (text, prefix) => {
    expect(readNetwork(text)?.prefix).toBe(prefix);
  });

  it.each([
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/x',
    '10.0.0.0/8x',
    '10.0.0.0/x8',
    '10.0.0.0/-1',
    '10.0.0/8',
    '/8',
    '10.0.0.0/8/8',
    '10.0.0.0/0008',
  ])('refuses "%s"', (text) => {
    expect(readNetwork(text)).toBeNull();
  });

  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '9.255.255.255', false],
    ['10.9.9.9/8', '10.0.0.1', true],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.6', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '1.2.3.4', false],
    ['2001:db8::/32', '2001:db8:ffff::', true],
    ['2001:db8::/32', '2001:db9::', false],
  ])('%s and %s: %s', (block, text, inside) => {
    expect(inNetwork(address(text), network(block))).toBe(inside);
  });

  it('have edges', () => {
    expect(edgesOf(network('10.0.0.77/24'))).toEqual([0x0a000000n, 0x0a000100n]);
    expect(edgesOf(network('10.0.0.77'))).toEqual([0x0a00004dn, 0x0a00004en]);
    expect(edgesOf(network('::/0'))).toEqual([0n, 1n << 128n]);
  });

  it.each([
    ['1.0.0.0/7', false],
    ['1.0.0.0/8', true],
    ['1.0.0.0/9', true],
    ['1.2.3.4', true],
    ['2001::/31', false],
    ['2001::/32', true],
    ['2001::/33', true],
  ])('%s is narrow: %s', (block, narrow) => {
    expect(isNarrow(network(block))).toBe(narrow);
  });
});

describe('ranges', () => {
  it('join blocks that touch or overlap, in order, by family', () => {
    const blocks = [
      '10.0.1.0/24',
      '10.0.0.0/24',
      '10.0.3.0/24',
      '10.0.0.0/25',
      '2001:db8::/32',
      '10.0.0.128/25',
    ];
    expect(rangesOf(blocks.map(network))).toEqual([
      { bits: 32, from: [0x0a000000n, 0x0a000300n], to: [0x0a000200n, 0x0a000400n] },
      { bits: 128, from: [0x20010db8n << 96n], to: [0x20010db9n << 96n] },
    ]);
  });

  it('of nothing hold nothing', () => {
    expect(inRanges(address('1.2.3.4'), rangesOf([]))).toBe(false);
    expect(inRanges(address('::'), rangesOf([]))).toBe(false);
  });

  it('hold what one of their blocks holds', () => {
    const block = fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 24, max: 32 }))
      .map(([last, prefix]) => network(`198.51.100.${last}/${prefix}`));
    const point = fc.integer({ min: 0, max: 255 }).map((last) => address(`198.51.100.${last}`));
    fc.assert(
      fc.property(fc.array(block, { maxLength: 9 }), point, (blocks, one) => {
        expect(inRanges(one, rangesOf(blocks))).toBe(blocks.some((each) => inNetwork(one, each)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('private addresses', () => {
  it.each([
    ['10.0.0.0', '11.0.0.0'],
    ['10.255.255.255', '11.0.0.0'],
    ['172.16.0.0', '172.32.0.0'],
    ['172.31.255.255', '172.32.0.0'],
    ['192.168.0.1', '192.169.0.0'],
    ['100.64.0.0', '100.128.0.0'],
    ['127.0.0.1', '128.0.0.0'],
    ['169.254.169.254', '169.255.0.0'],
    ['fc00::', 'fe00::'],
    ['fdff::1', 'fe00::'],
    ['fe80::1', 'fec0::'],
  ])('%s: the next public one is %s', (text, next) => {
    expect(isPrivate(address(text))).toBe(true);
    expect(privateEnd(address(text))).toBe(address(next).value);
  });

  it.each([
    '9.255.255.255',
    '11.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    'fbff::',
    'fe00::',
    'fe7f::',
    'fec0::',
    '2001:db8::1',
    '::1',
    '::a00:1',
  ])('%s is public', (text) => {
    expect(isPrivate(address(text))).toBe(false);
    expect(privateEnd(address(text))).toBeNull();
  });
});
