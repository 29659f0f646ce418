/**
 * The kind of workload that sends wrk's traffic through a peer and asks what the peer spent on it.
 */
import { statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { busyTimeOf, cpuTimeOf, groupOf, memoryOf } from '../machine/usage.ts';
import type { Job } from '../peers/peer.ts';
import { eachPeer, type Bench, type Column, type Figures, type Target, type Workload } from '../workload.ts';
import { runWrk, type Traffic, type WrkResult } from './wrk.ts';

/** What is counted: requests, or MiB when the bodies are the work. */
export interface Unit {
  readonly name: string;
  readonly plural: string;
  readonly perRequest: number;
}

/** For bodies of `mib` MiB. */
export function inMiB(mib: number): Unit {
  return { name: 'MiB', plural: 'MiB', perRequest: mib };
}

export interface HttpLoad {
  readonly name: string;
  readonly title: string;
  readonly traffic: Traffic;
  readonly unit?: Unit;
  readonly backend?: Workload['backend'];
  readonly job?: Partial<Job>;
}

export const PLAIN_JOB: Job = {
  mode: 'http',
  accessLog: false,
  inspection: 'off',
  deceives: false,
  connectionsMax: 2_000,
};
const REQUEST: Unit = { name: 'request', plural: 'requests', perRequest: 1 };
const BASELINES = ['haproxy', 'nginx'];
/** Log lines may be written with a delay, a second at most in the peers as they are set up. */
const LOG_FLUSH_MS = 1_500;
/** The unit of st_blocks, whatever the file system's own is. */
const BLOCK_BYTES = 512;

export function httpLoad(load: HttpLoad): Workload {
  const unit = load.unit ?? REQUEST;
  return {
    name: load.name,
    title: load.title,
    backend: load.backend ?? 'pages',
    columns: loadColumns(unit),
    baselines: BASELINES,
    warmUp: warmUpWith(load.traffic),
    subjects: eachPeer({ ...PLAIN_JOB, ...load.job }),
    measure: (bench, target) => measureLoad(bench, target, load.traffic, unit),
  };
}

export function warmUpWith(traffic: Traffic): Workload['warmUp'] {
  return ({ processes, cores }, target, seconds) =>
    runWrk(processes, cores.load, target.port, traffic, seconds);
}

export function loadColumns(unit: Unit = REQUEST): Column[] {
  return [
    { key: 'cpuUs', title: `CPU µs/${unit.name}`, digits: 1, isCompared: true },
    { key: 'rate', title: `${unit.plural}/s`, digits: 0, isCompared: true },
    { key: 'p50Ms', title: 'p50 ms', digits: 2 },
    { key: 'p99Ms', title: 'p99 ms', digits: 2 },
    { key: 'userPercent', title: 'user %', digits: 0 },
    { key: 'memoryMiB', title: 'MiB', digits: 1 },
    { key: 'busyPercent', title: 'busy %', digits: 0 },
  ];
}

/** Sends the traffic once and gives the figures of figuresOf. */
export async function measureLoad(
  bench: Bench,
  target: Target,
  traffic: Traffic,
  unit: Unit = REQUEST,
): Promise<Figures> {
  if (target.accessLogFile !== undefined) truncateSync(target.accessLogFile);
  const { processes, cores, seconds } = bench;
  const { result, usage } = await measureUsage(bench, target, () =>
    runWrk(processes, cores.load, target.port, traffic, seconds),
  );
  return {
    ...figuresOf(result, usage, result.requests * unit.perRequest),
    ...(await readLogSize(target, result)),
  };
}

/** What every load generator reports. */
interface LoadResult {
  /** Those that were answered. */
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Everything that did not go as it should, by kind. */
  readonly errors: Readonly<Record<string, number>>;
}

/** What was used while the load ran. */
interface Usage {
  readonly cpuNs: number;
  readonly userPercent: number;
  readonly elapsedNs: number;
  readonly proxyCoreNs: number;
  readonly loadCoreNs: number;
  readonly memoryBytes: number;
}

/** Runs `load` and says what the target used meanwhile. */
export async function measureUsage<T>(
  bench: Bench,
  target: Target,
  load: () => Promise<T>,
): Promise<{ result: T; usage: Usage }> {
  const pids = groupOf(target.running.pid);
  const before = readClocks(bench, pids);
  const result = await load();
  const after = readClocks(bench, pids);
  const userTicks = after.cpu.userTicks - before.cpu.userTicks;
  const systemTicks = after.cpu.systemTicks - before.cpu.systemTicks;
  const usage = {
    cpuNs: after.cpu.totalNs - before.cpu.totalNs,
    userPercent: (100 * userTicks) / (userTicks + systemTicks),
    elapsedNs: after.atNs - before.atNs,
    proxyCoreNs: after.proxyCoreNs - before.proxyCoreNs,
    loadCoreNs: after.loadCoreNs - before.loadCoreNs,
    memoryBytes: memoryOf(pids).pssBytes,
  };
  return { result, usage };
}

/** The figures of loadColumns, and those that tell whether they can be trusted. */
export function figuresOf(result: LoadResult, usage: Usage, units: number): Figures {
  const { cpuNs, elapsedNs } = usage;
  return {
    cpuUs: cpuNs / 1e3 / units,
    rate: (units * 1e6) / result.durationUs,
    p50Ms: result.p50Us / 1e3,
    p99Ms: result.p99Us / 1e3,
    userPercent: usage.userPercent,
    memoryMiB: usage.memoryBytes / 2 ** 20,
    busyPercent: (100 * cpuNs) / elapsedNs,
    othersPercent: (100 * (usage.proxyCoreNs - cpuNs)) / elapsedNs,
    loadBusyPercent: (100 * usage.loadCoreNs) / elapsedNs,
    requests: result.requests,
    errors: Object.values(result.errors).reduce((sum, count) => sum + count, 0),
  };
}

function readClocks(
  bench: Bench,
  pids: readonly number[],
): { atNs: number; cpu: ReturnType<typeof cpuTimeOf>; proxyCoreNs: number; loadCoreNs: number } {
  const { proxy, load } = bench.cores;
  return {
    atNs: performance.now() * 1e6,
    cpu: cpuTimeOf(pids),
    proxyCoreNs: proxy === undefined ? Number.NaN : busyTimeOf(proxy),
    loadCoreNs: load === undefined ? Number.NaN : busyTimeOf(load),
  };
}

/**
 * How many bytes of access log each request left: 0 would mean that a peer was measured without the work.
 *
 * Counted are the blocks, not the size: HAProxy takes O_APPEND away from its standard output, so that it goes on where it
 * was before the file was emptied, and leaves a hole.
 */
async function readLogSize(target: Target, result: WrkResult): Promise<Figures> {
  if (target.accessLogFile === undefined) return {};
  await sleep(LOG_FLUSH_MS);
  return { logBytes: (statSync(target.accessLogFile).blocks * BLOCK_BYTES) / result.requests };
}
