/**
 * How V8 keeps what lives as long as a connection or an exchange, and the code that serves them.
 *
 * **Objects.** V8 counts, for each place in the code, how many of its objects are still there at the next collection, and
 * where most are, it puts all later ones into the old generation from the beginning. What is decided so when many
 * connections are open is never decided back. From then on each of those objects, dead or not, keeps all younger ones alive
 * to which it refers, and the next ones with them, until the old generation is collected as a whole: with a new connection
 * for each request, between a fifth and a half of what was new survived, and collecting took a tenth of all CPU time. Nothing
 * of ours needs it: what stays (rules, configurations, tables) is there before there is traffic.
 *
 * **Code.** What has not run for a few collections V8 throws away, with all that it has learned and compiled of it, and a
 * process without traffic is collected several times. After a quiet minute everything was slow anew: a request of the typical
 * mix cost 66 µs for the first four seconds, 57 before. All code of a thread with the CRS is 6 MB, and bytecode 1.5 MB more.
 */
import { setFlagsFromString } from 'node:v8';

/** For all threads of the process; to be called before there are any. */
export function settleHeap(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--no-flush-bytecode');
}
