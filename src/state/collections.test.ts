/** The contract of collections, in the memory of one thread and in shared memory; and threads that count at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Collections, COLLECTION_BYTES_MAX } from './collections.ts';
import type { Collection } from './collections.ts';
import { LocalRecordMap } from './record-map.ts';
import type { RecordMap } from './record-map.ts';
import { SharedRecordMap } from './shared-record-map.ts';
import type { SharedRecordMemory } from './shared-record-map.ts';

const SHAPE = { capacity: 16, valueBytes: 128, extents: { count: 4, bytes: COLLECTION_BYTES_MAX } };
const SECONDS = 100;

const IMPLEMENTATIONS: readonly (readonly [name: string, make: () => RecordMap])[] = [
  ['in the memory of one thread', () => new LocalRecordMap(16, COLLECTION_BYTES_MAX)],
  ['in shared memory', () => SharedRecordMap.create(1, SHAPE)],
];

interface HammerStart {
  readonly memory: SharedRecordMemory;
  readonly holder: number;
  /** 0 goes on until it is ended. */
  readonly turns: number;
}

/** In a thread: counts up one member of one collection, among changes of another one. */
function hammer({ memory, holder, turns }: HammerStart): void {
  const collections = new Collections(new SharedRecordMap(memory, holder));
  for (let turn = 0; turns === 0 || turn < turns; turn++) {
    countUp(collections.open('IP', '192.0.2.1', 3600));
    // Grows and shrinks beside it, in the same collection and in another.
    collections.open('IP', '192.0.2.1', 3600).change(`text${holder}`, () => 'x'.repeat((turn * 7) % 900));
    collections.open('IP', `192.0.2.${turn % 9}`, 3600).change('other', addOne);
  }
}

/** On a machine that is too busy a thread may go without the lock: it is told so. */
function countUp(collection: Collection): void {
  for (let tries = 0; !collection.change('count', addOne); tries++)
    assert.ok(tries < 100, 'the lock is never free');
}

function addOne(known: string | undefined): string {
  return String(Number(known ?? 0) + 1);
}

if (isMainThread) tests();
else hammer(workerData as HammerStart); // Started below with just that.

function startHammer(start: HammerStart): { thread: Worker; ended: Promise<void> } {
  const thread = new Worker(new URL(import.meta.url), { workerData: start });
  const ended = new Promise<void>((resolve, reject) => {
    thread.on('error', reject);
    thread.on('exit', () => resolve());
  });
  return { thread, ended };
}

function tests(): void {
  for (const [where, make] of IMPLEMENTATIONS) contract(where, make);

  test('threads that count at once lose no count', async () => {
    const map = SharedRecordMap.create(2, SHAPE);
    const turns = 2_000;
    const holders = [2, 3, 4];
    await Promise.all(holders.map((holder) => startHammer({ memory: map.memory, holder, turns }).ended));
    const collection = new Collections(map).open('IP', '192.0.2.1', 3600);
    assert.equal(collection.get('count'), String(holders.length * turns));
    assert.equal(map.dropped, 0);
  });

  test('threads that die while they count leave what is whole, and keep nobody waiting', async () => {
    const map = SharedRecordMap.create(2, SHAPE);
    const collection = new Collections(map).open('IP', '192.0.2.1', 3600);
    for (let round = 0; round < 8; round++) {
      const before = Number(collection.get('count') ?? 0);
      const { thread, ended } = startHammer({ memory: map.memory, holder: 2, turns: 0 });
      while (Number(collection.get('count') ?? 0) < before + 50)
        await new Promise((resolve) => setTimeout(resolve, 1));
      await thread.terminate();
      await ended;
      map.releaseHolder(2);
      // Whichever collection it was writing is gone; what is there is whole, and nobody is kept waiting.
      const count = Number(collection.get('count') ?? 0);
      assert.ok(count === 0 || count >= before + 50, `${count}`);
      countUp(collection);
      assert.equal(collection.get('count'), String(count + 1));
    }
  });
}

function contract(where: string, make: () => RecordMap): void {
  interface Scene {
    readonly records: RecordMap;
    readonly collections: Collections;
    nowMs: number;
  }
  const scene = (): Scene => {
    const made: Scene = { records: make(), collections: undefined as never, nowMs: 1_000_000 };
    return Object.assign(made, { collections: new Collections(made.records, 'set', () => made.nowMs) });
  };
  const check = (name: string, run: (scene: Scene) => void): void => {
    test(`${where}: ${name}`, () => run(scene()));
  };

  check('a member is there for whoever opens the collection', ({ collections, records }) => {
    const one = collections.open('IP', 'a', SECONDS);
    assert.deepEqual(
      [one.get('x'), one.members().size, records.size],
      [undefined, 0, 0],
      'reading makes nothing',
    );
    assert.equal(
      one.change('x', () => 'text'),
      true,
    );
    const other = collections.open('IP', 'a', SECONDS);
    assert.deepEqual([other.get('x'), [...other.members()]], ['text', [['x', 'text']]]);
    assert.equal(collections.open('IP', 'b', SECONDS).get('x'), undefined);
    assert.equal(collections.open('USER', 'a', SECONDS).get('x'), undefined);
    assert.equal(new Collections(records, 'other').open('IP', 'a', SECONDS).get('x'), undefined);
    assert.equal(new Collections(records, 'set/IP:a').open('x', '', SECONDS).get('x'), undefined);
  });

  check('a change is told what is there', ({ collections }) => {
    const ip = collections.open('IP', 'a', SECONDS);
    for (let count = 1; count <= 12; count++) {
      ip.change('n', addOne);
      assert.equal(ip.get('n'), String(count));
    }
    ip.delete('n');
    assert.equal(ip.get('n'), undefined);
    ip.change('n', addOne);
    assert.equal(ip.get('n'), '1');
  });

  check('a collection ends when nothing was written for its time', (world) => {
    const ip = world.collections.open('IP', 'a', SECONDS);
    ip.change('n', addOne);
    world.nowMs += 1000 * SECONDS - 1;
    ip.get('n');
    world.collections.open('IP', 'a', SECONDS);
    assert.equal(ip.get('n'), '1');
    ip.change('m', addOne);
    world.nowMs += 1000 * SECONDS - 1;
    assert.deepEqual([ip.get('n'), ip.get('m')], ['1', '1']);
    world.nowMs += 1;
    assert.deepEqual([ip.get('n'), ip.members().size], [undefined, 0], 'reading is no writing');
    ip.change('n', addOne);
    assert.deepEqual([ip.get('n'), ip.get('m')], ['1', undefined]);
  });

  check('members end by a time of their own, which counting does not move', (world) => {
    const ip = world.collections.open('IP', 'a', SECONDS);
    ip.expire('never', 1);
    ip.change('n', addOne);
    ip.change('m', addOne);
    ip.expire('n', 5);
    world.nowMs += 4999;
    ip.change('n', addOne);
    assert.deepEqual([...ip.members()].sort(), [
      ['m', '1'],
      ['n', '2'],
    ]);
    world.nowMs += 1;
    assert.deepEqual([...ip.members()], [['m', '1']]);
    assert.equal(ip.get('n'), undefined);
    ip.change('n', addOne);
    assert.equal(ip.get('n'), '1', 'as if it had never been');
    world.nowMs += 50_000;
    assert.equal(ip.get('n'), '1', 'and without the end of before');
  });

  check('deprecate lets a number sink by the time since it was written', (world) => {
    const ip = world.collections.open('IP', 'a', 10 * SECONDS);
    ip.change('n', () => '10');
    ip.change('text', () => 'abc');
    const rows: readonly [afterMs: number, amount: number, seconds: number, is: string][] = [
      [4999, 3, 5, '10'],
      [1, 3, 5, '7'],
      [11_000, 2, 5, '3'],
      [4000, 2, 5, '1'],
      [1000, 5, 0, '1'],
      [90_000, 1, 5, '0'],
    ];
    for (const [afterMs, amount, seconds, is] of rows) {
      world.nowMs += afterMs;
      ip.deprecate('n', amount, seconds);
      assert.equal(ip.get('n'), is);
    }
    ip.deprecate('text', 1, 1);
    ip.deprecate('never', 1, 1);
    assert.deepEqual([ip.get('text'), ip.get('never')], ['0', undefined]);
  });

  check('any text is kept as it is', ({ collections }) => {
    const ip = collections.open('IP', 'a', SECONDS);
    const texts = ['', ' ', 'a'.repeat(3000), '\0\r\n', '\x80\xff', 'ā', '😀', '\ud800', 'ÿā'];
    for (const text of texts) {
      ip.change('x', () => text);
      ip.change(`name ${text.slice(0, 9)}`, () => text);
      assert.deepEqual([ip.get('x'), ip.get(`name ${text.slice(0, 9)}`)], [text, text]);
      assert.equal(ip.members().get('x'), text);
      ip.delete(`name ${text.slice(0, 9)}`);
    }
    assert.equal(ip.members().size, 1);
  });

  check(
    'a text that is too long is cut, and a name that is too long is not kept',
    ({ collections, records }) => {
      const ip = collections.open('IP', 'a', SECONDS);
      ip.change('x', () => 'a'.repeat(9999));
      assert.equal(ip.get('x'), 'a'.repeat(4095));
      ip.change('x', () => '\u0100'.repeat(9999));
      assert.equal(ip.get('x'), '\u0100'.repeat(2047));
      assert.equal(
        ip.change('y'.repeat(4097), () => ''),
        false,
      );
      assert.equal(records.refused, 1);
    },
  );

  check('what does not fit is not kept, is counted, and leaves the rest', ({ collections, records }) => {
    const ip = collections.open('IP', 'a', SECONDS);
    ip.change('count', () => '9');
    let kept = 0;
    while (ip.change(`m${kept}`, () => 'x')) kept++;
    assert.ok(kept > 150 && kept < COLLECTION_BYTES_MAX / 44, `${kept} members`);
    assert.deepEqual([records.refused, ip.members().size, ip.get(`m${kept}`)], [1, kept + 1, undefined]);
    assert.equal(
      ip.change('m0', () => 'x'.repeat(999)),
      false,
    );
    assert.equal(ip.get('m0'), 'x', 'it has what it had');
    // A counter that is there can be counted up, whatever a client has filled the collection with.
    for (const count of ['10', '9007199254740991', '-1.7976931348623157e+308']) {
      assert.equal(
        ip.change('count', () => count),
        true,
      );
      assert.equal(ip.get('count'), count);
    }
    assert.equal(collections.open('IP', 'b', SECONDS).change('count', addOne), true);
    ip.delete('m0');
    assert.equal(
      ip.change('m0', () => 'y'),
      true,
    );
  });

  check('behaves as a plain list of members does under 5,000 random steps', (world) => {
    interface Known {
      text: string;
      endMs: number;
      writtenMs: number;
    }
    const model = new Map<string, Known>();
    let state = 12_345;
    const random = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % bound;
    };
    // Never ends: one member or another is written all the time.
    const ip = world.collections.open('IP', 'a', 1e6);
    for (let step = 0; step < 5000; step++) {
      world.nowMs += random(900);
      const { nowMs } = world;
      for (const [name, { endMs }] of model) if (endMs <= nowMs) model.delete(name);
      const name = ['a', 'ab', 'b', 'ÿ', 'ā', ''][random(6)]!;
      const known = model.get(name);
      switch (random(5)) {
        case 0:
          ip.delete(name);
          model.delete(name);
          break;
        case 1: {
          const seconds = random(9);
          ip.expire(name, seconds);
          if (known !== undefined) known.endMs = nowMs + 1000 * seconds;
          break;
        }
        case 2: {
          const amount = random(4);
          ip.deprecate(name, amount, 2);
          if (known === undefined) break;
          const periods = Math.floor((nowMs - known.writtenMs) / 2000);
          if (periods < 1) break;
          known.text = String(Math.max(0, (Number.parseInt(known.text, 10) || 0) - amount * periods));
          known.writtenMs += periods * 2000;
          break;
        }
        default: {
          const text = random(2) === 0 ? String(random(100_000)) : ['x', 'ā'][random(2)]!.repeat(random(300));
          ip.change(name, () => text);
          model.set(name, { text, endMs: known?.endMs ?? Infinity, writtenMs: nowMs });
        }
      }
      const alive = [...model].filter(([, { endMs }]) => endMs > nowMs);
      assert.deepEqual(
        [...ip.members()].sort(),
        alive.map(([key, { text }]) => [key, text]).sort(),
        `step ${step}`,
      );
      assert.equal(ip.get(name), alive.find(([key]) => key === name)?.[1].text);
    }
    assert.equal(world.records.refused, 0);
  });

  check('members that have ended make room', (world) => {
    const ip = world.collections.open('IP', 'a', SECONDS);
    for (let count = 0; count < 150; count++) {
      ip.change(`m${count}`, () => 'x');
      ip.expire(`m${count}`, 1);
    }
    assert.equal(
      ip.change('big', () => 'x'.repeat(4000)),
      false,
    );
    world.nowMs += 1000;
    assert.equal(
      ip.change('big', () => 'x'.repeat(4000)),
      true,
    );
    assert.deepEqual([...ip.members().keys()], ['big']);
  });
}
