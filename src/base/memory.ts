/** What memory is used. Node's own function opens a file for it, and throws where no descriptor is left. */
import { getHeapStatistics } from 'node:v8';

let resident = 0;

/** Bytes of the process that are in memory; the last that was known where the system does not say. */
export function residentBytes(): number {
  try {
    resident = process.memoryUsage.rss();
  } catch {
    // What was known last.
  }
  return resident;
}

/** Bytes that are used on the heap of this thread. */
export function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}
