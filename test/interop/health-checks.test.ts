/**
 * HAProxy and ours check the same server, and every check finds the same: after each both say the same of it.
 *
 * No check is answered before both have asked, and nothing is compared before both ask again: then both have counted the
 * answer before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Operator } from '../support/operator.ts';
import { seededRandom } from '../support/random.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { startSupervised } from '../support/supervised.ts';
import { until } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { needs, startHaproxy } from './daemon.ts';
import { serverStatistics } from './haproxy-statistics.ts';

const CHECKS = 40;
const INTERVAL = '100ms';

interface Answer {
  readonly name: string;
  give(wire: Wire): void;
}

const status = (line: string): Answer => ({
  name: line,
  give: (wire) => {
    wire.send(`HTTP/1.1 ${line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    wire.end();
  },
});

/** Both take statuses from 200 to 399. */
const GOOD: readonly Answer[] = [status('200 OK'), status('302 Found'), status('399 Whatever')];
const BAD: readonly Answer[] = [
  status('404 Not Found'),
  status('503 Service Unavailable'),
  { name: 'a reset', give: (wire) => wire.reset() },
  { name: 'an end without an answer', give: (wire) => wire.end() },
  {
    name: 'nonsense',
    give: (wire) => {
      wire.send('nonsense\r\n\r\n');
      wire.end();
    },
  },
];

const ROWS = [
  { rise: 1, fall: 1 },
  { rise: 2, fall: 3 },
  { rise: 3, fall: 2 },
  { rise: 4, fall: 1 },
];

type Product = 'haproxy' | 'sallyport';
const PRODUCTS: readonly Product[] = ['haproxy', 'sallyport'];

/** A server on which each check waits for its answer. */
async function startServer(t: TestContext): Promise<{
  readonly port: number;
  readonly asking: Map<string, Wire>;
}> {
  const asking = new Map<string, Wire>();
  const server = await scriptedServer(async (wire) => {
    const request = await wire.readRequest();
    const [, path = ''] = request?.startLine.split(' ') ?? [];
    asking.set(path.slice(1), wire);
    await wire.ended();
  });
  t.after(() => server.close());
  return { port: server.port, asking };
}

for (const [index, { rise, fall }] of ROWS.entries()) {
  test(
    `rise ${rise}, fall ${fall}: up and down after the same checks`,
    { skip: needs('haproxy') },
    async (t) => {
      const { port, asking } = await startServer(t);
      const { ports } = await startHaproxy(
        t,
        `global
    stats socket ipv4@127.0.0.1:@stats level admin
    spread-checks 0
defaults
    timeout check 8s
    timeout connect 8s
frontend web
    mode http
    bind 127.0.0.1:@web
    default_backend app
backend app
    mode http
    option httpchk
    http-check send meth GET uri /haproxy ver HTTP/1.1 hdr Host app.example
    http-check expect status 200-399
    server s 127.0.0.1:${port} check inter ${INTERVAL} rise ${rise} fall ${fall}
`,
      );
      const operator = new Operator(t);
      await startSupervised(
        t,
        JSON.stringify({
          listeners: { web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'off' } },
          pools: {
            app: {
              servers: { s: `127.0.0.1:${port}` },
              health: { check: 'http', path: '/sallyport', interval: INTERVAL, timeout: '8s', rise, fall },
            },
          },
          log: { access: 'off' },
          admin: { socket: operator.socket },
          runtime: { workers: 1 },
        }),
      );
      const isUp: Readonly<Record<Product, () => Promise<boolean>>> = {
        haproxy: async () =>
          (await serverStatistics(ports['stats'] ?? 0, 'app', 's'))('status').startsWith('UP'),
        sallyport: async () => (await operator.server('app', 's')).state === 'up',
      };
      const random = seededRandom(index + 1);
      const seen = new Set<boolean>();
      let story = 'at the start';
      for (let check = 0; check <= CHECKS; check++) {
        await until('both ask', () => PRODUCTS.every((product) => asking.has(product)));
        const [theirs, ours] = [await isUp.haproxy(), await isUp.sallyport()];
        assert.equal(ours, theirs, `${theirs ? 'up' : 'down'} in HAProxy ${story}`);
        seen.add(ours);
        // Rows of one kind, so that both ends of the scale are reached.
        const kind = random(4) === 0 ? (ours ? GOOD : BAD) : ours ? BAD : GOOD;
        const answer = kind[random(kind.length)]!;
        story = `${story === 'at the start' ? 'after ' : `${story}, `}${answer.name}`;
        const wires = PRODUCTS.map((product) => asking.get(product));
        asking.clear();
        for (const wire of wires) if (wire !== undefined) answer.give(wire);
      }
      assert.equal(seen.size, 2, 'it was up and down');
    },
  );
}
