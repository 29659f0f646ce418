import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpiringMap } from './expiring-map.ts';
import { ownCopy } from './own-copy.ts';

test('an entry is there until its end and not at it', () => {
  const map = new ExpiringMap<string>(4);
  map.set('a', 'A', 100, 0);
  assert.equal(map.get('a', 99), 'A');
  assert.equal(map.get('a', 100), undefined);
  assert.equal(map.size, 0);
});

test('a key that was never set is absent, and an ended one stays absent when the clock steps back', () => {
  const map = new ExpiringMap<string>(4);
  assert.equal(map.get('a', 0), undefined);
  map.set('a', 'A', 100, 0);
  assert.equal(map.get('a', 100), undefined);
  assert.equal(map.get('a', 50), undefined);
});

test('setting again replaces value and end, and drops nothing from a full map', () => {
  const map = new ExpiringMap<string>(1);
  map.set('a', 'A', 100, 0);
  assert.equal(map.set('a', 'B', 200, 50), undefined);
  assert.equal(map.get('a', 150), 'B');
  assert.equal(map.size, 1);
});

test('a full map drops the entry that ends first', () => {
  const map = new ExpiringMap<string>(3);
  for (const [key, end] of [
    ['a', 300],
    ['b', 100],
    ['c', 200],
  ] as const)
    map.set(key, key, end, 0);
  assert.equal(map.set('d', 'd', 50, 0), 'b');
  assert.deepEqual(map.values(0).sort(), ['a', 'c', 'd']);
  assert.equal(map.set('e', 'e', 400, 60), undefined, 'd had ended and made room by itself');
  assert.deepEqual(map.values(60).sort(), ['a', 'c', 'e']);
});

test('delete says whether there was something', () => {
  const map = new ExpiringMap<string>(3);
  map.set('a', 'A', 100, 0);
  assert.equal(map.delete('a'), true);
  assert.equal(map.delete('a'), false);
  assert.equal(map.get('a', 0), undefined);
});

test('resize drops what ends first', () => {
  const map = new ExpiringMap<number>(10);
  for (let end = 10; end > 0; end--) map.set(`k${end}`, end, end, 0);
  map.resize(3);
  assert.deepEqual(
    map.values(0).sort((left, right) => left - right),
    [8, 9, 10],
  );
});

for (const max of [0, -1, 1.5, NaN, Infinity]) {
  test(`a bound of ${max} is refused`, () => {
    assert.throws(() => new ExpiringMap(max), RangeError);
    assert.throws(() => new ExpiringMap(1).resize(max), RangeError);
  });
}

test('behaves as a plain list does under 20,000 random steps', () => {
  const max = 40;
  const map = new ExpiringMap<number>(max);
  let model: { key: string; value: number; end: number }[] = [];
  let seed = 12_345;
  const random = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % bound;
  };
  for (let now = 0; now < 20_000; now++) {
    const key = `k${random(90)}`;
    const choice = random(10);
    if (choice < 6) {
      // Ends differ by a fraction, so that the model and the heap agree which one is first.
      const end = now + random(80) + now / 1e6;
      model = model.filter((entry) => entry.end > now);
      const known = model.find((entry) => entry.key === key);
      const first = model.reduce((left, right) => (right.end < left.end ? right : left), {
        key: '',
        value: -1,
        end: Infinity,
      });
      const isFull = known === undefined && model.length === max;
      assert.equal(map.set(key, now, end, now), isFull ? first.value : undefined);
      model = model.filter((entry) => entry !== known && !(isFull && entry === first));
      model.push({ key, value: now, end });
    } else if (choice < 7) {
      const wasThere = map.get(key, now) !== undefined;
      map.delete(key);
      assert.equal(
        wasThere,
        model.some((entry) => entry.key === key && entry.end > now),
      );
      model = model.filter((entry) => entry.key !== key);
    } else {
      assert.equal(map.get(key, now), model.find((entry) => entry.key === key && entry.end > now)?.value);
    }
    assert.ok(map.size <= max);
  }
});

test('ownCopy keeps every character and cuts at its bound', () => {
  const rows: readonly [string, number, string][] = [
    ['', 5, ''],
    ['abc', 5, 'abc'],
    ['abcdef', 5, 'abcde'],
    ['\0\xff\u2028\ud800', 9, '\0\xff\u2028\ud800'],
  ];
  for (const [text, max, expected] of rows) assert.equal(ownCopy(text, max), expected);
});
