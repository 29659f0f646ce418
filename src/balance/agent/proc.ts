/**
 * What Linux tells about a machine: texts of `/proc` and of control groups (cgroup v2) into numbers. Pure; a text that is
 * not of the form that proc(5) promises is undefined, and is never taken for an idle machine.
 */

/** Clock ticks since the start, over all cores. */
export interface CpuTicks {
  readonly busy: number;
  readonly total: number;
  readonly cores: number;
  /** Tasks that run or want to. */
  readonly runnable: number;
}

/** Of `/proc/stat`. Time that the hypervisor took away counts as busy: it cannot be had. */
export function readStat(text: string): CpuTicks | undefined {
  const [, first = ''] = /^cpu +([0-9 ]+)$/m.exec(text) ?? [];
  // user nice system idle iowait irq softirq steal; guest times are part of user and nice.
  const ticks = first.trim().split(/ +/).slice(0, 8).map(Number);
  const [, runnable] = /^procs_running ([0-9]+)$/m.exec(text) ?? [];
  const cores = text.match(/^cpu[0-9]+ /gm)?.length ?? 0;
  if (ticks.length < 5 || runnable === undefined || cores === 0) return undefined;
  const total = ticks.reduce((sum, one) => sum + one, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { busy: total - idle, total, cores, runnable: Number(runnable) };
}

/** How much of the memory is used, 0 to 1, of `/proc/meminfo`. What the kernel can take back at once is not used. */
export function readMeminfo(text: string): number | undefined {
  const kib = (name: string): number | undefined => {
    const [, value] = new RegExp(`^${name}: +([0-9]+) kB$`, 'm').exec(text) ?? [];
    return value === undefined ? undefined : Number(value);
  };
  const [total, available] = [kib('MemTotal'), kib('MemAvailable')];
  if (total === undefined || available === undefined || total === 0) return undefined;
  return Math.min(1, Math.max(0, 1 - available / total));
}

/** The load average of one minute, of `/proc/loadavg`. */
export function readLoadavg(text: string): number | undefined {
  const [, minute] = /^([0-9]+\.[0-9]+) /.exec(text) ?? [];
  return minute === undefined ? undefined : Number(minute);
}

/** The folder of this process below `/sys/fs/cgroup`, of `/proc/self/cgroup`: the line of version 2 begins with `0::`. */
export function readCgroupPath(text: string): string | undefined {
  const [, path] = /^0::(\/[^\n]*)$/m.exec(text) ?? [];
  return path === undefined || path.split('/').includes('..') ? undefined : path;
}

/** Cores that a control group may use, of `cpu.max`; Infinity for no limit. */
export function readCpuMax(text: string): number | undefined {
  const [, quota = '', period = ''] = /^(max|[0-9]+) ([0-9]+)\n?$/.exec(text) ?? [];
  if (period === '' || Number(period) === 0) return undefined;
  return quota === 'max' ? Infinity : Number(quota) / Number(period);
}

/** Microseconds of processor time that a control group has used, of `cpu.stat`. */
export function readCpuUsage(text: string): number | undefined {
  const [, usage] = /^usage_usec ([0-9]+)$/m.exec(text) ?? [];
  return usage === undefined ? undefined : Number(usage);
}

/** Bytes, of `memory.max` (Infinity for no limit) or `memory.current`. */
export function readBytes(text: string): number | undefined {
  const [, value = ''] = /^(max|[0-9]+)\n?$/.exec(text) ?? [];
  if (value === '') return undefined;
  return value === 'max' ? Infinity : Number(value);
}

/** Bytes of files that the kernel can drop at once, of `memory.stat`: they count in `memory.current`. */
export function readInactiveFile(text: string): number {
  const [, value = '0'] = /^inactive_file ([0-9]+)$/m.exec(text) ?? [];
  return Number(value);
}
