/**
 * Control groups that bound how much processor a few programs may use together: each stands for a machine of its own.
 * Both versions of them are known; somebody who may not make groups, or is not on Linux, gets a sentence.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from '../../src/balance/agent/machine.ts';

const ROOT = '/sys/fs/cgroup';
/** A short period, so that a program that has used up its share waits for milliseconds and not for a tenth of a second. */
const PERIOD_US = 10_000;
const REMOVE_MS = 2_000;

/** A group that may use `cores` of the processor, as if it were a machine. */
export class Group {
  readonly #folder: string;
  readonly #cores: number;

  private constructor(folder: string, cores: number) {
    this.#folder = folder;
    this.#cores = cores;
  }

  /** Throws a sentence for people where no group can be made. */
  static make(name: string, cores: number): Group {
    const isFirst = existsSync(join(ROOT, 'cpu', 'cpu.cfs_quota_us'));
    const folder = join(ROOT, isFirst ? 'cpu' : '.', name);
    const quota = Math.round(cores * PERIOD_US);
    try {
      mkdirSync(folder);
      if (isFirst) {
        writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
        writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota));
      } else writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
    } catch (error) {
      if (existsSync(folder)) rmdirSync(folder);
      throw new Error(`Cannot bound the processor with control groups: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return new Group(folder, cores);
  }

  /** The command that runs `argv` in this group, from its first instruction on. */
  inside(argv: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
    const script = 'echo $$ > "$0" && exec "$@"';
    return { command: 'sh', args: ['-c', script, join(this.#folder, 'cgroup.procs'), ...argv] };
  }

  /** What an agent would read on a machine that is this group; memory is not bounded and says nothing. */
  sample(at: number): Sample {
    let busyNs = 0;
    let runnable = 1; // The agent itself, which is not counted by those who read samples.
    for (const pid of this.#processes()) {
      try {
        busyNs += Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]);
        if (/^[^)]*\) R /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) runnable++;
      } catch {
        // It has ended since.
      }
    }
    const cpu = { busy: busyNs / 1e6, total: at * this.#cores, cores: this.#cores, runnable };
    return { at, cpu, memory: 0, loadavg: 0, group: undefined };
  }

  /** Once its programs have ended. The kernel takes a moment to forget them. */
  async remove(): Promise<void> {
    const deadline = performance.now() + REMOVE_MS;
    for (;;) {
      try {
        rmdirSync(this.#folder);
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(20);
      }
    }
  }

  #processes(): string[] {
    return readFileSync(join(this.#folder, 'cgroup.procs'), 'latin1').trim().split('\n');
  }
}
