/** Under a service manager: what it is told, what it hands over, and what becomes of both. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../support/program.ts';
import { ownPort } from '../support/own-port.ts';
import { ServiceManager } from '../support/service-manager.ts';
import { UNIX_SKIP as skip } from '../support/unix-receiver.ts';
import { until } from '../support/wire.ts';
import { Command, makeFolder } from './command.ts';
import { get, startOrigin } from './web.ts';

/** Node.js as it comes with the system, which may be older than what Sallyport runs on. */
const OLD_NODE = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path));
const BIN = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));
const OLD_SKIP = skip === false && OLD_NODE === undefined ? 'the system has no Node.js of its own' : skip;

const ACTIVATE_SKIP = findProgram('systemd-socket-activate') === undefined ? 'not installed: systemd' : false;

interface Place {
  readonly folder: string;
  readonly serverPort: number;
}

/** A folder with a configuration, whose one listener is `web`. */
async function makePlace(t: TestContext, bind: string, more = ''): Promise<Place> {
  const { port } = await startOrigin(t, 'one');
  const folder = makeFolder(t, { 'sallyport.yaml': configOf(bind, port, more) });
  return { folder, serverPort: port };
}

function configOf(bind: string, serverPort: number, more = ''): string {
  return `listeners: { web: { bind: "${bind}", pool: app, inspection: off } }
pools: { app: { servers: ["127.0.0.1:${serverPort}"] } }
log: { access: off }
runtime: { workers: 2 }
${more}`;
}

/** What the program's own log says. */
function textsOf(command: Command): readonly string[] {
  return command.stderr
    .split('\n')
    .slice(0, -1) // What follows the last line feed is none so far.
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { readonly text: string }).text); // Our own log.
}

for (const kind of ['a path', 'an abstract name'] as const) {
  test(`starting, reloading and stopping are told to ${kind}`, { skip }, async (t) => {
    const manager = new ServiceManager(
      t,
      kind === 'a path' ? undefined : `@sallyport-service-${process.pid}`,
    );
    const { folder, serverPort } = await makePlace(t, '127.0.0.1:0');
    const command = manager.start(['run'], { cwd: folder });
    const starting = await manager.told('EXTEND_TIMEOUT_USEC');
    assert.match(starting['STATUS'] ?? '', /^Reading/);
    const ready = await manager.told('READY');
    assert.equal(ready['STATUS'], '2 of 2 workers serve; 0 exchanges, 0 attackers');
    const port = await command.port('web');
    assert.equal((await get(port, '/')).status, 200, 'it serves when it says so');

    const before = process.hrtime.bigint() / 1000n;
    command.signal('SIGHUP');
    const reloading = await manager.told('RELOADING');
    assert(BigInt(reloading['MONOTONIC_USEC'] ?? '0') >= before, 'on the clock of the service manager');
    await manager.told('READY', 2);

    writeFileSync(join(folder, 'sallyport.yaml'), 'listeners: nonsense');
    command.signal('SIGHUP');
    const failed = await manager.told('READY', 3);
    assert.match(failed['STATUS'] ?? '', /failed and changed nothing/);
    assert.equal((await get(port, '/')).status, 200, 'it serves as before');

    writeFileSync(join(folder, 'sallyport.yaml'), configOf('127.0.0.1:0', serverPort));
    command.signal('SIGTERM');
    const stopping = await manager.told('STOPPING');
    assert.equal(stopping['EXTEND_TIMEOUT_USEC'], String((30 + 10) * 1_000_000));
    assert.equal((await command.ended()).code, 0);
    assert.deepEqual(manager.states, ['READY', 'RELOADING', 'READY', 'RELOADING', 'READY', 'STOPPING']);
  });
}

test('a service manager that cannot be told costs a warning', { skip }, async (t) => {
  const manager = new ServiceManager(t);
  const { folder } = await makePlace(t, '127.0.0.1:0');
  for (const socket of ['/nowhere/notify', 'vsock:2:1234']) {
    const command = manager.start(['run'], { cwd: folder, env: { NOTIFY_SOCKET: socket } });
    assert.equal((await get(await command.port('web'), '/')).status, 200);
    await command.printed('stderr', /Cannot tell the service manager/);
    command.signal('SIGTERM');
    assert.equal((await command.ended()).code, 0);
  }
});

test('the watchdog is fed as long as all threads answer', { skip }, async (t) => {
  const manager = new ServiceManager(t);
  const { folder } = await makePlace(t, '127.0.0.1:0');
  const command = manager.start(['run'], { cwd: folder, watchdogMs: 400 });
  await manager.told('READY');
  await manager.told('WATCHDOG', 5);
  assert.ok(!manager.notices.slice(0, 1).some((notice) => 'WATCHDOG' in notice));
  command.signal('SIGTERM');
  await command.ended();
  const fed = manager.notices.findLastIndex((notice) => 'WATCHDOG' in notice);
  assert.ok(fed < manager.notices.findIndex((notice) => 'STOPPING' in notice), 'and no more when it stops');
});

test('without a watchdog nobody feeds one', { skip }, async (t) => {
  const manager = new ServiceManager(t);
  const { folder } = await makePlace(t, '127.0.0.1:0');
  const command = manager.start(['run'], { cwd: folder, watchdogMs: 400, env: { WATCHDOG_USEC: '0' } });
  await manager.told('READY');
  command.signal('SIGHUP');
  await manager.told('READY', 2);
  assert.ok(!manager.notices.some((notice) => 'WATCHDOG' in notice));
});

test('inherited sockets are found by address and by name, and others are opened', { skip }, async (t) => {
  const manager = new ServiceManager(t);
  const byAddress = await manager.listen('127.0.0.1');
  const byName = await manager.listen('127.0.0.1');
  const { port } = await startOrigin(t, 'one');
  const listener = (bind: string): string => `{ bind: "${bind}", pool: app, inspection: off }`;
  const folder = makeFolder(t, {
    'sallyport.yaml': `listeners:
  first: ${listener(`127.0.0.1:${byAddress}`)}
  second: ${listener('127.0.0.1:0')}
  third: ${listener('127.0.0.1:0')}
pools: { app: { servers: ["127.0.0.1:${port}"] } }
runtime: { workers: 2 }`,
  });
  // It waits in the socket until somebody is there.
  const early = get(byAddress, '/early');
  const command = manager.start(['run'], { cwd: folder, names: ['whatever', 'second'] });
  assert.equal((await early).status, 200);
  assert.equal(await command.port('first'), byAddress);
  assert.equal(await command.port('second'), byName);
  const own = await command.port('third');
  assert.ok(own !== byAddress && own !== byName);
  for (const each of [byAddress, byName, own]) assert.equal((await get(each, '/')).status, 200);
});

test('a socket for both families serves a listener of both', { skip }, async (t) => {
  const manager = new ServiceManager(t);
  // As ListenStream=80 without BindIPv6Only.
  const port = await manager.listenDual();
  const { folder } = await makePlace(t, `:${port}`);
  const command = manager.start(['run'], { cwd: folder });
  await manager.told('READY');
  assert.equal((await get(port, '/', { host: '127.0.0.1' })).status, 200);
  assert.equal((await get(port, '/', { host: '::1' })).status, 200);
  command.signal('SIGTERM');
  assert.equal((await command.ended()).code, 0, command.stderr);
});

test(
  'an inherited socket stays through reloads, also without a listener for a while',
  { skip },
  async (t) => {
    const manager = new ServiceManager(t);
    const port = await manager.listen('127.0.0.1');
    const { folder, serverPort } = await makePlace(t, `127.0.0.1:${port}`);
    const command = manager.start(['run'], { cwd: folder });
    await manager.told('READY');
    const file = join(folder, 'sallyport.yaml');
    const good = readFileSync(file, 'utf8');
    const reload = async (text: string, count: number): Promise<void> => {
      writeFileSync(file, text);
      command.signal('SIGHUP');
      await manager.told('READY', count);
    };
    await reload(good, 2);
    assert.equal((await get(port, '/')).status, 200);
    await reload(configOf('127.0.0.1:0', serverPort), 3);
    const text = `No listener has the socket "unknown" (127.0.0.1:${port}) of the service manager any more`;
    await until('it is said', () => textsOf(command).some((one) => one.startsWith(text)));
    const waiting = get(port, '/');
    await reload(good, 4);
    assert.equal((await waiting).status, 200, 'it waited for the listener');
  },
);

test('while it is started anew, nobody is refused', { skip }, async (t) => {
  const manager = new ServiceManager(t);
  const port = await manager.listen('127.0.0.1');
  const { folder } = await makePlace(t, `127.0.0.1:${port}`);
  const first = manager.start(['run'], { cwd: folder });
  await manager.told('READY');
  assert.equal((await get(port, '/')).status, 200);
  first.signal('SIGTERM');
  await first.ended();
  const waiting = Array.from({ length: 5 }, () => get(port, '/'));
  manager.start(['run'], { cwd: folder });
  for (const page of waiting) assert.equal((await page).status, 200);
});

const WRONG: readonly {
  readonly what: string;
  readonly bind: string;
  readonly message: RegExp;
  readonly open: (manager: ServiceManager) => unknown;
}[] = [
  {
    what: 'a socket that no listener wants',
    bind: '127.0.0.1:0',
    open: (manager) => manager.listen('127.0.0.2'),
    message:
      /^Cannot use the socket "unknown" \(127\.0\.0\.2:\d+\) of the service manager: no listener has its address or its name; there are "web" 127\.0\.0\.1:\d+$/m,
  },
  {
    what: 'a descriptor that is no socket',
    bind: '127.0.0.1:0',
    open: (manager) => manager.openFile(import.meta.filename),
    message:
      /^Cannot use descriptor 3 \("unknown"\) of the service manager: it is no TCP socket that listens \(getsockname failed: ENOTSOCK\)/m,
  },
];

for (const { what, bind, message, open } of WRONG) {
  test(`${what} is said, and it does not start`, { skip }, async (t) => {
    const manager = new ServiceManager(t);
    await open(manager);
    const { folder } = await makePlace(t, bind);
    const ended = await manager.start(['run'], { cwd: folder }).ended();
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, message);
    assert.ok(!manager.states.includes('READY'));
  });
}

test('what systemd itself hands over is taken', { skip: ACTIVATE_SKIP }, async (t) => {
  const port = await ownPort();
  const { folder } = await makePlace(t, `127.0.0.1:${port}`);
  const command = new Command(t, ['run'], {
    cwd: folder,
    prefix: [
      'systemd-socket-activate',
      '--setenv=NODE_COMPILE_CACHE',
      `--listen=127.0.0.1:${port}`,
      '--fdname=web',
    ],
  });
  await command.printed('stderr', /Listening on/);
  // The first connection starts the service, and waits for it.
  assert.equal((await get(port, '/first')).status, 200);
  assert.equal((await get(port, '/second')).status, 200);
  assert.equal(await command.port('web'), port);
  command.signal('SIGTERM');
  assert.equal((await command.ended()).code, 0, command.stderr);
});

test(
  'a Node.js that is too old hands everything on to the one that it starts',
  { skip: OLD_SKIP },
  async (t) => {
    const manager = new ServiceManager(t);
    const port = await manager.listen('127.0.0.1');
    const { folder } = await makePlace(t, `127.0.0.1:${port}`);
    const early = get(port, '/early');
    const command = manager.start(['run'], {
      cwd: folder,
      program: [OLD_NODE ?? '', BIN],
      ownGroup: true,
      watchdogMs: 1_000,
    });
    await manager.told('READY');
    await manager.told('WATCHDOG', 2);
    assert.equal((await early).status, 200);
    command.signal('SIGTERM');
    assert.equal((await command.ended()).code, 0, command.stderr);
  },
);
