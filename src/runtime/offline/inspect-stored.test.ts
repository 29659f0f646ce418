import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { needleInspector } from '../../../test/support/inspector.ts';
import type { Needles } from '../../../test/support/inspector.ts';
import type { InspectionUse } from '../inspection-use.ts';
import { inspectStored } from './inspect-stored.ts';
import type { Field, StoredExchange } from './stored-exchange.ts';

const USE: InspectionUse = {
  mode: 'on',
  sample: 100,
  set: '',
  exclude: [],
  hold: { held: 8, heldTotal: 1024, beyond: 'reject' },
  responses: { mode: 'on', types: ['text/html'], held: 8, beyond: 'prefix' },
  limits: {},
};

const HTML: Field = ['Content-Type', 'text/html; charset=utf-8'];

interface Stored {
  readonly target?: string;
  readonly body?: string;
  readonly answer?: string | Uint8Array;
  readonly status?: number;
  readonly fields?: readonly Field[];
}

function exchangeOf({
  target = '/',
  body = '',
  answer,
  status = 200,
  fields = [HTML],
}: Stored): StoredExchange {
  const request = {
    method: 'POST',
    target,
    version: 'HTTP/1.1',
    host: 'x',
    fields: [],
    body: Buffer.from(body),
  };
  if (answer === undefined) return { request, notes: [] };
  return { request, response: { status, fields, body: Buffer.from(answer) }, notes: [] };
}

interface Row {
  readonly what: string;
  readonly needles: Needles;
  readonly stored: Stored;
  readonly use?: Partial<InspectionUse>;
  /** Verdict and place, what the inspector was shown, how many notes. */
  readonly told: readonly [verdict: string, shown: string, notes: number];
}

const ALL: Needles = { head: 'evil', body: 'evil', responseHead: '500', responseBody: 'evil' };

const ROWS: readonly Row[] = [
  { what: 'a request alone', needles: ALL, stored: {}, told: ['continue', 'head POST /, body 0', 0] },
  {
    what: 'a hit in the head',
    needles: ALL,
    stored: { target: '/evil', answer: '' },
    told: ['deceive request head', 'head POST /evil', 0],
  },
  {
    what: 'a hit in the body',
    needles: ALL,
    stored: { body: 'evil', answer: '' },
    told: ['deceive request body', 'head POST /, body 4', 0],
  },
  {
    what: 'a body that is too long',
    needles: ALL,
    stored: { body: 'x'.repeat(9) },
    told: ['reply request body', 'head POST /', 0],
  },
  {
    what: 'a body that nobody asks for',
    needles: { head: 'x' },
    stored: { body: 'y'.repeat(9) },
    told: ['continue', 'head POST /, body 9', 0],
  },
  {
    what: 'a long body in detect mode',
    needles: ALL,
    stored: { body: 'x'.repeat(9) },
    use: { mode: 'detect' },
    told: ['continue', 'head POST /, body 8 prefix', 1],
  },
  {
    what: 'a long body of which the beginning is inspected',
    needles: ALL,
    stored: { body: `${'x'.repeat(9)}evil` },
    use: { hold: { ...USE.hold, beyond: 'prefix' } },
    told: ['continue', 'head POST /, body 8 prefix', 1],
  },
  {
    what: 'a long body that passes',
    needles: ALL,
    stored: { body: 'evil'.repeat(3) },
    use: { hold: { ...USE.hold, beyond: 'pass' } },
    told: ['continue', 'head POST /, body 0 prefix', 1],
  },
  {
    what: 'a response',
    needles: ALL,
    stored: { answer: 'page' },
    told: ['continue', 'head POST /, body 0, response 200, response body 4', 0],
  },
  {
    what: 'a hit in the head of a response',
    needles: ALL,
    stored: { answer: 'evil', status: 500 },
    told: ['deceive response head', 'head POST /, body 0, response 500', 0],
  },
  {
    what: 'a hit in the body of a response',
    needles: ALL,
    stored: { answer: 'evil' },
    told: ['deceive response body', 'head POST /, body 0, response 200, response body 4', 0],
  },
  {
    what: 'a response that is not inspected',
    needles: ALL,
    stored: { answer: 'evil', status: 500 },
    use: { responses: { ...USE.responses, mode: 'off' } },
    told: ['continue', 'head POST /, body 0', 0],
  },
  {
    what: 'a response of another type',
    needles: ALL,
    stored: { answer: 'evil', fields: [['content-type', 'image/png']] },
    told: ['continue', 'head POST /, body 0, response 200, response body 0', 1],
  },
  {
    what: 'a part of a page',
    needles: ALL,
    stored: { answer: 'evil', status: 206 },
    told: ['continue', 'head POST /, body 0, response 206, response body 0', 1],
  },
  {
    what: 'a long response',
    needles: ALL,
    stored: { answer: 'x'.repeat(9) },
    told: ['continue', 'head POST /, body 0, response 200, response body 8 prefix', 1],
  },
  {
    what: 'a long response that is refused',
    needles: ALL,
    stored: { answer: 'x'.repeat(9) },
    use: { responses: { ...USE.responses, beyond: 'reject' } },
    told: ['reply response body', 'head POST /, body 0, response 200', 0],
  },
  {
    what: 'a compressed response',
    needles: ALL,
    stored: { answer: gzipSync('evil'), fields: [HTML, ['Content-Encoding', 'gzip']] },
    use: { responses: { ...USE.responses, held: 100 } },
    told: ['deceive response body', 'head POST /, body 0, response 200, response body 4', 0],
  },
  {
    what: 'a response that is not what it says',
    needles: ALL,
    stored: { answer: 'evil', fields: [HTML, ['Content-Encoding', 'gzip']] },
    told: ['deceive response body', 'head POST /, body 0, response 200, response body 4 prefix', 1],
  },
];

for (const { what, needles, stored, use, told } of ROWS) {
  test(`inspectStored: ${what}`, () => {
    const inspector = needleInspector(needles);
    const settings = { inspector, use: { ...USE, ...use }, clientAddress: '192.0.2.1' };
    const { verdict, decidedAt, notes, hits } = inspectStored(exchangeOf(stored), settings);
    assert.deepEqual(
      [
        `${verdict.do} ${decidedAt}`.trim(),
        inspector.shown.filter((line) => line !== 'end').join(', '),
        notes.length,
      ],
      told,
    );
    assert.equal(hits.length > 0, verdict.do === 'deceive');
  });
}

test('inspectStored shows nothing of what could not be read', () => {
  const inspector = needleInspector(ALL);
  const refused = { status: 400, code: 'bare-lf', text: 'A line ends with LF alone' };
  const finding = inspectStored(
    { ...exchangeOf({}), refused },
    { inspector, use: USE, clientAddress: '192.0.2.1' },
  );
  assert.deepEqual([finding.verdict.do, finding.decidedAt, inspector.shown.length], ['reply', 'reading', 0]);
});
