import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { parseEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import type { ProxyHeader } from '../net/proxy-protocol/header.ts';
import type { Client } from './client.ts';
import { identifyConnection, readsProxyHeader } from './identify.ts';
import type { IdentityOptions } from './options.ts';

const TRUST = CidrSet.of(
  ['10.0.0.0/8', '::1'].map((text) => {
    const cidr = parseCidr(text);
    assert.ok(typeof cidr === 'object');
    return cidr;
  }),
);

suite('readsProxyHeader', () => {
  const rows: readonly (readonly [IdentityOptions['proxyProtocol'], peer: string, expected: boolean])[] = [
    ['off', '10.0.0.1', false],
    ['off', '203.0.113.7', false],
    ['v1', '10.0.0.1', true],
    ['v2', '10.0.0.1', true],
    ['any', '10.0.0.1', true],
    ['any', '::ffff:10.0.0.1', true],
    ['any', '::1', true],
    ['v1', '203.0.113.7', false],
    ['v2', '203.0.113.7', false],
    ['any', '203.0.113.7', false],
    ['any', '::ffff:203.0.113.7', false],
    ['any', '::2', false],
    ['any', '9.255.255.255', false],
    ['any', '11.0.0.0', false],
    ['any', '', false],
    ['any', '/run/web.sock', false],
  ];
  for (const [proxyProtocol, peer, expected] of rows) {
    test(`is ${expected} for ${peer === '' ? 'no address' : peer} with ${proxyProtocol}`, () => {
      assert.equal(readsProxyHeader(makeOptions(proxyProtocol), peer), expected);
    });
  }

  test('is false for everybody when nobody is trusted', () => {
    const options = { ...makeOptions('any'), trust: CidrSet.of([]) };
    for (const peer of ['10.0.0.1', '127.0.0.1', '::1']) assert.equal(readsProxyHeader(options, peer), false);
  });
});

suite('identifyConnection', () => {
  test('takes the peer when there is no header, and says why', () => {
    const rows: readonly (readonly [IdentityOptions['proxyProtocol'], string, string, boolean, RegExp])[] = [
      ['off', '203.0.113.7', '203.0.113.7', false, /proxyProtocol is off/],
      ['off', '::ffff:203.0.113.7', '203.0.113.7', false, /proxyProtocol is off/],
      ['off', '10.0.0.1', '10.0.0.1', true, /proxyProtocol is off/],
      ['any', '203.0.113.7', '203.0.113.7', false, /not in identity\.trust, so no PROXY header is read/],
      ['v1', '10.0.0.1', '10.0.0.1', true, /sent no valid PROXY header/],
      ['v2', 'fe80::1%eth0', 'fe80::1', false, /not in identity\.trust/],
    ];
    for (const [proxyProtocol, peer, address, isTrusted, because] of rows) {
      const client = identifyConnection(makeOptions(proxyProtocol), { address: peer, port: 7 }, undefined);
      const expected = {
        address,
        port: 7,
        by: 'socket',
        isTrusted,
        peerAddress: address,
        peerPort: 7,
      } as const;
      assertClient(client, expected, because);
      assert.equal(client.proxyHeader, undefined);
    }
  });

  const rows: readonly (readonly [
    name: string,
    header: Partial<ProxyHeader>,
    Partial<Client>,
    because: RegExp,
  ])[] = [
    [
      'the source of version 1',
      { version: 1, source: endpoint('203.0.113.7:99') },
      { address: '203.0.113.7', port: 99, by: 'proxy-v1', isTrusted: false },
      /^PROXY v1 header from 10\.0\.0\.1, which is in identity\.trust, names 203\.0\.113\.7:99$/,
    ],
    [
      'the source of version 2',
      { source: endpoint('[2001:db8::7]:99') },
      { address: '2001:db8::7', port: 99, by: 'proxy-v2', isTrusted: false },
      /names \[2001:db8::7\]:99$/,
    ],
    [
      'a source that is trusted itself',
      { source: endpoint('10.9.9.9:1') },
      { address: '10.9.9.9', port: 1, by: 'proxy-v2', isTrusted: true },
      /names 10\.9\.9\.9:1$/,
    ],
    [
      'the peer for LOCAL',
      { command: 'local' },
      { address: '10.0.0.1', port: 7, by: 'proxy-local', isTrusted: true },
      /names nobody \(LOCAL\), so the peer is the client$/,
    ],
    [
      'the peer for UNSPEC',
      { transport: 'unspec' },
      { address: '10.0.0.1', port: 7, by: 'proxy-local', isTrusted: true },
      /names nobody \(UNSPEC\)/,
    ],
    [
      'the peer for UNKNOWN',
      { version: 1, transport: 'unspec' },
      { address: '10.0.0.1', port: 7, by: 'proxy-local', isTrusted: true },
      /names nobody \(UNKNOWN\)/,
    ],
    [
      'no address for a UNIX socket',
      { source: { path: '/run/"a\x1b.sock' } },
      { address: '', port: 0, by: 'proxy-v2', isTrusted: false },
      /names the UNIX socket "\/run\/\\x22a\\x1b\.sock"$/,
    ],
    [
      'the TLVs into the reason',
      {
        source: endpoint('203.0.113.7:99'),
        tlvs: [
          { type: 2, value: Buffer.from('a\n.example') },
          { type: 5, value: Buffer.of(1, 255) },
        ],
      },
      { address: '203.0.113.7', port: 99, by: 'proxy-v2', isTrusted: false },
      /names 203\.0\.113\.7:99; TLVs: authority "a\\x0a\.example", unique-id 01ff$/,
    ],
    [
      'no more of the TLVs than a line can bear',
      {
        source: endpoint('203.0.113.7:99'),
        tlvs: Array.from({ length: 64 }, () => ({ type: 0xea, value: Buffer.alloc(64) })),
      },
      { address: '203.0.113.7', port: 99, by: 'proxy-v2', isTrusted: false },
      /^.{1,700}\.\.\.$/,
    ],
  ];
  for (const [name, part, expected, because] of rows) {
    test(`takes ${name}`, () => {
      const header: ProxyHeader = {
        version: 2,
        command: 'proxy',
        transport: 'stream',
        source: undefined,
        destination: part.source,
        tlvs: [],
        ...part,
      };
      const client = identifyConnection(makeOptions('any'), { address: '::ffff:10.0.0.1', port: 7 }, header);
      assertClient(client, { ...expected, peerAddress: '10.0.0.1', peerPort: 7 }, because);
      assert.equal(client.proxyHeader, header);
    });
  }

  test('asserts that no header is taken from a peer that is not trusted, or with proxyProtocol off', () => {
    const header: ProxyHeader = {
      version: 1,
      command: 'proxy',
      transport: 'stream',
      source: endpoint('10.0.0.1:1'),
      destination: endpoint('10.0.0.2:1'),
      tlvs: [],
    };
    for (const [proxyProtocol, address] of [
      ['any', '203.0.113.7'],
      ['off', '10.0.0.1'],
    ] as const) {
      assert.throws(
        () => identifyConnection(makeOptions(proxyProtocol), { address, port: 7 }, header),
        /not trusted/,
      );
    }
  });
});

function assertClient(client: Client, expected: Partial<Client>, because: RegExp): void {
  for (const [key, value] of Object.entries(expected)) assert.equal(client[key as keyof Client], value, key);
  assert.match(client.because, because);
  assert.match(client.because, /^[ -~]+[^.\n]$|\.\.\.$/);
}

function makeOptions(proxyProtocol: IdentityOptions['proxyProtocol']): IdentityOptions {
  return { trust: TRUST, proxyProtocol, untrusted: 'serve', proxyHeaderTimeout: 2000, clientHeader: 'off' };
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  assert.ok(parsed, text);
  return parsed;
}
