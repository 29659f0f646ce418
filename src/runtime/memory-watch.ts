/**
 * A thread that looks at its own memory while it works, and gives up before the engine would.
 *
 * V8 ends a thread that is beyond its limit only when a little more is enough until its code comes to a safe point, and
 * otherwise the process with it. So whoever may need too much looks often, at points where it can stop.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export class MemoryExceeded extends Error {}

/** The memory of a thread: objects, and the bytes of buffers. */
export interface Memory {
  /** With what is no longer needed and not collected yet. */
  usedBytes(): number;
  collect(): void;
}

/** Beyond the bound with nothing but what is needed, garbage may be as much again before it is collected anew. */
const GARBAGE_BYTES = 32 * 1024 * 1024;

export class MemoryWatch {
  readonly #bytesMax: number;
  readonly #memory: Memory;
  #lookAtBytes: number;

  constructor(bytesMax: number, memory: Memory = ownMemory()) {
    this.#bytesMax = bytesMax;
    this.#memory = memory;
    this.#lookAtBytes = bytesMax;
  }

  /** Throws MemoryExceeded when more is needed than may be; `doing` says in which work. */
  check(doing: string): void {
    if (this.#memory.usedBytes() <= this.#lookAtBytes) return;
    this.#memory.collect();
    const neededBytes = this.#memory.usedBytes();
    if (neededBytes > this.#bytesMax) throw new MemoryExceeded(doing);
    this.#lookAtBytes = Math.max(this.#bytesMax, neededBytes + GARBAGE_BYTES);
  }
}

/** The memory of this thread. */
export function ownMemory(): Memory {
  let collect: (() => void) | undefined;
  return {
    usedBytes: () => {
      const { used_heap_size: heapBytes, external_memory: bufferBytes } = getHeapStatistics();
      return heapBytes + bufferBytes;
    },
    collect: () => {
      collect ??= collector();
      collect();
      // Buffers that the first one has found are given back with the next.
      collect();
    },
  };
}

/** The flag is taken back: what runs beside this has no use for it. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  try {
    // What the flag puts into a new context.
    return runInNewContext('gc') as () => void;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
