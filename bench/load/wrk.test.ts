import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseWrk } from './wrk.ts';

const LINE =
  '{"requests":12,"durationUs":1000,"bytes":5,"p50Us":1,"p99Us":2,"errors":{"connect":0,"read":1,"write":0,"status":2,"timeout":0}}';

test('parseWrk finds the line of our script in what wrk prints', () => {
  const result = parseWrk(`Running 1s test\n  1 threads and 64 connections\nRequests/sec: 5\n${LINE}\n`);
  assert.equal(result?.requests, 12);
  assert.equal(result.errors['status'], 2);
});

for (const text of ['', 'unable to connect to 127.0.0.1:1 Connection refused\n', ` ${LINE}`]) {
  test(`parseWrk finds nothing in ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.equal(parseWrk(text), undefined);
  });
}
