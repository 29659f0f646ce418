import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import * as options from './connection-options.ts';
import { FieldSection, READ_OK } from './field-section.ts';
import { KNOWN_NAMES } from './known-headers.ts';

function readFields(lines: string, base: number): { fields: FieldSection; text: string; bytes: Buffer } {
  const text = `${lines}\r\n`;
  const bytes = Buffer.from(`${','.repeat(base)}${text}`, 'latin1');
  const fields = new FieldSection(64);
  fields.restart(0);
  assert.equal(fields.read(bytes, base, bytes.length), READ_OK);
  return { fields, text, bytes };
}

function optionsOf(lines: string): number {
  const { fields, bytes } = readFields(lines, 0);
  const found = options.readConnectionOptions(fields, bytes, 0);
  const moved = readFields(lines, 5);
  assert.equal(options.readConnectionOptions(moved.fields, moved.bytes, 5), found, 'at another base');
  return found;
}

const CLOSE = options.HAS_CLOSE;
const KEEP = options.HAS_KEEP_ALIVE;
const UPGRADE = options.HAS_UPGRADE;
const NAMES = options.HAS_NAMES;
const BAD = options.IS_BAD;

const ROWS: readonly { lines: string; found: number }[] = [
  { lines: '', found: 0 },
  { lines: 'X: close\r\n', found: 0 },
  { lines: 'Connections: close\r\n', found: 0 },
  { lines: 'Connection:\r\n', found: 0 },
  { lines: 'Connection: close\r\n', found: CLOSE },
  { lines: 'CONNECTION: CLOSE\r\n', found: CLOSE },
  { lines: 'Connection: Keep-Alive\r\n', found: KEEP },
  { lines: 'Connection: upgrade\r\n', found: UPGRADE },
  { lines: 'Connection: keep-alive, Upgrade\r\n', found: KEEP | UPGRADE },
  { lines: 'Connection:close,keep-alive\r\n', found: CLOSE | KEEP },
  { lines: 'Connection: close\r\nA: b\r\nConnection: upgrade\r\n', found: CLOSE | UPGRADE },
  { lines: 'Connection: ,, \t, close ,\t,\r\n', found: CLOSE },
  { lines: 'Connection: ,\r\n', found: 0 },
  { lines: 'Connection: x-a\r\n', found: NAMES },
  { lines: 'Connection: close, x-a, x-b\r\n', found: CLOSE | NAMES },
  { lines: 'Connection: closed\r\n', found: NAMES },
  { lines: 'Connection: clos\r\n', found: NAMES },
  { lines: 'Connection: xclose\r\n', found: NAMES },
  { lines: 'Connection: keep_alive\r\n', found: NAMES },
  { lines: 'Connection: te\r\n', found: NAMES },
  { lines: 'Connection: close x\r\n', found: BAD },
  { lines: 'Connection: close;x\r\n', found: BAD },
  { lines: 'Connection: "close"\r\n', found: BAD },
  { lines: 'Connection: close, a=b\r\n', found: CLOSE | BAD },
  { lines: 'Connection: a:b\r\n', found: BAD },
  { lines: 'Connection: \xe9\r\n', found: BAD },
  { lines: 'Connection: \xa0close\r\n', found: BAD },
  { lines: 'Connection: (a)\r\n', found: BAD },
];
for (const { lines, found } of ROWS) {
  test(`readConnectionOptions finds ${found} in ${JSON.stringify(lines)}`, () =>
    assert.equal(optionsOf(lines), found));
}

test('each of the 256 bytes that may stand in a value, as a Connection option', () => {
  for (let code = 0; code < 256; code++) {
    const byte = String.fromCharCode(code);
    if (!/[\t\x20-\x7e\x80-\xff]/.test(byte)) continue; // Refused before it comes here.
    const isEmpty = byte === ' ' || byte === '\t' || byte === ',';
    const isToken = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(byte);
    assert.equal(
      optionsOf(`Connection: ${byte}\r\n`),
      isEmpty ? 0 : isToken ? NAMES : BAD,
      `0x${code.toString(16)}`,
    );
    const around = isEmpty ? CLOSE : isToken ? NAMES : BAD;
    assert.equal(optionsOf(`Connection: close${byte}\r\n`), around, `0x${code.toString(16)} after`);
    assert.equal(optionsOf(`Connection: ${byte}close\r\n`), around, `0x${code.toString(16)} before`);
  }
});

test('namedForRemoval lists what Connection names, in lower case, without what must stay', () => {
  const { fields, text } = readFields(
    'Connection: close, X-A,\tx-b \r\nX-A: 1\r\nConnection: X-C,,Keep-Alive\r\nConnection: Host, Cookie\r\n',
    0,
  );
  const names = [...options.namedForRemoval(fields, text)].filter((name) => name !== '').sort();
  assert.deepEqual(names, ['close', 'keep-alive', 'x-a', 'x-b', 'x-c']);
});

/** Removing one of these by naming it would change who asks, what is asked, or how it is framed. */
const STAY = [
  'host',
  'content-length',
  'transfer-encoding',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
  'forwarded',
  'authorization',
  'cookie',
  'set-cookie',
  'content-type',
  'content-encoding',
  'content-range',
  'location',
  'cache-control',
  'www-authenticate',
];
const GO = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'http2-settings',
];

for (const name of [...STAY, ...GO]) {
  const isRemoved = GO.includes(name);
  test(`namedForRemoval ${isRemoved ? 'takes' : 'protects'} ${name} in any case`, () => {
    assert.ok(KNOWN_NAMES.includes(name));
    for (const spelling of [name, name.toUpperCase()]) {
      const { fields, text } = readFields(`Connection: ${spelling}\r\n`, 0);
      assert.equal(options.namedForRemoval(fields, text).has(name), isRemoved);
    }
  });
}

test('isSameText compares ASCII in any case, and nothing else', () => {
  const bytes = Buffer.from('xKEEP-alive!', 'latin1');
  assert.ok(options.isSameText(bytes, 1, 11, 'keep-alive'));
  assert.ok(options.isSameText(bytes, 3, 3, ''));
  assert.ok(!options.isSameText(bytes, 1, 10, 'keep-alive'));
  assert.ok(!options.isSameText(bytes, 1, 12, 'keep-alive'));
  assert.ok(!options.isSameText(bytes, 0, 10, 'keep-alive'));
  // Case of latin1 letters beyond ASCII is not folded.
  assert.ok(!options.isSameText(Buffer.from([0xc1]), 0, 1, '\xe1'));
});

test('readConnectionOptions sees the last of more Connection fields than a mark can count', () => {
  const lines = 'Connection: keep-alive\r\n'.repeat(80) + 'Connection: close\r\n\r\n';
  const bytes = Buffer.from(lines, 'latin1');
  const fields = new FieldSection(100);
  fields.restart(0);
  assert.equal(fields.read(bytes, 0, bytes.length), READ_OK);
  assert.equal(options.readConnectionOptions(fields, bytes, 0), options.HAS_KEEP_ALIVE | options.HAS_CLOSE);
});

test('a field section forgets the fields of thousands of sections before', () => {
  const bytes = Buffer.from('Connection: close\r\n\r\n', 'latin1');
  const empty = Buffer.from('\r\n', 'latin1');
  const fields = new FieldSection(10);
  for (let round = 0; round < 10_000; round++) {
    const one = round % 3 === 0 ? bytes : empty;
    fields.restart(0);
    assert.equal(fields.read(one, 0, one.length), READ_OK);
    assert.equal(fields.times(4), round % 3 === 0 ? 1 : 0, String(round));
    assert.equal(fields.first(4), round % 3 === 0 ? 0 : -1);
  }
});
