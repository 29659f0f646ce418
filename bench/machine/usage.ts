/**
 * What a program has used so far: CPU time in nanoseconds, and memory, over all processes of its group.
 *
 * CPU time is the scheduler's own sum for each thread (`schedstat`), in nanoseconds. The well-known `utime` and `stime`
 * come in ticks of 10 ms; they only serve for the share of user code, and for everything on a kernel without schedstat.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';

export interface CpuTime {
  /** Nanoseconds of CPU time, user and system together. */
  readonly totalNs: number;
  /** Ticks of 10 ms in user code and in the kernel: coarse. */
  readonly userTicks: number;
  readonly systemTicks: number;
}

export interface Memory {
  /** Proportional set size: a page shared by two processes counts half in each, so sums over processes are right. */
  readonly pssBytes: number;
  readonly rssBytes: number;
}

/** Linux fixes the unit of /proc/PID/stat (USER_HZ) at 100 a second on every platform that Node.js runs on. */
const TICK_NS = 10_000_000;

/** The processes of the group that `leader` leads, itself included. */
export function groupOf(leader: number): number[] {
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid) && readStat(pid)?.group === leader) pids.push(pid);
  }
  return pids;
}

/** CPU time of these processes. Threads that ended since the last reading are lost: proxies keep their threads. */
export function cpuTimeOf(pids: readonly number[]): CpuTime {
  let totalNs = 0;
  let userTicks = 0;
  let systemTicks = 0;
  for (const pid of pids) {
    const stat = readStat(pid);
    if (stat === undefined) continue;
    userTicks += stat.userTicks;
    systemTicks += stat.systemTicks;
    totalNs += threadTime(pid) ?? (stat.userTicks + stat.systemTicks) * TICK_NS;
  }
  return { totalNs, userTicks, systemTicks };
}

export function memoryOf(pids: readonly number[]): Memory {
  let pssBytes = 0;
  let rssBytes = 0;
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    pssBytes += readKilobytes(text, 'Pss') * 1024;
    rssBytes += readKilobytes(text, 'Rss') * 1024;
  }
  return { pssBytes, rssBytes };
}

/** How long the CPU `cpu` was not idle since boot, in nanoseconds; it moves in ticks. */
export function busyTimeOf(cpu: number): number {
  const line = readFileSync('/proc/stat', 'latin1').match(new RegExp(`^cpu${cpu} (.*)$`, 'm'));
  const ticks = (line?.[1] ?? '').split(' ').map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
  return (user + nice + system + irq + softirq + steal) * TICK_NS;
}

/** Reads the line of /proc/PID/stat; undefined when the process has ended. Exported for its test. */
export function parseStat(text: string): { group: number; userTicks: number; systemTicks: number } {
  // The name (field 2) is in parentheses and may hold anything: count from the last parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { group: Number(fields[2]), userTicks: Number(fields[11]), systemTicks: Number(fields[12]) };
}

function readStat(pid: number): ReturnType<typeof parseStat> | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The sum of `schedstat` over the threads, or undefined when this kernel has none. */
function threadTime(pid: number): number | undefined {
  if (!existsSync(`/proc/${pid}/schedstat`)) return undefined;
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
    } catch {
      // The thread ended between the two reads.
    }
  }
  return sum;
}

function readKilobytes(text: string, field: string): number {
  return Number(text.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))?.[1] ?? Number.NaN);
}
