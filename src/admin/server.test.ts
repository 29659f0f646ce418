import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { sampleRecord } from '../../test/support/exchange-record.ts';
import { Attackers } from '../decoy/attackers.ts';
import { CidrSet } from '../net/cidr.ts';
import { RecentExchanges } from '../record/recent.ts';
import { adminRequest } from './client.ts';
import type { Admin } from './server.ts';
import { startAdmin } from './server.ts';
import { Token } from './token.ts';
import type { TrafficView } from './traffic-view.ts';
import type { StatusView } from './views.ts';
import { exchangeView } from './views.ts';

const TRAFFIC: TrafficView = {
  atMs: 0,
  workers: [],
  cpuSeconds: 0,
  memoryBytes: 0,
  bounds: [],
  listeners: [],
  servers: [],
};

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-admin-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function started(
  context: TestContext,
  socketPath: string,
  status: () => StatusView = () => ({}) as StatusView,
): Promise<{ admin: Admin; recent: RecentExchanges; problems: string[] }> {
  const problems: string[] = [];
  const recent = new RecentExchanges(10);
  const attackers = new Attackers({ markForMs: 60_000, max: 10, never: CidrSet.of([]) }, () => 0);
  const report = (problem: string): void => void problems.push(problem);
  const admin = await startAdmin({
    socketPath,
    attackers,
    explain: (id) => {
      const record = recent.find(id);
      return Promise.resolve(record === undefined ? undefined : exchangeView(record));
    },
    status: () => new Promise((resolve) => resolve(status())),
    metrics: () => Promise.resolve([]),
    traffic: () => Promise.resolve(TRAFFIC),
    servers: { view: () => undefined, change: () => undefined },
    log: { level: 'info' },
    reload: () => Promise.resolve({ kind: 'ok', warnings: [] }),
    report,
  });
  context.after(() => admin.close());
  return { admin, recent, problems };
}

test('a request and its answer go over the socket, both ways', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  const { recent } = await started(context, path);
  assert.deepEqual(await adminRequest(path, 'DELETE', '/v1/attackers/203.0.113.9'), {
    kind: 'failed',
    code: 'not-marked',
    message: 'Cannot forgive "203.0.113.9": it is not marked',
  });
  const marked = await adminRequest(path, 'POST', '/v1/attackers', { address: '203.0.113.9', for: '1h' });
  assert.equal(marked.kind === 'ok' && marked.status, 201);
  recent.add(sampleRecord({ target: '/\xff\x1b\u2028', verdict: 'drop' }));
  const shown = await adminRequest(path, 'GET', '/v1/exchanges/01JD6Z');
  assert.equal(shown.kind === 'ok' && (shown.value as { target: string }).target, '/\xff\x1b\u2028');
});

const TOKEN = '0123456789abcdef';

/** The status of an answer over TCP. */
async function overTcp(port: number, path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    signal: AbortSignal.timeout(10_000),
  });
  await response.text();
  return response.status;
}

async function startTcp(context: TestContext, isMetricsOpen: boolean): Promise<number> {
  const admin = await startAdmin({
    socketPath: undefined,
    tcp: { host: '127.0.0.1', port: 0, token: new Token(TOKEN), isMetricsOpen },
    attackers: new Attackers({ markForMs: 60_000, max: 10, never: CidrSet.of([]) }, () => 0),
    explain: () => Promise.resolve(undefined),
    status: () => Promise.resolve({} as StatusView),
    metrics: () => Promise.resolve([]),
    traffic: () => Promise.resolve(TRAFFIC),
    servers: { view: () => undefined, change: () => undefined },
    log: { level: 'info' },
    reload: () => Promise.resolve({ kind: 'ok', warnings: [] }),
  });
  context.after(() => admin.close());
  assert(admin.port !== undefined);
  return admin.port;
}

test('over TCP nothing is answered without the token', async (context) => {
  const port = await startTcp(context, false);
  const shown = { headers: { Authorization: `Bearer ${TOKEN}` } };
  assert.equal(await overTcp(port, '/v1/status', shown), 200);
  for (const path of ['/v1/status', '/metrics', '/v1', '/nothing'])
    assert.equal(await overTcp(port, path), 401, path);
  const wrong = { headers: { Authorization: `Bearer ${TOKEN}x` } };
  assert.equal(await overTcp(port, '/v1/status', wrong), 401);
  assert.equal(
    await overTcp(port, '/v1/attackers', { method: 'POST', body: '{"address":"192.0.2.1"}' }),
    401,
  );
});

test('open metrics are shown without the token, and nothing else is', async (context) => {
  const port = await startTcp(context, true);
  assert.equal(await overTcp(port, '/metrics'), 200);
  for (const path of [
    '/v1/status',
    '/metrics/',
    '/metrics?x',
    '//metrics',
    '/metrics%2f',
    '/v1/../metrics/../v1/status',
  ])
    assert.equal(await overTcp(port, path), 401, path);
  assert.equal(await overTcp(port, '/metrics', { method: 'POST' }), 401);
});

test('a port that is in use is an error for people', async (context) => {
  const port = await startTcp(context, false);
  const tcp = { host: '127.0.0.1', port, token: new Token(TOKEN), isMetricsOpen: false };
  const again = startAdmin({
    socketPath: undefined,
    tcp,
    attackers: new Attackers({ markForMs: 60_000, max: 10, never: CidrSet.of([]) }, () => 0),
    explain: () => Promise.resolve(undefined),
    status: () => Promise.resolve({} as StatusView),
    metrics: () => Promise.resolve([]),
    traffic: () => Promise.resolve(TRAFFIC),
    servers: { view: () => undefined, change: () => undefined },
    log: { level: 'info' },
    reload: () => Promise.resolve({ kind: 'ok', warnings: [] }),
  });
  await assert.rejects(
    again,
    /^Error: Cannot listen on 127\.0\.0\.1 port \d+ for the admin API: EADDRINUSE$/,
  );
});

test('only the owner may open the socket, from the first moment', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  const before = process.umask(0o022);
  await started(context, path);
  assert.equal(process.umask(before), 0o022, 'the mask of the process is as it was');
  assert.equal(lstatSync(path).mode & 0o777, 0o600);
});

test('a folder that is missing is made, closed to others', async (context) => {
  const folder = join(temporaryFolder(context), 'a', 'b');
  await started(context, join(folder, 'admin.sock'));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('close removes the socket', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  const { admin } = await started(context, path);
  await admin.close();
  assert.equal(existsSync(path), false);
});

test('the socket of a dead process is replaced', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(lstatSync(path).isSocket(), 'a killed process leaves its socket');
  await started(context, path);
  assert.equal((await adminRequest(path, 'GET', '/v1/attackers')).kind, 'ok');
});

test('the socket of a living process is left alone', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  await started(context, path);
  await assert.rejects(
    started(context, path),
    /^Error: Cannot listen on ".*": another Sallyport is using it$/,
  );
  assert.equal((await adminRequest(path, 'GET', '/v1/attackers')).kind, 'ok');
});

test('a file that is no socket is left alone', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  writeFileSync(path, 'precious');
  await assert.rejects(
    started(context, path),
    /^Error: Cannot listen on ".*": there is a file that is not a socket$/,
  );
  assert.ok(existsSync(path));
});

test('a path that is too long is refused, not cut', async (context) => {
  const path = join(temporaryFolder(context), 'x'.repeat(120));
  await assert.rejects(
    started(context, path),
    /^Error: Cannot listen on ".*": the path is longer than \d+ bytes$/,
  );
});

test('a folder that cannot be made is a clear error', async (context) => {
  const file = join(temporaryFolder(context), 'file');
  writeFileSync(file, '');
  await assert.rejects(
    started(context, join(file, 'a.sock')),
    /^Error: Cannot listen on ".*": its folder cannot be made/,
  );
});

test('a body over the bound is answered with 413', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  await started(context, path);
  const result = await adminRequest(path, 'POST', '/v1/attackers', { address: 'x'.repeat(100_000) });
  assert.equal(result.kind === 'failed' && result.code, 'too-large');
});

test('a mistake of ours is one answer and one report', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  const { problems } = await started(context, path, () => {
    throw new Error('oops');
  });
  const result = await adminRequest(path, 'GET', '/v1/status');
  assert.equal(result.kind === 'failed' && result.code, 'internal');
  assert.deepEqual(problems, ['Cannot answer an admin request: oops']);
});

test('adminRequest says when nobody is there', async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'file'), '');
  for (const name of ['nothing', 'file', 'file/below']) {
    const path = join(folder, name);
    assert.deepEqual(await adminRequest(path, 'GET', '/v1/status'), {
      kind: 'failed',
      code: 'unreachable',
      message: `Cannot reach Sallyport at "${path}": is it running, and is this the right admin socket`,
    });
  }
});

test('adminRequest says when it may not', async (context) => {
  const path = join(temporaryFolder(context), 'admin.sock');
  await started(context, path);
  chmodSync(path, 0);
  // Root may open everything, so it becomes nobody for the moment of connecting.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  const answer = adminRequest(path, 'GET', '/v1/status');
  const result = await answer.finally(() => {
    if (isRoot) process.seteuid?.(0);
  });
  assert.deepEqual(result, {
    kind: 'failed',
    code: 'unreachable',
    message: `Cannot reach Sallyport at "${path}": permission denied; only its own user and root may`,
  });
});

const STRANGERS: readonly [string, string, string][] = [
  ['another HTTP server', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', 'bad-answer'],
  [
    'an error of another shape',
    'HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\n\r\n{"error":"x"}',
    'bad-answer',
  ],
  ['something that is not HTTP', 'SSH-2.0-x\r\n', 'no-answer'],
  ['somebody who hangs up', '', 'no-answer'],
  ['an answer that is cut', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}', 'no-answer'],
];
for (const [name, bytes, code] of STRANGERS) {
  test(`adminRequest survives ${name}`, async (context) => {
    const path = join(temporaryFolder(context), 'admin.sock');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(bytes));
    }).listen(path);
    await once(server, 'listening');
    context.after(() => server.close());
    const result = await adminRequest(path, 'GET', '/v1/status');
    assert.equal(result.kind === 'failed' && result.code, code);
    assert.match(result.kind === 'failed' ? result.message : '', /^Cannot /);
  });
}
