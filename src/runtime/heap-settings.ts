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
 * **Code.** What has not run for a few collections V8 throws away, with all that it has learned and compiled of it. And it
 * throws away compiled code with the last object of a shape that this code knows, which is what happens when a process
 * without traffic is collected to give memory back: nothing of an exchange is left then. Two minutes later all was slow anew,
 * and 200 functions were compiled again: a request of the typical mix cost 72 to 96 µs in the first four seconds, 54 to 60
 * before. So code is kept, shapes live as long as the class they belong to, and a thread is only collected when it needs
 * room. What that costs: the memory of a busy time is kept (a worker with the CRS, and the supervisor with it: 357 MiB instead
 * of 250 a minute later), and some MiB of code.
 */
import { setFlagsFromString } from 'node:v8';

/** More than there will be: for good. */
const COLLECTIONS = 1_000_000_000;

/** For all threads of the process; to be called before there are any. */
export function settleHeap(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--no-flush-bytecode');
  setFlagsFromString('--no-memory-reducer');
  setFlagsFromString(`--retain-maps-for-n-gc=${COLLECTIONS}`);
}
