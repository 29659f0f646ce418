import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { ThreadLink } from './thread-link.ts';
import type { Offer } from './thread-link.ts';

type Offers = {
  readonly double: (value: number) => number;
  readonly later: (value: string) => Promise<string>;
  readonly never: (value: undefined) => Promise<void>;
  readonly fail: (text: string) => void;
  readonly sizeOf: (bytes: Uint8Array<ArrayBuffer>) => number;
};

interface Links {
  readonly left: ThreadLink<Offer, Offers>;
  readonly told: string[];
  readonly defects: unknown[];
}

function makeLinks(t: TestContext): Links {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const told: string[] = [];
  const defects: unknown[] = [];
  const offers: Offers = {
    double: (value) => value * 2,
    later: async (value) => {
      await new Promise((resolve) => setImmediate(resolve));
      told.push(value);
      return value;
    },
    never: () => new Promise(() => {}),
    fail: (text) => {
      throw new Error(text);
    },
    sizeOf: (bytes) => bytes.length,
  };
  new ThreadLink(port2, offers, (error) => defects.push(error));
  return { left: new ThreadLink(port1, {}, (error) => defects.push(error)), told, defects };
}

const withinMs = 5000;

test('a question is answered, at once or later, several at a time', async (t) => {
  const { left } = makeLinks(t);
  const answers = [left.ask('later', 'a', { withinMs }), left.ask('double', 4, { withinMs })];
  assert.deepEqual(await Promise.all(answers), ['a', 8]);
});

test('what the other side throws comes back as a message', async (t) => {
  const { left } = makeLinks(t);
  await assert.rejects(left.ask('fail', 'Cannot do it', { withinMs }), { message: 'Cannot do it' });
});

test('a question without an answer fails at its deadline', async (t) => {
  const { left } = makeLinks(t);
  await assert.rejects(left.ask('never', undefined, { withinMs: 1 }), {
    message: 'No answer to "never" within 1 ms',
  });
});

test('when the other side is gone, what waits fails and what comes later too', async (t) => {
  const { left } = makeLinks(t);
  const waits = left.ask('never', undefined, { withinMs });
  left.close('The thread has ended');
  await assert.rejects(waits, { message: 'The thread has ended' });
  await assert.rejects(left.ask('double', 1, { withinMs }), { message: 'The thread has ended' });
  left.tell('later', 'unheard');
});

test('what is told needs no answer, and a failure is a defect there', async (t) => {
  const { left, told, defects } = makeLinks(t);
  left.tell('later', 'b');
  left.tell('fail', 'told in vain');
  await left.ask('later', 'c', { withinMs });
  assert.deepEqual(told, ['b', 'c']);
  assert.match(String(defects[0]), /told in vain/);
});

test('bytes can be handed over instead of copied', async (t) => {
  const { left } = makeLinks(t);
  const bytes = new Uint8Array(100);
  assert.equal(await left.ask('sizeOf', bytes, { withinMs, transfer: [bytes.buffer] }), 100);
  assert.equal(bytes.length, 0, 'they are gone here');
});
