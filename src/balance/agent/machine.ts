/**
 * Reads how busy this machine is, or the part of it that a container may use. Files are read anew for each sample, a few
 * times a second; what cannot be read is told once, at the start.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readBytes,
  readCgroupPath,
  readCpuMax,
  readCpuUsage,
  readInactiveFile,
  readLoadavg,
  readMeminfo,
  readStat,
} from './proc.ts';
import type { CpuTicks } from './proc.ts';

/** What is read at one moment. */
export interface Sample {
  /** Milliseconds on a clock that never goes back. */
  readonly at: number;
  readonly cpu: CpuTicks;
  /** 0 to 1. */
  readonly memory: number;
  readonly loadavg: number;
  /** Undefined where nothing is limited. */
  readonly group: GroupSample | undefined;
}

export interface GroupSample {
  /** Infinity for no limit. */
  readonly cores: number;
  readonly usageUs: number;
  /** 0 to 1, undefined without a limit. */
  readonly memory: number | undefined;
}

/** Where the texts are; tests have folders of their own. */
export interface Places {
  readonly proc: string;
  readonly cgroup: string;
}

export const PLACES: Places = { proc: '/proc', cgroup: '/sys/fs/cgroup' };

/** Throws with a sentence for people where this is no Linux as expected. */
export function takeSample(at: number, places: Places = PLACES): Sample {
  const needed = <T>(file: string, read: (text: string) => T | undefined): T => {
    const path = join(places.proc, file);
    const text = textOf(path);
    if (text === undefined) throw new Error(`Cannot read "${path}": the agent needs Linux with /proc`);
    const value = read(text);
    if (value === undefined) throw new Error(`Cannot read "${path}": it is not of the form that is expected`);
    return value;
  };
  return {
    at,
    cpu: needed('stat', readStat),
    memory: needed('meminfo', readMeminfo),
    loadavg: needed('loadavg', readLoadavg),
    group: sampleGroup(places),
  };
}

/**
 * The limits nearest to this process: its own group's, or those of the one around it that has some. In a container
 * without its own view of groups its path is `/`, and the folder itself has the files.
 */
function sampleGroup(places: Places): GroupSample | undefined {
  const path = readCgroupPath(textOf(join(places.proc, 'self/cgroup')) ?? '');
  if (path === undefined) return undefined;
  const parts = path.split('/').filter((part) => part !== '');
  for (let depth = parts.length; depth >= 0; depth--) {
    const found = readGroup(join(places.cgroup, ...parts.slice(0, depth)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Undefined when this group limits nothing. */
function readGroup(folder: string): GroupSample | undefined {
  const read = <T>(file: string, parse: (text: string) => T): T | undefined => {
    const text = textOf(join(folder, file));
    return text === undefined ? undefined : parse(text);
  };
  const cores = read('cpu.max', readCpuMax) ?? Infinity;
  const memoryMax = read('memory.max', readBytes) ?? Infinity;
  if (cores === Infinity && memoryMax === Infinity) return undefined;
  const current = read('memory.current', readBytes) ?? 0;
  const used = current - (read('memory.stat', readInactiveFile) ?? 0);
  return {
    cores,
    usageUs: read('cpu.stat', readCpuUsage) ?? 0,
    memory: memoryMax === Infinity ? undefined : Math.min(1, Math.max(0, used / memoryMax)),
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
