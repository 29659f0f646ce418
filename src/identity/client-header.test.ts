import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import { ELEMENT_CHARS_MAX, ELEMENTS_MAX, identifyExchange, readsClientHeader } from './client-header.ts';
import type { Client } from './client.ts';
import { identifyConnection } from './identify.ts';
import type { IdentityOptions } from './options.ts';

const TRUST = cidrs('10.0.0.0/8', '2001:db8:a::/48', '::1');

/** Values of the field in order, then who the client is and why. The connection comes from 10.0.0.1. */
type Row = readonly [values: readonly string[], address: string, because: RegExp];

const X_FORWARDED_FOR: readonly Row[] = [
  [['203.0.113.7'], '203.0.113.7:0', /^element 1 .* is the first address that is not in identity\.trust$/],
  [['203.0.113.7:4711'], '203.0.113.7:4711', /element 1 .*"203\.0\.113\.7:4711"/],
  [[' 203.0.113.7\t'], '203.0.113.7:0', /"203\.0\.113\.7"/],
  [['2001:DB8::7'], '2001:db8::7:0', /element 1/],
  [['::ffff:203.0.113.7'], '203.0.113.7:0', /element 1/],
  [['6.6.6.6, 203.0.113.7'], '203.0.113.7:0', /element 1/],
  [['6.6.6.6, 203.0.113.7, 10.0.0.2'], '203.0.113.7:0', /element 2/],
  [['6.6.6.6,203.0.113.7,10.0.0.2,2001:db8:a::2'], '203.0.113.7:0', /element 3/],
  [['6.6.6.6', '203.0.113.7', '10.0.0.2'], '203.0.113.7:0', /element 2/],
  [['6.6.6.6, 203.0.113.7', '10.0.0.2'], '203.0.113.7:0', /element 2/],
  [['203.0.113.7', '6.6.6.6'], '6.6.6.6:0', /element 1/],
  // A client that claims trusted addresses gains nothing: its own stands to the right of them.
  [['10.0.0.9, 203.0.113.7'], '203.0.113.7:0', /element 1/],
  [['127.0.0.1'], '127.0.0.1:0', /not in identity\.trust/],
  [
    ['10.0.0.3, 10.0.0.2'],
    '10.0.0.3:0',
    /^element 2 .* is the last one, and every address is in identity\.trust$/,
  ],
  [['::1'], '::1:0', /last one/],
  // No address: the last good one counts, and that is the peer when there is none.
  [[''], '10.0.0.1:5', /^element 1 .*"", is malformed, so 10\.0\.0\.1 before it is the client$/],
  [['unknown'], '10.0.0.1:5', /malformed/],
  [['203.0.113.7,'], '10.0.0.1:5', /element 1 .*""/],
  [['203.0.113.7, ,'], '10.0.0.1:5', /element 1/],
  [['203.0.113.7', ''], '10.0.0.1:5', /element 1/],
  [['203.0.113.7, 10.0.0.2,'], '10.0.0.1:5', /element 1/],
  [['203.0.113.7,, 10.0.0.2'], '10.0.0.2:0', /element 2 .*"".*so 10\.0\.0\.2 before it/],
  [['203.0.113.7, 1..1.1, 10.0.0.2'], '10.0.0.2:0', /element 2 .*"1\.\.1\.1"/],
  [['203.0.113.7, "10.0.0.2"'], '10.0.0.1:5', /\\x2210\.0\.0\.2\\x22/],
  [['203.0.113.7 10.0.0.2'], '10.0.0.1:5', /malformed/],
  [['203.0.113.7; 10.0.0.2'], '10.0.0.1:5', /malformed/],
  [['010.0.0.2'], '10.0.0.1:5', /malformed/],
  [['10.0.0.2\r\nX: y'], '10.0.0.1:5', /"10\.0\.0\.2\\x0d\\x0aX: y"/],
  [['\x1b[2J\xff'], '10.0.0.1:5', /"\\x1b\[2J\\xff"/],
  [['x'.repeat(3000)], '10.0.0.1:5', /"x{64}\.\.\.", is malformed/],
  [['for=203.0.113.7'], '10.0.0.1:5', /malformed/],
];

const FORWARDED: readonly Row[] = [
  [['for=203.0.113.7'], '203.0.113.7:0', /^element 1 of Forwarded .*not in identity\.trust$/],
  [['for="[2001:db8::7]:4711";proto=https'], '2001:db8::7:4711', /element 1/],
  [['for=6.6.6.6, for=203.0.113.7;by=_a, for=10.0.0.2'], '203.0.113.7:0', /element 2/],
  [['for=6.6.6.6', 'For="203.0.113.7:1"', 'proto=http;for=10.0.0.2'], '203.0.113.7:1', /element 2/],
  [['for=10.0.0.3,for="[2001:db8:a::1]"'], '10.0.0.3:0', /every address is in identity\.trust/],
  // What a client puts before the proxy's own element, on the same line or on one before it, changes nothing.
  [['for="x, for=203.0.113.7'], '203.0.113.7:0', /element 1/],
  [['for=6.6.6.6;x=", for="203.0.113.7"'], '203.0.113.7:0', /element 1/],
  [['for="x', 'for=203.0.113.7'], '203.0.113.7:0', /element 1/],
  [['for="10.0.0.9, for=6.6.6.6;by="', 'for=203.0.113.7'], '203.0.113.7:0', /element 1/],
  [['for="6.6.6.6, for=203.0.113.7, for=10.0.0.2'], '203.0.113.7:0', /element 2/],
  // An element of a trusted proxy that names no address ends the walk.
  [
    ['for=203.0.113.7, for=unknown'],
    '10.0.0.1:5',
    /^element 1 .* does not name its client, so 10\.0\.0\.1 before/,
  ],
  [['for=203.0.113.7, proto=https'], '10.0.0.1:5', /does not name its client/],
  [['for=203.0.113.7, for=_gazonk'], '10.0.0.1:5', /hides its client/],
  [['for=203.0.113.7, for=_gazonk, for=10.0.0.2'], '10.0.0.2:0', /element 2 .*so 10\.0\.0\.2 before/],
  [['for=203.0.113.7, for="[::1"'], '10.0.0.1:5', /malformed/],
  [['for=203.0.113.7;for=10.0.0.2'], '10.0.0.1:5', /malformed/],
  [['for=203.0.113.7,'], '10.0.0.1:5', /malformed/],
  [['for=203.0.113.7', ''], '10.0.0.1:5', /malformed/],
  [['for="203.0.113.7'], '10.0.0.1:5', /malformed/],
  [['for="203.0.113.7, for=10.0.0.2"'], '10.0.0.1:5', /malformed/],
  [['203.0.113.7'], '10.0.0.1:5', /malformed/],
  [['for=2001:db8::7'], '10.0.0.1:5', /malformed/],
  [[`for=203.0.113.7;x=${'y'.repeat(ELEMENT_CHARS_MAX)}`], '10.0.0.1:5', /malformed/],
];

for (const [clientHeader, rows] of [
  ['x-forwarded-for', X_FORWARDED_FOR],
  ['forwarded', FORWARDED],
] as const) {
  suite(`identifyExchange by ${clientHeader}`, () => {
    for (const [values, expected, because] of rows) {
      test(`of ${JSON.stringify(values).slice(0, 80)} is ${expected}`, () => {
        const options = makeOptions(clientHeader);
        const connection = connect(options, '10.0.0.1');
        const client = identifyExchange(options, connection, values);
        assert.equal(`${client.address}:${client.port}`, expected);
        assert.match(client.because, because);
        assert.match(client.because, /^[ -~]{1,400}$/);
        assert.equal(client.by, expected === '10.0.0.1:5' ? 'socket' : clientHeader);
        assert.equal(client.isTrusted, TRUST.hasText(client.address));
        assert.deepEqual([client.peerAddress, client.peerPort], ['10.0.0.1', 5]);
      });
    }
  });
}

suite('identifyExchange', () => {
  const unchanged: readonly (readonly [
    name: string,
    clientHeader: IdentityOptions['clientHeader'],
    peer: string,
    values: readonly string[],
  ])[] = [
    ['the header is off', 'off', '10.0.0.1', ['203.0.113.7']],
    ['the peer is not trusted', 'x-forwarded-for', '203.0.113.9', ['203.0.113.7']],
    ['the peer is not trusted', 'forwarded', '203.0.113.9', ['for=203.0.113.7']],
    ['the peer is not trusted, whatever it claims', 'x-forwarded-for', '203.0.113.9', ['10.0.0.1']],
    ['the peer is not trusted, in IPv6', 'x-forwarded-for', '2001:db8:b::1', ['203.0.113.7']],
    ['the header is not there', 'x-forwarded-for', '10.0.0.1', []],
    ['the header is not there', 'forwarded', '10.0.0.1', []],
  ];
  for (const [name, clientHeader, peer, values] of unchanged) {
    test(`returns the connection's client itself when ${name} (${clientHeader}, ${peer})`, () => {
      const options = makeOptions(clientHeader);
      const connection = connect(options, peer);
      assert.equal(identifyExchange(options, connection, values), connection);
      if (values.length > 0) assert.equal(readsClientHeader(options, connection), false);
    });
  }

  test('goes on from the client that a PROXY header named, not from the peer', () => {
    const options = { ...makeOptions('x-forwarded-for'), proxyProtocol: 'v1' as const };
    const header = { version: 1, command: 'proxy', transport: 'stream', tlvs: [] } as const;
    const from = (text: string): Client => {
      const [cidr] = [parseCidr(text)];
      assert.ok(typeof cidr === 'object');
      const end = { address: cidr.address, port: 9 };
      return identifyConnection(
        options,
        { address: '10.0.0.1', port: 5 },
        { ...header, source: end, destination: end },
      );
    };
    const stranger = from('203.0.113.9');
    assert.equal(identifyExchange(options, stranger, ['6.6.6.6']), stranger);
    const proxy = from('10.0.0.2');
    const client = identifyExchange(options, proxy, ['203.0.113.7']);
    assert.deepEqual(
      [client.address, client.by, client.peerAddress],
      ['203.0.113.7', 'x-forwarded-for', '10.0.0.1'],
    );
    assert.equal(client.proxyHeader, proxy.proxyHeader);
  });

  test(`looks at ${ELEMENTS_MAX} elements and no more`, () => {
    const options = makeOptions('x-forwarded-for');
    const connection = connect(options, '10.0.0.1');
    const chain = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.1.${index}`);
    const enough = identifyExchange(options, connection, ['203.0.113.7', ...chain(ELEMENTS_MAX - 1)]);
    assert.equal(enough.address, '203.0.113.7');
    for (const values of [chain(ELEMENTS_MAX), [chain(ELEMENTS_MAX).join(', ')]]) {
      const tooMany = identifyExchange(options, connection, ['203.0.113.7', ...values]);
      assert.deepEqual([tooMany.address, tooMany.isTrusted], ['10.0.1.0', true]);
      assert.match(tooMany.because, /no more than 64 elements/);
    }
  });

  test('does not let one field of many lines hide another', () => {
    const options = makeOptions('forwarded');
    const connection = connect(options, '10.0.0.1');
    const client = identifyExchange(options, connection, [
      ...Array<string>(1000).fill('for="'),
      'for=203.0.113.7',
    ]);
    assert.equal(client.address, '203.0.113.7');
  });
});

function makeOptions(clientHeader: IdentityOptions['clientHeader']): IdentityOptions {
  return { trust: TRUST, proxyProtocol: 'off', untrusted: 'serve', proxyHeaderTimeout: 2000, clientHeader };
}

function connect(options: IdentityOptions, address: string): Client {
  return identifyConnection(options, { address, port: 5 }, undefined);
}

function cidrs(...texts: readonly string[]): CidrSet {
  return CidrSet.of(
    texts.map((text) => {
      const cidr = parseCidr(text);
      assert.ok(typeof cidr === 'object', text);
      return cidr;
    }),
  );
}
