/**
 * Fuzz target: buffers of Snort and Suricata from any message. FUZZ_RUNS sets the number of runs.
 *
 * They never throw, are the same in whatever order they are asked for, and are bounded by the message.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { HeaderFields } from '../../src/inspect/inspector.ts';
import { BUFFER_KINDS, isMultiBuffer } from '../../src/inspect/snort/buffers.ts';
import type { BufferKind } from '../../src/inspect/snort/buffers.ts';
import { RequestBuffers, ResponseBuffers } from '../../src/inspect/snort/http-buffers.ts';
import {
  decodeSnort,
  decodeSnortAround,
  normalizeSnortUri,
  normalizeSuricataUri,
  splitTarget,
} from '../../src/inspect/snort/uri-normalize.ts';
import { mutate, pick } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const TARGETS = [
  '/a/%2e%2e//b\\c/./?q=1+2%2541#f',
  'http://u@h:80/%c0%af..%2f?x',
  'h:443',
  '*',
  '/%u002e%u002e/x',
];
const PIECES = [
  '%',
  '%25',
  '%u',
  '%c0%af',
  '..',
  '/',
  '//',
  '\\',
  '?',
  '#',
  '+',
  '://',
  '@',
  '\xc0\xaf',
  '\xef\xbc\x8f',
  '\0',
];
const METHODS = ['GET', 'POST', 'CONNECT', 'OPTIONS'];
const NAMES = [
  'Host',
  'Cookie',
  'cookie',
  'Set-Cookie',
  'Content-Type',
  'Content-Encoding',
  'X-A',
  'x-a',
  'User-Agent',
];
const VALUES = ['a', '%41%2541', 'gzip', 'deflate,gzip', 'x gzip', 'multipart/form-data; boundary=B', ''];
const FORM = '--B\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\nfile\r\n--B--\r\n';
const BODIES = [FORM, 'a=%41&b=+', gzipSync('text '.repeat(20)).toString('latin1'), ''];
const KINDS = Object.keys(BUFFER_KINDS) as BufferKind[]; // The keys of that table.
const PARTS = [undefined, 'path', 'query', 'host', 'x-a', 'a'];
/** Of headers, start lines and their marks, which some buffers have beside the message. */
const BYTES_BESIDE = 200;
/** gzip in these tests shrinks by less than this. */
const RATIO_MAX = 20;

suite('buffers', () => {
  test('never throw, and are the same in whatever order they are asked for', () => {
    const random = seededRandom(fuzzSeed + 3);
    for (let run = 0; run < numRuns; run++) {
      const message = messageOf(random);
      const questions = KINDS.flatMap((kind) => PARTS.map((part) => [kind, part] as const));
      for (const make of [() => requestOf(message), () => responseOf(message)]) {
        const first = answers(make(), questions);
        const second = answers(make(), questions.toReversed()).reverse();
        assert.deepEqual(second, first);
        for (const values of first) {
          for (const value of values) {
            assert.ok(value.length <= message.size * RATIO_MAX + BYTES_BESIDE);
            assert.ok(Buffer.from(value, 'latin1').toString('latin1') === value, 'each character is a byte');
          }
        }
      }
    }
  });

  test('normalised targets have nothing left to take out', () => {
    const random = seededRandom(fuzzSeed + 4);
    for (let run = 0; run < numRuns * 4; run++) {
      const target = mutate(random, TARGETS, PIECES);
      const method = pick(random, METHODS);
      const parts = splitTarget(method, target);
      for (const normal of [normalizeSnortUri(parts, target), normalizeSuricataUri(parts, target)]) {
        assert.ok(normal.length <= target.length);
        if (parts.form !== 'origin') continue;
        assert.ok(normal.startsWith('/'));
        if (parts.query !== undefined || parts.fragment !== undefined) continue;
        assert.doesNotMatch(normal, /\/\/|\/\.\.?(\/|$)|\\/s);
      }
      assert.ok(decodeSnort(target).length <= target.length);
    }
  });

  test('what decoding makes of a text is in the text or in the stretches around its escapes', () => {
    const random = seededRandom(fuzzSeed + 5);
    let partly = 0;
    for (let run = 0; run < numRuns; run++) {
      const text = escapedText(random);
      const size = 1 + random(40);
      const decoded = decodeSnort(text);
      const around = decodeSnortAround(text, size - 1, size - 1) ?? '';
      if (decoded !== text) assert.notEqual(around, '');
      if (around !== '' && around.length < decoded.length) partly++;
      for (let at = 0; at + size <= decoded.length; at++) {
        const part = decoded.slice(at, at + size);
        assert.ok(text.includes(part) || around.includes(part), JSON.stringify({ text, part, around }));
      }
    }
    assert.ok(partly > numRuns / 20, `only ${partly} of ${numRuns} texts were decoded in part`);
  });

  test('targets of 200,000 bytes made of one piece are normalised like any other', () => {
    // No clock: what were not linear would not come to an end here.
    for (const piece of [...PIECES, '/a/..', '/.', '%2e%2e%2f', 'a&']) {
      const target = `/${piece.repeat(Math.floor(200_000 / piece.length))}`;
      const parts = splitTarget('GET', target);
      assert.ok(normalizeSnortUri(parts, target).length <= target.length);
      assert.ok(normalizeSuricataUri(parts, target).length <= target.length);
    }
  });
});

const ESCAPES = [
  '%41',
  '%25',
  '%2541',
  '%c3%a9',
  '%e2%82%ac',
  '%u0041',
  '%25u0041',
  '%u00%341',
  '%2',
  '%%34%31',
  '%',
];

/** Some escapes and what is nearly one, with runs of other bytes between them, a few of each. */
function escapedText(random: Random): string {
  const pieces = Array.from({ length: 1 + random(14) }, () => {
    const bytes = Array.from({ length: random(60) }, () =>
      pick(random, ['a', '1', '%', 'u', '0', '\n', 'é', '-']),
    );
    return `${bytes.join('')}${random(2) === 0 ? pick(random, ESCAPES) : ''}`;
  });
  return pieces.join('');
}

interface Message {
  readonly method: string;
  readonly target: string;
  readonly fields: HeaderFields;
  readonly body: Buffer;
  readonly size: number;
}

function messageOf(random: Random): Message {
  const pairs = Array.from(
    { length: random(8) },
    () => [pick(random, NAMES), mutate(random, VALUES, PIECES)] as const,
  );
  const target = mutate(random, TARGETS, PIECES);
  const body = Buffer.from(mutate(random, BODIES, ['\r\n--B', '\x1f\x8b', '%']), 'latin1');
  const size = pairs.reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    target.length + body.length,
  );
  return {
    method: pick(random, METHODS),
    target,
    fields: { count: pairs.length, name: (at) => pairs[at]?.[0] ?? '', value: (at) => pairs[at]?.[1] ?? '' },
    body,
    size,
  };
}

function requestOf({ method, target, fields, body }: Message): RequestBuffers {
  const request = { method, target, version: 'HTTP/1.1', headers: fields, clientAddress: '192.0.2.1' };
  const buffers = new RequestBuffers(request);
  buffers.setBody({ bytes: body, isPrefix: false }, fields);
  return buffers;
}

function responseOf({ fields, body }: Message): ResponseBuffers {
  const buffers = new ResponseBuffers({ status: 200, headers: fields });
  buffers.setBody({ bytes: body, isPrefix: false });
  return buffers;
}

function answers(
  buffers: RequestBuffers | ResponseBuffers,
  questions: readonly (readonly [BufferKind, string | undefined])[],
): (readonly string[])[] {
  return questions.map(([kind, part]) => {
    if (isMultiBuffer(kind)) return buffers.each(kind);
    const value = part === undefined ? buffers.buffer(kind) : buffers.buffer(kind, part);
    return value === undefined ? [] : [value];
  });
}
