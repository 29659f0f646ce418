/**
 * From samples to one number: how busy this machine is.
 *
 *     cpu     share of the processor time that was used between two samples, of all cores or of what a group may use
 *     memory  share of the memory that is used
 *     queue   share of the runnable tasks that wait, because there are more of them than cores
 *
 * A processor that is used up says 1 however many wait for it; the queue goes on telling, and so two machines that are
 * both used up can be told apart. The load is the mean of the three by their factors.
 */
import type { Sample } from './machine.ts';

/** Each 0 to 1. */
export interface Pressures {
  readonly cpu: number;
  readonly memory: number;
  readonly queue: number;
}

/** How much each counts; at least one of them does. */
export type Factors = Pressures;

export const DEFAULT_FACTORS: Factors = { cpu: 1, memory: 0, queue: 1 };

/** `before` was taken some time before `after`. */
export function pressuresOf(before: Sample, after: Sample): Pressures {
  return { cpu: cpuOf(before, after), memory: after.group?.memory ?? after.memory, queue: queueOf(after) };
}

/** The larger of what the group uses of its own and what the machine uses of all: either can be what lacks. */
function cpuOf(before: Sample, after: Sample): number {
  const total = after.cpu.total - before.cpu.total;
  const machine = total > 0 ? (after.cpu.busy - before.cpu.busy) / total : 0;
  return share(Math.max(machine, groupOf(before, after)));
}

function groupOf(before: Sample, after: Sample): number {
  const ms = after.at - before.at;
  if (before.group === undefined || after.group === undefined || ms <= 0) return 0;
  const usedMs = (after.group.usageUs - before.group.usageUs) / 1000;
  return usedMs / (ms * Math.min(after.group.cores, after.cpu.cores));
}

/** Without the agent itself, which runs when it looks. */
function queueOf({ cpu, group }: Sample): number {
  const runnable = Math.max(0, cpu.runnable - 1);
  const cores = Math.min(cpu.cores, group?.cores ?? Infinity);
  return runnable > cores ? 1 - cores / runnable : 0;
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** 0 to 1. */
export function loadOf(pressures: Pressures, factors: Factors): number {
  const sum = factors.cpu + factors.memory + factors.queue;
  const weighed =
    pressures.cpu * factors.cpu + pressures.memory * factors.memory + pressures.queue * factors.queue;
  return share(weighed / sum);
}

/** The weight that is asked for: all of it when idle, `least` when nothing is left. */
export function percentOf(load: number, least: number): number {
  return Math.max(least, Math.round(100 * (1 - load)));
}

/** Reads `cpu=1,queue=0.5`; what is not named counts nothing. A text says what is wrong. */
export function readFactors(text: string): Factors | string {
  const factors = { cpu: 0, memory: 0, queue: 0 };
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^(cpu|memory|queue)=([0-9]{1,3}(?:\.[0-9]{1,3})?)$/.exec(part) ?? [];
    if (value === '') return `"${part}" is not "cpu", "memory" or "queue" with "=" and a number`;
    factors[name as keyof typeof factors] = Number(value); // The pattern names these three.
  }
  return factors.cpu + factors.memory + factors.queue > 0 ? factors : 'all factors are 0';
}

/** A moving average: how fast it follows is up to who feeds it. */
export class Smooth {
  readonly #part: number;
  #value: Pressures | undefined;

  /** `part` of each new value enters, 0 to 1. */
  constructor(part: number) {
    this.#part = part;
  }

  get value(): Pressures {
    return this.#value ?? { cpu: 0, memory: 0, queue: 0 };
  }

  add(next: Pressures): void {
    const before = this.#value ?? next;
    const mix = (name: keyof Pressures): number => before[name] + this.#part * (next[name] - before[name]);
    this.#value = { cpu: mix('cpu'), memory: mix('memory'), queue: mix('queue') };
  }
}
