/** Watches this machine, and says what its agent answers now. */
import { readFileSync } from 'node:fs';
import { LOAD_MAX, readAgentLine } from '../health/agent-answer.ts';
import { loadOf, percentOf, pressuresOf, Smooth } from './load.ts';
import type { Factors, Pressures } from './load.ts';
import type { Sample } from './machine.ts';

export interface WatchOptions {
  readonly factors: Factors;
  /** The least percentage that is asked for. */
  readonly least: number;
  /** Undefined: `maxconn` is not mentioned. */
  readonly inUseMax: number | undefined;
  /** Words that an operator writes there go into each answer; a file that is not there says `up ready`. */
  readonly stateFile: string | undefined;
  readonly sample: () => Sample;
  /** Something that an operator should know. */
  readonly warn: (text: string) => void;
}

/** What `GET /` shows. */
export interface AgentView extends Pressures {
  /** The answer in the agent-check protocol. */
  readonly line: string;
  /** 0 to 10,000. */
  readonly load: number;
  readonly percent: number;
  readonly cores: number;
  readonly loadavg: number;
}

/** How often the machine is looked at, in milliseconds. */
export const SAMPLE_MS = 500;
/** A third of each new look: it follows a change within some two seconds. */
const SMOOTH_PART = 1 / 3;
/** Bytes of the state file. */
const STATE_BYTES_MAX = 512;
/** `down # reason`; a state file that says weights would contradict the measure. */
const STATE_WORDS = /^(?:(?:up|down|fail|stopped|ready|drain|maint)[ \t,]*)+(?:#.*)?$/i;

export class MachineWatch {
  readonly #options: WatchOptions;
  readonly #smooth = new Smooth(SMOOTH_PART);
  #last: Sample;
  #timer: NodeJS.Timeout | undefined;
  /** What a signal says; undefined while none came. */
  #signalled: 'drain' | 'ready' | undefined;
  #warned = '';

  /** Throws where the machine cannot be watched. */
  constructor(options: WatchOptions) {
    this.#options = options;
    this.#last = options.sample();
    this.#smooth.add(pressuresOf(this.#last, this.#last));
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes the next sample. */
  look(): void {
    try {
      const next = this.#options.sample();
      this.#smooth.add(pressuresOf(this.#last, next));
      this.#last = next;
    } catch (error) {
      this.#warn(error instanceof Error ? error.message : String(error));
    }
  }

  /** A signal asked for it. */
  setMode(mode: 'drain' | 'ready'): void {
    this.#signalled = mode;
  }

  view(): AgentView {
    const pressures = this.#smooth.value;
    const load = loadOf(pressures, this.#options.factors);
    const percent = percentOf(load, this.#options.least);
    return {
      line: this.#line(percent),
      load: Math.round(load * LOAD_MAX),
      percent,
      cpu: rounded(pressures.cpu),
      memory: rounded(pressures.memory),
      queue: rounded(pressures.queue),
      cores: Math.min(this.#last.cpu.cores, this.#last.group?.cores ?? Infinity),
      loadavg: this.#last.loadavg,
    };
  }

  /**
   * Modes are mentioned only where somebody has chosen to set them here: `ready` in each answer would undo what an
   * operator has said at the balancer.
   */
  #line(percent: number): string {
    const { inUseMax } = this.#options;
    const [words = '', reason] = this.#modeWords().split('#');
    return [
      `${percent}%`,
      ...(inUseMax === undefined ? [] : [`maxconn:${inUseMax}`]),
      ...words.split(/[ \t,]+/).filter((word) => word !== ''),
      ...(reason === undefined ? [] : [`# ${reason.trim()}`]),
    ].join(' ');
  }

  #modeWords(): string {
    const { stateFile } = this.#options;
    if (this.#signalled === 'drain') return 'drain';
    if (stateFile === undefined) return this.#signalled ?? '';
    const text = stateOf(stateFile);
    if (text === undefined) return 'up ready';
    if (STATE_WORDS.test(text) && readAgentLine(text).kind === 'ok') return text;
    this.#warn(
      `Cannot use the state file "${stateFile}": it does not say what the agent-check protocol knows`,
    );
    return '';
  }

  /** Once for as long as it stays the same. */
  #warn(text: string): void {
    if (text !== this.#warned) this.#options.warn(text);
    this.#warned = text;
  }
}

/** Its first line; undefined for a file that is not there or empty. */
function stateOf(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').slice(0, STATE_BYTES_MAX);
  } catch {
    return undefined;
  }
  const line = text.split(/\r?\n/, 1)[0]?.trim() ?? '';
  return line === '' ? undefined : line;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
