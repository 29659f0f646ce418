import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

interface Stage {
  readonly turns: Turns<number>;
  readonly seen: string[];
  /** Ends what is being made. */
  readonly end: (error?: Error) => void;
}

function stage(): Stage {
  const seen: string[] = [];
  let count = 0;
  let end: (error?: Error) => void = () => {};
  const turns = new Turns<number>(() => {
    const number = ++count;
    seen.push(`begin ${number}`);
    return new Promise((resolve, reject) => {
      end = (error) => {
        seen.push(`end ${number}`);
        if (error === undefined) resolve(number);
        else reject(error);
      };
    });
  });
  return { turns, seen, end: (error) => end(error) };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('whoever asks before it has begun gets the same', async () => {
  const { turns, end } = stage();
  const asked = [turns.ask(), turns.ask()];
  assert.equal(asked[0], asked[1]);
  await settle();
  end();
  assert.deepEqual(await Promise.all(asked), [1, 1]);
});

test('whoever asks when it has begun gets the next, which waits', async () => {
  const { turns, seen, end } = stage();
  const first = turns.ask();
  await settle();
  const second = turns.ask();
  assert.notEqual(first, second);
  assert.equal(turns.ask(), second);
  await settle();
  assert.deepEqual(seen, ['begin 1']);
  end();
  assert.equal(await first, 1);
  await settle();
  end();
  assert.equal(await second, 2);
  assert.deepEqual(seen, ['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('one that fails holds up nobody', async () => {
  const { turns, end } = stage();
  const first = turns.ask();
  await settle();
  const second = turns.ask();
  end(new Error('no'));
  await assert.rejects(first, /no/);
  await settle();
  end();
  assert.equal(await second, 2);
});

test('something else has a turn of its own, and those behind wait for it', async () => {
  const { turns, seen, end } = stage();
  const first = turns.ask();
  await settle();
  let endOther: () => void = () => {};
  turns.between(
    () =>
      new Promise((resolve) => {
        seen.push('other');
        endOther = resolve;
      }),
  );
  const second = turns.ask();
  // Asking again must not let it pass what waits before it.
  assert.equal(turns.ask(), second);
  end();
  await first;
  await settle();
  assert.deepEqual(seen, ['begin 1', 'end 1', 'other']);
  endOther();
  await settle();
  assert.deepEqual(seen, ['begin 1', 'end 1', 'other', 'begin 2']);
  end();
  await second;
});

test('something else that fails holds up nobody', async () => {
  const { turns, end } = stage();
  turns.between(() => Promise.reject(new Error('no')));
  const asked = turns.ask();
  await settle();
  end();
  assert.equal(await asked, 1);
});
