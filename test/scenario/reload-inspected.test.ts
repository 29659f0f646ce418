/**
 * Reloads under load with inspection, each with other rules: no request fails, each is judged by rules of its moment, and
 * nothing of what is over stays in memory.
 *
 * A few dozen by default; SALLYPORT_SOAK=1 does 1,000.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { MEASURED_WORKER, memoryInUse, workerMemory } from '../support/measured-worker.ts';
import { startSupervised } from '../support/supervised.ts';
import { Wire } from '../support/wire.ts';

const RELOADS = process.env['SALLYPORT_SOAK'] === '1' ? 1_000 : 40;
/** Workers grow by some MiB over the first few hundred reloads (docs/decisions/threads.md): what counts is that it ends. */
const WARM_UP = RELOADS / 2;
const CLIENTS = 4;
const WORKERS = 2;
/** Rules of our own beside those that are shipped, all of them others at each reload. */
const RULES = 60;
/** How often memory is looked at after that. What is remembered of values makes single looks differ by some MiB. */
const LOOKS = 20;
/** What a thread may use more in the later half of the looks than in the earlier: one rule set in a hundred that stays is far beyond it. */
const GROWTH_BYTES_MAX = 2 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(agent: Agent, port: number, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        port,
        host: '127.0.0.1',
        path,
        method: body === undefined ? 'GET' : 'POST',
        headers: body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' },
      },
      (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A server that answers, and one that sends back what comes. */
async function startServers(t: TestContext): Promise<{ readonly web: number; readonly echo: number }> {
  const web = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    incoming.resume();
    incoming.on('end', () => response.end('page'));
  });
  const echo = createTcpServer((socket) => socket.pipe(socket));
  const ports = await Promise.all(
    [web, echo].map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port; // Not a pipe: it listens on a port.
    }),
  );
  t.after(() => {
    web.close();
    web.closeAllConnections();
    echo.close();
  });
  return { web: ports[0] ?? 0, echo: ports[1] ?? 0 };
}

/** Other patterns, literals and ids at each turn; the first refuses what is called like the turn. */
function rulesOf(turn: number): string {
  const own = Array.from({ length: RULES }, (_, index) => {
    const id = 100_000 + turn * RULES + index;
    return `SecRule ARGS|REQUEST_HEADERS|REQUEST_URI "@rx (?i:probe${id}|scan${index}x${turn})[a-f0-9]{2,8}\\s*[(;]" "id:${id},phase:2,deny,status:403,t:urlDecodeUni,t:lowercase"`;
  });
  return [`SecRule ARGS:name "@streq turn-${turn}" "id:99999,phase:2,deny,status:403"`, ...own].join('\n');
}

test(`${RELOADS} reloads under load, each with other rules: nothing fails and nothing stays`, async (t) => {
  const servers = await startServers(t);
  const folder = mkdtempSync(join(tmpdir(), 'spt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rules = join(folder, 'own.conf');
  const configAt = (turn: number): string =>
    JSON.stringify({
      listeners: {
        web: { bind: '127.0.0.1:0', pool: turn % 2 === 0 ? 'app' : 'other', inspection: 'on' },
        raw: { bind: '127.0.0.2:0', protocol: 'tcp', pool: 'echo' },
      },
      pools: {
        app: { servers: { one: { address: `127.0.0.1:${servers.web}`, weight: 1 + (turn % 4) } } },
        other: { servers: [`127.0.0.1:${servers.web}`] },
        echo: { servers: [`127.0.0.1:${servers.echo}`] },
      },
      inspection: { rules: ['default', rules] },
      log: { access: 'off' },
      admin: { socket: 'off' },
      runtime: { workers: WORKERS },
    });
  writeFileSync(rules, rulesOf(0));
  const proxy = await startSupervised(t, configAt(0), { worker: { entry: MEASURED_WORKER } });
  const port = proxy.port('web');
  // One connection lives through all of it.
  const tunnel = await tunnelTo(t, proxy.port('raw'));
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS + 2 });
  t.after(() => agent.destroy());

  let isOver = false;
  let answered = 0;
  const problems: string[] = [];
  const expectStatus = async (expected: number, path: string, body?: string): Promise<void> => {
    try {
      const { status } = await ask(agent, port, path, body);
      answered++;
      if (status !== expected) problems.push(`${path} ${body ?? ''}: ${status} instead of ${expected}`);
    } catch (error) {
      problems.push(`${path}: ${String(error)}`);
    }
  };
  const client = async (): Promise<void> => {
    for (let count = 0; !isOver; count++) {
      await expectStatus(200, `/shop?item=${count % 50}&name=nobody`);
      await expectStatus(200, '/order', `item=${count % 50}&comment=please+ring+twice`);
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);

  const memory = async (): Promise<readonly number[]> => [memoryInUse(), ...(await workerMemory(WORKERS))];
  const looks: (readonly number[])[] = [];
  const beganAt = performance.now();
  for (let turn = 1; turn <= RELOADS; turn++) {
    const isBad = turn % 10 === 0;
    writeFileSync(rules, isBad ? 'SecRule ARGS "@nonsense" "id:1"' : rulesOf(turn));
    proxy.configure(configAt(turn));
    const reloaded = await proxy.supervisor.reload();
    assert.equal(reloaded.kind, isBad ? 'bad' : 'ok', JSON.stringify(reloaded));
    // A client that comes now is judged by these rules, or by those before where these cannot be read.
    const present = isBad ? turn - 1 : turn;
    await expectStatus(403, `/?name=turn-${present}`);
    await expectStatus(200, `/?name=turn-${present - 1}`);
    if (turn > WARM_UP && turn % Math.ceil((RELOADS - WARM_UP) / LOOKS) === 0) looks.push(await memory());
  }
  const seconds = (performance.now() - beganAt) / 1000;
  isOver = true;
  await Promise.all(clients);
  tunnel.send('still there');
  await tunnel.readUntil('still there');
  const early = medians(looks.slice(0, looks.length / 2));
  const late = medians(looks.slice(-looks.length / 2));

  const mib = (bytes: readonly number[]): string => bytes.map((one) => (one / 2 ** 20).toFixed(1)).join(', ');
  t.diagnostic(
    `${answered} requests, ${(seconds / RELOADS).toFixed(2)} s a reload; median MiB of supervisor and workers in ${looks.length} looks, first half: ${mib(early)}, second half: ${mib(late)}; all: ${looks.map(mib).join(' | ')}; RSS ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)}`,
  );
  assert.deepEqual(problems.slice(0, 5), []);
  assert.ok(answered > RELOADS * 4, `only ${answered} requests were answered meanwhile`);
  assert.ok(looks.length >= 10 && late.length === 1 + WORKERS);
  for (const [index, bytes] of late.entries()) {
    const growth = bytes - (early[index] ?? 0);
    assert.ok(growth < GROWTH_BYTES_MAX, `thread ${index} uses ${growth} bytes more`);
  }
});

/** Of each thread. */
function medians(looks: readonly (readonly number[])[]): readonly number[] {
  const threads = looks[0]?.length ?? 0;
  return Array.from({ length: threads }, (_, thread) => {
    const bytes = looks.map((look) => look[thread] ?? 0).sort((left, right) => left - right);
    return bytes[Math.floor(bytes.length / 2)] ?? 0;
  });
}

async function tunnelTo(t: TestContext, port: number): Promise<Wire> {
  const wire = await new Promise<Wire>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.2', port });
    socket.once('connect', () => resolve(new Wire(socket)));
    socket.once('error', reject);
  });
  t.after(() => wire.close());
  wire.send('hello');
  await wire.readUntil('hello');
  return wire;
}
