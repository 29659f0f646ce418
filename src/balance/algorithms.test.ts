/** The contract of balancing: what holds for every algorithm of the table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeServers, seekerAt, seekerWith } from '../../test/support/balance.ts';
import type { Servers } from '../../test/support/balance.ts';
import { NOBODY } from './algorithm.ts';
import type { Algorithm, Seeker } from './algorithm.ts';
import { ALGORITHMS } from './algorithms.ts';
import type { BalanceOptions } from './balance-options.ts';
import { DOWN, DRAIN, MAINTENANCE, READY, UP, WEIGHT_UNIT } from './server-table.ts';

interface Kind {
  readonly name: string;
  readonly options: BalanceOptions;
  /** True when the share of a server is that of its weight. */
  readonly isWeighted: boolean;
  /** True when a request waits for a server that is full, although another is not. */
  readonly isBinding: boolean;
}

function kind(by: BalanceOptions['by'], more: Partial<Kind & BalanceOptions> = {}): Kind {
  const { name, isWeighted = true, isBinding = false, key = 'address', bound } = more;
  return { name: name ?? by, options: { by, key, name: undefined, bound }, isWeighted, isBinding };
}

const KINDS: readonly Kind[] = [
  kind('round-robin'),
  kind('least-connections'),
  kind('random'),
  kind('first', { isWeighted: false }),
  kind('hash', { isBinding: true }),
  kind('hash', { isBinding: true, name: 'hash with a bound', bound: 125 }),
  kind('hash', { name: 'hash of what is not there', key: 'cookie' }),
  kind('least-time'),
  kind('least-load'),
];

test('the table is tested as a whole', () => {
  assert.deepEqual(new Set(KINDS.map(({ options }) => options.by)), new Set(Object.keys(ALGORITHMS)));
});

interface Made extends Servers {
  readonly algorithm: Algorithm;
  /** Refreshes and chooses. */
  choose(seeker: Seeker, avoid?: number): number;
}

function make({ options }: Kind, ...weights: readonly number[]): Made {
  const servers = makeServers(...weights);
  const algorithm = ALGORITHMS[options.by](servers, options);
  return {
    ...servers,
    algorithm,
    choose: (seeker, avoid = NOBODY) => {
      servers.candidates.refresh();
      return algorithm.choose(seeker, avoid);
    },
  };
}

function seeker(number: number): Seeker {
  return seekerAt(`10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`);
}

/** Which servers are chosen, by index. */
function chosen(made: Made, count: number, avoid: number = NOBODY): Set<number> {
  return new Set(Array.from({ length: count }, (_, number) => made.choose(seeker(number), avoid)));
}

for (const each of KINDS) {
  const { name } = each;

  test(`${name}: without servers nobody is chosen`, () => {
    assert.equal(make(each).choose(seeker(1)), NOBODY);
    assert.equal(make(each, 0, 0).choose(seeker(1)), NOBODY);
  });

  test(`${name}: one server is always chosen`, () => {
    assert.deepEqual(chosen(make(each, 3), 50), new Set([0]));
  });

  test(`${name}: only open servers are chosen, and changes are followed`, () => {
    const made = make(each, 1, 1, 1, 1, 1, 1);
    const { table } = made;
    chosen(made, 10);
    table.setState(0, DOWN);
    table.setMode(1, DRAIN);
    table.setMode(2, MAINTENANCE);
    table.setAgentMode(3, DRAIN);
    table.setWeight(4, 0);
    assert.deepEqual(chosen(made, 200), new Set([5]));
    table.setState(5, DOWN);
    assert.deepEqual(chosen(made, 10), new Set([NOBODY]));
    table.setState(0, UP);
    assert.deepEqual(chosen(made, 200), new Set([0]));
    table.setMode(1, READY);
    table.setState(0, DOWN);
    assert.deepEqual(chosen(made, 200), new Set([1]));
  });

  test(`${name}: another than the one to avoid is chosen, when there is another`, () => {
    const made = make(each, 2, 1, 3, 1);
    for (let avoid = 0; avoid < 4; avoid++) {
      const others = chosen(made, 300, avoid);
      assert(!others.has(avoid) && !others.has(NOBODY), `${[...others].join()} without ${avoid}`);
    }
    made.table.setState(0, DOWN);
    made.table.setState(1, DOWN);
    made.table.setState(3, DOWN);
    assert.deepEqual(chosen(made, 50, 2), new Set([2]));
    assert.deepEqual(chosen(made, 50, 1), new Set([2]), 'one that is not open is no one to avoid');
  });

  test(`${name}: a full server is passed over, unless requests are bound to it`, () => {
    const made = make(each, 1, 1, 1);
    for (const row of [0, 1]) {
      made.table.setInUseMax(row, 2);
      made.table.take(row);
      made.table.take(row);
    }
    if (each.isBinding) assert(chosen(made, 200).size > 1);
    else assert.deepEqual(chosen(made, 200), new Set([2]));
    made.table.setInUseMax(2, 1);
    made.table.take(2);
    assert(!chosen(made, 50).has(NOBODY), 'when all are full, one is named to wait for');
    assert(!chosen(made, 50, 0).has(0), 'and not the one to avoid');
  });

  test(`${name}: nobody overtakes those who wait`, () => {
    const made = make(each, 1, 1);
    made.table.setInUseMax(0, 5);
    made.table.addWaiting(0, 1);
    if (!each.isBinding) assert.deepEqual(chosen(made, 100), new Set([1]));
  });

  if (each.isWeighted) {
    test(`${name}: shares are those of the weights while requests overlap`, () => {
      const weights = [1, 2, 3, 4];
      const shares = closedLoop(make(each, ...weights), 40, 20_000);
      // A hash deals keys and not turns: a circle is even to within some per cent of the whole.
      const slack = each.options.by === 'hash' && each.options.key === 'address' ? 0.06 : 0.02;
      weights.forEach((weight, index) => {
        const share = shares[index]!;
        assert(Math.abs(share - weight / 10) < slack, shares.join(' '));
      });
    });

    test(`${name}: weights that change are followed`, () => {
      const made = make(each, 1, 1);
      closedLoop(made, 20, 500);
      made.table.setWeight(0, 3 * WEIGHT_UNIT);
      const shares = closedLoop(made, 20, 8000);
      assert(Math.abs(shares[0]! - 0.75) < 0.08, shares.join(' '));
      made.table.setWeight(0, WEIGHT_UNIT / 2);
      made.table.setWeight(1, WEIGHT_UNIT / 2);
      const even = closedLoop(made, 20, 8000);
      assert(Math.abs(even[0]! - 0.5) < 0.08, even.join(' '));
    });
  }

  if (each.isWeighted) {
    test(`${name}: a server that begins its slow start gets its small share`, () => {
      const made = make(each, 1, 1);
      closedLoop(made, 20, 500);
      made.table.setWeight(0, WEIGHT_UNIT / 16);
      const shares = closedLoop(made, 20, 8000);
      assert(shares[0]! > 0.02 && shares[0]! < 0.1, shares.join(' '));
    });
  }

  test(`${name}: a thousand servers are used, and only those that are open`, () => {
    const made = make(each, ...Array.from({ length: 1000 }, () => 1));
    for (let row = 0; row < 1000; row += 2) made.table.setState(row, DOWN);
    const seen = chosen(made, 20_000);
    assert([...seen].every((index) => index % 2 === 1));
    if (each.isWeighted) assert(seen.size > 490, `${seen.size} of 500`);
  });
}

/** The share of each server when so many requests are in hand all the time, the oldest ending first. */
function closedLoop(made: Made, inFlight: number, count: number): number[] {
  const counts: number[] = Array.from({ length: made.candidates.count }, () => 0);
  const open: number[] = [];
  for (let number = 0; number < count; number++) {
    const index = made.choose(seeker(number * 7919));
    counts[index]!++;
    made.table.take(index);
    open.push(index);
    if (open.length > inFlight) made.table.give(open.shift()!);
  }
  for (const index of open) made.table.give(index);
  return counts.map((one) => one / count);
}

test('least connections: idle servers are used in turn whatever their weights', () => {
  const made = make(kind('least-connections'), 5, 1, 1);
  assert.deepEqual(
    Array.from({ length: 6 }, () => made.choose(seeker(1))),
    [0, 1, 2, 0, 1, 2],
  );
});

test('least connections: what waits counts as in hand', () => {
  const made = make(kind('least-connections'), 1, 1);
  made.table.take(0);
  made.table.addWaiting(1, 1);
  made.table.addWaiting(1, 1);
  assert.equal(made.choose(seeker(1)), 0);
});

test('first: the order of the configuration, as far as there is room', () => {
  const made = make(kind('first'), 1, 1, 1);
  for (const row of [0, 1, 2]) made.table.setInUseMax(row, 2);
  const order = Array.from({ length: 7 }, () => {
    const index = made.choose(seeker(1));
    made.table.take(index);
    return index;
  });
  assert.deepEqual(order.slice(0, 6), [0, 0, 1, 1, 2, 2]);
  made.table.give(1);
  assert.equal(made.choose(seeker(1)), 1);
});

test('least time: the faster one gets more, the slower one is measured, and a new one is not flooded', () => {
  const made = make(kind('least-time'), 1, 1, 1);
  made.table.addResponseUs(0, 10_000);
  made.table.addResponseUs(1, 1000);
  const shares = closedLoop(made, 0, 6400);
  assert(shares[1]! > 0.6, shares.join(' '));
  assert(shares[0]! > 0.009 && shares[0]! < 0.02, shares.join(' '));
  const busy = closedLoop(made, 30, 6400);
  assert(busy[2]! > 0.05 && busy[2]! < 0.5, busy.join(' '));
});

test('least load: a loaded machine gets less, and one of which nothing is known counts as the others', () => {
  const made = make(kind('least-load'), 1, 1, 1);
  made.table.setLoad(0, 0);
  made.table.setLoad(1, 7500);
  const shares = closedLoop(made, 40, 8000);
  assert(Math.abs(shares[1]! / shares[0]! - 0.25) < 0.05, shares.join(' '));
  assert(shares[2]! > shares[1]! && shares[2]! < shares[0]!, shares.join(' '));
});

test('least load: without any load known it is least connections, and a full machine still gets a little', () => {
  const unknown = closedLoop(make(kind('least-load'), 1, 3), 40, 8000);
  assert(Math.abs(unknown[1]! - 0.75) < 0.02, unknown.join(' '));
  const made = make(kind('least-load'), 1, 1);
  made.table.setLoad(0, 10_000);
  made.table.setLoad(1, 0);
  const shares = closedLoop(made, 40, 8000);
  assert(shares[0]! > 0.03 && shares[0]! < 0.1, shares.join(' '));
});

test('hash: one key goes to one server, by what the options name', () => {
  const rows: readonly (readonly [BalanceOptions['key'], string, Seeker, Seeker])[] = [
    ['address', '', seekerWith('GET /a HTTP/1.1'), seekerAt('192.0.2.1')],
    ['address', '', seekerAt('2001:db8:0:1::5'), seekerAt('2001:db8:0:1:ffff::6')],
    ['path', '', seekerWith('GET /x?b=1 HTTP/1.1'), seekerWith('GET http://example.org/x?b=2 HTTP/1.1')],
    [
      'header',
      'X-User',
      seekerWith('GET / HTTP/1.1', 'x-user: me\r\n'),
      seekerWith('POST /y HTTP/1.1', 'X-USER:  me \r\n'),
    ],
    [
      'cookie',
      'u',
      seekerWith('GET / HTTP/1.1', 'Cookie: a=1; u=me\r\n'),
      seekerWith('GET / HTTP/1.1', 'Cookie: u=me;b=2\r\n'),
    ],
    ['argument', 'u', seekerWith('GET /?u=me HTTP/1.1'), seekerWith('GET /z?a=b&u=me&c HTTP/1.1')],
  ];
  for (const [key, name, one, two] of rows) {
    const made = make(kind('hash', { key }), ...Array.from({ length: 50 }, () => 1));
    const algorithm = ALGORITHMS.hash(made, { by: 'hash', key, name, bound: undefined });
    made.candidates.refresh();
    const first = algorithm.choose(one, NOBODY);
    assert.equal(algorithm.choose(two, NOBODY), first, `${key} ${name}`);
    assert.equal(algorithm.choose(one, NOBODY), first, `${key} ${name} again`);
  }
});
