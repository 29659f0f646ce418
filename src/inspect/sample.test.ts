import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTINUE } from '../base/verdict.ts';
import { needleInspector } from '../../test/support/inspector.ts';
import type { InspectedRequest } from './inspector.ts';
import { sampled } from './sample.ts';

const REQUEST: InspectedRequest = {
  method: 'GET',
  target: '/evil',
  version: 'HTTP/1.1',
  headers: { count: 0, name: () => '', value: () => '' },
  clientAddress: '192.0.2.1',
};

/** How many of 1,000 requests are looked at, when chance gives each thousandth in turn. */
function seenOf(percent: number): number {
  let turn = 0;
  const all = needleInspector({ head: 'evil', body: 'evil' });
  const inspector = sampled(all, percent, () => turn++ / 1000);
  let seen = 0;
  for (let index = 0; index < 1000; index++) {
    const transaction = inspector.begin(REQUEST);
    const verdict = transaction.requestHead();
    assert.equal(verdict !== CONTINUE, transaction.hits.length > 0);
    assert.equal(transaction.wantsRequestBody, verdict !== CONTINUE);
    if (verdict !== CONTINUE) seen++;
  }
  assert.equal(all.shown.length, seen, 'the others are shown to nobody');
  return seen;
}

for (const [percent, seen] of [
  [0, 0],
  [1, 10],
  [50, 500],
  [99, 990],
  [100, 1000],
] as const) {
  test(`${percent} percent of the requests are inspected`, () => assert.equal(seenOf(percent), seen));
}

test('what is not inspected passes in every phase', () => {
  const transaction = sampled(needleInspector({ responseBody: 'x' }), 0).begin(REQUEST);
  const body = { bytes: Uint8Array.of(120), isPrefix: false };
  assert.equal(transaction.requestBody(body), CONTINUE);
  assert.equal(transaction.responseHead({ status: 200, headers: REQUEST.headers }), CONTINUE);
  assert.equal(transaction.wantsResponseBody, false);
  assert.equal(transaction.responseBody(body), CONTINUE);
});
