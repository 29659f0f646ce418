/** `sallyport run`: it starts or says why not, logs what it does, and ends in order. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until, Wire } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';
import { get, startOrigin } from './web.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url));

const NO_PROC = process.platform === 'linux' ? false : 'what a process catches is told by /proc';

/** A configuration with one listener on a port that the system chooses. */
function configOf(serverPort: number, more = '', bind = '127.0.0.1:0'): string {
  return `listeners: { web: { bind: "${bind}", pool: app, inspection: off } }
pools: { app: { servers: ["127.0.0.1:${serverPort}"] } }
${more}`;
}

interface Running {
  readonly command: Command;
  readonly folder: string;
  readonly port: number;
}

async function startRun(t: TestContext, config: string): Promise<Running> {
  const folder = makeFolder(t, { 'sallyport.yaml': config });
  const command = new Command(t, ['run'], { cwd: folder });
  return { command, folder, port: await command.port('web') };
}

/** What these tests look at in a line of the access log. */
interface AccessLine {
  readonly request: { readonly method: string; readonly target: string };
  readonly status: number;
  readonly verdict: string;
  readonly end: string;
}

/** The lines of a log, each of which must be JSON. */
function linesOf<Line = AccessLine>(text: string): Line[] {
  assert(text === '' || text.endsWith('\n'), 'the last line is whole');
  const lines = text.split('\n').slice(0, -1);
  // Its shape is our own; a field that is not there fails the comparison.
  return lines.map((line) => JSON.parse(line) as Line);
}

test('run passes requests on and leaves one JSON line of each on standard output', async (t) => {
  const origin = await startOrigin(t, 'one');
  const { command, port } = await startRun(t, configOf(origin.port));
  const pages = [
    await get(port, '/a'),
    await get(port, '/b?c=d'),
    await get(port, '/e', { method: 'POST', body: 'f' }),
  ];
  assert.deepEqual(
    pages.map(({ status, body }) => [status, body.split('\n')[0]]),
    [
      [200, 'one'],
      [200, 'one'],
      [200, 'one'],
    ],
  );
  command.signal('SIGTERM');
  const ended = await command.ended();
  assert.equal(ended.code, 0);
  // Workers hand over their lines each for itself.
  const lines = linesOf(ended.stdout).sort((left, right) =>
    left.request.target.localeCompare(right.request.target),
  );
  assert.deepEqual(
    lines.map(({ request, status, verdict, end }) => [request.method, request.target, status, verdict, end]),
    [
      ['GET', '/a', 200, 'continue', 'done'],
      ['GET', '/b?c=d', 200, 'continue', 'done'],
      ['POST', '/e', 200, 'continue', 'done'],
    ],
  );
  assert.deepEqual(
    linesOf<{ text: string }>(ended.stderr).map(({ text }) => text),
    ['Listening', 'Stopping'],
  );
});

for (const [signal, other] of [
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const) {
  test(`${signal} ends run after the request in flight, and takes no more`, async (t) => {
    let release = (): void => {};
    const origin = await startOrigin(t, 'slow', (_request, response) => {
      response.write('first half, ');
      release = () => response.end('second half');
    });
    const { command, folder, port } = await startRun(t, configOf(origin.port));
    const client = await Wire.connect(port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.readUntil('first half, ');
    // npm and a terminal both pass on the same Ctrl-C. Two of one name could become one on their way.
    command.signal(signal);
    command.signal(other);
    await command.printed('stderr', /"text":"Stopping"/);
    await refused(port);
    release();
    await client.readUntil('second half');
    const ended = await command.ended();
    assert.deepEqual([ended.code, ended.signal], [0, null]);
    assert.equal(linesOf(ended.stdout)[0]?.end, 'done');
    assert.equal(existsSync(join(folder, '.sallyport', 'admin.sock')), false, 'the admin socket is gone');
  });
}

test('a second signal ends run without waiting', async (t) => {
  const origin = await startOrigin(t, 'never', () => {});
  const { command, port } = await startRun(t, configOf(origin.port));
  const client = await Wire.connect(port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('the request is at the server', () => origin.targets.length === 1);
  command.signal('SIGTERM');
  await command.printed('stderr', /"text":"Stopping"/);
  // One that comes at once counts as the same: npm and a terminal both pass on a Ctrl-C. So it is sent until it counts.
  const again = setInterval(() => command.signal('SIGTERM'), 100);
  t.after(() => clearInterval(again));
  assert.equal((await command.ended()).code, 0);
  await client.ended();
});

test('SIGUSR1 opens the access log anew after it was renamed', async (t) => {
  const origin = await startOrigin(t, 'one');
  const { command, folder, port } = await startRun(t, configOf(origin.port, 'log: { to: access.log }'));
  const log = join(folder, 'access.log');
  const old = join(folder, 'access.log.1');
  await get(port, '/before');
  await until('the line is written', () => readFileSync(log, 'utf8').includes('/before'));
  renameSync(log, old);
  command.signal('SIGUSR1');
  await until('the log is there again', () => existsSync(log));
  await get(port, '/after');
  command.signal('SIGTERM');
  const ended = await command.ended();
  assert.equal(ended.code, 0);
  assert.equal(ended.stdout, '', 'nothing goes to standard output');
  const targetsIn = (path: string): string[] =>
    linesOf(readFileSync(path, 'utf8')).map(({ request }) => request.target);
  assert.deepEqual([targetsIn(old), targetsIn(log)], [['/before'], ['/after']]);
});

test(
  'signals that come before it listens neither end it nor open a debugger',
  { skip: NO_PROC },
  async (t) => {
    const folder = makeFolder(t, { 'sallyport.yaml': configOf(9) });
    const command = new Command(t, ['run'], { cwd: folder, program: [process.execPath, LAUNCHER] });
    // From then on the launcher answers for them: bit 0 of the mask is SIGHUP.
    await until('it catches SIGHUP', () => {
      const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(
        readFileSync(`/proc/${command.child.pid}/status`, 'latin1'),
      );
      return mask !== null && (BigInt(`0x${mask[1]}`) & 1n) === 1n;
    });
    assert.doesNotMatch(command.stderr, /Listening/);
    for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGUSR1'] as const) command.signal(signal);
    await command.port('web');
    assert.doesNotMatch(command.stderr, /Debugger/);
    command.signal('SIGTERM');
    assert.equal((await command.ended()).code, 0);
  },
);

test('SIGHUP reloads, and a configuration with mistakes changes nothing and says why', async (t) => {
  const origin = await startOrigin(t, 'one');
  const other = await startOrigin(t, 'other');
  const { command, folder, port } = await startRun(t, configOf(origin.port));
  assert.match((await get(port, '/')).body, /^one/);
  writeFileSync(join(folder, 'sallyport.yaml'), configOf(other.port));
  command.signal('SIGHUP');
  await command.printed('stderr', /"text":"Reloaded"/);
  assert.match((await get(port, '/')).body, /^other/);
  writeFileSync(join(folder, 'sallyport.yaml'), 'listeners: none');
  command.signal('SIGHUP');
  await command.printed('stderr', /"text":"Cannot reload, nothing has changed".*sallyport\.yaml:1/);
  assert.match((await get(port, '/')).body, /^other/);
});

test('run goes on when nobody reads its log any more', async (t) => {
  const origin = await startOrigin(t, 'one');
  const { command, port } = await startRun(t, configOf(origin.port));
  command.child.stderr?.destroy();
  command.child.stdout?.destroy();
  command.signal('SIGHUP');
  for (let count = 0; count < 3; count++) assert.equal((await get(port, `/${count}`)).status, 200);
  assert.equal(command.child.exitCode, null);
});

test('a port in use ends run with one clear line', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo; // Not a pipe: it listens on a port.
  const folder = makeFolder(t, { 'sallyport.yaml': configOf(9, '', `127.0.0.1:${port}`) });
  const ended = await runCommand(t, ['run'], { cwd: folder });
  assert.deepEqual(
    [ended.code, ended.stdout, ended.stderr],
    [
      1,
      '',
      `Cannot listen on 127.0.0.1:${port} for listener "web": another program uses this address; stop it or choose another port\n`,
    ],
  );
});

test('an address of another host ends run with one clear line', async (t) => {
  const folder = makeFolder(t, { 'sallyport.yaml': configOf(9, '', '192.0.2.1:8080') });
  const ended = await runCommand(t, ['run'], { cwd: folder });
  assert.equal(ended.code, 1);
  assert.equal(
    ended.stderr,
    'Cannot listen on 192.0.2.1:8080 for listener "web": this host does not have the address\n',
  );
});

test('a second run beside the first says that its admin socket is in use', async (t) => {
  const { folder } = await startRun(t, configOf(9));
  const ended = await runCommand(t, ['run'], { cwd: folder });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^Cannot listen on ".*admin\.sock": another Sallyport is using it\n$/);
});

test('a log that cannot be opened ends run with one clear line', async (t) => {
  const folder = makeFolder(t, { 'sallyport.yaml': configOf(9, 'log: { to: missing/access.log }') });
  const ended = await runCommand(t, ['run'], { cwd: folder });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^Cannot open the log ".*missing\/access\.log": ENOENT\n$/);
});

/** A program that runs another without the right to low ports: root has it, others have not. */
const WITHOUT_LOW_PORTS: readonly string[] =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service']
    : ['env'];

function whyNoForbiddenPort(): string | false {
  const [program = '', ...args] = WITHOUT_LOW_PORTS;
  const path = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  if (!existsSync(path) || Number(readFileSync(path, 'utf8')) <= 1)
    return 'everybody may have every port here';
  return spawnSync(program, [...args, 'true']).status === 0
    ? false
    : 'setpriv cannot take a capability away here';
}

test('a forbidden port ends run with one clear line', { skip: whyNoForbiddenPort() }, async (t) => {
  const folder = makeFolder(t, { 'sallyport.yaml': configOf(9, '', '127.0.0.1:1') });
  const ended = await runCommand(t, ['run'], { cwd: folder, prefix: WITHOUT_LOW_PORTS });
  assert.equal(ended.code, 1);
  assert.equal(
    ended.stderr,
    'Cannot listen on 127.0.0.1:1 for listener "web": ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher port, grant the capability, or start it anew if "runtime.user" took it\n',
  );
});

/** Waits until a port takes no connection, which is soon or never. */
async function refused(port: number): Promise<void> {
  await until(`port ${port} takes no connections`, () =>
    Wire.connect(port).then(
      (client) => {
        client.close();
        return false;
      },
      () => true,
    ),
  );
}
