/**
 * What it costs that the server sees the client: direct, through HAProxy with `usesrc`, and through Sallyport with
 * `source: client`, in turn, in network namespaces that this script makes (test/network/topologies.ts). Needs root.
 *
 *     node bench/source.ts [--count 200] [--rounds 5] [--json FILE]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { TestContext } from 'node:test';
import { startHaproxyIn, startNginxIn } from '../test/network/daemons.ts';
import { connectIn } from '../test/network/host-sockets.ts';
import { runIn } from '../test/network/sallyport.ts';
import { gateway } from '../test/network/topologies.ts';
import { needsNamespaces } from '../test/support/topology.ts';
import type { Host } from '../test/support/topology.ts';

/** Pages of these many kB; the published evaluation has first byte and total for each, in ms, with and without. */
const PAGES = [
  { kilobytes: 2, published: { firstByte: [71, 70], total: [243, 200] } },
  { kilobytes: 100, published: { firstByte: [74, 74], total: [497, 464] } },
  { kilobytes: 1000, published: { firstByte: [71, 70], total: [2004, 1998] } },
] as const;
const PARALLEL = 50;
/** Of a round: an address has no ports for much more. */
const SECONDS = 3;
/** Ticks of /proc/PID/stat in a second: USER_HZ of Linux. */
const TICKS = 100;

interface Way {
  readonly name: string;
  readonly to: string;
  /** What programs are called whose CPU time counts; undefined for none. */
  readonly process: string | undefined;
}

const WAYS: readonly Way[] = [
  { name: 'direct', to: '192.0.2.2:80', process: undefined },
  { name: 'haproxy', to: '198.51.100.1:8080', process: 'haproxy' },
  { name: 'sallyport', to: '198.51.100.1:80', process: 'main.ts' },
];

interface Times {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

interface PageResult extends Times {
  readonly way: string;
  readonly kilobytes: number;
}

interface ParallelResult {
  readonly way: string;
  readonly connectionsPerSecond: number;
  /** Not finite where no process is in between. */
  readonly connectionsPerCpuSecond: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
    },
  });
  const missing = needsNamespaces('haproxy', 'nginx', 'nft', 'ss', 'wrk');
  if (missing !== false) throw new Error(`Cannot measure: ${missing}`);
  const cleanups: (() => unknown)[] = [];
  // What is made for a test is made here for one run.
  const run = { after: (end: () => unknown) => void cleanups.push(end) } as unknown as TestContext;
  try {
    const { client, proxy } = await openHosts(run);
    const pages = await measurePages(client, Number(values.count));
    const parallel = measureParallel(client, proxy, Number(values.rounds));
    print(pages, parallel);
    if (values.json !== undefined) {
      const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, at: new Date().toISOString() };
      writeFileSync(values.json, `${JSON.stringify({ machine, pages, parallel }, null, 2)}\n`);
    }
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
    'listeners: { web: { bind: "198.51.100.1:80", pool: app } }\n' +
      'pools: { app: { servers: ["192.0.2.2:80"], source: client } }',
    // HAProxy writes none either.
    'off',
  );
  return { client, proxy };
}

/** One connection after the other; the ways take turns, so that what disturbs one disturbs all. */
async function measurePages(client: Host, count: number): Promise<PageResult[]> {
  const results: PageResult[] = [];
  for (const { kilobytes } of PAGES) {
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
  // Ports for all connections of a round.
  client.sysctl('net.ipv4.ip_local_port_range', '1024 65535');
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
  }));
}

function loadFor(seconds: number, client: Host, proxy: Host, way: Way): ParallelResult {
  const ticksBefore = ticksOf(proxy, way.process);
  const url = `http://${way.to}/2k`;
  const out = client.run('wrk', '-t1', `-c${PARALLEL}`, `-d${seconds}s`, '-H', 'Connection: close', url);
  const [, count = '', took = ''] = /(\d+) requests in ([\d.]+)s/.exec(out) ?? [];
  if (count === '' || /Socket errors|Non-2xx/.test(out))
    throw new Error(`Cannot measure ${way.name}: ${out}`);
  return {
    way: way.name,
    connectionsPerSecond: Number(count) / Number(took),
    connectionsPerCpuSecond: (Number(count) * TICKS) / (ticksOf(proxy, way.process) - ticksBefore),
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

/** User and system time of the programs in a host whose command line has this word. */
function ticksOf(host: Host, word: string | undefined): number {
  if (word === undefined) return 0;
  return host
    .processes()
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word))
    .map((pid) => {
      // The name of the program, in parentheses, may hold anything.
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      return Number(fields[11]) + Number(fields[12]);
    })
    .reduce((sum, ticks) => sum + ticks, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function print(pages: readonly PageResult[], parallel: readonly ParallelResult[]): void {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say('median ms        kB   connect  first byte     total');
  for (const { way, kilobytes, connectMs, firstByteMs, totalMs } of pages)
    say(
      `${way.padEnd(12)} ${cell(kilobytes, 6, 0)} ${cell(connectMs, 9)} ${cell(firstByteMs, 11)} ${cell(totalMs, 9)}`,
    );
  for (const { kilobytes, published } of PAGES) {
    for (const [index, name] of ['published, with', 'published, without'].entries())
      say(
        `${name.padEnd(18)} ${String(kilobytes).padStart(4)}         - ${cell(published.firstByte[index] ?? NaN, 11, 0)} ${cell(published.total[index] ?? NaN, 9, 0)}`,
      );
  }
  say(`\n${PARALLEL} parallel connections of small pages`);
  for (const { way, connectionsPerSecond, connectionsPerCpuSecond } of parallel)
    say(
      `${way.padEnd(12)} ${cell(connectionsPerSecond, 8, 0)} /s ${!Number.isFinite(connectionsPerCpuSecond) ? '' : `${cell(connectionsPerCpuSecond, 8, 0)} per CPU second`}`,
    );
}

function cell(value: number, width: number, decimals = 2): string {
  return value.toFixed(decimals).padStart(width);
}

if (import.meta.main) await main();
