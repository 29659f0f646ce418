/** HAProxy and ours in front of the same servers and backups: whoever is killed, the same ones serve. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startCrew } from '../support/crew.ts';
import type { CrewServer } from '../support/crew.ts';
import { visit } from '../support/fleet.ts';
import { startSupervised } from '../support/supervised.ts';
import { pause, Wire } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';

const SKIP = needs('haproxy');
const REQUEST = 'GET / HTTP/1.1\r\nHost: app.example\r\n\r\n';
const LOOKS = Array.from({ length: 30 }, () => REQUEST);

/** What happens to servers, `-` for stopped and `+` for started, and who serves then: with `first`, and with `all`. */
const STEPS: readonly (readonly [change: string, first: string, all: string])[] = [
  ['', 'ab', 'ab'],
  ['-a', 'b', 'b'],
  ['-b', 'c', 'cd'],
  ['-c', 'd', 'd'],
  ['+c', 'c', 'cd'],
  ['+b', 'b', 'b'],
  ['-d', 'b', 'b'],
  ['-b', 'c', 'c'],
  ['+a', 'a', 'a'],
  ['+b', 'ab', 'ab'],
];

interface Both {
  readonly crew: readonly CrewServer[];
  /** Where each listens. */
  readonly ports: Readonly<Record<'HAProxy' | 'Sallyport', number>>;
}

/** Servers a and b, backups c and d, and sessions by a cookie. */
async function start(t: TestContext, backups: 'first' | 'all'): Promise<Both> {
  const crew = await startCrew(t, 'a', 'b', 'c', 'd');
  const isBackup = (name: string): boolean => name === 'c' || name === 'd';
  const lines = crew.map(({ name, port }) => {
    const backup = isBackup(name) ? 'backup' : '';
    return `    server ${name} 127.0.0.1:${port} cookie ${name} check inter 100ms rise 1 fall 1 ${backup}`;
  });
  const daemon = await startHaproxy(
    t,
    `frontend front
    mode http
    bind 127.0.0.1:@front
    default_backend back
backend back
    mode http
    balance roundrobin
    option redispatch
    cookie S insert indirect nocache
    ${backups === 'all' ? 'option allbackups' : ''}
${lines.join('\n')}
`,
  );
  const proxy = await startSupervised(
    t,
    JSON.stringify({
      listeners: { front: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
      pools: {
        app: {
          servers: Object.fromEntries(
            crew.map(({ name, port }) => [
              name,
              { address: `127.0.0.1:${port}`, backup: isBackup(name), cookie: name },
            ]),
          ),
          backups,
          persistence: { by: 'cookie', cookie: 'S' },
          health: { check: 'tcp', interval: '100ms', timeout: '10s', rise: 1, fall: 1 },
        },
      },
      log: { access: 'off' },
      admin: { socket: 'off' },
      runtime: { workers: 1 },
    }),
  );
  return { crew, ports: { HAProxy: daemon.ports['front']!, Sallyport: proxy.port() } };
}

/** Who serves, once that is whom it should be; what was seen last otherwise. */
async function served(port: number, expected: string): Promise<string> {
  let seen = '';
  for (let tries = 0; tries < 2_000; tries++) {
    // A server that was just killed may still be taken to be up.
    const names = await visit(port, LOOKS).catch(() => ['?']);
    seen = [...new Set(names)].sort().join('');
    if (seen === expected) return seen;
    await pause(20);
  }
  return seen;
}

for (const backups of ['first', 'all'] as const) {
  test(`backups, ${backups}: the same servers serve, whoever is killed`, { skip: SKIP }, async (t) => {
    const { crew, ports } = await start(t, backups);
    for (const [change, first, all] of STEPS) {
      const server = crew.find(({ name }) => name === change.charAt(1));
      if (change.startsWith('-')) await server?.stop();
      else await server?.start();
      const expected = backups === 'first' ? first : all;
      for (const [product, port] of Object.entries(ports))
        assert.equal(await served(port, expected), expected, `${product} after "${change}"`);
    }
  });
}

test('a session that began at a backup stays there, with both', { skip: SKIP }, async (t) => {
  const { crew, ports } = await start(t, 'first');
  const ask = async (port: number): Promise<string> => {
    const client = await Wire.connect(port);
    client.send('GET / HTTP/1.1\r\nHost: app.example\r\nCookie: S=c\r\n\r\n');
    const { body } = await client.readResponse();
    client.close();
    return body.toString();
  };
  for (const [product, port] of Object.entries(ports)) {
    assert.equal(await served(port, 'ab'), 'ab');
    assert.equal(await ask(port), 'c', `${product}: a cookie that names a backup`);
  }
  await crew[2]?.stop();
  for (const [product, port] of Object.entries(ports)) {
    let name = await ask(port).catch(() => '');
    for (let tries = 0; tries < 2_000 && !/^[ab]$/.test(name); tries++) {
      await pause(20);
      name = await ask(port).catch(() => '');
    }
    assert.match(name, /^[ab]$/, `${product}: its backup is down`);
  }
});
