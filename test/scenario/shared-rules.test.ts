/** What rules count, they count once for all workers; through reloads with other rules, and when a worker dies. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { clientsOfEach, untilServing } from '../support/each-worker.ts';
import { statusOf } from '../support/message.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import type { Supervised } from '../support/supervised.ts';
import type { Wire } from '../support/wire.ts';

const WORKERS = 2;
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Scene {
  readonly proxy: Supervised;
  /** Writes other rules, and has them read. */
  readonly reload: (rules: string) => Promise<void>;
}

async function start(t: TestContext, kind: 'rules' | 'snort', rules: string): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'test.rules');
  writeFileSync(file, rules);
  const server = await scriptedServer((wire) => {
    wire.socket.on('data', () => wire.send(RESPONSE));
  });
  t.after(() => server.close());
  const proxy = await startSupervised(
    t,
    JSON.stringify({
      listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'on' } },
      pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
      inspection: kind === 'rules' ? { rules: [file] } : { rules: [], snort: { rules: [file] } },
      log: { access: 'off' },
      admin: { socket: 'off' },
      runtime: { workers: WORKERS },
    }),
  );
  const reload = async (text: string): Promise<void> => {
    writeFileSync(file, text);
    assert.equal((await proxy.supervisor.reload()).kind, 'ok');
  };
  return { proxy, reload };
}

async function ask(client: Wire, path = '/'): Promise<number> {
  return statusOf(await client.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
}

/** The statuses of so many requests, which go to both workers in turn. */
async function askInTurn(clients: readonly Wire[], count: number, path?: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let turn = 0; turn < count; turn++) statuses.push(await ask(clients[turn % clients.length]!, path));
  return statuses;
}

function rateRule(max: number): string {
  return `
    SecAction "id:1,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR},setvar:ip.count=+1"
    SecRule IP:COUNT "@gt ${max}" "id:2,phase:1,deny,status:429"
  `;
}

/** So many that pass, and the rest that do not. */
function statuses(passed: number, refused: number, status: number): number[] {
  return [...Array<number>(passed).fill(200), ...Array<number>(refused).fill(status)];
}

test('a rule that counts requests of an address counts them over all workers', async (t) => {
  const { proxy, reload } = await start(t, 'rules', rateRule(10));
  const clients = (await clientsOfEach(t, proxy, 1)).flat();
  assert.deepEqual(await askInTurn(clients, 14), statuses(10, 4, 429));
  // Other rules go on with what was counted.
  await reload(rateRule(18));
  assert.deepEqual(await askInTurn(clients, 6), statuses(4, 2, 429));
  // And a worker that dies takes nothing along.
  const [victim] = proxy.supervisor.workers.serving;
  await victim?.terminate();
  await untilServing(proxy, WORKERS);
  const others = (await clientsOfEach(t, proxy, 1)).flat();
  assert.deepEqual(await askInTurn(others, 4), statuses(0, 4, 429));
});

test('requests that two workers count at once are all counted', async (t) => {
  const { proxy } = await start(t, 'rules', rateRule(240));
  const [first, second] = (await clientsOfEach(t, proxy, 1)).flat();
  assert.ok(first !== undefined && second !== undefined);
  const both = await Promise.all([askInTurn([first], 120), askInTurn([second], 120)]);
  assert.deepEqual(both, [statuses(120, 0, 429), statuses(120, 0, 429)]);
  // One that was not counted would let this one pass. (Between counting and comparing the other worker may count, too.)
  assert.deepEqual(await askInTurn([first], 1), statuses(0, 1, 429));
});

test('a mark that one worker sets in a session is seen by the others', async (t) => {
  const { proxy } = await start(
    t,
    'rules',
    `
      SecRule ARGS_GET:session "@rx ^(\\w+)$" "id:1,phase:1,nolog,pass,capture,setsid:%{TX.1}"
      SecRule REQUEST_URI "@contains /bad" "id:2,phase:1,nolog,pass,setvar:session.blocked=1"
      SecRule SESSION:BLOCKED "@eq 1" "id:3,phase:1,deny,status:403"
    `,
  );
  const [first, second] = (await clientsOfEach(t, proxy, 1)).flat();
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(await ask(second, '/good?session=one'), 200);
  assert.equal(await ask(first, '/bad?session=one'), 403);
  assert.equal(await ask(second, '/good?session=one'), 403);
  assert.equal(await ask(second, '/good?session=other'), 200);
});

const FILTERED =
  'drop http any any -> any any (msg:"often"; flow:to_server; http.uri; content:"/login"; detection_filter:track by_src, count 10, seconds 600; sid:1;)';

test('a detection_filter of Snort counts over all workers', async (t) => {
  const { proxy, reload } = await start(t, 'snort', FILTERED);
  const clients = (await clientsOfEach(t, proxy, 1)).flat();
  assert.deepEqual(await askInTurn(clients, 10, '/login'), statuses(10, 0, 403));
  assert.deepEqual(await askInTurn(clients, 2, '/other'), statuses(2, 0, 403));
  // Another rule beside it, which is compiled anew: what was counted stays.
  await reload(
    `${FILTERED}\nalert http any any -> any any (msg:"other"; http.uri; content:"/never"; sid:2;)`,
  );
  assert.deepEqual(await askInTurn(clients, 2, '/login'), statuses(0, 2, 403));
});

test('a bit that a rule of Snort sets on an address is seen by all workers', async (t) => {
  const { proxy } = await start(
    t,
    'snort',
    `
      alert http any any -> any any (msg:"set"; http.uri; content:"/first"; xbits:set,seen,track ip_src,expire 600; noalert; sid:1;)
      drop http any any -> any any (msg:"check"; http.uri; content:"/second"; xbits:isset,seen,track ip_src; sid:2;)
    `,
  );
  const [first, second] = (await clientsOfEach(t, proxy, 1)).flat();
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(await ask(second, '/second'), 200);
  assert.equal(await ask(first, '/first'), 200);
  assert.equal(await ask(second, '/second'), 403);
});
