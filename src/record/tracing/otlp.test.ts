import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFailure, readPartialSuccess, readRetryAfter, traceRequest } from './otlp.ts';

test('traceRequest puts spans of several batches into one scope of one resource', () => {
  const resource = {
    service: 'a "shop"',
    version: '1.2',
    attributes: { 'process.pid': 7, 'service.version': 'mine' },
  };
  assert.deepEqual(JSON.parse(traceRequest(resource, ['{"a":1},{"b":2}', '{"c":3}'])), {
    resourceSpans: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: 'a "shop"' } },
            { key: 'service.version', value: { stringValue: 'mine' } },
            { key: 'process.pid', value: { intValue: '7' } },
          ],
        },
        scopeSpans: [{ scope: { name: 'sallyport', version: '1.2' }, spans: [{ a: 1 }, { b: 2 }, { c: 3 }] }],
      },
    ],
  });
});

const PARTIAL: readonly (readonly [body: string, rejected: number, message: string])[] = [
  ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}', 3, 'too old'],
  ['{"partialSuccess":{"rejectedSpans":3}}', 3, ''],
  ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":7}}', 3, ''],
  [`{"partialSuccess":{"rejectedSpans":"1","errorMessage":"${'m'.repeat(300)}"}}`, 1, 'm'.repeat(256)],
  ['{"partialSuccess":{}}', 0, ''],
  ['{"partialSuccess":{"rejectedSpans":"0","errorMessage":"a warning"}}', 0, ''],
  ['{"partialSuccess":null}', 0, ''],
  ['{"partialSuccess":"3"}', 0, ''],
  ['{"partialSuccess":{"rejectedSpans":"-3"}}', 0, ''],
  ['{"partialSuccess":{"rejectedSpans":"1.5"}}', 0, ''],
  ['{"partialSuccess":{"rejectedSpans":"many"}}', 0, ''],
  ['{"partialSuccess":{"rejectedSpans":{}}}', 0, ''],
  ['{"__proto__":{"partialSuccess":{"rejectedSpans":3}}}', 0, ''],
  ['{}', 0, ''],
  ['[]', 0, ''],
  ['null', 0, ''],
  ['', 0, ''],
  ['not JSON', 0, ''],
  ['\x0a\x02\x08\x03', 0, ''],
];

for (const [body, rejected, message] of PARTIAL) {
  test(`readPartialSuccess reads ${rejected} rejected spans out of ${body.slice(0, 70)}`, () =>
    assert.deepEqual(readPartialSuccess(body), { rejected, message }));
}

test('readFailure finds the sentence, where there is one', () => {
  assert.equal(readFailure('{"code":3,"message":"no tenant"}'), 'no tenant');
  for (const body of ['{"message":7}', '{"code":3}', '', 'no tenant', '[]', 'null'])
    assert.equal(readFailure(body), '');
});

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
const AFTER: readonly (readonly [value: string | undefined, ms: number | undefined])[] = [
  [undefined, undefined],
  ['0', 0],
  ['120', 120_000],
  ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1s', undefined],
  ['1e3', undefined],
  ['1234567890', undefined],
  ['tomorrow', undefined],
  ['2026-01-01T12:00:30Z', undefined],
];

for (const [value, ms] of AFTER) {
  test(`readRetryAfter takes ${ms} ms out of ${value}`, () => assert.equal(readRetryAfter(value, NOW), ms));
}
