import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { makeCertificate } from '../../../test/support/certificate.ts';
import { needs } from '../../../test/interop/daemon.ts';
import { ownPort } from '../../../test/support/own-port.ts';
import { openCollector } from './collector.ts';
import type { Answer, Collector, CollectorOptions } from './collector.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // Not a pipe: it listens on a port.
}

function open(t: TestContext, endpoint: string, changes: Partial<CollectorOptions> = {}): Collector {
  const options = {
    endpoint,
    headers: {},
    timeout: 5000,
    compression: 'none',
    ca: undefined,
    version: '1.2',
  } as const;
  const collector = openCollector({ ...options, ...changes });
  t.after(() => collector.close());
  return collector;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const ANSWERS: readonly (readonly [name: string, reply: Reply, answer: Answer])[] = [
  ['200', { status: 200, body: '{"partialSuccess":{}}' }, { kind: 'taken', rejected: 0, message: '' }],
  ['200 with an empty body', { status: 200 }, { kind: 'taken', rejected: 0, message: '' }],
  ['202', { status: 202 }, { kind: 'taken', rejected: 0, message: '' }],
  [
    'a partial success',
    { status: 200, body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"old"}}' },
    { kind: 'taken', rejected: 2, message: 'old' },
  ],
  [
    '400',
    { status: 400, body: '{"message":"bad span"}' },
    { kind: 'refused', because: 'it answers 400: bad span' },
  ],
  ['401', { status: 401 }, { kind: 'refused', because: 'it answers 401' }],
  ['404', { status: 404, body: '<html>' }, { kind: 'refused', because: 'it answers 404' }],
  [
    'a redirect',
    { status: 307, headers: { Location: '/elsewhere' } },
    { kind: 'refused', because: 'it answers 307' },
  ],
  ['408', { status: 408 }, { kind: 'refused', because: 'it answers 408' }],
  ['500', { status: 500 }, { kind: 'refused', because: 'it answers 500' }],
  [
    '429',
    { status: 429, headers: { 'Retry-After': '7' } },
    { kind: 'later', afterMs: 7000, because: 'it answers 429' },
  ],
  ['502', { status: 502 }, { kind: 'later', afterMs: undefined, because: 'it answers 502' }],
  [
    '503',
    { status: 503, headers: { 'Retry-After': 'soon' } },
    { kind: 'later', afterMs: undefined, because: 'it answers 503' },
  ],
  ['504', { status: 504 }, { kind: 'later', afterMs: undefined, because: 'it answers 504' }],
];

for (const [name, { status, headers = {}, body = '' }, answer] of ANSWERS) {
  test(`a collector that answers ${name}: ${answer.kind}`, async (t) => {
    let requests = 0;
    const endpoint = await serve(t, (request, response) => {
      requests++;
      request.resume().on('end', () => response.writeHead(status, headers).end(body));
    });
    assert.deepEqual(await open(t, endpoint).send('{}'), answer);
    assert.equal(requests, 1);
  });
}

test('a request is what OTLP asks for, with the fields of the configuration, on one connection', async (t) => {
  const seen: string[] = [];
  const ports = new Set<number | undefined>();
  const endpoint = await serve(t, (request, response) => {
    ports.add(request.socket.remotePort);
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { authorization = '', 'content-type': type = '', 'user-agent': agent = '' } = request.headers;
      seen.push([request.method, request.url, type, agent, authorization, Buffer.concat(pieces)].join(' '));
      response.end();
    });
  });
  const headers = { Authorization: { value: 'Bearer x' } };
  const collector = open(t, endpoint, { headers });
  await collector.send('{"a":1}');
  await collector.send('{"a":2}');
  const other = open(t, `${endpoint}/otlp/traces?tenant=1`);
  await other.send('{}');
  assert.deepEqual(seen, [
    'POST /v1/traces application/json sallyport/1.2 Bearer x {"a":1}',
    'POST /v1/traces application/json sallyport/1.2 Bearer x {"a":2}',
    'POST /otlp/traces?tenant=1 application/json sallyport/1.2  {}',
  ]);
  assert.equal(ports.size, 2);
});

test('what is compressed says so, and unpacks to what was sent', async (t) => {
  let unpacked = '';
  let encoding: string | undefined;
  const endpoint = await serve(t, (request, response) => {
    const pieces: Buffer[] = [];
    encoding = request.headers['content-encoding'];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      unpacked = gunzipSync(Buffer.concat(pieces)).toString();
      response.end();
    });
  });
  assert.equal((await open(t, endpoint, { compression: 'gzip' }).send('{"a":1}')).kind, 'taken');
  assert.deepEqual([encoding, unpacked], ['gzip', '{"a":1}']);
});

test('a collector that is not there, breaks off, or is silent is asked later', async (t) => {
  const nobody = `http://127.0.0.1:${await ownPort()}`;
  const gone = await open(t, nobody).send('{}');
  assert.equal(gone.kind, 'later');
  assert.match(gone.because, /ECONNREFUSED/);
  const broken = await serve(t, (request) => request.socket.destroy());
  assert.equal((await open(t, broken).send('{}')).kind, 'later');
  const half = await serve(t, (request, response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('half');
    request.resume().on('end', () => setImmediate(() => request.socket.destroy()));
  });
  assert.equal((await open(t, half).send('{}')).kind, 'later');
  const silent = await serve(t, (request) => request.resume());
  assert.deepEqual(await open(t, silent, { timeout: 100 }).send('{}'), {
    kind: 'later',
    afterMs: undefined,
    because: 'no answer within 100 ms',
  });
});

test('a kept connection that the collector closes just then costs no time', async (t) => {
  const seen: string[] = [];
  const connections = new Map<Socket, number>();
  const endpoint = await serve(t, (request, response) => {
    const count = (connections.get(request.socket) ?? 0) + 1;
    connections.set(request.socket, count);
    seen.push(`${connections.size}.${count}`);
    if (count === 2) request.socket.destroy();
    else request.resume().on('end', () => response.end());
  });
  const collector = open(t, endpoint);
  for (let count = 0; count < 3; count++) assert.equal((await collector.send('{}')).kind, 'taken');
  assert.deepEqual(seen, ['1.1', '1.2', '2.1', '2.2', '3.1']);
});

test('close gives up a request that waits', async (t) => {
  let arrived: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const silent = await serve(t, () => arrived());
  const collector = open(t, silent);
  const answer = collector.send('{}');
  await asked;
  collector.close();
  assert.equal((await answer).kind, 'later');
  assert.equal((await collector.send('{}')).kind, 'later', 'and sends nothing afterwards');
});

test('of an endless answer only the beginning is read', async (t) => {
  const endpoint = await serve(t, (request, response) => {
    request.resume();
    response.writeHead(400);
    const more = setInterval(() => response.write('x'.repeat(65_536)), 1);
    response.on('close', () => clearInterval(more));
  });
  assert.deepEqual(await open(t, endpoint).send('{}'), { kind: 'refused', because: 'it answers 400' });
});

test(
  'a collector over https is asked when its certificate is one of those that "ca" names',
  { skip: needs('openssl') },
  async (t) => {
    const { key, certificate } = makeCertificate(t, 'IP:127.0.0.1');
    const other = makeCertificate(t, 'IP:127.0.0.1').certificate;
    let requests = 0;
    const server = createTlsServer(
      { key: readFileSync(key), cert: readFileSync(certificate) },
      (request, response) => {
        requests++;
        request.resume().on('end', () => response.end());
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo; // Not a pipe: it listens on a port.
    const endpoint = `https://127.0.0.1:${port}/v1/traces`;
    for (const [ca, kind] of [
      [certificate, 'taken'],
      [other, 'later'],
      [undefined, 'later'],
    ] as const)
      assert.equal((await open(t, endpoint, { ca }).send('{}')).kind, kind);
    const named = `https://localhost:${port}/v1/traces`;
    assert.equal((await open(t, named, { ca: certificate }).send('{}')).kind, 'later', 'of another name');
    assert.equal(requests, 1);
  },
);

test('a file of certificates that cannot be read, or has none, is told before anything is sent', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ca-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const empty = join(folder, 'empty.pem');
  writeFileSync(empty, 'nothing');
  const endpoint = 'https://127.0.0.1:1';
  assert.throws(
    () => open(t, endpoint, { ca: join(folder, 'gone.pem') }),
    /"tracing\.ca" in ".*gone\.pem": ENOENT$/,
  );
  assert.throws(
    () => open(t, endpoint, { ca: empty }),
    /"tracing\.ca" in ".*empty\.pem": there is none in it$/,
  );
});
