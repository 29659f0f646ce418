/**
 * The kind of workload that holds idle connections open and asks how much memory a peer keeps for each.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';

import { groupOf, memoryOf } from '../machine/usage.ts';
import { lastWords, type Running } from '../machine/process.ts';
import { eachPeer, type Bench, type Column, type Figures, type Target, type Workload } from '../workload.ts';
import { PLAIN_JOB, warmUpWith } from './http-load.ts';

const SCRIPT = join(import.meta.dirname, 'idle.ts');
/** For a garbage collector to notice that nothing happens any more. */
const SETTLE_MS = 3_000;
const OPEN_MS = 60_000;
const POLL_MS = 50;

const COLUMNS: readonly Column[] = [
  { key: 'memoryMiB', title: 'MiB with them', digits: 1, isCompared: true },
  { key: 'beforeMiB', title: 'MiB before', digits: 1 },
  // Not compared: what the warm-up freed is used again, so that a frugal peer may show nearly nothing here.
  { key: 'perConnectionKiB', title: 'KiB/connection', digits: 2 },
];

export function idleLoad(connections: number): Workload {
  return {
    name: `idle-${connections}`,
    title: `memory for ${connections.toLocaleString('en')} idle keep-alive connections, each after one request`,
    backend: 'pages',
    columns: COLUMNS,
    baselines: ['haproxy', 'nginx'],
    isFreshEachRound: true,
    roundsMax: 3,
    warmUp: warmUpWith({ path: '/small', connections: 64 }),
    subjects: eachPeer({ ...PLAIN_JOB, connectionsMax: connections + 500 }),
    measure: (bench, target) => measureIdle(bench, target, connections),
  };
}

async function measureIdle(bench: Bench, target: Target, connections: number): Promise<Figures> {
  const pids = groupOf(target.running.pid);
  await sleep(SETTLE_MS);
  const before = memoryOf(pids);
  const program = {
    name: 'idle connections',
    command: process.execPath,
    args: [SCRIPT, String(target.port), String(connections)],
  };
  const clients = bench.processes.start(program, bench.cores.load);
  const { open, failed } = await waitUntilOpen(clients);
  await sleep(SETTLE_MS);
  const after = memoryOf(pids);
  clients.finish();
  await clients.ended;
  const closed = Number(/\{"closed":(\d+)\}/.exec(clients.stdout())?.[1] ?? Number.NaN);
  return {
    perConnectionKiB: (after.pssBytes - before.pssBytes) / 1024 / open,
    memoryMiB: after.pssBytes / 2 ** 20,
    beforeMiB: before.pssBytes / 2 ** 20,
    rssMiB: after.rssBytes / 2 ** 20,
    errors: failed + closed,
  };
}

async function waitUntilOpen(clients: Running): Promise<{ open: number; failed: number }> {
  for (let waited = 0; waited < OPEN_MS; waited += POLL_MS) {
    const match = /\{"open":(\d+),"failed":(\d+)\}/.exec(clients.stdout());
    if (match !== null) return { open: Number(match[1]), failed: Number(match[2]) };
    if (clients.hasEnded()) break;
    await sleep(POLL_MS);
  }
  await clients.stop();
  throw new Error(`Cannot open the idle connections: ${lastWords(clients)}`);
}
