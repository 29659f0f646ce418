/** Runs code in another network namespace than that of the process, through libc. */
import { closeSync, openSync } from 'node:fs';
import { openLibc } from './ffi.ts';

/** CLONE_NEWNET of setns(2): the descriptor must be one of a network namespace. */
const NEW_NET = 0x4000_0000;
/** The network of the calling thread. */
const OWN = '/proc/thread-self/ns/net';

/**
 * Runs `code`, which must be synchronous, with this thread in the network namespace at `path`. A socket stays in the
 * namespace in which it was made: what `code` makes belongs there for good.
 */
export function inNamespace<T>(path: string, code: () => T): T {
  const { functions, check } = openLibc({ setns: { arguments: ['i32', 'i32'], return: 'i32' } });
  const own = openSync(OWN, 'r');
  const other = openSync(path, 'r');
  try {
    check('setns', functions.setns(other, NEW_NET));
    return code();
  } finally {
    check('setns', functions.setns(own, NEW_NET));
    closeSync(other);
    closeSync(own);
  }
}
