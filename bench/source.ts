/**
 * What it costs that the server sees the client: direct, through HAProxy with `usesrc`, and through Sallyport with
 * `source: client`, in turn, in network namespaces that this script makes (test/network/topologies.ts). Needs root.
 *
 *     node bench/source.ts [--count 200] [--rounds 5] [--json FILE] [--markdown FILE]
 *
 * HAProxy looks at nothing, so Sallyport is measured without inspection beside it, and once more with its own rules; and
 * once with a connection to the server for each of the client, as HAProxy makes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { TestContext } from 'node:test';
import { startHaproxyIn, startNginxIn } from '../test/network/daemons.ts';
import { connectIn } from '../test/network/host-sockets.ts';
import { runIn } from '../test/network/sallyport.ts';
import { gateway } from '../test/network/topologies.ts';
import { needsNamespaces } from '../test/support/topology.ts';
import type { Host } from '../test/support/topology.ts';
import { readCount, runCommand } from './command.ts';
import { describeMachine } from './machine/facts.ts';
import { cpuTimeOf } from './machine/usage.ts';
import { median } from './report/statistics.ts';
import { INSPECTED, KILOBYTES, markdown, PARALLEL, PEER, PLAIN, UNSHARED } from './source-report.ts';
import type { PageResult, ParallelResult, SourceRun } from './source-report.ts';

/** Of a round: an address has no ports for much more. */
const SECONDS = 3;

interface Way {
  readonly name: string;
  readonly to: string;
  /** What programs are called whose CPU time counts; undefined for none. */
  readonly process: string | undefined;
}

const WAYS: readonly Way[] = [
  { name: 'direct', to: '192.0.2.2:80', process: undefined },
  { name: PEER, to: '198.51.100.1:8080', process: 'haproxy' },
  { name: PLAIN, to: '198.51.100.1:80', process: 'main.ts' },
  { name: UNSHARED, to: '198.51.100.1:82', process: 'main.ts' },
  { name: INSPECTED, to: '198.51.100.1:81', process: 'main.ts' },
];

interface Times {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
      markdown: { type: 'string' },
    },
  });
  const missing = needsNamespaces('haproxy', 'nginx', 'nft', 'ss', 'wrk');
  if (missing !== false) throw new Error(`Cannot measure: ${missing}`);
  const count = readCount('--count', values.count, 10_000);
  const rounds = readCount('--rounds', values.rounds, 99);
  const cleanups: (() => unknown)[] = [];
  // What is made for a test is made here for one run.
  const run = { after: (end: () => unknown) => void cleanups.push(end) } as unknown as TestContext;
  try {
    const { client, proxy } = await openHosts(run);
    const pages = await measurePages(client, count);
    const parallel = measureParallel(client, proxy, rounds);
    const result: SourceRun = {
      at: new Date().toISOString(),
      machine: describeMachine(),
      count,
      rounds,
      seconds: SECONDS,
      pages,
      parallel,
    };
    const text = markdown(result);
    process.stdout.write(text);
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
    if (values.markdown !== undefined) writeFileSync(values.markdown, text);
  } finally {
    for (const end of cleanups.reverse()) await end();
  }
}

async function openHosts(run: TestContext): Promise<{ readonly client: Host; readonly proxy: Host }> {
  const { client, proxy, server } = gateway(run);
  await startNginxIn(run, server, ['192.0.2.2:80']);
  await startHaproxyIn(
    run,
    proxy,
    'frontend web\n  mode http\n  bind 198.51.100.1:8080\n  default_backend app\n' +
      'backend app\n  mode http\n  source 0.0.0.0 usesrc clientip\n  server s 192.0.2.2:80\n',
    [8080],
  );
  await runIn(
    run,
    proxy,
    'listeners:\n  web: { bind: "198.51.100.1:80", pool: app, inspection: off }\n' +
      '  inspected: { bind: "198.51.100.1:81", pool: app }\n' +
      '  unshared: { bind: "198.51.100.1:82", pool: unshared, inspection: off }\n' +
      'pools:\n  app: { servers: ["192.0.2.2:80"], source: client }\n' +
      '  unshared: { servers: ["192.0.2.2:80"], source: client, connections: { idleMax: 0 } }\n',
    // HAProxy writes none either.
    'off',
  );
  return { client, proxy };
}

/** One connection after the other; the ways take turns, so that what disturbs one disturbs all. */
async function measurePages(client: Host, count: number): Promise<PageResult[]> {
  const results: PageResult[] = [];
  for (const kilobytes of KILOBYTES) {
    const times = new Map(WAYS.map(({ name }) => [name, [] as Times[]]));
    for (let round = -5; round < count; round++) {
      for (const { name, to } of WAYS) {
        const time = await visit(client, to, kilobytes);
        // The first rounds warm up.
        if (round >= 0) times.get(name)?.push(time);
      }
    }
    for (const [way, all] of times) {
      const of = (key: keyof Times): number => median(all.map((one) => one[key]));
      results.push({
        way,
        kilobytes,
        connectMs: of('connectMs'),
        firstByteMs: of('firstByteMs'),
        totalMs: of('totalMs'),
      });
    }
  }
  return results;
}

/** Small pages, each on a connection of its own, fifty at a time, the ways in turn; medians of the rounds. */
function measureParallel(client: Host, proxy: Host, rounds: number): ParallelResult[] {
  // Ports for all connections of a round, and those of the rounds before again: that the load runs out of them, and looks
  // for a free one for longer and longer, is nothing that a proxy does.
  client.sysctl('net.ipv4.ip_local_port_range', '1024 65535');
  client.sysctl('net.ipv4.tcp_tw_reuse', 1);
  const results = new Map(WAYS.map(({ name }) => [name, [] as ParallelResult[]]));
  for (let round = -1; round < rounds; round++) {
    for (const way of WAYS) {
      const result = loadFor(SECONDS, client, proxy, way);
      // The first round warms up.
      if (round >= 0) results.get(way.name)?.push(result);
    }
  }
  return [...results].map(([way, all]) => ({
    way,
    connectionsPerSecond: median(all.map((one) => one.connectionsPerSecond)),
    connectionsPerCpuSecond: median(all.map((one) => one.connectionsPerCpuSecond)),
    clientCloses: median(all.map((one) => one.clientCloses)),
  }));
}

function loadFor(seconds: number, client: Host, proxy: Host, way: Way): ParallelResult {
  const [cpuBefore, keptBefore] = [cpuOf(proxy, way.process), timeWaits(client)];
  const url = `http://${way.to}/2k`;
  const out = client.run('wrk', '-t1', `-c${PARALLEL}`, `-d${seconds}s`, '-H', 'Connection: close', url);
  const [, count = '', took = ''] = /(\d+) requests in ([\d.]+)s/.exec(out) ?? [];
  if (count === '' || /Socket errors|Non-2xx/.test(out))
    throw new Error(`Cannot measure ${way.name}: ${out}`);
  return {
    way: way.name,
    connectionsPerSecond: Number(count) / Number(took),
    connectionsPerCpuSecond: Number(count) / (cpuOf(proxy, way.process) - cpuBefore),
    clientCloses: (timeWaits(client) - keptBefore) / Number(count),
  };
}

async function visit(client: Host, to: string, kilobytes: number): Promise<Times> {
  const beganAt = performance.now();
  const wire = await connectIn(client, to);
  const connectedAt = performance.now();
  let firstByteAt = 0;
  wire.socket.once('data', () => {
    firstByteAt = performance.now();
  });
  wire.send(`GET /${kilobytes}k HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const bytes = await wire.readToEnd();
  const endedAt = performance.now();
  wire.close();
  if (bytes.length < kilobytes * 1000) throw new Error(`${to} answered ${bytes.length} bytes`);
  return {
    connectMs: connectedAt - beganAt,
    firstByteMs: firstByteAt - beganAt,
    totalMs: endedAt - beganAt,
  };
}

/** Seconds of CPU that the programs in a host have used whose command line has this word, all their threads together. */
function cpuOf(host: Host, word: string | undefined): number {
  if (word === undefined) return 0;
  const isCalled = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
  return cpuTimeOf(host.processes().filter(isCalled)).totalNs / 1e9;
}

/** Ports that have waited in a host, because it has closed first, since it is there. */
function timeWaits(host: Host): number {
  return Number(/TcpExtTW\s+(\d+)/.exec(host.run('nstat', '-asz', 'TcpExtTW'))?.[1] ?? 0);
}

if (import.meta.main) await runCommand(main);
