/**
 * A worker is killed under load, again and again: how long until another one serves in its place, and what became of the
 * connections of the worker beside it.
 *
 *     node bench/worker-death.ts [--deaths 8] [--connections 16] [--json FILE]
 *
 * Two workers, with the shipped rules and then with the CRS; each connection asks for a page as soon as it has one, so that
 * no core is idle. In turn a worker dies of an exception that nobody catches, and is terminated from outside, as one is that
 * hangs. Time counts from the order to die to the answer to a new connection that the replacement has.
 */
import { mkdtempSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBackends } from './backend/backend.ts';
import { readCount, runCommand, writeFigures } from './command.ts';
import { Client } from './deaths/client.ts';
import type { How, Replaced } from './deaths/proxy.ts';
import { freePort } from './machine/ports.ts';
import { Processes } from './machine/process.ts';
import { CRS_FILES, missingRules } from './peers/rule-sets.ts';
import { median } from './report/statistics.ts';
import { KINDS } from './traffic/kinds.ts';
import { toMessage } from './traffic/sample.ts';
import { visitsOf } from './traffic/samples.ts';

const WORKERS = 2;
const RULE_SETS = { shipped: ['default'], CRS: CRS_FILES } as const;
/** Each worker dies at every second turn, and has then lived for long enough that it is replaced without a pause. */
const BETWEEN_MS = 5_500;
const WARM_UP_MS = 3_000;
/** So many new connections at once: that none of them is the replacement's is a matter of 1 in 256. */
const PROBES = 8;
/** Opening connections until each worker has its part, at most. */
const TRIES_MAX = 400;
const BAR_MS = 1_000;
/** Deaths, and connections. */
const COUNT_MAX = 99;

type RuleSet = keyof typeof RULE_SETS;

interface Death extends Replaced {
  readonly rules: RuleSet;
  readonly how: How;
  /** From the order to die to the answer of the replacement to a new connection. */
  readonly answeredMs: number;
  /** Connections of the other worker. */
  readonly others: number;
  /** What became of those of them that were hurt. */
  readonly hurt: readonly string[];
  /** How long one of them had to wait for an answer, at most. */
  readonly othersLongestMs: number;
  /** Answers that they got from the order to die to the end of it. */
  readonly othersAnswers: number;
}

interface Scene {
  readonly port: number;
  readonly controlPort: number;
  readonly requests: readonly string[];
  readonly connections: number;
  /** By worker. */
  readonly clients: Client[][];
}

await runCommand(main);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      deaths: { type: 'string', default: '8' },
      connections: { type: 'string', default: '16' },
      json: { type: 'string' },
    },
  });
  const missing = missingRules('crs');
  if (missing !== undefined) throw new Error(`Cannot measure: ${missing}`);
  const count = readCount('--deaths', values.deaths, COUNT_MAX);
  const connections = readCount('--connections', values.connections, COUNT_MAX);
  const deaths: Death[] = [];
  for (const rules of Object.keys(RULE_SETS) as RuleSet[]) {
    deaths.push(...(await measure(rules, count, connections)));
  }
  print(deaths);
  writeFigures(values.json, { barMs: BAR_MS, connections, deaths });
}

/** Starts all, and leaves nothing behind however it ends. */
async function measure(rules: RuleSet, count: number, connections: number): Promise<Death[]> {
  const processes = new Processes();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-deaths-'));
  // The worker of the server runs as another user, and has files further down.
  chmodSync(folder, 0o711);
  try {
    const backends = await startBackends(processes, undefined, folder);
    const scene = await startScene(processes, folder, backends.pages, { rules, connections });
    const deaths: Death[] = [];
    await sleep(WARM_UP_MS);
    for (let turn = 0; turn < count; turn++) {
      const how = (turn >> 1) % 2 === 0 ? 'throw' : 'end';
      deaths.push(await killOne(scene, { rules, how, victim: turn % WORKERS }));
      await sleep(BETWEEN_MS);
    }
    for (const client of scene.clients.flat()) client.close();
    return deaths;
  } finally {
    await processes.stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startScene(
  processes: Processes,
  folder: string,
  backendPort: number,
  { rules, connections }: { readonly rules: RuleSet; readonly connections: number },
): Promise<Scene> {
  const [port, controlPort] = [await freePort(), await freePort()];
  const file = join(folder, 'sallyport.yaml');
  const configuration = {
    listeners: { web: { bind: `127.0.0.1:${port}`, pool: 'app', decoy: 'trap' } },
    pools: { app: { servers: [`127.0.0.1:${backendPort}`] } },
    decoys: { trap: {} },
    inspection: { rules: RULE_SETS[rules] },
    attackers: { never: ['127.0.0.1'] },
    log: { access: 'off' },
    admin: { socket: 'off' },
    runtime: { workers: WORKERS },
  };
  writeFileSync(file, JSON.stringify(configuration));
  const args = [join(import.meta.dirname, 'deaths', 'proxy.ts'), file, String(controlPort)];
  await processes.startServer({ name: 'sallyport', command: process.execPath, args }, undefined, controlPort);
  const visits = visitsOf(KINDS.find(({ name }) => name === 'page')!);
  const requests = visits.flatMap((visit) => visit.map(toMessage));
  const clients: Client[][] = Array.from({ length: WORKERS }, () => []);
  const scene = { port, controlPort, requests, connections, clients };
  await fill(scene);
  return scene;
}

/** Opens connections until each worker has its part of them, and has them ask. The kernel chooses the worker. */
async function fill(scene: Scene): Promise<void> {
  const { port, requests, connections, clients } = scene;
  const each = Math.ceil(connections / WORKERS);
  for (let tries = 0; clients.some(({ length }) => length < each); tries++) {
    if (tries === TRIES_MAX) throw new Error('The kernel gives every connection to one worker');
    const before = await ask<readonly number[]>(scene, '/counts');
    const client = await Client.open(port, requests);
    await client.ask();
    if (client.failure !== undefined) throw new Error(`A new connection failed: ${client.failure}`);
    const after = await ask<readonly number[]>(scene, '/counts');
    const worker = after.findIndex((count, index) => count > before[index]!);
    const theirs = clients[worker];
    if (theirs === undefined || theirs.length === each) {
      client.close();
      await untilCounted(scene, clients.flat().length);
      continue;
    }
    theirs.push(client);
  }
  for (const client of clients.flat()) client.load();
}

async function killOne(
  scene: Scene,
  { rules, how, victim }: { readonly rules: RuleSet; readonly how: How; readonly victim: number },
): Promise<Death> {
  const others = scene.clients.flatMap((theirs, worker) => (worker === victim ? [] : theirs));
  for (const client of others) client.longestMs = 0;
  const answersBefore = answersOf(others);
  const startedAt = performance.now();
  const replaced = await ask<Replaced>(scene, `/kill?worker=${victim}&how=${how}`);
  const answeredMs = await untilAnswered(scene, victim, startedAt);
  const hurt = others.flatMap(({ failure }) => failure ?? []);
  const left = scene.clients[victim]!.filter(({ failure }) => failure === undefined);
  if (left.length > 0) throw new Error(`Worker ${victim} has died, and ${left.length} connections have not`);
  scene.clients[victim] = [];
  await fill(scene);
  return {
    rules,
    how,
    ...replaced,
    answeredMs,
    others: others.length,
    hurt,
    othersLongestMs: Math.max(...others.map(({ longestMs }) => longestMs)),
    othersAnswers: answersOf(others) - answersBefore,
  };
}

/** New connections until one of the replacement is answered; gives the time since `startedAt`. */
async function untilAnswered(scene: Scene, worker: number, startedAt: number): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const probes = await Promise.all(
      Array.from({ length: PROBES }, () => Client.open(scene.port, scene.requests)),
    );
    await Promise.all(probes.map((probe) => probe.ask()));
    const ms = performance.now() - startedAt;
    const counts = await ask<readonly number[]>(scene, '/counts');
    const wrong = probes.find(({ failure }) => failure !== undefined);
    if (wrong !== undefined) throw new Error(`A new connection failed: ${wrong.failure ?? ''}`);
    for (const probe of probes) probe.close();
    await untilCounted(scene, scene.clients.filter((_theirs, number) => number !== worker).flat().length);
    if (counts[worker]! > 0) return ms;
  }
  throw new Error('The kernel gives no connection to the new worker');
}

/** Until connections that were closed are gone. */
async function untilCounted(scene: Scene, expected: number): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const counts = await ask<readonly number[]>(scene, '/counts');
    if (counts.reduce((sum, count) => sum + count, 0) <= expected) return;
    await sleep(5);
  }
  throw new Error('Connections that were closed are still counted');
}

async function ask<Answer>({ controlPort }: Scene, path: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${controlPort}${path}`);
  if (!response.ok) throw new Error(`Cannot go on: ${await response.text()}`);
  return (await response.json()) as Answer; // What deaths/proxy.ts answers to this path.
}

function answersOf(clients: readonly Client[]): number {
  return clients.reduce((sum, { answers }) => sum + answers, 0);
}

function print(deaths: readonly Death[]): void {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const ms = (value: number): string => value.toFixed(0).padStart(9);
  say(
    'rules    dies by  ended ms  serves ms  answers ms  others  hurt  their longest wait ms  their answers',
  );
  for (const death of deaths) {
    const { rules, how, endedMs, servingMs, answeredMs, others, hurt, othersLongestMs, othersAnswers } =
      death;
    say(
      `${rules.padEnd(8)} ${how.padEnd(7)} ${ms(endedMs)}  ${ms(servingMs)}  ${ms(answeredMs)}   ${String(others).padStart(6)}  ${String(hurt.length).padStart(4)}  ${ms(othersLongestMs).padStart(21)}  ${String(othersAnswers).padStart(13)}`,
    );
  }
  for (const rules of Object.keys(RULE_SETS)) {
    const times = deaths.filter((death) => death.rules === rules).map(({ answeredMs }) => answeredMs);
    const most = Math.max(...times);
    say(
      `${rules}: a new worker answers after ${median(times).toFixed(0)} ms (median), ${most.toFixed(0)} ms at most; bar: ${BAR_MS} ms: ${most <= BAR_MS ? 'met' : 'missed'}`,
    );
  }
  const hurt = deaths.flatMap((death) => death.hurt);
  say(
    `connections of the other worker that were hurt: ${hurt.length}; bar: 0: ${hurt.length === 0 ? 'met' : 'missed'}`,
  );
}
