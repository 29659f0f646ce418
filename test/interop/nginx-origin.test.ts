/**
 * curl in front of Sallyport and nginx behind it: what people do with HTTP every day, between programs that are not ours.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { content, request } from '../support/message.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import { pause } from '../support/wire.ts';
import { needs, runProgram, startNginx } from './daemon.ts';
import { visit } from './visitor.ts';

const SKIP = needs('nginx', 'curl');
const LARGE_BYTES = 32 * 1024 * 1024;
const TEXT = 'All happy families are alike; each unhappy family is unhappy in its own way.\n'.repeat(400);

/** nginx with files, gzip, and a place to put files. It ends a connection after 5 requests, on one port when it is idle. */
const SERVER = `
  keepalive_requests 5;
  keepalive_timeout 60s;
  default_type application/octet-stream;
  types { text/html html; text/plain txt; }
  client_max_body_size 64m;
  root files;
  server {
    listen 127.0.0.1:@brief;
    keepalive_timeout 300ms;
  }
  server {
    listen 127.0.0.1:@app;
    location / { add_header X-Connection $connection; }
    location /zipped/ { alias files/; gzip on; gzip_min_length 1; gzip_types text/plain; gzip_http_version 1.0; gzip_proxied any; }
    location /put/ { dav_methods PUT DELETE; create_full_put_path on; }
    location /small/ { client_max_body_size 1k; dav_methods PUT; }
    location /empty { return 204; }
    location /moved { return 301 https://elsewhere.example/; }
    location /head { return 200 "$request_method $http_expect|$http_connection|$http_te|$server_protocol"; }
  }`;

interface Site {
  readonly proxy: TestProxy;
  readonly url: string;
  readonly folder: string;
  readonly large: Buffer;
}

/** nginx with its files, and Sallyport in front. */
async function startSite(t: TestContext): Promise<Site> {
  const { ports, folder } = await startNginx(t, { http: SERVER });
  const files = join(folder, 'files');
  mkdirSync(join(files, 'put'), { recursive: true });
  const large = content(LARGE_BYTES);
  writeFileSync(join(files, 'text.txt'), TEXT);
  writeFileSync(join(files, 'large.bin'), large);
  const proxy = await startProxy(
    JSON.stringify({
      listeners: {
        front: { bind: '127.0.0.1:0', pool: 'app' },
        brief: { bind: '127.0.0.1:0', pool: 'brief' },
      },
      pools: {
        app: { servers: [`127.0.0.1:${ports['app'] ?? 0}`] },
        brief: { servers: [`127.0.0.1:${ports['brief'] ?? 0}`] },
      },
    }),
  );
  t.after(() => proxy.close());
  return { proxy, folder, large, url: `http://127.0.0.1:${proxy.port()}` };
}

/** What curl got: statuses of all responses with their fields, and the last body. */
interface Got {
  readonly statuses: readonly number[];
  readonly head: string;
  readonly body: Buffer;
  readonly log: string;
}

async function curl(...options: readonly string[]): Promise<Got> {
  const { code, out, err } = await runProgram('curl', ['-sv', '--max-time', '60', ...options]);
  assert.equal(code, 0, err);
  const head = err
    .split('\n')
    .filter((line) => line.startsWith('< '))
    .map((line) => line.slice(2).trimEnd())
    .join('\n');
  return {
    statuses: [...head.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map((match) => Number(match[1])),
    head,
    body: out,
    log: err,
  };
}

test('curl through Sallyport to nginx', { skip: SKIP }, async (t) => {
  const site = await startSite(t);
  const { url, large, folder, proxy } = site;

  await t.test('a file comes as it is, with its fields', async () => {
    const got = await curl(`${url}/text.txt`);
    assert.deepEqual(got.statuses, [200]);
    assert.equal(got.body.toString(), TEXT);
    assert.match(got.head, /^Server: nginx/m);
    assert.match(got.head, /^Accept-Ranges: bytes$/m);
    assert.match(got.head, new RegExp(`^Content-Length: ${TEXT.length}$`, 'm'));
  });

  await t.test('HEAD has the length of GET and no body, and the connection goes on', async () => {
    const got = await curl(
      '-I',
      `${url}/text.txt`,
      '--next',
      '-s',
      `${url}/empty`,
      '--next',
      '-s',
      `${url}/text.txt`,
    );
    assert.match(got.head, new RegExp(`^Content-Length: ${TEXT.length}$`, 'm'));
    assert.equal(got.body.toString().endsWith(TEXT), true);
  });

  await t.test('HEAD of a body in chunks', async () => {
    const got = await curl('-I', '--compressed', `${url}/zipped/text.txt`);
    assert.deepEqual(got.statuses, [200]);
    assert.match(got.head, /^Content-Encoding: gzip$/m);
  });

  await t.test('one range, several, from the end, and none that there is', async () => {
    const one = await curl('-r', '5-9', `${url}/text.txt`);
    assert.deepEqual(one.statuses, [206]);
    assert.equal(one.body.toString(), TEXT.slice(5, 10));
    assert.match(one.head, new RegExp(`^Content-Range: bytes 5-9/${TEXT.length}$`, 'm'));
    const several = await curl('-r', '0-2,10-12', `${url}/text.txt`);
    assert.deepEqual(several.statuses, [206]);
    assert.match(several.head, /^Content-Type: multipart\/byteranges/m);
    assert.match(several.body.toString(), /\r\n\r\nAll\r\n/);
    const end = await curl('-r', '-100', `${url}/large.bin`);
    assert.equal(Buffer.compare(end.body, large.subarray(-100)), 0);
    assert.deepEqual((await curl('-r', '99999999-', `${url}/text.txt`)).statuses, [416]);
  });

  await t.test('304 for what has not changed, and 412', async () => {
    const tag = /^ETag: (.*)$/m.exec((await curl('-I', `${url}/text.txt`)).head)?.[1];
    assert(tag !== undefined);
    const got = await curl('-H', `If-None-Match: ${tag}`, `${url}/text.txt`);
    assert.deepEqual(got.statuses, [304]);
    assert.equal(got.body.length, 0);
    assert.deepEqual((await curl('-H', 'If-Match: "other"', `${url}/text.txt`)).statuses, [412]);
    const fresh = await curl('-H', `If-Range: ${tag}`, '-r', '0-4', `${url}/text.txt`);
    assert.deepEqual(fresh.statuses, [206]);
    assert.deepEqual((await curl('-H', 'If-Range: "other"', '-r', '0-4', `${url}/text.txt`)).statuses, [200]);
  });

  await t.test('chunks for HTTP/1.1, the end of the connection for HTTP/1.0', async () => {
    const modern = await curl('--compressed', `${url}/zipped/text.txt`);
    assert.match(modern.head, /^Transfer-Encoding: chunked$/m);
    assert.equal(modern.body.toString(), TEXT);
    const old = await curl('--http1.0', '--compressed', `${url}/zipped/text.txt`);
    assert.doesNotMatch(old.head, /^Transfer-Encoding/m);
    assert.equal(old.body.toString(), TEXT);
  });

  await t.test('a large file, whole and at a bounded rate', async () => {
    const got = await curl(`${url}/large.bin`);
    assert.equal(digest(got.body), digest(large));
    const slow = await curl('--limit-rate', '40M', `${url}/large.bin`);
    assert.equal(digest(slow.body), digest(large));
  });

  await t.test('an upload with a length, after 100 Continue', async () => {
    const got = await curl(
      '-T',
      join(folder, 'files/large.bin'),
      '-H',
      'Expect: 100-continue',
      `${url}/put/one.bin`,
    );
    assert.deepEqual(got.statuses, [100, 201]);
    assert.equal(digest(readFileSync(join(folder, 'files/put/one.bin'))), digest(large));
  });

  await t.test('an upload in chunks', async () => {
    const file = join(folder, 'files/large.bin');
    const got = await curl(
      '-T',
      file,
      '-H',
      'Transfer-Encoding: chunked',
      '-H',
      'Expect:',
      `${url}/put/two.bin`,
    );
    assert.deepEqual(got.statuses, [201]);
    assert.equal(digest(readFileSync(join(folder, 'files/put/two.bin'))), digest(large));
    assert.deepEqual((await curl('-X', 'DELETE', `${url}/put/two.bin`)).statuses, [204]);
  });

  await t.test(
    'an upload that nginx refuses: by its head, after 100 was asked for, and in the middle',
    async () => {
      const file = join(folder, 'files/large.bin');
      assert.deepEqual(
        (await curl('-T', file, '-H', 'Expect: 100-continue', `${url}/small/file`)).statuses,
        [413],
      );
      assert.deepEqual((await curl('-T', file, '-H', 'Expect:', `${url}/small/file`)).statuses, [413]);
      const chunked = await curl(
        '-T',
        file,
        '-H',
        'Expect:',
        '-H',
        'Transfer-Encoding: chunked',
        `${url}/small/file`,
      );
      assert.deepEqual(chunked.statuses, [413]);
    },
  );

  await t.test('204, 301 and 404 as they are', async () => {
    assert.deepEqual((await curl(`${url}/empty`)).statuses, [204]);
    const moved = await curl(`${url}/moved`);
    assert.deepEqual(moved.statuses, [301]);
    assert.match(moved.head, /^Location: https:\/\/elsewhere\.example\/$/m);
    assert.deepEqual((await curl(`${url}/nothing`)).statuses, [404]);
  });

  await t.test('what belongs to one hop stays there', async () => {
    const got = await curl('-H', 'Connection: TE, X-Secret', '-H', 'TE: trailers', `${url}/head`);
    assert.equal(got.body.toString(), 'GET |||HTTP/1.1');
    const old = await curl('--http1.0', '-H', 'Connection: keep-alive', `${url}/head`);
    assert.equal(old.body.toString(), 'GET |||HTTP/1.1');
  });

  await t.test('everything was recorded as done', () => {
    const others = proxy.records.filter(({ end }) => end !== 'done');
    assert.deepEqual(
      others.map(({ end, target }) => `${end} ${target}`),
      [],
    );
  });
});

test('connections to nginx are used again until it ends them', { skip: needs('nginx') }, async (t) => {
  const { proxy } = await startSite(t);
  const visitor = await visit(t, proxy.port(), 4);
  const connections: string[] = [];
  for (let count = 0; count < 20; count++) {
    const answer = await visitor.exchange(request('GET /text.txt'));
    assert.equal(answer.startLine, 'HTTP/1.1 200 OK');
    connections.push(answer.fields.find(([name]) => name === 'X-Connection')?.[1] ?? '');
  }
  // nginx ends each connection with its fifth response.
  assert.equal(new Set(connections).size, 4);
  assert.deepEqual(
    proxy.records.map(({ isOriginReused }) => isOriginReused),
    connections.map((_, index) => index % 5 !== 0),
  );
});

test('that nginx closes what is idle is never seen', { skip: needs('nginx') }, async (t) => {
  const { proxy } = await startSite(t);
  const visitor = await visit(t, proxy.port('brief'), 4);
  // Before, about when, and after it does: a request that meets the close is sent again (RFC 9110 §9.2.2).
  for (const idleMs of [0, 200, 290, 300, 310, 400]) {
    await pause(idleMs);
    const answer = await visitor.exchange(request('GET /text.txt'));
    assert.equal(answer.body.toString(), TEXT);
  }
  assert(proxy.records.every(({ end }) => end === 'done'));
});

test('many clients at once, each with what it asked for', { skip: needs('nginx') }, async (t) => {
  const { proxy } = await startSite(t);
  const clients = Array.from({ length: 16 }, async (_, index) => {
    const visitor = await visit(t, proxy.port(), 4);
    for (let count = 0; count < 10; count++) {
      const start = 31 * index + count;
      const answer = await visitor.exchange(
        request('GET /text.txt', `Range: bytes=${start}-${start + 40}\r\n`),
      );
      assert.equal(answer.body.toString(), TEXT.slice(start, start + 41));
    }
  });
  await Promise.all(clients);
  assert.equal(proxy.records.filter(({ status }) => status === 206).length, 160);
});

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
