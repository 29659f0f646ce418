import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleClient, sampleRecord } from '../../test/support/exchange-record.ts';
import { exchangeView } from '../admin/views.ts';
import type { ExchangeView } from '../admin/views.ts';
import type { Config } from '../config/config.ts';
import { readConfig } from '../config/read.ts';
import { identifyExchange } from '../identity/identify.ts';
import { clientTrailText } from './client-trail-text.ts';
import { clientTrail } from './client-trail.ts';

const CONFIGURATION = `
listeners:
  web: { bind: ":80", pool: app, identity: { trust: [10.0.0.0/8, 10.0.0.0/24], clientHeader: x-forwarded-for } }
pools:
  app: { servers: ["192.0.2.2:80"], source: client, headers: { xForwardedFor: replace } }
`;

function config(): Config {
  const read = readConfig(CONFIGURATION, 'sallyport.yaml', {});
  assert(read.kind === 'ok');
  return read.config;
}

/** An exchange whose connection came from `peer`, with this field. */
function view(peer: string, field: string | undefined): ExchangeView {
  const identity = config().listeners['web']?.identity;
  assert(identity !== undefined);
  const isTrusted = identity.trust.hasText(peer);
  const connection = sampleClient({ address: peer, peerAddress: peer, peerPort: 4711, isTrusted });
  const client = identifyExchange(identity, connection, field === undefined ? [] : [field]);
  return exchangeView(sampleRecord({ client, source: '203.0.113.7:40001' }));
}

test('a header is told element by element, with the narrowest entry that made us believe each', () => {
  const trail = clientTrail(view('10.0.0.1', '6.6.6.6, 203.0.113.7, 10.9.0.2'), config());
  assert.deepEqual(
    trail.hops.map(({ by, claim, trustedBy }) => [by, claim, trustedBy]),
    [
      ['socket', '10.0.0.1:4711', '10.0.0.0/24'],
      ['x-forwarded-for', '10.9.0.2', '10.0.0.0/8'],
      ['x-forwarded-for', '203.0.113.7', null],
    ],
  );
  assert.equal(trail.client.address, '203.0.113.7');
});

const STOPS: readonly (readonly [element: string, outcome: RegExp])[] = [
  ['1..1.1', /^malformed: the walk stops here/],
  ['203.0.113.7', /^not trusted: the walk stops here/],
  ['10.0.0.9', /^trusted: the walk goes on/],
];

for (const [element, outcome] of STOPS) {
  test(`what came of the element ${element} is said`, () => {
    assert.match(clientTrail(view('10.0.0.1', element), config()).hops[1]?.outcome ?? '', outcome);
  });
}

test('a header of somebody who is not trusted is no hop', () => {
  const trail = clientTrail(view('198.51.100.9', '203.0.113.7'), config());
  assert.deepEqual(
    trail.hops.map(({ by, trustedBy, outcome }) => [by, trustedBy, outcome]),
    [['socket', null, 'not trusted: what it says of others is not read']],
  );
  assert.equal(trail.client.address, '198.51.100.9');
});

test('what was sent on stands with the setting that decided', () => {
  assert.deepEqual(clientTrail(view('10.0.0.1', '203.0.113.7'), config()).sent, [
    { what: 'X-Forwarded-For: 203.0.113.7', setting: 'pools.app.headers.xForwardedFor: replace' },
    { what: 'no Forwarded; whatever came is removed', setting: 'pools.app.headers.forwarded: off' },
    { what: 'a connection from 203.0.113.7:40001', setting: 'pools.app.source.from: client' },
  ]);
});

test('the text is for 80 columns, and nothing of the network comes through unescaped', () => {
  const text = clientTrailText(
    clientTrail(view('10.0.0.1', `203.0.113.7, \x1b[31m${'x'.repeat(30)}\x9b`), config()),
  );
  assert.match(text, /^[ -~\n]*$/);
  assert(
    text.split('\n').every((line) => line.length <= 80),
    text,
  );
  assert.match(text, /=> 10\.0\.0\.1, known by socket/);
});
