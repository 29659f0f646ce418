import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seekerAt } from '../../test/support/balance.ts';
import { Server } from './server.ts';
import { WaitingLine } from './waiting-line.ts';
import type { Waiter } from './waiting-line.ts';

const [A, B, C] = ['a', 'b', 'c'].map(
  (name, row) =>
    new Server({ name, address: { host: '192.0.2.1', port: 80 + row }, weight: 1, row, maxConnections: 1 }),
) as [Server, Server, Server]; // Three names, three servers.

interface Named extends Waiter {
  readonly name: string;
}

function waiter(name: string, parts: { readonly bound?: Server; readonly avoid?: Server } = {}): Named {
  const { bound, avoid } = parts;
  return { name, seeker: seekerAt('192.0.2.9'), bound, avoid, onPlace: () => {}, onNoServer: () => {} };
}

/** As a pool serves: whoever can have a place at one of `free` leaves the line. Names in the order in which they left. */
function serve(line: WaitingLine, ...free: readonly Server[]): string {
  const served: string[] = [];
  for (;;) {
    const next = line.find(({ bound, avoid }) =>
      free.some((server) => (bound === undefined ? server !== avoid : server === bound)),
    ) as Named | undefined; // Nobody else is in the line.
    if (next === undefined) return served.join(' ');
    served.push(next.name);
    line.remove(next);
  }
}

interface Row {
  readonly what: string;
  readonly waiters: readonly Named[];
  readonly free: readonly Server[];
  readonly served: string;
}

const ROWS: readonly Row[] = [
  { what: 'nobody waits', waiters: [], free: [A], served: '' },
  {
    what: 'the order is that of arrival',
    waiters: [waiter('1'), waiter('2'), waiter('3')],
    free: [A],
    served: '1 2 3',
  },
  {
    what: 'who can wait for nothing else goes first at its server',
    waiters: [waiter('1'), waiter('2', { bound: A }), waiter('3'), waiter('4', { bound: A })],
    free: [A],
    served: '2 4 1 3',
  },
  {
    what: 'who is bound to a busy server stands in nobody’s way, and gets no other place',
    waiters: [waiter('1', { bound: B }), waiter('2'), waiter('3', { bound: C })],
    free: [A],
    served: '2',
  },
  {
    what: 'who has just failed at the free server lets others by',
    waiters: [waiter('1', { avoid: A }), waiter('2'), waiter('3', { avoid: A })],
    free: [A],
    served: '2',
  },
  {
    what: 'who has nothing against the free server is not passed over for who has',
    waiters: [waiter('1', { avoid: A }), waiter('2')],
    free: [B],
    served: '1 2',
  },
  {
    what: 'eight who would rather not are looked at, and no more',
    waiters: [...Array.from({ length: 8 }, (_, index) => waiter(`x${index}`, { avoid: A })), waiter('late')],
    free: [A],
    served: '',
  },
  {
    what: 'seven of them let the eighth by',
    waiters: [...Array.from({ length: 7 }, (_, index) => waiter(`x${index}`, { avoid: A })), waiter('next')],
    free: [A],
    served: 'next',
  },
  { what: 'without a free place nobody is served', waiters: [waiter('1')], free: [], served: '' },
];

for (const { what, waiters, free, served } of ROWS) {
  test(`in a line, ${what}`, () => {
    const line = new WaitingLine();
    for (const one of waiters) line.add(one);
    assert.equal(serve(line, ...free), served);
    assert.equal(line.size, waiters.length - served.split(' ').filter((name) => name !== '').length);
  });
}

test('nobody behind the first who takes any place is asked when that one cannot be served', () => {
  const line = new WaitingLine();
  const asked: string[] = [];
  for (const one of [waiter('1'), waiter('2'), waiter('3')]) line.add(one);
  line.find((one) => {
    asked.push((one as Named).name); // Nobody else is in the line.
    return false;
  });
  assert.deepEqual(asked, ['1']);
});

test('counts are of each line, and who leaves from the middle is counted no more', () => {
  const line = new WaitingLine();
  const all = [waiter('1'), waiter('2', { bound: A }), waiter('3'), waiter('4', { bound: A }), waiter('5')];
  for (const one of all) line.add(one);
  const counts = (): readonly number[] => [
    line.size,
    line.countOf(undefined),
    line.countOf(A),
    line.countOf(B),
  ];
  assert.deepEqual(counts(), [5, 3, 2, 0]);
  assert(line.remove(all[2]!));
  assert(line.remove(all[1]!));
  assert.deepEqual(counts(), [3, 2, 1, 0]);
  assert(!line.remove(all[2]!), 'it has left');
  assert(!line.remove(waiter('6')), 'it never came');
  assert.deepEqual(counts(), [3, 2, 1, 0]);
  assert.equal(serve(line, A), '4 1 5');
  assert.deepEqual(counts(), [0, 0, 0, 0]);
});
