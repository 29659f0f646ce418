/** Every configuration of examples/ is good as it stands, starts, and does what its comments say. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isUnixAddress, PROXY_LIMITS } from '../../src/net/proxy-protocol/header.ts';
import { findTlv, TLV_AUTHORITY, TLV_CRC32C, TLV_UNIQUE_ID } from '../../src/net/proxy-protocol/tlv.ts';
import { V2_HEAD_BYTES } from '../../src/net/proxy-protocol/v2-layout.ts';
import { readProxyV2 } from '../../src/net/proxy-protocol/v2.ts';
import { prepare } from '../../src/runtime/prepare.ts';
import { startCollector } from '../support/otlp-collector.ts';
import type { Script } from '../support/scripted-server.ts';
import { until, Wire } from '../support/wire.ts';
import { echo, startExample } from './example.ts';
import { get } from './web.ts';
import type { GetOptions } from './web.ts';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));

/** What no honest person asks for. */
const ATTACK = `?id=1'%20OR%20'1'='1`;

/** The examples that a test below starts. */
const STARTED: readonly string[] = [
  'behind-a-load-balancer.yaml',
  'content-switching.yaml',
  'honeypots.yaml',
  'inspection.yaml',
  'minimal.yaml',
  'proxy-protocol-onward.yaml',
  'tcp.yaml',
  'tracing.yaml',
];

test('every example is started by a test, and check finds nothing to say about it', async () => {
  assert.deepEqual(globSync('*.yaml', { cwd: FOLDER }).sort(), STARTED);
  // Those for Node.js are of test/package/library.test.ts, topologies of test/host/topologies.test.ts.
  assert.deepEqual(globSync('*', { cwd: FOLDER, exclude: ['*.yaml'] }).sort(), [
    'node',
    'systemd',
    'topologies',
  ]);
  for (const name of STARTED) {
    const preparation = await prepare(join(FOLDER, name), {});
    assert(preparation.kind === 'ok', preparation.kind === 'bad' ? preparation.problems.join('\n') : '');
    assert.deepEqual(preparation.prepared.warnings, [], name);
  }
});

/** The first line of a page: the name of the server that made it, or something of a decoy. */
async function who(port: number, path: string, options: GetOptions = {}): Promise<string> {
  return (await get(port, path, options)).body.split('\n')[0] ?? '';
}

/** A field that the server was told, from the page that says so. */
async function told(port: number, field: string, options: GetOptions = {}): Promise<string | undefined> {
  const { body } = await get(port, '/', options);
  return new RegExp(`^${field}: (.*)$`, 'im').exec(body)?.[1];
}

test('minimal.yaml spreads requests over three servers, and keeps an attacker at the decoy', async (t) => {
  const example = await startExample(t, 'minimal.yaml');
  const port = await example.port('web');
  const names = [await who(port, '/'), await who(port, '/'), await who(port, '/')];
  assert.deepEqual(names.sort(), ['10.0.0.11:8000', '10.0.0.12:8000', '10.0.0.13:8000']);
  const attacker = { from: '127.0.0.66' };
  assert.match(await who(port, '/', attacker), /^10\.0\.0\./);
  for (const path of [`/${ATTACK}`, '/']) assert.doesNotMatch(await who(port, path, attacker), /^10\.0\.0\./);
  assert.match(await who(port, '/'), /^10\.0\.0\./, 'others are not deceived');
});

/** PROXY protocol v2: signature, PROXY over TCP and IPv4, 12 bytes; 203.0.113.7:8000 to 10.0.0.2:8080. */
const PROXY_V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb0071070a0000021f401f90', 'hex');
const REQUEST = 'GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n';

test('behind-a-load-balancer.yaml takes the word of trusted proxies and of nobody else', async (t) => {
  const example = await startExample(t, 'behind-a-load-balancer.yaml', {
    instead: { "'10.0.0.5', '10.0.0.6'": "'127.0.0.5', '127.0.0.6'", "'10.0.1.0/24'": "'127.0.1.0/24'" },
  });
  const tcp = await example.port('tcp-balanced');
  const balancer = await Wire.connect(tcp, '127.0.0.5');
  balancer.send(PROXY_V2);
  balancer.send(REQUEST);
  assert.match((await balancer.readResponse()).body.toString(), /^x-forwarded-for: 203\.0\.113\.7$/im);
  const silent = await Wire.connect(tcp, '127.0.0.6');
  silent.send(REQUEST);
  assert.equal((await silent.readToEnd()).length, 0, 'a trusted peer must send the header');
  const forger = await Wire.connect(tcp, '127.0.0.7');
  forger.send(PROXY_V2);
  forger.send(REQUEST);
  assert.match((await forger.readToEnd()).toString(), /^HTTP\/1\.1 400 /, 'from others it is no header');

  const http = await example.port('http-balanced');
  const headers = { 'X-Forwarded-For': '10.9.9.9, 203.0.113.7, 127.0.1.9' };
  const proxied = { from: '127.0.1.8', headers };
  assert.equal(await told(http, 'x-forwarded-for', proxied), '10.9.9.9, 203.0.113.7, 127.0.1.9, 127.0.1.8');
  assert.match((await told(http, 'forwarded', proxied)) ?? '', /for=127\.0\.1\.8/);
  assert.equal(await told(http, 'x-forwarded-for', { from: '127.0.2.1', headers }), '127.0.2.1');
  await get(http, `/${ATTACK}`, proxied);
  const other = { from: '127.0.1.8', headers: { 'X-Forwarded-For': '203.0.113.8' } };
  assert.doesNotMatch(await who(http, '/', proxied), /^10\.0\.0\./, 'the client is the attacker');
  assert.match(await who(http, '/', other), /^10\.0\.0\./, 'the proxy is not');
});

test('proxy-protocol-onward.yaml names the client in front of each connection', async (t) => {
  let header = Buffer.alloc(0);
  const web: Script = async (wire) => {
    const head = await wire.readBytes(V2_HEAD_BYTES);
    header = Buffer.concat([head, await wire.readBytes(head.readUInt16BE(V2_HEAD_BYTES - 2))]);
    const request = await wire.expectRequest();
    const told = request.fields.filter(([name]) => /^x-forwarded-for$/i.test(name)).length;
    wire.send(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${told}`);
  };
  const example = await startExample(t, 'proxy-protocol-onward.yaml', {
    scripts: { '10.0.0.11:8000': web, '10.0.0.12:8000': web, '10.0.0.21:25': echo },
  });
  const page = await get(await example.port('web'), '/', {
    from: '127.0.0.9',
    headers: { Host: 'shop.example', 'X-Forwarded-For': '192.0.2.1' },
  });
  assert.deepEqual([page.status, page.body], [200, '0'], 'and not in a header field');
  const read = readProxyV2(header, PROXY_LIMITS);
  assert(read.kind === 'ok', read.kind === 'bad' ? read.text : 'cut');
  const { source, tlvs } = read.value;
  assert(source !== undefined && !isUnixAddress(source));
  assert.equal(source.address.text, '127.0.0.9');
  assert.equal(Buffer.from(findTlv(tlvs, TLV_AUTHORITY) ?? []).toString(), 'shop.example');
  const id = /"id":"(\w+)"/.exec((await example.command.printed('stdout', /"id":"\w+"/))[0])?.[1];
  assert.equal(Buffer.from(findTlv(tlvs, TLV_UNIQUE_ID) ?? []).toString(), id, 'the id in our log');
  assert.equal(findTlv(tlvs, TLV_CRC32C)?.length, 4);

  const mailPort = await example.port('mail');
  const mail = await Wire.connect(mailPort, '127.0.0.9');
  assert.equal(await mail.readUntil('\r\n'), `PROXY TCP4 127.0.0.9 127.0.0.1 ${mail.port} ${mailPort}\r\n`);
  mail.send('EHLO a\r\n');
  assert.equal(await mail.readUntil('\r\n'), 'EHLO a\r\n');
});

const SWITCHED: readonly (readonly [method: string, host: string, path: string, pool: RegExp])[] = [
  ['GET', 'www.example.org', '/', /^10\.0\.0\.1[12]:8000$/],
  ['GET', 'api.example.org', '/health', /^10\.0\.0\.1[12]:8000$/],
  ['POST', 'api.example.org', '/v1/orders', /^10\.0\.0\.21:8000$/],
  ['DELETE', 'API.example.org:8080', '/v2/orders/7', /^10\.0\.0\.21:8000$/],
  ['POST', 'api.example.org', '/v10/orders', /^10\.0\.0\.3[12]:8000$/],
  ['GET', 'api.example.org', '/v1/orders', /^10\.0\.0\.3[12]:8000$/],
  ['GET', 'one.shops.example.org', '/', /^10\.0\.0\.41:8000$/],
  ['GET', 'a.b.shops.example.org', '/v1/', /^10\.0\.0\.41:8000$/],
  ['GET', 'shops.example.org', '/', /^10\.0\.0\.1[12]:8000$/],
  ['POST', 'evil-api.example.org', '/v1/orders', /^10\.0\.0\.1[12]:8000$/],
];

test('content-switching.yaml picks the pool by host, path and method', async (t) => {
  const example = await startExample(t, 'content-switching.yaml');
  const port = await example.port('web');
  for (const [method, host, path, pool] of SWITCHED) {
    const { body } = await get(port, path, { method, headers: { Host: host } });
    assert.match(body.split('\n')[0] ?? '', pool, `${method} ${host}${path}`);
  }
  const reads: string[] = [];
  for (let count = 0; count < 6; count++)
    reads.push(await who(port, '/', { headers: { Host: 'api.example.org' } }));
  assert.equal(reads.filter((name) => name === '10.0.0.31:8000').length, 4, 'twice as strong, twice as many');
  assert.match(await who(port, `/health${ATTACK}`), /^10\.0\.0\.1[12]:8000$/, 'not inspected');
  assert.doesNotMatch(await who(port, `/${ATTACK}`), /^10\./, 'inspected');
});

test('tcp.yaml relays bytes, and names the client to servers of TLS', async (t) => {
  const scripts = {
    '10.0.0.51:5432': echo,
    '10.0.0.52:5432': echo,
    '10.0.0.11:8443': echo,
    '10.0.0.12:8443': echo,
  };
  const example = await startExample(t, 'tcp.yaml', { scripts });
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const session = await Wire.connect(await example.port('postgres'));
  session.send(bytes);
  assert.deepEqual(await session.readBytes(256), bytes);
  session.end();
  assert.equal(await session.ended(), 'end');
  const tls = await Wire.connect(await example.port('tls'));
  tls.send('hello');
  assert.deepEqual(
    (await tls.readBytes(16)).subarray(0, 13),
    Buffer.from(`${PROXY_V2.toString('hex', 0, 12)}21`, 'hex'),
  );
  await tls.readUntil('hello');
});

test('honeypots.yaml sends attackers to the honeypots of their route, who learn the address', async (t) => {
  const example = await startExample(t, 'honeypots.yaml', { instead: { '10.0.9.0/24': '127.0.9.0/24' } });
  const port = await example.port('web');
  const attacker = { from: '127.0.0.66', headers: { 'X-Forwarded-For': '192.0.2.1' } };
  assert.match(await who(port, `/${ATTACK}`, attacker), /^10\.66\.0\.1[12]:8000$/);
  assert.match(await who(port, '/cart', attacker), /^10\.66\.0\.1[12]:8000$/);
  assert.equal(await who(port, '/api/orders', attacker), '10.66.0.21:8000');
  assert.equal(await told(port, 'x-forwarded-for', attacker), '127.0.0.66');
  assert.match(await who(port, '/'), /^10\.0\.0\.1[12]:8000$/);
  const scanner = { from: '127.0.9.1' };
  assert.match(await who(port, `/${ATTACK}`, scanner), /^10\.66\./);
  assert.match(await who(port, '/', scanner), /^10\.0\.0\.1[12]:8000$/, 'a scanner of our own is not marked');
});

test('tracing.yaml follows the traces of our own services, tells servers and the collector, and links those of others', async (t) => {
  const collector = await startCollector(t);
  const example = await startExample(t, 'tracing.yaml', {
    instead: {
      'http://127.0.0.1:4318/v1/traces': collector.endpoint,
      "'10.0.2.0/24'": "'127.0.2.0/24'",
      "sample: '10%'": "sample: '100%'",
    },
  });
  const port = await example.port('web');
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` };
  const followed = await told(port, 'traceparent', { from: '127.0.2.1', headers });
  const other = await told(port, 'traceparent', { from: '127.0.0.1', headers });
  assert.match(followed ?? '', new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  assert.match(other ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.doesNotMatch(other ?? '', new RegExp(trace));
  await get(port, `/${ATTACK}`, { from: '127.0.0.66' });
  // Each is an exchange, its inspection, and an attempt.
  const spans = await collector.got(9);
  // They come in the order in which they ended, which need not be that of their beginnings.
  const exchanges = spans
    .filter(({ kind }) => kind === 'server')
    .sort((left, right) => Number(left.startNs - right.startNs));
  assert.deepEqual(
    exchanges.map(({ traceId, attributes }) => [traceId === trace, attributes['sallyport.verdict']]),
    [
      [true, 'continue'],
      [false, 'continue'],
      [false, 'deceive'],
    ],
  );
  assert.deepEqual(exchanges[1]?.links, [{ traceId: trace, spanId: 'b7ad6b7169203331' }]);
  assert.equal(exchanges[0]?.resource['service.name'], 'edge');
  const [line] = await example.command.printed('stdout', new RegExp(`"trace":"${trace}","sampled":true`));
  assert.ok(line.length > 0);
});

const EXCLUDED = '?q={{constructor.name}}'.replaceAll('{', '%7B').replaceAll('}', '%7D');
const LONG = 'a'.repeat(65 * 1024);

test('inspection.yaml records by default, acts where it says on, and bounds bodies', async (t) => {
  const example = await startExample(t, 'inspection.yaml');
  const port = await example.port('web');
  const real = /^10\.0\.0\.1[12]:8000$/;
  assert.match(await who(port, `/${ATTACK}`), real, 'detect');
  assert.match(await who(port, `/editor/${ATTACK}`), real, 'detect');
  const log = join(example.folder, 'access.log');
  await until(
    'hits are in the log',
    () => (readFileSync(log, 'latin1').match(/"hitCount":[1-9]/g) ?? []).length === 2,
  );
  assert.equal(
    (await get(port, '/login', { method: 'POST', body: LONG })).status,
    413,
    'longer than what is held',
  );
  assert.equal((await get(port, '/', { method: 'POST', body: LONG })).status, 200, 'detect refuses nothing');
  assert.equal((await get(port, '/upload', { method: 'POST', body: LONG })).status, 200, 'not inspected');
  assert.match(await who(port, `/login${EXCLUDED}`), real, 'the rule is excluded');
  assert.match(await who(port, '/'), real, 'nobody is marked so far');
  assert.doesNotMatch(await who(port, `/login${ATTACK}`), real, 'on');
});

test('the rule that inspection.yaml excludes would have hit', async (t) => {
  const example = await startExample(t, 'inspection.yaml', { instead: { "'12110'": "'12100'" } });
  assert.doesNotMatch(await who(await example.port('web'), `/login${EXCLUDED}`), /^10\.0\.0\./);
});
