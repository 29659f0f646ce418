/**
 * What a record must say about the machine, so that its figures are not compared with those of another by mistake.
 * Nothing that names the host or its user.
 */
import { cpus, loadavg, release, totalmem } from 'node:os';
import { existsSync } from 'node:fs';

import { ask } from './programs.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly load1: number;
  /** `schedstat` (nanoseconds) or `ticks` (10 ms). */
  readonly cpuClock: 'schedstat' | 'ticks';
  readonly node: string;
  /** The commit of the checkout, with `+` when files differ from it; undefined outside a checkout. */
  readonly commit: string | undefined;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    cpuClock: existsSync('/proc/self/schedstat') ? 'schedstat' : 'ticks',
    node: process.versions.node,
    commit: readCommit(),
  };
}

function readCommit(): string | undefined {
  const commit = ask('git', ['-C', import.meta.dirname, 'rev-parse', '--short=12', 'HEAD']).trim();
  if (!/^[0-9a-f]{12,}$/.test(commit)) return undefined;
  const changes = ask('git', [
    '-C',
    import.meta.dirname,
    'status',
    '--porcelain',
    '--',
    ':/src',
    ':/rules',
  ]).trim();
  return changes === '' ? commit : `${commit}+`;
}
