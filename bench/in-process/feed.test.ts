import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KINDS } from '../traffic/kinds.ts';
import { visitsOf } from '../traffic/samples.ts';
import { exchangeOf, Feed } from './feed.ts';

for (const kind of KINDS) {
  test(`Feed gives requests of the kind ${kind.name} that are read, none twice`, () => {
    const feed = new Feed(visitsOf({ ...kind, visits: 2 }), 3);
    const arrived = feed.take(12);
    assert.equal(new Set(arrived.map(({ bytes }) => bytes.toString('latin1'))).size, 12);
    for (const one of arrived) {
      const { request, response } = exchangeOf(one);
      assert.match(request.target, /^\//);
      assert.equal(response.status, 200);
      assert.equal(request.headers.value(0), 'shop.example.com');
    }
  });
}

test('Feed keeps a visit on one connection: its field section is the same string from the second request on', () => {
  const kind = KINDS.find(({ name }) => name === 'page');
  assert.ok(kind !== undefined);
  const feed = new Feed(visitsOf(kind), 2);
  const sections = feed.take(2 * kind.requestsPerVisit).map((one) => {
    const { headers } = exchangeOf(one).request;
    return headers.section;
  });
  assert.ok(sections.every((section) => section !== ''));
  assert.equal(new Set(sections).size, 2);
});
