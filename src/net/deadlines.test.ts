import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines } from './deadlines.ts';
import type { Timed } from './deadlines.ts';

/** Deadlines on a clock that a test sets; the real timer is stopped by unwatching all at the end. */
class Scene {
  time = 0;
  readonly deadlines: Deadlines = new Deadlines(() => this.time);
  /** Names of what was due, in order. */
  readonly due: string[] = [];
  readonly #items: Timed[] = [];

  item(name: string, deadlineAt: number, onDeadline: (item: Timed) => void = () => {}): Timed {
    const item: Timed = {
      deadlineAt,
      watchIndex: -1,
      onDeadline: () => {
        this.due.push(name);
        onDeadline(item);
      },
    };
    this.#items.push(item);
    this.deadlines.watch(item);
    return item;
  }

  at(time: number): string[] {
    this.time = time;
    this.due.length = 0;
    this.deadlines.tick();
    return [...this.due];
  }

  close(): void {
    for (const item of this.#items) this.deadlines.unwatch(item);
    assert.equal(this.deadlines.count, 0);
  }
}

const later = (ms: number) => (item: Timed) => {
  item.deadlineAt += ms;
};

test('what is due is called at its time and not before, whatever the order', () => {
  const scene = new Scene();
  scene.item('b', 200, later(1000));
  scene.item('never', Infinity);
  scene.item('a', 100, later(1000));
  assert.deepEqual(scene.at(99), []);
  assert.deepEqual(scene.at(100), ['a']);
  assert.deepEqual(scene.at(199), []);
  assert.deepEqual(scene.at(5000), ['b', 'a']);
  scene.close();
});

test('a deadline may be moved both ways by storing a number', () => {
  const scene = new Scene();
  const item = scene.item('a', 100, later(1000));
  item.deadlineAt = 300;
  assert.deepEqual(scene.at(200), []);
  item.deadlineAt = 150;
  assert.deepEqual(scene.at(200), ['a']);
  scene.close();
});

test('what stays due is called in every tick, once', () => {
  const scene = new Scene();
  scene.item('a', 100);
  assert.deepEqual(scene.at(100), ['a']);
  assert.deepEqual(scene.at(101), ['a']);
  scene.close();
});

test('what is unwatched while it is due takes nobody else along, and nobody is left out', () => {
  for (let gone = 0; gone < 5; gone++) {
    const scene = new Scene();
    for (let index = 0; index < 5; index++) {
      scene.item(String(index), 100, (item) => {
        if (index === gone) scene.deadlines.unwatch(item);
        else item.deadlineAt = 1000;
      });
    }
    assert.deepEqual(scene.at(100).sort(), ['0', '1', '2', '3', '4'], `item ${gone} goes`);
    assert.equal(scene.deadlines.count, 4);
    scene.close();
  }
});

test('an item may unwatch others, and itself, while it is due', () => {
  const scene = new Scene();
  const items: Timed[] = [];
  for (let index = 0; index < 6; index++) {
    items.push(
      scene.item(String(index), 100, () => {
        for (const item of items) scene.deadlines.unwatch(item);
      }),
    );
  }
  assert.equal(scene.at(100).length, 1);
  assert.equal(scene.deadlines.count, 0);
  scene.close();
});

test('an item may watch a new one while it is due', () => {
  const scene = new Scene();
  scene.item('old', 100, (item) => {
    item.deadlineAt = Infinity;
    scene.item('new', 50, later(1000));
  });
  scene.at(100);
  scene.at(101);
  assert.equal(scene.deadlines.count, 2);
  assert.deepEqual(scene.at(1050), ['new']);
  scene.close();
});

test('watching twice and unwatching twice is as good as once', () => {
  const scene = new Scene();
  const item = scene.item('a', 100, later(1000));
  scene.deadlines.watch(item);
  assert.equal(scene.deadlines.count, 1);
  assert.deepEqual(scene.at(100), ['a']);
  scene.deadlines.unwatch(item);
  scene.deadlines.unwatch(item);
  assert.equal(scene.deadlines.count, 0);
});

test('of very many, each is looked at within two ticks, also while they come and go', () => {
  const scene = new Scene();
  const seen = new Set<string>();
  const count = 5001;
  for (let index = 0; index < count; index++) {
    scene.item(String(index), 100, (item) => {
      seen.add(String(index));
      if (index % 3 === 0) scene.deadlines.unwatch(item);
      else item.deadlineAt = Infinity;
    });
  }
  const first = scene.at(100).length;
  assert(first < count, `${first} in one tick: not spread`);
  scene.at(100);
  scene.at(100);
  assert.equal(seen.size, count);
  scene.close();
});

test('one timer runs while something is watched, and none when nothing is', async () => {
  const deadlines = new Deadlines(() => performance.now());
  const called = new Promise<void>((resolve) => {
    const item: Timed = {
      deadlineAt: 0,
      watchIndex: -1,
      onDeadline: () => {
        deadlines.unwatch(item);
        resolve();
      },
    };
    deadlines.watch(item);
  });
  await called;
  assert.equal(deadlines.count, 0);
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
  assert.equal(timers.length, 0);
});

test('after a stall one tick passes before anybody is judged, and never two in a row', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const scene = new Scene();
  scene.item('reader', 300, later(1000));
  /** The timer fires when it has been `ms` since the last time. */
  const fires = (ms: number): string[] => {
    scene.due.length = 0;
    scene.time += ms;
    t.mock.timers.tick(100);
    return [...scene.due];
  };
  assert.deepEqual([fires(100), fires(149)], [[], []]);
  assert.deepEqual(fires(151), [], 'due, but what came meanwhile was not read yet');
  scene.item('other', 400, later(10_000));
  assert.deepEqual(fires(100).sort(), ['other', 'reader'], 'now it was');
  assert.deepEqual(fires(1000), [], 'late again');
  assert.deepEqual(fires(1000), ['reader'], 'and late once more: no reason to wait for ever');
  scene.close();
});
