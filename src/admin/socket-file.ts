/**
 * Listening on a UNIX socket that nobody else may open, in place of one that a dead process left behind.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/** `sun_path` has 108 bytes on Linux and 104 elsewhere, of which the last is NUL (unix(7)). */
const PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;
/** How long a socket that exists may take to accept before it counts as alive. */
const PROBE_MS = 1000;

/** Listens on `path` with mode 0600. Fails with a message for people; a socket in use is left as it is. */
export async function listenOnSocketFile(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX)
    throw cannot(path, `the path is longer than ${PATH_BYTES_MAX} bytes`);
  makeFolder(path);
  const error = await tryListen(server, path);
  if (error === undefined) return;
  if (error.code !== 'EADDRINUSE') throw cannot(path, reasonOf(error), error);
  await removeStale(path);
  const again = await tryListen(server, path);
  if (again !== undefined) throw cannot(path, reasonOf(again), again);
}

/** The folder of the socket, closed to others, unless there is one. */
function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannot(path, `its folder cannot be made: ${reasonOf(error)}`, error);
  }
}

async function tryListen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  const listening = once(server, 'listening');
  // The socket is made inside of listen. Changing its mode afterwards would leave a moment in which others can connect.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  try {
    await listening;
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** Removes the socket of a process that is gone. Anything else at that path is an error. */
async function removeStale(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket()) throw cannot(path, 'there is a file that is not a socket');
  } catch (error) {
    // Its owner has just removed it.
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const answer = await probe(path);
  if (answer === 'accepted') throw cannot(path, 'another Sallyport is using it');
  if (answer !== 'ECONNREFUSED')
    throw cannot(path, `there is a socket, and it is not known whose: ${answer}`);
  unlinkSync(path);
}

/** `accepted`, or the code of the error. Only ECONNREFUSED says that no process listens. */
function probe(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle('accepted'));
    socket.once('error', (error) => settle(codeOf(error)));
    socket.setTimeout(PROBE_MS, () => settle('ETIMEDOUT'));
  });
}

function cannot(path: string, why: string, cause?: unknown): Error {
  return new Error(`Cannot listen on "${path}": ${why}`, { cause });
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return code === 'EACCES' || code === 'EPERM' ? `permission denied (${code})` : code;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
