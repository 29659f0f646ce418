import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeServers, seekerAt } from '../../test/support/balance.ts';
import type { Servers } from '../../test/support/balance.ts';
import { NOBODY } from './algorithm.ts';
import { Candidates } from './candidates.ts';
import { Hashed } from './hashed.ts';
import { RequestKey } from './request-key.ts';
import { Points, Ring } from './ring.ts';
import { DOWN, ServerTable, UP, WEIGHT_UNIT } from './server-table.ts';

const KEYS = 10_000;

function make(
  weights: readonly number[],
  bound?: number,
): { readonly servers: Servers; readonly hashed: Hashed } {
  const servers = makeServers(...weights);
  return { servers, hashed: new Hashed({ ...servers, key: new RequestKey('address', ''), bound }) };
}

function seeker(number: number): ReturnType<typeof seekerAt> {
  return seekerAt(`10.0.${number >> 8}.${number & 255}`);
}

/** The server of each key. */
function assign({ servers, hashed }: ReturnType<typeof make>, keys: number = KEYS): number[] {
  servers.candidates.refresh();
  return Array.from({ length: keys }, (_, number) => hashed.choose(seeker(number), NOBODY));
}

function share(assigned: readonly number[], index: number): number {
  return assigned.filter((one) => one === index).length / assigned.length;
}

for (const count of [2, 3, 10, 50]) {
  test(`when one of ${count} servers goes, only its keys move, and they come back with it`, () => {
    const made = make(Array.from({ length: count }, () => 1));
    const before = assign(made);
    made.servers.table.setState(1, DOWN);
    const without = assign(made);
    before.forEach((server, key) => {
      if (server === 1) assert.notEqual(without[key], 1);
      else assert.equal(without[key], server);
    });
    assert(share(before, 1) < 1.15 / count, `its share was ${share(before, 1)}`);
    made.servers.table.setState(1, UP);
    assert.deepEqual(assign(made), before);
  });

  test(`a server more beside ${count} takes about its share, and nothing moves between the others`, () => {
    const before = assign(make(Array.from({ length: count }, () => 1)));
    const after = assign(make(Array.from({ length: count + 1 }, () => 1)));
    const moved = before.filter((server, key) => server !== after[key]).length;
    assert(moved < (1.15 * KEYS) / (count + 1), `${moved} of ${KEYS}`);
    before.forEach((server, key) => assert(after[key] === server || after[key] === count));
  });
}

test('shares are even to within a twelfth, for 3 to 50 servers', () => {
  for (const count of [3, 10, 50]) {
    const assigned = assign(make(Array.from({ length: count }, () => 1)), 10 * KEYS);
    for (let index = 0; index < count; index++) {
      const relative = share(assigned, index) * count;
      assert(relative > 11 / 12 && relative < 13 / 12, `${index} of ${count}: ${relative}`);
    }
  }
});

test('of four servers each has its share of the circle: of 100 fleets none is off by 1.2 points, and few by one', () => {
  const points = new Points([1, 1, 1, 1]);
  let far = 0;
  for (let fleet = 0; fleet < 100; fleet++) {
    const names = ['a', 'b', 'c', 'd'].map((name) => `${name}${fleet}.example:80`);
    const { hashes, owners } = new Ring(
      names,
      Int32Array.from(names, () => points.of(1)),
    );
    const arcs = names.map(() => 0);
    hashes.forEach((hash, place) => {
      const before = place === 0 ? hashes.at(-1)! - 2 ** 32 : hashes[place - 1]!;
      arcs[owners[place]!]! += hash - before;
    });
    const off = Math.max(...arcs.map((arc) => Math.abs((100 * arc) / 2 ** 32 - 25)));
    assert(off < 1.2, `${fleet}: ${arcs.join(' ')}`);
    if (off > 1) far++;
  }
  assert(far <= 2, `${far} of 100`);
});

test('a lower weight gives up keys and moves none between the others', () => {
  const made = make([4, 4, 4, 4]);
  const before = assign(made);
  made.servers.table.setWeight(2, WEIGHT_UNIT);
  const after = assign(made);
  before.forEach((server, key) => assert(server === 2 || after[key] === server));
  const left = share(after, 2) / share(before, 2);
  assert(left > 0.15 && left < 0.4, String(left));
});

test('a weight above what was configured takes keys', () => {
  const made = make([1, 1, 1]);
  const before = assign(made);
  made.servers.table.setWeight(0, 4 * WEIGHT_UNIT);
  const after = assign(made);
  assert(share(after, 0) > 0.55, String(share(after, 0)));
  before.forEach((server, key) => assert(after[key] === server || after[key] === 0));
});

test('threads agree, whatever they have seen of the servers before', () => {
  const one = makeServers(3, 1, 0, 2);
  const key = new RequestKey('address', '');
  const early = new Hashed({ ...one, key, bound: undefined });
  assign({ servers: one, hashed: early });
  one.table.setState(0, DOWN);
  assign({ servers: one, hashed: early });
  one.table.setWeight(3, WEIGHT_UNIT / 3);
  // Another thread begins only now.
  const shared = new ServerTable(one.table.shared, one.table.rowsMax, 0);
  const candidates = new Candidates(shared, [0, 1, 2, 3]);
  const late = new Hashed({ ...one, candidates, key, bound: undefined });
  const seen = assign({ servers: { ...one, candidates }, hashed: late });
  assert.deepEqual(seen, assign({ servers: one, hashed: early }));
  one.table.setState(0, UP);
  assert.deepEqual(
    assign({ servers: { ...one, candidates }, hashed: late }),
    assign({ servers: one, hashed: early }),
  );
});

test('a bound holds: no server has more than its part of what is in hand', () => {
  for (const bound of [110, 125, 200]) {
    const weights = [1, 1, 2, 4];
    const { servers, hashed } = make(weights, bound);
    const { table, candidates } = servers;
    candidates.refresh();
    const open: number[] = [];
    for (let count = 0; count < 5000; count++) {
      // Half of all requests are for one key.
      const index = hashed.choose(seeker(count % 2 === 0 ? 7 : count), NOBODY);
      table.take(index);
      open.push(index);
      const most = Math.ceil(((open.length * bound) / 100) * (weights[index]! / 8));
      assert(table.inUse(index) <= most, `${table.inUse(index)} of ${open.length} at ${bound} %`);
      if (open.length > 100) table.give(open.shift()!);
    }
  }
});

test('a key comes back to its server when that is below the bound again', () => {
  const { servers, hashed } = make([1, 1, 1], 125);
  servers.candidates.refresh();
  const home = hashed.choose(seeker(1), NOBODY);
  servers.table.take(home);
  servers.table.take(home);
  assert.notEqual(hashed.choose(seeker(1), NOBODY), home);
  servers.table.give(home);
  servers.table.give(home);
  assert.equal(hashed.choose(seeker(1), NOBODY), home);
});

test('two servers at one address have keys of their own', () => {
  const servers = { ...makeServers(1, 1), keys: ['a', 'a 1'] };
  const hashed = new Hashed({ ...servers, key: new RequestKey('address', ''), bound: undefined });
  const assigned = assign({ servers, hashed }, 2000);
  assert(share(assigned, 0) > 0.3 && share(assigned, 1) > 0.3);
});

test('many servers have fewer points each, and still all of them some', () => {
  const points = new Points(Array.from({ length: 4096 }, () => WEIGHT_UNIT));
  assert.equal(points.of(WEIGHT_UNIT), 256);
  assert.equal(points.of(1), 1);
  assert.equal(points.of(0), 0);
  assert.equal(new Points([]).of(0), 0);
  const uneven = new Points([...Array.from({ length: 4095 }, () => WEIGHT_UNIT), 256 * WEIGHT_UNIT]);
  assert.equal(uneven.of(256 * WEIGHT_UNIT), 65_536);
});
