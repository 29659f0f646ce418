import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/random.ts';
import { LOWER } from './characters.ts';
import * as known from './known-headers.ts';

const NAMES = known.KNOWN_NAMES.slice(1);

/** Finds a name as the head reader does: the hash of its folded bytes, then the table. */
function find(name: string, base = 0): number {
  const bytes = Buffer.concat([Buffer.alloc(base, 'x'), Buffer.from(name, 'latin1')]);
  let hash = known.HASH_START;
  for (let at = base; at < bytes.length; at++) hash = Math.imul(hash ^ LOWER[bytes[at]!]!, known.HASH_PRIME);
  return known.findKnownHeader(bytes, base, bytes.length, hash);
}

test('every known name is found by its bytes in any case, and by its text', () => {
  assert.equal(known.KNOWN_NAMES.length, known.KNOWN_COUNT);
  assert.equal(new Set(NAMES).size, NAMES.length);
  for (const [index, name] of NAMES.entries()) {
    const id = index + 1;
    const title = name.replace(/(^|-)./g, (part) => part.toUpperCase());
    for (const spelling of [name, name.toUpperCase(), title]) {
      assert.equal(find(spelling), id, spelling);
      assert.equal(find(spelling, 3), id, spelling);
      assert.equal(known.knownHeaderOf(spelling), id, spelling);
    }
  }
});

test('the numbers stand for the names that they are called by', () => {
  const numbers = Object.entries(known).filter(([, value]) => typeof value === 'number');
  let checked = 0;
  for (const [constant, value] of numbers) {
    if (['UNKNOWN_HEADER', 'KNOWN_COUNT', 'HASH_START', 'HASH_PRIME'].includes(constant)) continue;
    assert.equal(known.KNOWN_NAMES[Number(value)], constant.toLowerCase().replaceAll('_', '-'));
    checked++;
  }
  assert.equal(checked, NAMES.length);
});

test('what differs from a known name in one byte is not that name', () => {
  for (const [index, name] of NAMES.entries()) {
    const others = [
      `${name}x`,
      `x${name}`,
      name.slice(1),
      name.slice(0, -1),
      name.replaceAll('-', '_'),
      `${name} `,
    ];
    for (const other of others.filter((text) => !NAMES.includes(text))) {
      assert.equal(find(other), known.UNKNOWN_HEADER, other);
      assert.equal(known.knownHeaderOf(other), known.UNKNOWN_HEADER, other);
    }
    for (let at = 0; at < name.length; at++) {
      for (let code = 0; code < 256; code++) {
        const other = name.slice(0, at) + String.fromCharCode(code) + name.slice(at + 1);
        // Case is folded for ASCII only: no other byte may stand for a letter.
        const isSame = other.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) === name;
        assert.equal(find(other), isSame ? index + 1 : known.UNKNOWN_HEADER, JSON.stringify(other));
      }
    }
  }
});

test('a name with the hash of a known name is told apart by its bytes', () => {
  const hash = (name: string): number => {
    let value = known.HASH_START;
    for (const byte of Buffer.from(name, 'latin1')) value = Math.imul(value ^ byte, known.HASH_PRIME);
    return value;
  };
  const bytes = Buffer.from('hosts', 'latin1');
  assert.equal(known.findKnownHeader(bytes, 0, 5, hash('host')), known.UNKNOWN_HEADER);
  assert.equal(known.findKnownHeader(Buffer.from('cook'), 0, 4, hash('host')), known.UNKNOWN_HEADER);
});

test('any hash ends the search', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 10_000; round++) {
    const hash = (random(0x10000) << 16) | random(0x10000);
    assert.equal(known.findKnownHeader(Buffer.from('x'), 0, 1, hash), known.UNKNOWN_HEADER);
  }
});

test('an empty name is no known name', () => {
  assert.equal(find(''), known.UNKNOWN_HEADER);
  assert.equal(known.knownHeaderOf(''), known.UNKNOWN_HEADER);
});

const LOOK_ALIKES: readonly [string, number][] = [
  ['X_Forwarded_For', known.X_FORWARDED_FOR],
  ['x-forwarded_for', known.X_FORWARDED_FOR],
  ['X.Forwarded.For', known.X_FORWARDED_FOR],
  ['X!Forwarded~For', known.X_FORWARDED_FOR],
  ['CONTENT_LENGTH', known.CONTENT_LENGTH],
  ['transfer|encoding', known.TRANSFER_ENCODING],
  ['X-Forwarded-For', known.X_FORWARDED_FOR],
  ['X__Forwarded_For', known.UNKNOWN_HEADER],
  ['XForwardedFor', known.UNKNOWN_HEADER],
  ['X_Forwarded_Fo', known.UNKNOWN_HEADER],
  ['_', known.UNKNOWN_HEADER],
];
for (const [name, id] of LOOK_ALIKES) {
  test(`lookAlikeOf takes ${name} for ${known.KNOWN_NAMES[id] === '' ? 'no known name' : String(known.KNOWN_NAMES[id])}`, () =>
    assert.equal(known.lookAlikeOf(name), id));
}
