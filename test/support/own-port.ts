/**
 * Ports of loopback that are a test's own from before it listens there until after it has stopped.
 *
 * A port that the system chose is given away again as soon as nobody has it: to another test, which may run at the same time,
 * or to a connection as the port that it comes from. Who lets go of a port, and wants it free or wants it back, needs one that
 * the system gives to nobody.
 */
import { createServer } from 'node:net';
import process from 'node:process';

/** Below the ports that Linux gives away (32768 on) and those of bench/machine/ports.ts (20000 on), above those of services. */
const FIRST = 10_000;
const COUNT = 10_000;
/** So many are a process's own, before the next one's begin. */
const EACH = 50;

/** State of a module, for once: no port is given twice, whoever of a process asks. */
const given = { count: 0 };

/** A port that nobody has and nobody gets, but for a test that asks for this number. */
export async function ownPort(): Promise<number> {
  for (let tries = 0; tries < EACH; tries++) {
    const port = FIRST + ((process.pid * EACH + given.count++) % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`Cannot find a port: ${EACH} of them are in use`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
