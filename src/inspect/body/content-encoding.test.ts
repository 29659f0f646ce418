import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
} from 'node:zlib';
import { decodeContent, isEncoded } from './content-encoding.ts';
import type { Decoded } from './content-encoding.ts';
import { DEFAULT_BODY_LIMITS } from './limits.ts';

const TEXT = 'user=admin&comment=' + 'what a lovely day, and so much of it. '.repeat(60);

const CODINGS: readonly (readonly [name: string, header: string, encode: (text: Buffer) => Buffer])[] = [
  ['gzip', 'gzip', (text) => gzipSync(text)],
  ['x-gzip', 'X-GZip', (text) => gzipSync(text)],
  ['zlib', 'deflate', (text) => deflateSync(text)],
  ['bare deflate', 'deflate', (text) => deflateRawSync(text)],
  ['brotli', 'br', (text) => brotliCompressSync(text)],
  ['zstd', 'zstd', (text) => zstdCompressSync(text)],
];

function decode(bytes: Uint8Array, ...encodings: readonly string[]): Decoded {
  return decodeContent(bytes, encodings, DEFAULT_BODY_LIMITS);
}

function textOf(decoded: Decoded): string {
  return Buffer.from(decoded.bytes).toString('latin1');
}

function assertBad(decoded: Decoded, error: RegExp): void {
  assert.match(decoded.kind === 'bad' ? decoded.error : 'none', error);
}

for (const [name, header, encode] of CODINGS) {
  const encoded = encode(Buffer.from(TEXT));

  test(`decodeContent decodes ${name}, also of nothing, and twice`, () => {
    const decoded = decode(encoded, header);
    assert.equal(decoded.kind, 'ok');
    assert.equal(textOf(decoded), TEXT);
    assert.deepEqual(decode(encode(Buffer.alloc(0)), header).kind, 'ok');
    const twice = decode(encode(encoded), `${header}, ${header}`);
    assert.deepEqual([twice.kind, textOf(twice)], ['ok', TEXT]);
  });

  test(`decodeContent flags ${name} that is cut at any byte, and keeps the beginning`, () => {
    let longest = 0;
    for (let end = 0; end < encoded.length; end++) {
      const decoded = decode(encoded.subarray(0, end), header);
      assertBad(decoded, end === 0 ? /cut|malformed/ : /cut/);
      assert(TEXT.startsWith(textOf(decoded)), `cut at ${end}`);
      longest = Math.max(longest, decoded.bytes.length);
    }
    // Brotli and zstd give nothing before a block is complete.
    if (name !== 'zstd' && name !== 'brotli')
      assert(longest > TEXT.length / 2, `only ${longest} bytes of ${TEXT.length}`);
  });

  test(`decodeContent flags ${name} with something behind it`, () => {
    for (const rest of ['x', '&a=<script>', '\0']) {
      const decoded = decode(Buffer.concat([encoded, Buffer.from(rest)]), header);
      assertBad(decoded, /follows|malformed|cut/);
    }
  });

  test(`decodeContent flags text that is said to be ${name}`, () => {
    assertBad(decode(Buffer.from(TEXT), header), /malformed|cut|follows/);
  });

  test(`decodeContent stops a bomb of ${name} at its bounds and keeps the beginning`, () => {
    const bomb = encode(Buffer.alloc(20_000_000, 'x'));
    const decoded = decode(bomb, header);
    assertBad(decoded, /too large/);
    assert(decoded.bytes.length <= DEFAULT_BODY_LIMITS.decodedBytesMax);
    assert(/^x*$/.test(textOf(decoded)));
    const small = decodeContent(encoded, [header], {
      ...DEFAULT_BODY_LIMITS,
      decodedBytesMax: TEXT.length - 1,
    });
    assertBad(small, /too large/);
    const exact = decodeContent(encoded, [header], { ...DEFAULT_BODY_LIMITS, decodedBytesMax: TEXT.length });
    assert.equal(exact.kind, 'ok');
  });
}

test('decodeContent bounds the ratio, but lets short bodies grow', () => {
  const limits = { decodedBytesMax: 10_000_000, decodedRatioMax: 2, encodingsMax: 2 };
  assert.equal(decodeContent(gzipSync('x'.repeat(16_000)), ['gzip'], limits).kind, 'ok');
  assertBad(decodeContent(gzipSync('x'.repeat(17_000)), ['gzip'], limits), /too large/);
});

test('decodeContent takes the members of a gzip file together, as every decoder does', () => {
  const decoded = decode(Buffer.concat([gzipSync('ab'), gzipSync('cd')]), 'gzip');
  assert.deepEqual([decoded.kind, textOf(decoded)], ['ok', 'abcd']);
});

test('decodeContent keeps what comes before damage', () => {
  const encoded = gzipSync(Buffer.from(Array.from({ length: 9000 }, (_, index) => (index * 7919) % 251)));
  encoded[encoded.length - 300]! ^= 0x55; // There are more bytes than that.
  const decoded = decode(encoded, 'gzip');
  assertBad(decoded, /malformed/);
  assert(decoded.bytes.length > 4000, `${decoded.bytes.length} bytes`);
});

test('decodeContent flags a wrong checksum', () => {
  const encoded = gzipSync('abc');
  encoded[encoded.length - 6]! ^= 1; // The checksum is there.
  assertBad(decode(encoded, 'gzip'), /malformed/);
});

const IDENTITIES: readonly (readonly string[])[] = [
  [],
  [''],
  ['identity'],
  ['Identity, ,'],
  ['identity', ' '],
];

for (const encodings of IDENTITIES) {
  test(`decodeContent changes nothing for ${JSON.stringify(encodings)}`, () => {
    const decoded = decode(Buffer.from('abc'), ...encodings);
    assert.deepEqual([decoded.kind, textOf(decoded), isEncoded(encodings)], ['ok', 'abc', false]);
  });
}

const UNKNOWN: readonly (readonly [encodings: readonly string[], error: RegExp])[] = [
  [['compress'], /not known/],
  [['gzip;q=1'], /not known/],
  [['gzip deflate'], /not known/],
  [['aes128gcm'], /not known/],
  [['*'], /not known/],
  [['\xa0gzip'], /not known/],
  [['gzip, gzip, gzip'], /too many/],
  [['gzip', 'br', 'deflate'], /too many/],
  [['gzip,'.repeat(10_000)], /too many/],
];

for (const [encodings, error] of UNKNOWN) {
  test(`decodeContent flags ${JSON.stringify(encodings).slice(0, 40)}`, () => {
    const bytes = gzipSync('abc');
    const decoded = decode(bytes, ...encodings);
    assertBad(decoded, error);
    assert.equal(isEncoded(encodings), true);
    assert.deepEqual(Buffer.from(decoded.bytes), bytes);
  });
}

test('decodeContent undoes the last coding first', () => {
  const bytes = gzipSync(brotliCompressSync('abc'));
  assert.deepEqual(textOf(decode(bytes, 'br', 'gzip')), 'abc');
  assert.deepEqual(textOf(decode(bytes, 'br, identity, gzip')), 'abc');
  assertBad(decode(bytes, 'gzip, br'), /malformed|cut/);
});

test('decodeContent flags a zstd window that it would have to allocate', () => {
  const bytes = zstdCompressSync(Buffer.alloc(1000, 'x'), { params: { [constants.ZSTD_c_windowLog]: 27 } });
  // The size is known here, so that the encoder makes no window; a frame header that asks for one follows.
  assert.equal(decode(bytes, 'zstd').kind, 'ok');
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x98, 0x01, 0x00, 0x00]);
  assertBad(decode(header, 'zstd'), /malformed/);
});

test('decodeContent flags deflate that is a whole stream in both of its forms', () => {
  // As zlib: one stored block of 65,534 bytes, an empty last one, the checksum. Bare: its header bytes are that of a
  // stored block of one byte, and the next ones, which are data to zlib, end where it ends.
  const data = Buffer.alloc(65_534, 'a');
  data.set([0x00, 0x00, 0xff, 0xff, 0x01, 0xfe, 0xff, 0x01, 0x00]);
  const checksum = deflateSync(data, { level: 0 }).subarray(-4);
  const bytes = Buffer.from([
    ...[0x78, 0x01, 0x00, 0xfe, 0xff, 0x01, 0x00],
    ...data,
    ...[0x01, 0x00, 0x00, 0xff, 0xff],
    ...checksum,
  ]);
  assert.deepEqual(inflateSync(bytes), data);
  assert.equal(inflateRawSync(bytes).length, 65_535);
  assertBad(decode(bytes, 'deflate'), /two ways/);
});
