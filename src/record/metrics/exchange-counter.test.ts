import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleRecord } from '../../../test/support/exchange-record.ts';
import type { ExchangeRecord } from '../../proxy/exchange-record.ts';
import { collectCounts } from './collect.ts';
import { ExchangeCounter } from './exchange-counter.ts';
import type { Sample } from './family.ts';
import type { Counted } from './place-book.ts';
import { PlaceBook } from './place-book.ts';

const NAMES: readonly Counted[] = [
  { kind: 'listener', labels: ['web'] },
  { kind: 'way', labels: ['web', ''] },
  { kind: 'way', labels: ['web', 'shop'] },
  { kind: 'pool', labels: ['pool', 'app'] },
  { kind: 'pool', labels: ['decoy', 'app'] },
  { kind: 'server', labels: ['pool', 'app', 's1'] },
  { kind: 'server', labels: ['decoy', 'app', 's1'] },
];

/** Samples that are not zero, as `name{labels} value`; a histogram as its count and sum. */
function counted(...records: readonly ExchangeRecord[]): ReadonlyMap<string, number | string> {
  const book = new PlaceBook(2);
  const places = book.assign(NAMES);
  for (const [index, record] of records.entries()) {
    const block = book.blocks[index % 2];
    assert(block !== undefined);
    new ExchangeCounter(block, places).record(record);
  }
  return new Map(collectCounts(book, 2).flatMap(entryOf));
}

function entryOf({ family, labels, value }: Sample): [string, number | string][] {
  const key = `${family.name}{${labels.join(',')}}`;
  if (typeof value === 'number') return value === 0 ? [] : [[key, value]];
  const count = value.counts.reduce((sum, own) => sum + own, 0);
  return count === 0 ? [] : [[key, `${count} in ${value.sum.toFixed(3)} s`]];
}

test('an exchange is counted at its listener, way, pool and server', () => {
  assert.deepEqual(
    Object.fromEntries(
      counted(
        sampleRecord({
          isOriginReused: false,
          times: { headMs: 0, queueMs: 1, connectMs: 2, firstByteMs: 30, totalMs: 40 },
        }),
      ),
    ),
    {
      'sallyport_exchanges{web,,continue,2xx}': 1,
      'sallyport_exchange_duration_seconds{web,}': '1 in 0.040 s',
      'sallyport_received_bytes{web,}': 412,
      'sallyport_sent_bytes{web,}': 5120,
      'sallyport_responses{web,200}': 1,
      'sallyport_exchange_ends{web,done}': 1,
      'sallyport_pool_queue_seconds{pool,app}': '1 in 0.001 s',
      'sallyport_server_exchanges{pool,app,s1,2xx}': 1,
      'sallyport_server_connect_seconds{pool,app,s1}': '1 in 0.002 s',
      'sallyport_server_first_byte_seconds{pool,app,s1}': '1 in 0.030 s',
    },
  );
});

const ROWS: readonly (readonly [
  name: string,
  changes: Partial<ExchangeRecord>,
  key: string,
  value: number | undefined,
])[] = [
  ['what a route takes is its own', { route: 'shop' }, 'sallyport_exchanges{web,shop,continue,2xx}', 1],
  ['no status is the class none', { status: 0 }, 'sallyport_exchanges{web,,continue,none}', 1],
  ['no status is no response', { status: 0 }, 'sallyport_responses{web,0}', undefined],
  ['a status that no protocol knows is none', { status: 999 }, 'sallyport_exchanges{web,,continue,none}', 1],
  [
    'a deceived exchange is of the decoy',
    { verdict: 'deceive' },
    'sallyport_server_exchanges{decoy,app,s1,2xx}',
    1,
  ],
  [
    'and not of the pool of that name',
    { verdict: 'deceive' },
    'sallyport_server_exchanges{pool,app,s1,2xx}',
    undefined,
  ],
  ['a retry is counted', { attempts: 3 }, 'sallyport_pool_retries{pool,app}', 2],
  [
    'a source that could not be had is counted',
    { sourceBecause: { code: 'source-family', text: '' } },
    'sallyport_pool_source_fallbacks{pool,app}',
    1,
  ],
  ['a first attempt is no retry', { attempts: 1 }, 'sallyport_pool_retries{pool,app}', undefined],
  [
    'a fallback is counted at the pool that was meant',
    { pool: 'spare', poolMeant: 'app' },
    'sallyport_pool_fallbacks{pool,app}',
    1,
  ],
  [
    'of a decoy it is counted there',
    { verdict: 'deceive', pool: 'spare', poolMeant: 'app' },
    'sallyport_pool_fallbacks{decoy,app}',
    1,
  ],
  ['without one nothing is counted', {}, 'sallyport_pool_fallbacks{pool,app}', undefined],
  ['a fault of the server is counted', { end: 'origin-cut' }, 'sallyport_server_failures{pool,app,s1}', 1],
  [
    'a fault of the client is not',
    { end: 'client-gone' },
    'sallyport_server_failures{pool,app,s1}',
    undefined,
  ],
  ['an end of any kind is counted', { end: 'client-gone' }, 'sallyport_exchange_ends{web,client-gone}', 1],
  ['an unknown end is another one', { end: 'constructor' }, 'sallyport_exchange_ends{web,other}', 1],
  ['an unknown listener is counted', { listener: 'gone' }, 'sallyport_exchange_ends{(other),done}', 1],
  ['an unknown route is counted', { route: 'gone' }, 'sallyport_exchanges{(other),(other),continue,2xx}', 1],
  ['an unknown pool is counted', { pool: 'gone', attempts: 2 }, 'sallyport_pool_retries{(other),(other)}', 1],
  [
    'an unknown server is counted',
    { server: 'gone' },
    'sallyport_server_exchanges{(other),(other),(other),2xx}',
    1,
  ],
  [
    'names of the object prototype are unknown',
    { listener: '__proto__', route: 'constructor' },
    'sallyport_exchanges{(other),(other),continue,2xx}',
    1,
  ],
  [
    'what never came to a pool is in none',
    { pool: '', server: '' },
    'sallyport_server_exchanges{pool,app,s1,2xx}',
    undefined,
  ],
];

for (const [name, changes, key, value] of ROWS) {
  test(name, () => assert.equal(counted(sampleRecord(changes)).get(key), value));
}

test('a time that never was is in no histogram', () => {
  const never = { headMs: -1, queueMs: -1, connectMs: -1, firstByteMs: -1, totalMs: -1 };
  const keys = [...counted(sampleRecord({ times: never, isOriginReused: false })).keys()];
  assert.deepEqual(
    keys.filter((key) => key.includes('seconds')),
    [],
  );
});

test('what several workers have counted is added up', () => {
  const sums = counted(sampleRecord(), sampleRecord(), sampleRecord({ status: 404 }));
  assert.equal(sums.get('sallyport_exchanges{web,,continue,2xx}'), 2);
  assert.equal(sums.get('sallyport_exchanges{web,,continue,4xx}'), 1);
  assert.equal(sums.get('sallyport_received_bytes{web,}'), 3 * 412);
});

for (const [ms, bucket] of [
  [0, 0],
  [0.5, 0],
  [0.51, 1],
  [1, 1],
  [30_000, 14],
  [30_001, 15],
  [1e9, 15],
] as const) {
  test(`${ms} ms are counted in bucket ${bucket}`, () => {
    const book = new PlaceBook(1);
    const [block] = book.blocks;
    assert(block !== undefined);
    const times = { headMs: 0, queueMs: -1, connectMs: -1, firstByteMs: -1, totalMs: ms };
    new ExchangeCounter(block, book.assign(NAMES)).record(sampleRecord({ times }));
    const sample = collectCounts(book, 1).find(
      ({ family, labels }) => family.name === 'sallyport_exchange_duration_seconds' && labels[1] === '',
    );
    assert(typeof sample?.value === 'object');
    assert.deepEqual(sample.value.counts.indexOf(1), bucket);
  });
}
