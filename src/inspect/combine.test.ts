import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { DECEIVE, DROP, needleInspector, REPLY_418 } from '../../test/support/inspector.ts';
import { CONTINUE } from '../base/verdict.ts';
import { combine } from './combine.ts';
import type { InspectedRequest, Inspector, Transaction } from './inspector.ts';

const REQUEST: InspectedRequest = {
  method: 'GET',
  target: '/a?b',
  version: 'HTTP/1.1',
  headers: { count: 0, name: () => '', value: () => '' },
  clientAddress: '192.0.2.1',
};
const BODY = { bytes: Buffer.from('body'), isPrefix: false };
const RESPONSE = { status: 200, headers: REQUEST.headers };

test('combine of one inspector is that inspector', () => {
  const one = needleInspector({});
  assert.equal(combine([one]), one);
});

test('combine of none finds nothing and wants nothing', () => {
  const transaction = combine([]).begin(REQUEST);
  assert.equal(transaction.requestHead(), CONTINUE);
  assert.deepEqual(transaction.hits, []);
  assert.equal(transaction.wantsRequestBody || transaction.wantsResponseBody, false);
});

test('combine wants responses when one of them does, or does not say', () => {
  const saying = (wantsResponse?: boolean): Inspector => ({
    ruleCount: 1,
    begin: (request) => ({
      ...needleInspector({}).begin(request),
      ...(wantsResponse === undefined ? {} : { wantsResponse }),
    }),
  });
  const wants = (...said: readonly (boolean | undefined)[]): boolean | undefined =>
    combine(said.map(saying)).begin(REQUEST).wantsResponse;
  assert.equal(wants(false, false), false);
  assert.equal(wants(false, true), true);
  assert.equal(wants(undefined, false), true);
});

test('combine shows every phase to all, and collects their hits in order', () => {
  const first = needleInspector({ head: '/a', verdict: CONTINUE });
  const second = needleInspector({ head: '?b', body: 'body', verdict: CONTINUE });
  const combined = combine([first, second]);
  const transaction = combined.begin(REQUEST);
  assert.equal(transaction.requestHead(), CONTINUE);
  assert.equal(transaction.requestBody(BODY), CONTINUE);
  assert.equal(transaction.responseHead(RESPONSE), CONTINUE);
  assert.equal(transaction.responseBody(BODY), CONTINUE);
  assert.deepEqual(first.shown, second.shown);
  assert.equal(first.shown.length, 4);
  assert.deepEqual(
    transaction.hits.map(({ matched }) => matched),
    ['/a', '?b', 'body'],
  );
  assert.equal(combined.ruleCount, first.ruleCount + second.ruleCount);
});

const VERDICTS = [
  ['the first says nothing', CONTINUE, DROP, DROP],
  ['the second says nothing', DECEIVE, CONTINUE, DECEIVE],
  ['both say something', REPLY_418, DROP, REPLY_418],
  ['neither says anything', CONTINUE, CONTINUE, CONTINUE],
] as const;

for (const [when, first, second, expected] of VERDICTS) {
  test(`combine gives the first verdict that does not continue: ${when}`, () => {
    const parts = [first, second].map((verdict) =>
      needleInspector({ head: '/a', body: 'body', responseHead: '200', responseBody: 'body', verdict }),
    );
    const transaction = combine(parts).begin(REQUEST);
    assert.equal(transaction.requestHead(), expected);
    assert.equal(transaction.hits.length, 2);
    assert.equal(transaction.requestBody(BODY), expected);
    assert.equal(transaction.responseHead(RESPONSE), expected);
    assert.equal(transaction.responseBody(BODY), expected);
    assert.equal(transaction.hits.length, 8);
  });
}

test('combine wants a body when one of them does', () => {
  const none = needleInspector({});
  const request = needleInspector({ body: 'x' });
  const response = needleInspector({ responseBody: 'x' });
  const wants = (...parts: Inspector[]): string => {
    const { wantsRequestBody, wantsResponseBody } = combine(parts).begin(REQUEST);
    return `${wantsRequestBody} ${wantsResponseBody}`;
  };
  assert.equal(wants(none, none), 'false false');
  assert.equal(wants(none, request), 'true false');
  assert.equal(wants(response, none), 'false true');
  assert.equal(wants(response, request), 'true true');
});

test('combine ends those that want to be told of the end', () => {
  let ended = 0;
  const ending: Inspector = {
    ruleCount: 1,
    begin(request): Transaction {
      const transaction = needleInspector({}).begin(request);
      return {
        hits: [],
        wantsRequestBody: false,
        wantsResponseBody: false,
        requestHead: () => transaction.requestHead(),
        requestBody: (body) => transaction.requestBody(body),
        responseHead: (response) => transaction.responseHead(response),
        responseBody: (body) => transaction.responseBody(body),
        end() {
          ended++;
        },
      };
    },
  };
  combine([needleInspector({}), ending, ending])
    .begin(REQUEST)
    .end();
  assert.equal(ended, 2);
});
