import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KINDS, type Kind } from './kinds.ts';
import { COUNTER, fieldsOf, toMessage } from './sample.ts';
import type { Sample } from './sample.ts';
import { mixedVisits, visitsOf } from './samples.ts';

function few(kind: Kind): readonly Sample[] {
  return visitsOf({ ...kind, visits: 3 }).flat();
}

function first(name: string): Sample {
  const kind = KINDS.find((one) => one.name === name);
  assert.ok(kind !== undefined);
  const [sample] = few(kind);
  assert.ok(sample !== undefined);
  return sample;
}

for (const kind of KINDS) {
  test(`each request of the kind ${kind.name} is whole, is in latin1, and has a counter`, () => {
    for (const sample of few(kind)) {
      const message = toMessage(sample);
      assert.match(message, /^(?:GET|POST) \/[!-~]* HTTP\/1\.1\r\n(?:[!-~]+: [ -~]+\r\n)+\r\n/);
      assert.ok(message.includes(COUNTER));
      assert.match(message, /^[\0-\xff]*$/);
      const length = /\r\nContent-Length: (\d+)\r\n/.exec(message)?.[1];
      assert.equal(length, sample.method === 'GET' ? undefined : String(sample.body.length));
      assert.equal(sample.isAttack, kind.name === 'attack');
    }
  });
}

test('requests are the same in every run', () => {
  for (const kind of KINDS) assert.deepEqual(few(kind), few(kind));
});

test('a page has 16 fields, those of Chrome', () => {
  assert.equal(fieldsOf(first('page')).length, 16);
});

test('the kinds are as large and as deep as they are called', () => {
  assert.equal(first('arguments').body.split('&').length, 950);
  const deep = first('deep-json').body;
  assert.equal(deep.split('{').length - 1, 400);
  assert.doesNotThrow(() => JSON.parse(deep) as unknown);
  const { body } = first('text');
  assert.ok(body.length > 100_000 && body.length < 110_000, `${body.length} bytes`);
  assert.ok(first('upload').body.length > 20_000);
});

test('the fields of a visit repeat, and those of another visit are others', () => {
  const kind = KINDS.find(({ name }) => name === 'page');
  assert.ok(kind !== undefined);
  const visits = visitsOf(kind).map((visit) => visit.map(({ fields }) => JSON.stringify(fields)));
  for (const visit of visits) assert.equal(new Set(visit).size, 1);
  const distinct = new Set(visits.map(([fields]) => fields)).size;
  assert.ok(distinct > 300, `${distinct} different heads`);
});

test('the mix has of each kind its share, and the shares are those of a whole', () => {
  assert.equal(
    KINDS.reduce((sum, { inMix }) => sum + inMix, 0),
    1_000,
  );
  const samples = mixedVisits().flat();
  assert.equal(samples.length, 4_000);
  assert.equal(samples.filter(({ isAttack }) => isAttack).length, 80);
  assert.equal(samples.filter(({ target }) => target === '/survey').length, 20);
  assert.equal(samples.filter(({ target }) => target === '/photos').length, 140);
});
