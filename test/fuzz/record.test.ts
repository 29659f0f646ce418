/** Whatever bytes an exchange is made of, its log lines are one line each, printable, and the JSON gives the bytes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ExchangeRecord } from '../../src/proxy/exchange-record.ts';
import { jsonFormat } from '../../src/record/json-format.ts';
import { textFormat } from '../../src/record/text-format.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 500);

/** Any bytes, and often those that mean something to a terminal, a parser or a decoder. */
const bytes = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(10, 13, 27, 34, 92, 0x9b, 0xc2, 0xe2, 0x80)),
    {
      maxLength: 40,
    },
  )
  .map((codes) => String.fromCharCode(...codes));
const number = fc.oneof(fc.double(), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(-1));
const count = fc.nat();

const client = fc.record({
  address: bytes,
  port: fc.integer({ min: 0, max: 65_535 }),
  by: fc.constantFrom('socket', 'proxy-v1', 'proxy-v2', 'proxy-local', 'forwarded', 'x-forwarded-for'),
  because: bytes,
  isTrusted: fc.boolean(),
  proxyHeader: fc.constant(undefined),
  peerAddress: bytes,
  peerPort: fc.integer({ min: 0, max: 65_535 }),
});
const hit = fc.record({
  rule: bytes,
  source: bytes,
  message: bytes,
  severity: fc.integer({ min: 0, max: 7 }),
  tags: fc.array(bytes, { maxLength: 3 }),
  target: bytes,
  matched: bytes,
  transformations: fc.array(bytes, { maxLength: 3 }),
});
const record: fc.Arbitrary<ExchangeRecord> = fc.record({
  // Made by base/ids.ts, and the one text that is written as it is.
  id: fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{22}$/),
  startedAtMs: number,
  client,
  listener: bytes,
  destination: bytes,
  route: bytes,
  pool: bytes,
  server: bytes,
  protocol: fc.constantFrom('http', 'tcp'),
  method: bytes,
  host: bytes,
  target: bytes,
  version: bytes,
  userAgent: bytes,
  referer: bytes,
  status: fc.integer({ min: 0, max: 999 }),
  verdict: fc.constantFrom('continue', 'reply', 'deceive', 'drop'),
  because: fc.record({ code: bytes, text: bytes }),
  hits: fc.array(hit, { maxLength: 3 }),
  times: fc.record({
    headMs: number,
    queueMs: number,
    connectMs: number,
    firstByteMs: number,
    totalMs: number,
  }),
  bytesIn: count,
  bytesOut: count,
  attempts: count,
  retriedFor: bytes,
  isOriginReused: fc.boolean(),
  isPersistent: fc.boolean(),
  poolMeant: bytes,
  source: bytes,
  sourceBecause: fc.record({ code: bytes, text: bytes }),
  trace: bytes,
  isTraceSampled: fc.boolean(),
  end: bytes,
});

test('a JSON line is one line of ASCII and gives back what the network sent', () => {
  const format = jsonFormat();
  fc.assert(
    fc.property(record, (sample) => {
      const line = format.record(sample);
      assert.match(line, /^[ -~]+\n$/);
      const parsed = JSON.parse(line) as Record<string, unknown>;
      const { method, host, target, version, userAgent, referer } = sample;
      const request = {
        method,
        host,
        target,
        ...(version === 'HTTP/1.1' ? {} : { version }),
        ...(userAgent === '' ? {} : { userAgent }),
        ...(referer === '' ? {} : { referer }),
      };
      assert.deepEqual(parsed['request'], sample.protocol === 'tcp' ? undefined : request);
      for (const key of ['route', 'pool', 'server', 'poolMeant'] as const)
        assert.equal(parsed[key] ?? '', sample[key]);
      for (const key of ['id', 'listener', 'status', 'end'] as const) assert.equal(parsed[key], sample[key]);
      assert.equal(parsed['attempts'] ?? 1, sample.attempts);
    }),
    { numRuns, seed: fuzzSeed },
  );
});

test('a text line is one line of ASCII', () => {
  const format = textFormat({ colour: false });
  fc.assert(
    fc.property(record, (sample) => {
      assert.match(format.record(sample), /^[ -~]+\n$/);
    }),
    { numRuns, seed: fuzzSeed },
  );
});
