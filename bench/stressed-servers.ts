/**
 * Four servers of which some are busy with other things: round robin against least-load, and least-connections between
 * them, which knows nothing of agents.
 *
 *     node bench/stressed-servers.ts [--stressed 1] [--requests 300] [--rounds 3] [--json FILE]
 *
 * The published evaluation has means of 10.73 s and 6.86 s, 36 % less. How this is measured is in bench/README.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DEFAULT_FACTORS } from '../src/balance/agent/load.ts';
import { serveJson } from '../src/balance/agent/servers.ts';
import type { AgentServer } from '../src/balance/agent/servers.ts';
import { MachineWatch } from '../src/balance/agent/watch.ts';
import { parseAddress } from '../src/net/address.ts';
import { readCount, writeFigures } from './command.ts';
import { freePort } from './machine/ports.ts';
import { Processes } from './machine/process.ts';
import { Group } from './stressed/groups.ts';
import { iterationsFor } from './stressed/work.ts';

const SERVERS = 4;
/** Of a core, for each server with its burners: together less than two cores, for the proxy and the load run too. */
const CORES_EACH = 0.3;
/** Of a core, for each answer. */
const WORK_MS = 5;
/** Processes without end in the group of a stressed server: it has a third of its share left. */
const BURNERS = 2;
/** Whatever happens, burners end after this. */
const BURNER_SECONDS = 120;
const CLIENTS = 12;
/** Agents look twice a second and follow a change within some two: so long nothing is sent. */
const SETTLE_MS = 4_000;
const ALGORITHMS = ['round-robin', 'least-connections', 'least-load'] as const;
const PUBLISHED_GAIN = 0.36;
const AGENT_AT = { address: parseAddress('127.0.0.1')!, port: 0 };

type Algorithm = (typeof ALGORITHMS)[number];

interface Settings {
  readonly stressed: number;
  readonly requests: number;
  readonly rounds: number;
}

interface Result {
  readonly algorithm: Algorithm;
  readonly meanMs: number;
  readonly p95Ms: number;
  /** In the order of the servers; the stressed ones come first. */
  readonly requestsByServer: readonly number[];
}

/** One answer: how long it took, and which server gave it. */
interface Visit {
  readonly ms: number;
  readonly server: number;
}

/** Rejects at the first signal; the second one ends the process as ever. */
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => reject(new Error(`Stopped by ${signal}: programs and groups are gone`)));
});
interrupted.catch(() => {});
try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  // What was going on may still wait for servers that have ended.
  process.exit(1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stressed: { type: 'string', default: '1' },
      requests: { type: 'string', default: '300' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  });
  const settings = {
    stressed: readCount('--stressed', values.stressed, SERVERS),
    requests: readCount('--requests', values.requests, 2_000),
    rounds: readCount('--rounds', values.rounds, 10),
  };
  const results = await measure(settings);
  print(settings, results);
  writeFigures(values.json, { ...settings, gain: gainsOf(results), results });
}

/** Starts all, and leaves nothing behind however it ends. */
async function measure(settings: Settings): Promise<Result[]> {
  const iterations = iterationsFor(WORK_MS);
  const processes = new Processes();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-stressed-'));
  const groups: Group[] = [];
  const watches: MachineWatch[] = [];
  const agents: AgentServer[] = [];
  try {
    const ports: number[] = [];
    for (let server = 0; server < SERVERS; server++) {
      const group = Group.make(`sallyport-bench-${process.pid}-${server}`, CORES_EACH);
      groups.push(group);
      const port = await freePort();
      ports.push(port);
      const file = join(import.meta.dirname, 'stressed', 'server.ts');
      const argv = [process.execPath, file, String(port), String(iterations)];
      await processes.startServer({ name: `server ${server}`, ...group.inside(argv) }, undefined, port);
      if (server < settings.stressed) startBurners(processes, group);
      const watch = watchGroup(group);
      watches.push(watch);
      agents.push(await serveJson(AGENT_AT, { allow: undefined, view: () => watch.view() }));
    }
    const listeners = await startSallyport(processes, folder, ports, agents);
    return await Promise.race([measureAll(listeners, ports, settings), interrupted]);
  } finally {
    for (const watch of watches) watch.stop();
    await Promise.all(agents.map((agent) => agent.close()));
    await processes.stopAll();
    for (const group of groups) await group.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startBurners(processes: Processes, group: Group): void {
  for (let burner = 0; burner < BURNERS; burner++) {
    const argv = ['timeout', String(BURNER_SECONDS), 'sh', '-c', 'while :; do :; done'];
    processes.start({ name: 'burner', ...group.inside(argv) }, undefined);
  }
}

/** The agent of a server: that of Sallyport in all but where its samples come from. */
function watchGroup(group: Group): MachineWatch {
  const watch = new MachineWatch({
    factors: DEFAULT_FACTORS,
    least: 1,
    inUseMax: undefined,
    stateFile: undefined,
    sample: () => group.sample(performance.now()),
    warn: (text) => process.stderr.write(`${text}\n`),
  });
  watch.start();
  return watch;
}

/** One Sallyport with a listener for each algorithm before the same servers; where each listens. */
async function startSallyport(
  processes: Processes,
  folder: string,
  ports: readonly number[],
  agents: readonly AgentServer[],
): Promise<ReadonlyMap<Algorithm, number>> {
  const listeners = new Map<Algorithm, number>();
  for (const algorithm of ALGORITHMS) listeners.set(algorithm, await freePort());
  const pool = (balance: Algorithm): object => {
    // An agent sets the weight too, which would change the others: they go without, as where there is no agent.
    const isAsked = balance === 'least-load';
    const servers = ports.map((port, index) => [
      `s${index}`,
      {
        address: `127.0.0.1:${port}`,
        ...(isAsked ? { health: { agent: { port: agents[index]!.port } } } : {}),
      },
    ]);
    const agent = { port: agents[0]!.port, format: 'json', interval: '500ms' };
    return {
      balance,
      servers: Object.fromEntries(servers) as object,
      health: { check: 'off', ...(isAsked ? { agent } : {}) },
    };
  };
  const configuration = {
    listeners: Object.fromEntries(
      [...listeners].map(([algorithm, port]) => [
        algorithm,
        { bind: `127.0.0.1:${port}`, pool: algorithm, inspection: 'off' },
      ]),
    ) as object,
    pools: Object.fromEntries(ALGORITHMS.map((algorithm) => [algorithm, pool(algorithm)])) as object,
    log: { access: 'off' },
    admin: { socket: 'off' },
  };
  const file = join(folder, 'sallyport.yaml');
  writeFileSync(file, JSON.stringify(configuration));
  const entry = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');
  const program = { name: 'sallyport', command: process.execPath, args: [entry, 'run', '-c', file] };
  await processes.startServer(program, undefined, listeners.get('least-load')!);
  return listeners;
}

/** The algorithms take turns, so that what disturbs one disturbs all. */
async function measureAll(
  listeners: ReadonlyMap<Algorithm, number>,
  ports: readonly number[],
  { requests, rounds }: Settings,
): Promise<Result[]> {
  const visits = new Map(ALGORITHMS.map((algorithm) => [algorithm, [] as Visit[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [algorithm, port] of listeners) {
      await sleep(SETTLE_MS);
      visits.get(algorithm)!.push(...(await visitMany(port, ports, requests)));
    }
  }
  return ALGORITHMS.map((algorithm) => {
    const all = visits.get(algorithm)!;
    const times = all.map(({ ms }) => ms).sort((one, other) => one - other);
    return {
      algorithm,
      meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
      p95Ms: times[Math.ceil(times.length * 0.95) - 1]!,
      requestsByServer: ports.map((_, index) => all.filter(({ server }) => server === index).length),
    };
  });
}

/** So many clients, each of which asks again when it is answered. */
async function visitMany(port: number, servers: readonly number[], count: number): Promise<Visit[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const visits: Visit[] = [];
  let next = 0;
  try {
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        while (next++ < count) visits.push(await visit(agent, port, servers));
      }),
    );
  } finally {
    agent.destroy();
  }
  return visits;
}

function visit(agent: Agent, port: number, servers: readonly number[]): Promise<Visit> {
  const beganAt = performance.now();
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent, timeout: 30_000 }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`Sallyport answered ${response.statusCode}`));
      const server = servers.indexOf(Number(response.headers['x-server']));
      response.resume().once('end', () => resolve({ ms: performance.now() - beganAt, server }));
    })
      .once('timeout', () => reject(new Error('Sallyport did not answer in 30 s')))
      .once('error', reject);
  });
}

/** How much less than round robin's the mean and the 95th percentile of least-load are, 0 to 1. */
function gainsOf(results: readonly Result[]): { readonly mean: number; readonly p95: number } {
  const of = (name: Algorithm): Result => results.find(({ algorithm }) => algorithm === name)!;
  const [before, after] = [of('round-robin'), of('least-load')];
  return { mean: 1 - after.meanMs / before.meanMs, p95: 1 - after.p95Ms / before.p95Ms };
}

function print({ stressed, requests, rounds }: Settings, results: readonly Result[]): void {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(
    `${SERVERS} servers, ${stressed} stressed; ${rounds} rounds of ${requests} requests by ${CLIENTS} clients`,
  );
  say('                     mean ms    p95 ms  requests by server, stressed ones first');
  for (const { algorithm, meanMs, p95Ms, requestsByServer } of results)
    say(
      `${algorithm.padEnd(18)} ${meanMs.toFixed(1).padStart(9)} ${p95Ms.toFixed(1).padStart(9)}  ${requestsByServer.join(' ')}`,
    );
  const { mean, p95 } = gainsOf(results);
  const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;
  say(`least-load takes ${percent(mean)} off the mean of round robin, and ${percent(p95)} off its p95`);
  say(
    `bar: at least ${percent(PUBLISHED_GAIN)} off both: ${Math.min(mean, p95) >= PUBLISHED_GAIN ? 'met' : 'missed'}`,
  );
}
