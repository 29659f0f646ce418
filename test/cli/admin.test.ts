/** `status`, `attackers` and `explain` against a Sallyport that runs, and against none. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { AttackersView, ExchangeView, StatusView } from '../../src/admin/views.ts';
import { until } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';
import type { Ended } from './command.ts';
import { get, startOrigin } from './web.ts';

const RULES = `SecRule ARGS "@contains evil" "id:4711,phase:2,deny,severity:CRITICAL,t:lowercase,msg:'Evil in an argument'"\n`;

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly command: Command;
  /** Runs a command about this Sallyport, which the configuration in its folder finds. */
  readonly sallyport: (...args: string[]) => Promise<Ended>;
}

async function startPlace(t: TestContext): Promise<Place> {
  const origin = await startOrigin(t, 'one');
  const folder = makeFolder(t, {
    'own.conf': RULES,
    'sallyport.yaml': `listeners:
  web:
    bind: "127.0.0.1:0"
    pool: app
    decoy: trap
    identity: { trust: [127.0.0.1], clientHeader: x-forwarded-for }
pools: { app: { servers: { one: "127.0.0.1:${origin.port}" } } }
decoys: { trap: {} }
inspection: { rules: [own.conf] }
admin: { socket: admin.sock }
`,
  });
  const command = new Command(t, ['run'], { cwd: folder });
  const port = await command.port('web');
  return { folder, port, command, sallyport: (...args) => runCommand(t, args, { cwd: folder }) };
}

/** The id in the access log of an exchange that this client had, when it is there: lines come in the order of the ends. */
async function idOf(command: Command, client: string): Promise<string> {
  const line = new RegExp(`^.*"address":"${client}".*\n`, 'm');
  await until(`the line of ${client} is written`, () => line.test(command.stdout));
  const [written = ''] = line.exec(command.stdout) ?? [];
  return (JSON.parse(written) as { readonly id: string }).id;
}

/** What a successful command with --json printed. */
function jsonOf(ended: Ended): unknown {
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout);
}

test('status shows listeners, servers and counts, as text and as JSON', async (t) => {
  const { port, sallyport } = await startPlace(t);
  await get(port, '/');
  await get(port, '/?q=evil');
  // A client has its answer a moment before the exchange is over.
  await until('both are over', async () => {
    const { exchanges, pools } = jsonOf(await sallyport('status', '--json')) as StatusView;
    return exchanges.continue + exchanges.deceive === 2 && pools[0]?.servers[0]?.busy === 0;
  });
  const text = await sallyport('status');
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(
    text.stdout,
    new RegExp(`^ {2}web {2}http {2}127\\.0\\.0\\.1:${port} {2}\\d+ connections?$`, 'm'),
  );
  assert.match(text.stdout, /^ {2}app +one +127\.0\.0\.1:\d+ +weight 1 {2}0 busy, 1 idle {2}up$/m);
  assert.match(text.stdout, /^ {2}trap \(decoy\) +built-in +/m);
  assert.match(text.stdout, /^Exchanges {2}1 passed, 1 deceived, 0 refused, 0 dropped$/m);
  const view = jsonOf(await sallyport('status', '--json')) as StatusView;
  assert.deepEqual(view.exchanges, { continue: 1, reply: 0, deceive: 1, drop: 0 });
  assert.equal(view.listeners[0]?.name, 'web');
});

test('an attacker is listed, forgiven, and passes again', async (t) => {
  const { port, sallyport } = await startPlace(t);
  const visit = async (path: string): Promise<boolean> =>
    (await get(port, path, { headers: { 'X-Forwarded-For': '203.0.113.7' } })).body.startsWith('one\n');
  assert.equal(await visit('/'), true);
  assert.equal(await visit('/?q=evil'), false, 'an attack goes to the decoy');
  assert.equal(await visit('/'), false, 'and so does what follows');
  const listed = await sallyport('attackers', 'list');
  assert.match(
    listed.stdout,
    /^ {2}203\.0\.113\.7 {2}\S+ left {2}1 offence, 1 visit {2}.*4711.*Evil in an argument {2}[0-9a-z]{22}$/m,
  );
  const forgiven = await sallyport('attackers', 'forgive', '203.0.113.7');
  assert.deepEqual([forgiven.code, forgiven.stdout], [0, '203.0.113.7 is no longer marked.\n']);
  assert.equal((await sallyport('attackers')).stdout, 'Nobody is marked.\n');
  assert.equal(await visit('/'), true);
});

const MARKED: readonly (readonly [typed: string, key: string, visitor: string])[] = [
  ['2001:DB8:1:2:0:0:0:3', '2001:db8:1:2::/64', '2001:db8:1:2:ffff::1'],
  ['::ffff:192.0.2.44', '192.0.2.44', '192.0.2.44'],
];

test('attackers mark and forgive take addresses of both families in every spelling', async (t) => {
  const { port, sallyport } = await startPlace(t);
  for (const [typed, key, visitor] of MARKED) {
    const isDeceived = async (): Promise<boolean> =>
      !(await get(port, '/', { headers: { 'X-Forwarded-For': visitor } })).body.startsWith('one\n');
    const marked = await sallyport('attackers', 'mark', typed, '--for', '2h');
    assert.deepEqual([marked.code, marked.stdout], [0, `${key} is marked for 2h.\n`], marked.stderr);
    assert.equal(await isDeceived(), true, `${visitor} is deceived`);
    const view = jsonOf(await sallyport('attackers', 'list', '--json')) as AttackersView;
    assert.deepEqual(
      view.attackers.map((mark) => mark.key),
      [key],
    );
    const forgiven = await sallyport('attackers', 'forgive', typed);
    assert.equal(forgiven.code, 0, forgiven.stderr);
    assert.equal(await isDeceived(), false, `${visitor} is not deceived any more`);
  }
});

const REFUSED: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['mark', '1..1.1'], /^Cannot mark a client: /],
  [['mark', '127.0.0.1'], /^Cannot mark /],
  [['mark', '192.0.2.1', '--for', 'ever'], /^Cannot mark a client: "for" is not a time/],
  [['mark', '192.0.2.1', '--for', '25d'], /^Cannot mark a client: "for" is not a time/],
  [['forgive', '192.0.2.1'], /^Cannot forgive "192\.0\.2\.1": it is not marked/],
  [['forgive', '../status'], /^Cannot forgive "\.\.\/status": it is not marked/],
  [['list', '--limit', '-1'], /^Cannot read the command line: /],
  [['list', '--limit=0'], /^Cannot list attackers: "limit" is not a number/],
  [['list', '--limit=many'], /^Cannot list attackers: "limit" is not a number/],
];

test('attackers refuses what it cannot do, in one line and with exit code 1', async (t) => {
  const { sallyport } = await startPlace(t);
  for (const [args, message] of REFUSED) {
    const ended = await sallyport('attackers', ...args);
    assert.equal(ended.code, 1, args.join(' '));
    assert.equal(ended.stdout, '');
    assert.match(ended.stderr, message);
  }
});

test('explain says why an exchange got its verdict, as text and as JSON', async (t) => {
  const { command, port, sallyport } = await startPlace(t);
  await get(port, '/?q=EVIL', { headers: { 'X-Forwarded-For': '203.0.113.7' } });
  await get(port, '/', { headers: { 'X-Forwarded-For': '2001:db8::7' } });
  const attack = await idOf(command, '203.0.113.7');
  const harmless = await idOf(command, '2001:db8::7');
  const text = await sallyport('explain', attack);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, new RegExp(`^Exchange ${attack} at \\d{4}-`));
  assert.match(text.stdout, /^Request {4}GET \/\?q=EVIL HTTP\/1\.1, host 127\.0\.0\.1:\d+$/m);
  assert.match(text.stdout, /^Client {5}203\.0\.113\.7, known by x-forwarded-for, through 127\.0\.0\.1$/m);
  assert.match(
    Buffer.from(text.stdout, 'latin1').toString(),
    /^Way {8}listener web → pool trap → server built-in$/m,
  );
  assert.match(text.stdout, /^Verdict {4}deceive: moved to the decoy$/m);
  assert.match(text.stdout, /^Hits {7}rule 4711 \(.*own\.conf:1\): Evil in an argument$/m);
  assert.match(text.stdout, /in ARGS:q: "evil" after lowercase$/m);
  const view = jsonOf(await sallyport('explain', harmless, '--json')) as ExchangeView;
  assert.deepEqual([view.id, view.verdict, view.client.address], [harmless, 'continue', '2001:db8::7']);
});

test('explain of an id that nobody knows fails', async (t) => {
  const { sallyport } = await startPlace(t);
  const ended = await sallyport('explain', '0000000000000000000000');
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^Cannot show "0{22}": no recent exchange has this id\n$/);
});

test('the socket is found by --socket, by -c, and by the configuration in the folder', async (t) => {
  const { folder } = await startPlace(t);
  const elsewhere = makeFolder(t);
  for (const args of [
    ['--socket', join(folder, 'admin.sock')],
    ['-s', join(folder, 'admin.sock')],
    ['-c', join(folder, 'sallyport.yaml')],
  ]) {
    assert.equal((await runCommand(t, ['status', ...args], { cwd: elsewhere })).code, 0, args.join(' '));
  }
  const lost = await runCommand(t, ['status'], { cwd: elsewhere });
  assert.equal(lost.code, 1);
  assert.match(lost.stderr, /^Cannot reach Sallyport at ".*\.sallyport\/admin\.sock": is it running/);
});

for (const args of [['status'], ['attackers'], ['attackers', 'mark', '192.0.2.1'], ['explain', '0']]) {
  test(`${args.join(' ')} says clearly that no Sallyport runs`, async (t) => {
    const ended = await runCommand(t, [...args, '-s', 'admin.sock'], {
      cwd: makeFolder(t, { 'admin.sock': '' }),
    });
    assert.deepEqual([ended.code, ended.stdout], [1, '']);
    assert.match(
      ended.stderr,
      /^Cannot reach Sallyport at ".*admin\.sock": is it running, and is this the right admin socket\n$/,
    );
  });
}

test('status says when the configuration has no admin socket, and when it is bad', async (t) => {
  const config =
    'listeners: { web: { bind: ":80", pool: app } }\npools: { app: { servers: ["127.0.0.1:1"] } }\n';
  const folder = makeFolder(t, {
    'off.yaml': `${config}admin: { socket: off }\n`,
    'bad.yaml': `${config}pol: {}\n`,
  });
  const off = await runCommand(t, ['status', '-c', 'off.yaml'], { cwd: folder });
  assert.deepEqual(
    [off.code, off.stderr],
    [1, 'Cannot reach Sallyport: "admin.socket" is off in off.yaml\n'],
  );
  const bad = await runCommand(t, ['status', '-c', 'bad.yaml'], { cwd: folder });
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /^bad\.yaml:3:1: error unknown-key: /);
});
