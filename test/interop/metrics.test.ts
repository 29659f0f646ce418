/** Metrics of a Sallyport that runs: promtool has nothing to say about them, and they are what the access log says. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Command, makeFolder } from '../cli/command.ts';
import { get, startOrigin } from '../cli/web.ts';
import { until } from '../support/wire.ts';
import { findProgram } from '../support/program.ts';

const SKIP = findProgram('promtool') === undefined ? 'not installed: prometheus' : false;
const RULES = `SecRule ARGS "@contains evil" "id:4711,phase:2,deny,msg:'Evil in an argument'"\n`;

interface Line {
  readonly verdict: string;
  readonly listener: string;
  readonly route?: string;
  readonly pool?: string;
  readonly server?: string;
  readonly status: number;
  readonly hitCount?: number;
  readonly attempts?: number;
  readonly reused?: boolean;
  readonly end: string;
  readonly times: { readonly totalMs: number; readonly firstByteMs?: number | null };
  readonly bytes: { readonly in: number; readonly out: number };
}

async function startPlace(t: TestContext): Promise<{ command: Command; port: number; socket: string }> {
  const origin = await startOrigin(t, 'one', (request, response) => {
    response.statusCode = request.url?.startsWith('/missing') === true ? 404 : 200;
    if (request.url === '/cut') response.destroy();
    else response.end('here');
  });
  const folder = makeFolder(t, {
    'own.conf': RULES,
    'sallyport.yaml': `listeners:
  web: { bind: "127.0.0.1:0", pool: app, decoy: trap, routes: [shop], identity: { trust: [127.0.0.1], clientHeader: x-forwarded-for } }
routes: { shop: { paths: [/shop/*], pool: app } }
pools: { app: { servers: { one: "127.0.0.1:${origin.port}", two: "127.0.0.1:1" } } }
decoys: { trap: {} }
inspection: { rules: [own.conf] }
log: { access: json }
admin: { socket: admin.sock }
`,
  });
  const command = new Command(t, ['run'], { cwd: folder });
  return { command, port: await command.port('web'), socket: join(folder, 'admin.sock') };
}

function scrape(socketPath: string, accept: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(10_000);
    const request = httpRequest(
      { socketPath, path: '/metrics', headers: { accept }, agent: false, signal },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve(text));
        response.on('error', reject);
      },
    );
    request.on('error', reject).end();
  });
}

/** What remains of the samples of `name` when only those with all of `labels` are added up. */
function sumOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null || match[1] !== name) continue;
    const own = `,${match[2] ?? ''},`;
    if (Object.entries(labels).every(([key, value]) => own.includes(`,${key}="${value}",`)))
      sum += Number(match[3]);
  }
  return sum;
}

const REQUESTS: readonly (readonly [path: string, from: string])[] = [
  ...Array.from({ length: 40 }, () => ['/', '192.0.2.1'] as const),
  ...Array.from({ length: 10 }, () => ['/shop/cart', '192.0.2.2'] as const),
  ...Array.from({ length: 5 }, () => ['/missing', '192.0.2.3'] as const),
  ['/cut', '192.0.2.4'],
  ['/?q=evil', '203.0.113.7'],
  ['/', '203.0.113.7'],
  ['/shop/?q=evil', '203.0.113.8'],
];

test('the sums of the metrics are those of the access log, exactly', async (t) => {
  const { command, port, socket } = await startPlace(t);
  for (const [path, from] of REQUESTS) await get(port, path, { headers: { 'X-Forwarded-For': from } });
  const lines = (): string[] => command.stdout.trim().split('\n');
  await until('every line is written', () => lines().length >= REQUESTS.length);
  const log = lines().map((line) => JSON.parse(line) as Line);
  const text = await scrape(socket, '');
  const count = (isIt: (line: Line) => boolean): number => log.filter(isIt).length;
  const total = (of: (line: Line) => number): number => log.reduce((sum, line) => sum + of(line), 0);

  assert.equal(log.length, REQUESTS.length);
  for (const verdict of ['continue', 'reply', 'deceive', 'drop'])
    assert.equal(
      sumOf(text, 'sallyport_exchanges_total', { verdict }),
      count((line) => line.verdict === verdict),
      verdict,
    );
  for (const route of ['', 'shop']) {
    const isOurs = (line: Line): boolean => (line.route ?? '') === route;
    assert.equal(sumOf(text, 'sallyport_exchanges_total', { route }), count(isOurs), `route "${route}"`);
    assert.equal(sumOf(text, 'sallyport_exchange_duration_seconds_count', { route }), count(isOurs));
    assert.equal(
      sumOf(text, 'sallyport_received_bytes_total', { route }),
      total((line) => (isOurs(line) ? line.bytes.in : 0)),
    );
    assert.equal(
      sumOf(text, 'sallyport_sent_bytes_total', { route }),
      total((line) => (isOurs(line) ? line.bytes.out : 0)),
    );
  }
  for (const status of [200, 404, 502])
    assert.equal(
      sumOf(text, 'sallyport_responses_total', { code: String(status) }),
      count((line) => line.status === status),
      `${status}`,
    );
  assert.equal(
    sumOf(text, 'sallyport_responses_total'),
    count((line) => line.status >= 100),
  );
  for (const end of ['done', 'origin-closed', 'origin-connect-failed'])
    assert.equal(
      sumOf(text, 'sallyport_exchange_ends_total', { end }),
      count((line) => line.end === end),
      end,
    );
  assert.equal(sumOf(text, 'sallyport_exchange_ends_total'), log.length);
  assert.equal(
    sumOf(text, 'sallyport_rule_hits_total'),
    total((line) => line.hitCount ?? 0),
  );
  assert.equal(
    sumOf(text, 'sallyport_pool_retries_total'),
    total((line) => Math.max(0, (line.attempts ?? 1) - 1)),
  );
  for (const server of ['one', 'two', 'built-in']) {
    const isOurs = (line: Line): boolean => line.server === server;
    assert.equal(sumOf(text, 'sallyport_server_exchanges_total', { server }), count(isOurs), server);
    assert.equal(
      sumOf(text, 'sallyport_server_connections_reused_total', { server }),
      count((line) => isOurs(line) && line.reused === true),
    );
    assert.equal(
      sumOf(text, 'sallyport_server_first_byte_seconds_count', { server }),
      count((line) => isOurs(line) && line.times.firstByteMs !== null),
      server,
    );
  }
  const seconds = sumOf(text, 'sallyport_exchange_duration_seconds_sum');
  const logged = total((line) => line.times.totalMs) / 1000;
  // The log cuts to microseconds.
  assert.ok(seconds >= logged && seconds - logged < log.length * 1e-6 + 1e-9, `${seconds} s and ${logged} s`);
  assert.equal(sumOf(text, 'sallyport_attackers'), 2);
});

test('promtool finds nothing to mend', { skip: SKIP }, async (t) => {
  const { port, socket } = await startPlace(t);
  for (const path of ['/', '/shop/', '/?q=evil', '/cut']) await get(port, path);
  const text = await scrape(socket, 'text/plain');
  const checked = spawnSync(findProgram('promtool') ?? '', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
});

test('promtool takes notice of what is wrong', { skip: SKIP }, () => {
  const checked = spawnSync(findProgram('promtool') ?? '', ['check', 'metrics'], {
    input: 'a{b="c} 1\n',
    encoding: 'utf8',
  });
  assert.notEqual(checked.status, 0);
});

test('who asks for OpenMetrics gets it, to its end', async (t) => {
  const { port, socket } = await startPlace(t);
  await get(port, '/');
  let text = '';
  // A client has its answer a moment before the exchange is recorded.
  await until('the exchange is counted', async () => {
    text = await scrape(socket, 'application/openmetrics-text; version=1.0.0');
    return /^sallyport_exchanges_total\{listener="web",route="",verdict="continue",class="2xx"\} 1$/m.test(
      text,
    );
  });
  assert.match(text, /^# TYPE sallyport_exchanges counter$/m);
  assert.ok(text.endsWith('\n# EOF\n'));
});
