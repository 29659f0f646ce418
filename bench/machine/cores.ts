/**
 * Which CPU the proxy gets, and which one everything else: two of those that this process may use, and not two
 * threads of one core if that can be avoided (they share its execution units, and load would slow the proxy down).
 */
import { readFileSync } from 'node:fs';

import { findProgram } from './programs.ts';

export interface Cores {
  readonly proxy: number | undefined;
  readonly load: number | undefined;
  /** Why nothing is pinned, or why the pinning is not as it should be. */
  readonly warning: string | undefined;
}

export function chooseCores(): Cores {
  const none = { proxy: undefined, load: undefined };
  if (findProgram('taskset') === undefined) {
    return { ...none, warning: 'Nothing is pinned: taskset was not found (Debian: util-linux)' };
  }
  const allowed = parseCpuList(
    readFileSync('/proc/self/status', 'latin1').match(/^Cpus_allowed_list:\s*(.*)$/m)?.[1] ?? '',
  );
  const [proxy, ...others] = allowed;
  if (proxy === undefined || others.length === 0) {
    return { ...none, warning: 'Nothing is pinned: only one CPU may be used here' };
  }
  const siblings = siblingsOf(proxy);
  const load = others.find((cpu) => !siblings.includes(cpu));
  if (load !== undefined) return { proxy, load, warning: undefined };
  return {
    proxy,
    load: others[0],
    warning: 'The two CPUs are threads of one core: the load slows the proxy down',
  };
}

/** Reads a kernel CPU list such as `0-2,5`. */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(',')) {
    const [start, end] = part.split('-').map((digits) => Number.parseInt(digits, 10));
    if (start === undefined || Number.isNaN(start)) continue;
    for (let cpu = start; cpu <= (end ?? start); cpu++) cpus.push(cpu);
  }
  return cpus;
}

function siblingsOf(cpu: number): number[] {
  try {
    return parseCpuList(
      readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'latin1'),
    );
  } catch {
    return [];
  }
}
