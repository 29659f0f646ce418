/**
 * How many descriptors clients may take, of those that the system gives.
 *
 * A connection takes two: its own, and that of its connection to a server. What is beyond is closed when it is accepted,
 * as beyond `limits.connections`: a proxy that accepts all and then has no descriptor for servers would serve nobody.
 */
import type { Config } from '../config/config.ts';
import { quote } from '../config/diagnostic.ts';
import { descriptorLimit } from '../linux/descriptor-limit.ts';
import { CONNECTION_DESCRIPTORS } from '../proxy/listener-place.ts';
import { listenerLimitOptions } from '../proxy/options.ts';
import { SOCKETS_OF_WORKER } from './listen-sockets.ts';

/** For logs, rules, health checks, the admin API and the threads that are not workers. */
const KEPT = 192;
/** For a worker's event loop, and some connections to servers that are idle. */
const KEPT_PER_WORKER = 32;
/** For each address that a worker listens on: its sockets, once of the worker and once of the supervisor. */
const KEPT_PER_ADDRESS = 2 * SOCKETS_OF_WORKER;
/** Less than that is no use. */
const ROOM_MIN = 32;
/** Where there is no limit: more than a 32-bit count of what is taken can reach by accident. */
const UNLIMITED = 2 ** 30;

const RAISE = 'raise the limit (ulimit -n, LimitNOFILE= of a unit)';

/**
 * For the connections of all listeners and workers together, with the addresses of this configuration. Throws with a message
 * for people where it is too little.
 */
export function descriptorRoom(
  workers: number,
  { listeners }: Pick<Config, 'listeners'>,
  limit: number | undefined = descriptorLimit(),
): number {
  if (limit === undefined) return UNLIMITED;
  const addresses = Object.values(listeners).reduce((sum, { bind }) => sum + bind.length, 0);
  const kept = KEPT + workers * (KEPT_PER_WORKER + addresses * KEPT_PER_ADDRESS);
  if (limit - kept >= ROOM_MIN) return Math.min(limit - kept, UNLIMITED);
  const many = workers === 1 ? '1 worker' : `${workers} workers`;
  throw new Error(
    `Cannot run with ${many}: the system gives ${limit} open files, and at least ${kept + ROOM_MIN} are needed; ${RAISE} or lower "runtime.workers"`,
  );
}

/** Says which listeners cannot have as many connections as somebody wrote. */
export function roomWarnings(config: Config, room: number): readonly string[] {
  const connections = Math.floor(room / CONNECTION_DESCRIPTORS);
  return Object.entries(config.listeners).flatMap(([name, { limits }]) => {
    if (limits.connections <= connections) return [];
    if (limits.connections === listenerLimitOptions.connections.default) return [];
    return `Listener ${quote(name)} may have ${limits.connections} connections, but the open files that the system gives are enough for ${connections} of all listeners; ${RAISE}`;
  });
}
