/**
 * Two calls on file descriptors that Node.js does not offer: duplicate and close.
 *
 * A listening socket that outlives the thread which accepts on it is a descriptor that the supervisor keeps; the thread
 * gets a duplicate. Descriptors belong to the process, so their numbers mean the same in every thread.
 */
import { openLibc } from './ffi.ts';
import type { Libc } from './ffi.ts';

/** `fcntl`: the lowest free number from the given one on, closed in programs that are started (Linux). */
const F_DUPFD_CLOEXEC = 1030;
/** Above standard input, output and error. */
const FIRST_DESCRIPTOR = 3;

/** True where the calls below work. */
export function hasDescriptors(): boolean {
  return process.platform === 'linux';
}

/** Another descriptor of what `descriptor` is one of. */
export function duplicate(descriptor: number): number {
  const { functions, check } = openCalls();
  return check('fcntl', functions.fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR));
}

/** Closes a descriptor that Node.js does not own. */
export function closeDescriptor(descriptor: number): void {
  const { functions, check } = openCalls();
  check('close', functions.close(descriptor));
}

/** Looked up anew each time: this happens when sockets are opened and closed, not for connections. */
function openCalls(): Libc<typeof CALLS> {
  return openLibc(CALLS);
}

const CALLS = {
  fcntl: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
} as const;
