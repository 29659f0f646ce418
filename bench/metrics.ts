/** What counting one exchange costs: node bench/metrics.ts */
import { sampleRecord } from '../test/support/exchange-record.ts';
import { ExchangeCounter } from '../src/record/metrics/exchange-counter.ts';
import { PlaceBook } from '../src/record/metrics/place-book.ts';

const ROUNDS = 5;
const EXCHANGES = 3_000_000;

const book = new PlaceBook(1);
const places = book.assign([
  { kind: 'listener', labels: ['web'] },
  { kind: 'way', labels: ['web', ''] },
  { kind: 'pool', labels: ['pool', 'app'] },
  { kind: 'server', labels: ['pool', 'app', 's1'] },
  { kind: 'server', labels: ['pool', 'app', 's2'] },
]);
const counter = new ExchangeCounter(book.blocks[0] ?? new SharedArrayBuffer(0), places);
const records = [
  sampleRecord(),
  sampleRecord({ server: 's2', status: 404, isOriginReused: false }),
  sampleRecord({ status: 503, end: 'origin-cut', attempts: 2 }),
];

for (let round = 0; round < ROUNDS; round++) {
  const startMs = performance.now();
  for (let index = 0; index < EXCHANGES; index++)
    counter.record(records[index % records.length] ?? sampleRecord());
  const ns = ((performance.now() - startMs) * 1e6) / EXCHANGES;
  process.stdout.write(`${ns.toFixed(0)} ns an exchange\n`);
}
