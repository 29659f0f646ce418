import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { SHORT_BYTES_MAX, ShortTexts } from './short-texts.ts';

const USUAL = 'usual';

function find(texts: ShortTexts<string>, text: string, owner = 0): string | undefined {
  const bytes = Buffer.from(`?${text}!`, 'latin1');
  return texts.find(bytes, 1, bytes.length - 1, owner);
}

function keep(texts: ShortTexts<string>, text: string, known: string, owner = 0): void {
  const bytes = Buffer.from(`=${text}&`, 'latin1');
  texts.keep(bytes, 1, bytes.length - 1, owner, known);
}

test('a text is found by its bytes, whatever its length', () => {
  for (let length = 0; length <= SHORT_BYTES_MAX; length++) {
    const texts = new ShortTexts(64, USUAL);
    const text = '\xff'.repeat(length);
    assert.equal(find(texts, text), undefined);
    keep(texts, text, `known ${length}`);
    assert.equal(find(texts, text), `known ${length}`);
    assert.equal(find(texts, text, 1), undefined, 'another owner');
    assert.equal(find(texts, `${text}\0`.slice(0, SHORT_BYTES_MAX)), length < 60 ? undefined : 'known 60');
    if (length > 0) assert.equal(find(texts, text.slice(1)), undefined, 'one byte less');
    for (let at = 0; at < length; at++)
      assert.equal(find(texts, `${text.slice(0, at)}\xfe${text.slice(at + 1)}`), undefined, `byte ${at}`);
  }
});

test('the usual is told from what is not known', () => {
  const texts = new ShortTexts(64, USUAL);
  keep(texts, 'a', USUAL);
  keep(texts, 'b', 'other');
  assert.deepEqual([find(texts, 'a'), find(texts, 'b'), find(texts, 'c')], [USUAL, 'other', undefined]);
});

test('what comes once does not push out what was asked for again', () => {
  const texts = new ShortTexts(16, USUAL);
  keep(texts, 'often', 'kept');
  for (let count = 0; count < 1_000; count++) {
    assert.equal(find(texts, 'often'), 'kept', `after ${count} others`);
    keep(texts, `once ${count}`, USUAL);
  }
});

test('no text is ever taken for another, in a table that is much too small', () => {
  const texts = new ShortTexts(256, USUAL);
  let found = 0;
  let seed = 1;
  for (let count = 0; count < 200_000; count++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const number = (seed >>> 12) % 600;
    const owner = number % 3;
    const text = `${'0'.repeat(number % 50)}${number}`;
    const known = find(texts, text, owner);
    if (known === undefined) keep(texts, text, number % 2 === 0 ? USUAL : `${owner} ${text}`, owner);
    else {
      found++;
      assert.equal(known, number % 2 === 0 ? USUAL : `${owner} ${text}`);
    }
  }
  assert(found > 10_000);
});

test('no two owners have the same number, and there is an end of them', () => {
  const texts = new ShortTexts(16, USUAL);
  const first = texts.newOwner();
  assert(first > 0);
  let last = first;
  for (let next = texts.newOwner(); next !== 0; next = texts.newOwner()) {
    if (next !== last + 1) assert.fail(`${next} came after ${last}`);
    last = next;
  }
  assert.equal(last, 2 ** 24);
  keep(texts, 'one', 'of the last', last);
  assert.equal(find(texts, 'one', last), 'of the last');
  assert.equal(find(texts, 'one', first), undefined);
  assert.equal(find(texts, 'one', 0), undefined);
});
