/**
 * One rule set in a process of its own that measures a batch of requests each time it is told to, so that sets can be compared in
 * turn. Started by `bench/tenfold.ts` with the name of the set; it gets the name of a kind, and answers with microseconds of
 * CPU for one request.
 */
import { visitsOf, mixedVisits } from '../traffic/samples.ts';
import { KINDS } from '../traffic/kinds.ts';
import { exchangeOf, Feed } from './feed.ts';
import { buildSet, isLetThrough, RULE_SETS } from './rule-sets.ts';

const CONNECTIONS = 64;
/** Requests of a batch: some milliseconds, so that a batch that nothing disturbs is not rare. */
const BATCH = 256;
const BATCH_HEAVY = 8;
/** Requests of all kinds before the first, so that V8 has seen what a proxy sees; and batches of a kind. */
const WARM_UP = 2_000;
const WARM_UP_BATCHES = 24;

const set = RULE_SETS.find(({ name }) => name === process.argv[2]);
if (set === undefined) throw new Error('Cannot measure: see bench/tenfold.ts');
const { inspector } = buildSet(set);
for (const arrived of new Feed(mixedVisits(), CONNECTIONS).take(WARM_UP))
  isLetThrough(inspector, exchangeOf(arrived));

let kindName = '';
let feed = new Feed([], CONNECTIONS);
let batch = BATCH;
process.on('message', (name: string) => {
  if (name !== kindName) begin(name);
  process.send?.(timeBatch());
});
process.on('disconnect', () => process.exit());
process.send?.(0);

function begin(name: string): void {
  const kind = KINDS.find((known) => known.name === name);
  if (kind === undefined) throw new Error(`Cannot measure ${name}: there is no such kind`);
  kindName = name;
  feed = new Feed(visitsOf(kind), CONNECTIONS);
  batch = kind.isHeavy === true ? BATCH_HEAVY : BATCH;
  for (let round = 0; round < WARM_UP_BATCHES; round++) timeBatch();
}

function timeBatch(): number {
  const requests = feed.take(batch);
  const start = process.cpuUsage();
  for (const arrived of requests) isLetThrough(inspector, exchangeOf(arrived));
  const { user, system } = process.cpuUsage(start);
  return (user + system) / batch;
}
