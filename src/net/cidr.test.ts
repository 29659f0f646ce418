import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Address } from './address.ts';
import { addressFromBytes, parseAddress } from './address.ts';
import type { Cidr } from './cidr.ts';
import { CidrSet, networkOf, parseCidr } from './cidr.ts';

suite('parseCidr', () => {
  const valid: readonly (readonly [text: string, canonical: string])[] = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['192.0.2.1/32', '192.0.2.1/32'],
    ['192.0.2.128/25', '192.0.2.128/25'],
    ['::/0', '::/0'],
    ['::1', '::1/128'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['2001:db8::8000/113', '2001:db8::8000/113'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:192.0.2.1', '192.0.2.1/32'],
    ['::ffff:192.0.2.1/128', '192.0.2.1/32'],
  ];
  for (const [text, canonical] of valid) {
    test(`reads ${text} as ${canonical}`, () => assert.equal(cidr(text).text, canonical));
  }

  const hostBits: readonly (readonly [text: string, network: string])[] = [
    ['10.0.0.1/8', '10.0.0.0/8'],
    ['192.0.2.129/25', '192.0.2.128/25'],
    ['0.0.0.1/0', '0.0.0.0/0'],
    ['255.255.255.255/31', '255.255.255.254/31'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['8000::/0', '::/0'],
    ['::1/127', '::/127'],
    ['::ffff:10.0.0.1/104', '10.0.0.0/8'],
  ];
  for (const [text, network] of hostBits) {
    test(`says that ${text} has host bits, and networkOf that it lies in ${network}`, () => {
      assert.equal(parseCidr(text), 'host-bits');
      const [bits] = text.split('/').slice(1);
      const start = address(text.slice(0, text.indexOf('/')));
      const prefix = Number(bits) - (text.startsWith('::ffff:') ? 96 : 0);
      assert.equal(networkOf(start, prefix).text, network);
    });
  }

  const invalid: readonly string[] = [
    '',
    '/',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/ 8',
    '10.0.0.0 /8',
    '10.0.0.0/8 ',
    '10.0.0.0/8\n',
    '10.0.0.0/08',
    '10.0.0.0/00',
    '10.0.0.0/+8',
    '10.0.0.0/-8',
    '10.0.0.0/8.0',
    '10.0.0.0/0x8',
    '10.0.0.0/33',
    '10.0.0.0/128',
    '10.0.0.0/256',
    '10.0.0.0/4294967304',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/8/8',
    '10.0.0.0//8',
    '10/8',
    '10.0.0/24',
    '010.0.0.0/8',
    '::/129',
    '::/1000',
    '::/-1',
    '2001:db8:/32',
    '2001:db8::%eth0/32',
    '[::]/0',
    '::ffff:10.0.0.0/95',
    '::ffff:0.0.0.0/8',
    '::ffff:10.0.0.0/129',
    '*',
    'localhost/8',
  ];
  for (const text of invalid) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseCidr(text), undefined));
  }

  test('reads every prefix length and none beyond', () => {
    for (let prefix = 0; prefix < 300; prefix++) {
      assert.equal(typeof parseCidr(`0.0.0.0/${prefix}`), prefix <= 32 ? 'object' : 'undefined');
      assert.equal(typeof parseCidr(`::/${prefix}`), prefix <= 128 ? 'object' : 'undefined');
    }
  });
});

test('networkOf throws for a prefix that the family does not have', () => {
  for (const prefix of [-1, 0.5, 33, 128, NaN, Infinity]) {
    assert.throws(() => networkOf(address('10.0.0.0'), prefix), RangeError);
  }
  assert.throws(() => networkOf(address('::1'), 129), RangeError);
});

suite('CidrSet', () => {
  test('that is empty holds nothing', () => {
    const set = CidrSet.of([]);
    assert.equal(set.size, 0);
    for (const text of ['0.0.0.0', '255.255.255.255', '::', '::1', 'ffff::']) assertHas(set, text, false);
  });

  const rows: readonly (readonly [networks: string, inside: string, outside: string])[] = [
    ['10.0.0.0/8', '10.0.0.0 10.255.255.255 ::ffff:10.1.1.1', '9.255.255.255 11.0.0.0 ::10.1.1.1 ::'],
    ['127.0.0.1', '127.0.0.1', '127.0.0.0 127.0.0.2 ::1 126.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0 128.0.0.0 255.255.255.255', ':: ::1 ffff::'],
    ['::/0', ':: ::1 8000:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '0.0.0.0 10.0.0.1 ::ffff:10.0.0.1'],
    ['128.0.0.0/1', '128.0.0.0 255.255.255.255', '127.255.255.255 0.0.0.0'],
    ['2001:db8::/33', '2001:db8:: 2001:db8:7fff:ffff:ffff:ffff:ffff:ffff', '2001:db8:8000:: 2001:db7:ffff::'],
    [
      '10.0.0.0/9 10.128.0.0/9',
      '10.0.0.0 10.127.255.255 10.128.0.0 10.255.255.255',
      '11.0.0.0 9.255.255.255',
    ],
    ['10.0.0.0/8 10.1.0.0/16 10.1.2.0/24', '10.0.0.1 10.1.2.3 10.255.0.0', '11.0.0.0 9.0.0.0'],
    ['::1 fe80::/10 fc00::/7', '::1 fe80::1 febf:: fdff::', ':: ::2 fec0:: fbff:: fe00::'],
    ['10.0.0.0/8 ::1', '10.2.3.4 ::1', '127.0.0.1 ::2'],
  ];
  for (const [networks, inside, outside] of rows) {
    test(`of ${networks} holds ${inside} and not ${outside}`, () => {
      const set = CidrSet.of(networks.split(' ').map(cidr));
      for (const text of inside.split(' ')) assertHas(set, text, true);
      for (const text of outside.split(' ')) assertHas(set, text, false);
    });
  }

  test('counts different networks once', () => {
    assert.equal(CidrSet.of(['10.0.0.0/8', '10.0.0.0/8', '::ffff:10.0.0.0/104', '::1'].map(cidr)).size, 2);
  });

  test('holds no text that is no address', () => {
    const set = CidrSet.of(['0.0.0.0/0', '::/0'].map(cidr));
    for (const text of ['', '1..1.1', '1.2.3', '10.0.0.0/8', '1.2.3.4:80', '[::1]', 'fe80::1%lo', 'x']) {
      assert.equal(set.hasText(text), false, text);
    }
  });

  test('answers as a naive model for every pair of networks of four bits', () => {
    // 31 networks over the four lowest bits, every pair of them, every one of the 16 addresses, in both families.
    for (const base of ['192.0.2.240', '2001:db8::ffff:fff0']) {
      const last = address(base).bytes.length - 1;
      const all = Array.from({ length: 16 }, (_, value) => {
        const bytes = address(base).bytes.slice();
        bytes[last] = 0xf0 | value;
        return addressFromBytes(bytes);
      });
      const bits = 8 * (last + 1);
      const networks: Cidr[] = [];
      for (let prefix = bits - 4; prefix <= bits; prefix++) {
        for (const one of all) {
          const network = networkOf(one, prefix);
          if (!networks.some((other) => other.text === network.text)) networks.push(network);
        }
      }
      assert.equal(networks.length, 31);
      for (const left of networks) {
        for (const right of networks) assertModel([left, right], all);
      }
    }
  });

  test('answers as a naive model for random sets, at the edges of every network', () => {
    let seed = 12_345;
    const random = (below: number): number => {
      // Numerical Recipes' generator: repeatable, and good enough to mix bits.
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 0x1_0000_0000) * below);
    };
    for (let round = 0; round < 150; round++) {
      const networks = Array.from({ length: 1 + random(20) }, () => {
        const bytes = Uint8Array.from({ length: random(2) === 0 ? 4 : 16 }, () => random(4) * 85);
        return networkOf(addressFromBytes(bytes), random(8 * bytes.length + 1));
      });
      assertModel(networks, networks.flatMap(edgesOf));
    }
  });
});

function address(text: string): Address {
  const parsed = parseAddress(text);
  assert.ok(parsed, text);
  return parsed;
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  assert.ok(typeof parsed === 'object', text);
  return parsed;
}

function assertHas(set: CidrSet, text: string, expected: boolean): void {
  assert.equal(set.has(address(text)), expected, text);
  assert.equal(set.hasText(text), expected, text);
}

function assertModel(networks: readonly Cidr[], addresses: readonly Address[]): void {
  const set = CidrSet.of(networks);
  for (const one of addresses) {
    const expected = networks.some((network) => isInside(network, one));
    assert.equal(
      set.has(one),
      expected,
      `${one.text} in ${networks.map((network) => network.text).join(' ')}`,
    );
    assert.equal(set.hasText(one.text), expected, one.text);
  }
}

/** The definition: same family, and the leading bits are the same. */
function isInside(network: Cidr, one: Address): boolean {
  if (network.address.family !== one.family) return false;
  return bitsText(network.address).slice(0, network.prefix) === bitsText(one).slice(0, network.prefix);
}

function bitsText(one: Address): string {
  return Array.from(one.bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** First and last address of a network and their outer neighbours. */
function edgesOf(network: Cidr): Address[] {
  const first = BigInt(`0b${bitsText(network.address)}`);
  const bits = 8 * network.address.bytes.length;
  const last = first + (1n << BigInt(bits - network.prefix)) - 1n;
  return [first - 1n, first, last, last + 1n]
    .filter((value) => value >= 0n && value < 1n << BigInt(bits))
    .map((value) => {
      const hex = value.toString(16).padStart(bits / 4, '0');
      return addressFromBytes(
        Uint8Array.from({ length: bits / 8 }, (_, index) =>
          parseInt(hex.slice(2 * index, 2 * index + 2), 16),
        ),
      );
    });
}
