/** `runtime.user`: a process that is started as root, binds port 80, and is root no more. */
import assert from 'node:assert/strict';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from '../cli/command.ts';
import { request, statusOf } from '../support/message.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { until } from '../support/wire.ts';
import { connectIn } from './host-sockets.ts';

const SKIP = needsNamespaces();
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Of no account of the system. */
const UID = 54_321;
const GID = 54_322;

/** A host, a folder that everybody can read, and a copy of the program in it: a checkout may be in root's home. */
function prepare(t: TestContext): { readonly host: Host; readonly folder: string; readonly main: string } {
  const host = Topology.make(t).host('proxy');
  // Other values let everybody bind port 80.
  host.sysctl('net.ipv4.ip_unprivileged_port_start', 1024);
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-privileges-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  for (const part of ['src', 'rules', 'package.json', 'node_modules/yaml'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  mkdirSync(join(folder, 'log'));
  chownSync(join(folder, 'log'), UID, GID);
  return { host, folder, main: join(folder, 'src/cli/main.ts') };
}

function configOf(binds: string, user = `user: ${UID}, group: ${GID}`): string {
  return `listeners: { web: { bind: ${binds}, pool: app, inspection: off } }
pools: { app: { servers: ["127.0.0.1:9"] } }
log: { access: json, to: [log/access.log] }
runtime: { workers: 2, ${user} }
`;
}

/** Starts it in the host, as root. */
function start(t: TestContext, { host, folder, main }: ReturnType<typeof prepare>): Command {
  return new Command(t, ['run'], {
    cwd: folder,
    program: [process.execPath, main],
    prefix: ['ip', 'netns', 'exec', host.namespace],
  });
}

async function ask(host: Host): Promise<number> {
  const wire = await connectIn(host, '127.0.0.1:80');
  const status = statusOf(await wire.exchange(request('GET /')));
  wire.close();
  return status;
}

test('every thread is another user, and what is written belongs to it', { skip: SKIP }, async (t) => {
  const place = prepare(t);
  const { host, folder } = place;
  writeFileSync(join(folder, 'sallyport.yaml'), configOf('"127.0.0.1:80"'));
  const command = start(t, place);
  assert.equal(await command.port('web'), 80);
  const tasks = `/proc/${command.child.pid}/task`;
  const threads = readdirSync(tasks);
  assert(threads.length > 2, 'there are worker threads');
  for (const thread of threads) {
    const file = join(tasks, thread, 'status');
    // One that helped at the start may have ended meanwhile.
    const status = existsSync(file) ? readFileSync(file, 'latin1') : undefined;
    if (status === undefined) continue;
    assert.match(status, new RegExp(`^Uid:(\\t${UID}){4}$`, 'm'));
    assert.match(status, new RegExp(`^Gid:(\\t${GID}){4}$`, 'm'));
    assert.match(status, new RegExp(`^Groups:\\t${GID} ?$`, 'm'));
    for (const set of ['CapPrm', 'CapEff', 'CapAmb'])
      assert.match(status, new RegExp(`^${set}:\\t0{16}$`, 'm'));
  }
  assert.equal(await ask(host), 502);
  const log = join(folder, 'log/access.log');
  await until('a line is logged', () => statSync(log).size > 0);
  assert.equal(statSync(log).uid, UID);
  assert.equal(statSync(join(folder, '.sallyport/admin.sock')).uid, UID);
  renameSync(log, `${log}.1`);
  command.signal('SIGUSR1');
  await until('the log is there anew', () => readdirSync(join(folder, 'log')).includes('access.log'));
  assert.equal(statSync(log).uid, UID);
});

test('a reload that needs another privileged port says so and changes nothing', { skip: SKIP }, async (t) => {
  const place = prepare(t);
  const { host, folder } = place;
  const file = join(folder, 'sallyport.yaml');
  writeFileSync(file, configOf('"127.0.0.1:80"'));
  const command = start(t, place);
  await command.port('web');
  writeFileSync(file, configOf('["127.0.0.1:80", "127.0.0.1:81"]'));
  command.signal('SIGHUP');
  await command.printed('stderr', /Cannot reload, nothing has changed.*127\.0\.0\.1:81.*start it anew/);
  assert.equal(await ask(host), 502);
  writeFileSync(file, configOf('["127.0.0.1:80", "127.0.0.1:8081"]'));
  command.signal('SIGHUP');
  await command.printed('stderr', /"Reloaded"/);
  assert.equal(await ask(host), 502);
});

for (const { what, user, says } of [
  {
    what: 'a user that nobody knows',
    user: 'user: sallyport-nobody',
    says: /Cannot find user "sallyport-nobody"/,
  },
  { what: 'a group that nobody knows', user: 'user: 1, group: sallyport-none', says: /Cannot find group/ },
  { what: 'a number without a group', user: `user: ${UID}`, says: /name a group, too/ },
]) {
  test(`${what} is an error, and nothing is served`, { skip: SKIP }, async (t) => {
    const place = prepare(t);
    writeFileSync(join(place.folder, 'sallyport.yaml'), configOf('"127.0.0.1:80"', user));
    const { code, stderr } = await start(t, place).ended();
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /Listening/);
  });
}
