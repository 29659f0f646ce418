import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REFUSALS } from '../http/refusal.ts';
import { reasonPhrase } from '../http/status.ts';
import { FAILURES } from './failure.ts';

test('each failure has a status that fits whose fault it is, and a sentence', () => {
  for (const [code, { fault, status, text }] of Object.entries(FAILURES)) {
    assert.match(code, /^[a-z]+(?:-[a-z]+)*$/);
    assert.match(text, /^[A-Z][ -~]+[^.]$/, code);
    if (status === 0) continue;
    assert(fault === 'client' ? status >= 400 && status < 500 : status >= 500, `${code} ${status}`);
    if (fault === 'origin') assert([502, 504].includes(status), `${code} ${status}`);
  }
});

test('each status that we send has a reason phrase of its own', () => {
  const statuses = [...Object.values(FAILURES), ...Object.values(REFUSALS)].map(({ status }) => status);
  for (const status of new Set(statuses)) {
    if (status !== 0) assert.doesNotMatch(reasonPhrase(status), /^(?:Client|Server) Error$/, String(status));
  }
});
