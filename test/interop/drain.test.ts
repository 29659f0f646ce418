/**
 * A server that is drained, and one that dies, with sessions bound to them: HAProxy and ours in front of the same two
 * servers, told the same and asked the same.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { callAdmin } from '../support/admin-call.ts';
import { request, response, statusOf, valuesOf } from '../support/message.ts';
import { ownPort } from '../support/own-port.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import { Wire } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';

const SKIP = needs('haproxy');
/** New clients that each step asks for: enough to meet every server that takes them. */
const NEW_CLIENTS = 12;
type Name = 'a' | 'b';
type Mode = 'ready' | 'drain';

/** One of the two products. */
interface Balancer {
  readonly port: number;
  readonly setMode: (server: Name, mode: Mode) => Promise<unknown>;
}

/** What became of requests with the cookie of a, with that of b, and of such without one. */
interface Seen {
  readonly a: string;
  readonly b: string;
  readonly new: readonly string[];
}

const serverCalled = (name: string, port = 0): Promise<ScriptedServer> =>
  scriptedServer(
    answering(() => response(200, name)),
    { port },
  );

async function startTheirs(t: TestContext, servers: Readonly<Record<Name, number>>): Promise<Balancer> {
  const daemon = await startHaproxy(
    t,
    `global
    stats socket ipv4@127.0.0.1:@admin level admin
frontend front
    mode http
    bind 127.0.0.1:@front
    default_backend back
backend back
    mode http
    balance roundrobin
    option redispatch 1
    retries 2
    cookie S insert indirect
    server a 127.0.0.1:${servers.a} cookie a
    server b 127.0.0.1:${servers.b} cookie b
`,
  );
  const [port, admin] = [daemon.ports['front'], daemon.ports['admin']];
  assert(port !== undefined && admin !== undefined);
  return { port, setMode: (server, mode) => tellHaproxy(admin, `set server back/${server} state ${mode}`) };
}

/** Resolves when it has done what it was told, which it says with an empty line. */
function tellHaproxy(port: number, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(`${command}\n`));
    socket.on('data', (bytes) => (text += bytes.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => {
      if (text.trim() === '') resolve();
      else reject(new Error(text));
    });
  });
}

async function startOurs(t: TestContext, servers: Readonly<Record<Name, number>>): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'spt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, 's');
  const serverOf = (name: Name): object => ({ address: `127.0.0.1:${servers[name]}`, cookie: name });
  const proxy = await startSupervised(
    t,
    JSON.stringify({
      listeners: { front: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: { a: serverOf('a'), b: serverOf('b') },
          persistence: { by: 'cookie', cookie: { name: 'S', httpOnly: false, noCache: false } },
        },
      },
      log: { access: 'off' },
      admin: { socket },
      runtime: { workers: 2 },
    }),
  );
  return {
    port: proxy.port(),
    setMode: (server, mode) => callAdmin(socket, 'PATCH', `/v1/pools/app/servers/${server}`, { mode }),
  };
}

/** A connection of its own for each: ours takes turns in each worker. */
async function ask(port: number, cookie?: Name): Promise<string> {
  const wire = await Wire.connect(port);
  const fields = cookie === undefined ? '' : `Cookie: S=${cookie}\r\n`;
  const message = await wire.exchange(request('GET /', fields));
  wire.close();
  const status = String(statusOf(message));
  const cookies = valuesOf(message, 'Set-Cookie').map((text) => ` sets ${text.split(';', 1)[0] ?? ''}`);
  return status === '200' ? `${message.body.toString()}${cookies.join()}` : status;
}

async function look({ port }: Balancer): Promise<Seen> {
  const [a, b] = [await ask(port, 'a'), await ask(port, 'b')];
  const seen = new Set<string>();
  for (let count = 0; count < NEW_CLIENTS; count++) seen.add(await ask(port));
  return { a, b, new: [...seen].sort() };
}

test(
  'sessions of a server that drains, that dies, and that comes back: the same as with HAProxy',
  { skip: SKIP },
  async (t) => {
    const a = await serverCalled('a');
    let b = await serverCalled('b', await ownPort());
    t.after(() => Promise.all([a.close(), b.close()]));
    const ports = { a: a.port, b: b.port };
    const balancers = [await startTheirs(t, ports), await startOurs(t, ports)];
    const setMode = async (server: Name, mode: Mode): Promise<void> => {
      for (const balancer of balancers) await balancer.setMode(server, mode);
    };
    const expect = async (what: string, expected: Seen): Promise<void> => {
      const [theirs, ours] = await Promise.all(balancers.map(look));
      assert.deepEqual(ours, theirs, `${what}: as HAProxy`);
      assert.deepEqual(ours, expected, what);
    };
    const [newA, newB] = ['a sets S=a', 'b sets S=b'];

    await expect('both are ready', { a: 'a', b: 'b', new: [newA, newB] });
    await setMode('b', 'drain');
    await expect('b drains: it keeps its sessions and gets no new ones', { a: 'a', b: 'b', new: [newA] });
    await setMode('a', 'drain');
    await expect('both drain: who has no session is refused', { a: 'a', b: 'b', new: ['503'] });
    await setMode('a', 'ready');
    await setMode('b', 'ready');
    await b.close();
    await expect('b is dead: its sessions go on at a', { a: 'a', b: newA, new: [newA] });
    b = await serverCalled('b', ports.b);
    await expect('b is back', { a: 'a', b: 'b', new: [newA, newB] });
  },
);
