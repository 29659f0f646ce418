import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makeTar, paxRecord } from '../../../test/support/make-tar.ts';
import type { Packed } from '../../../test/support/make-tar.ts';
import { readTar, TarError } from './tar.ts';

const LIMITS = { entriesMax: 10 };

function told(archive: Uint8Array): readonly string[] {
  return readTar(archive, LIMITS).map(
    ({ path, kind, bytes }) => `${kind} ${path} |${Buffer.from(bytes).toString()}|`,
  );
}

const LONG = `${'d'.repeat(60)}/${'e'.repeat(60)}`;

const READ: readonly (readonly [what: string, files: readonly Packed[], told: readonly string[]])[] = [
  ['nothing', [], []],
  ['a file', [{ path: 'a', text: 'hello' }], ['file a |hello|']],
  [
    'a file of a whole block',
    [{ path: 'a', text: 'x'.repeat(512) }, { path: 'b' }],
    [`file a |${'x'.repeat(512)}|`, 'file b ||'],
  ],
  ['an old file', [{ path: 'a', text: 'b', type: '\0' }], ['file a |b|']],
  [
    'a folder',
    [
      { path: 'a/', type: '5' },
      { path: 'a/b', text: 'c' },
    ],
    ['folder a/ ||', 'file a/b |c|'],
  ],
  [
    'links and devices',
    [
      { path: 'a', type: '1' },
      { path: 'b', type: '2' },
      { path: 'c', type: '3' },
      { path: 'd', type: '7' },
    ],
    ['other a ||', 'other b ||', 'other c ||', 'other d ||'],
  ],
  ['a prefix', [{ path: 'b', over: { 345: 'a/long' } }], ['file a/long/b ||']],
  [
    'a pax header',
    [
      { path: 'x', type: 'x', text: paxRecord('mtime', '1') + paxRecord('path', LONG) },
      { path: 'short', text: 'c' },
      { path: 'b' },
    ],
    [`file ${LONG} |c|`, 'file b ||'],
  ],
  [
    'a pax header for all',
    [{ path: 'g', type: 'g', text: paxRecord('comment', 'c0ffee') }, { path: 'a' }],
    ['file a ||'],
  ],
  [
    "GNU's long name",
    [
      { path: '././@LongLink', type: 'L', text: `${LONG}\0` },
      { path: 'short', text: 'c' },
    ],
    [`file ${LONG} |c|`],
  ],
  ['a name of UTF-8', [{ path: 'é' }], ['file é ||']],
  ['names that nobody should take', [{ path: '../a' }, { path: '/b' }], ['file ../a ||', 'file /b ||']],
];

for (const [what, files, expected] of READ) {
  test(`readTar reads ${what}`, () => assert.deepEqual(told(makeTar(files)), expected));
}

test('readTar stops at the first empty block', () => {
  const archive = Buffer.concat([makeTar([{ path: 'a' }]), makeTar([{ path: 'b' }])]);
  assert.deepEqual(told(archive), ['file a ||']);
});

const REFUSED: readonly (readonly [what: string, archive: Uint8Array, message: RegExp])[] = [
  ['no bytes', new Uint8Array(), /it is cut/],
  ['text', Buffer.from('x'.repeat(2048)), /not a tar archive/],
  ['another magic', makeTar([{ path: 'a', over: { 257: 'uster' } }]), /not a tar archive/],
  ['a wrong checksum', makeTar([{ path: 'a', checksum: '000001\0 ' }]), /checksum/],
  ['no checksum', makeTar([{ path: 'a', checksum: '        ' }]), /number in a header/],
  ['a size that is none', makeTar([{ path: 'a', over: { 124: '9999999999\0\0' } }]), /number in a header/],
  ['a negative size', makeTar([{ path: 'a', over: { 124: '-0000000001\0' } }]), /number in a header/],
  [
    'a binary size',
    makeTar([{ path: 'a', over: { 124: '\x80\0\0\0\0\0\0\0\0\0\0\x01' } }]),
    /number in a header/,
  ],
  ['a size beyond the end', makeTar([{ path: 'a', over: { 124: '77777777777\0' } }]), /it is cut/],
  [
    'a pax record without its length',
    makeTar([{ path: 'x', type: 'x', text: 'path=a\n' }]),
    /pax header is malformed/,
  ],
  [
    'a pax record that is too long',
    makeTar([{ path: 'x', type: 'x', text: '99 path=a\n' }]),
    /pax header is malformed/,
  ],
  [
    'a pax record that is too short',
    makeTar([{ path: 'x', type: 'x', text: '7 path=a\n' }]),
    /pax header is malformed/,
  ],
  [
    'a pax record of length 0',
    makeTar([{ path: 'x', type: 'x', text: '0 path=a\n' }]),
    /pax header is malformed/,
  ],
  [
    'a size in a pax header',
    makeTar([{ path: 'x', type: 'x', text: paxRecord('size', '1') }, { path: 'a' }]),
    /gives a size/,
  ],
  ['too many entries', makeTar(Array.from({ length: 11 }, () => ({ path: 'a' }))), /more than 10 entries/],
  [
    'too many headers',
    makeTar(Array.from({ length: 11 }, () => ({ path: 'g', type: 'g' }))),
    /more than 10 entries/,
  ],
];

for (const [what, archive, message] of REFUSED) {
  test(`readTar refuses ${what}`, () => {
    assert.throws(
      () => readTar(archive, LIMITS),
      (error) => error instanceof TarError && message.test(error.message),
    );
  });
}

test('readTar cut at every place, and with every byte flipped, answers or fails with its own error', () => {
  const archive = makeTar([
    { path: 'x', type: 'x', text: paxRecord('path', 'a/b') },
    { path: 'c', text: 'hello' },
  ]);
  const tries: Buffer[] = [];
  for (let end = 0; end < archive.length - 1024; end += 7) tries.push(archive.subarray(0, end));
  for (let at = 0; at < archive.length; at++) {
    const flipped = Buffer.from(archive);
    flipped[at] = (flipped[at] ?? 0) ^ 0x15;
    tries.push(flipped);
  }
  for (const bytes of tries) {
    try {
      assert(readTar(bytes, LIMITS).length <= LIMITS.entriesMax);
    } catch (error) {
      assert(error instanceof TarError, String(error));
    }
  }
});
