import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { asciiJson, escapeForLog, escapeForTerminal, escapeJson } from './escape.ts';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const ROWS: readonly { name: string; input: string; log: string; json: string }[] = [
  {
    name: 'clean text stays',
    input: "GET /a?b=c HTTP/1.1 '~'",
    log: "GET /a?b=c HTTP/1.1 '~'",
    json: "GET /a?b=c HTTP/1.1 '~'",
  },
  { name: 'empty text stays', input: '', log: '', json: '' },
  { name: 'CR LF cannot start a line', input: 'a\r\nb', log: 'a\\x0d\\x0ab', json: 'a\\u000d\\u000ab' },
  { name: 'NUL', input: '\0', log: '\\x00', json: '\\u0000' },
  { name: 'TAB', input: '\t', log: '\\x09', json: '\\u0009' },
  { name: 'ESC cannot command a terminal', input: '\x1b[2J', log: '\\x1b[2J', json: '\\u001b[2J' },
  { name: 'DEL', input: '\x7f', log: '\\x7f', json: '\\u007f' },
  {
    name: 'a quote cannot end a string',
    input: '","a":"',
    log: '\\x22,\\x22a\\x22:\\x22',
    json: '\\",\\"a\\":\\"',
  },
  { name: 'a backslash cannot forge an escape', input: '\\x0a', log: '\\x5cx0a', json: '\\\\x0a' },
  { name: 'C1 as one byte (CSI)', input: '\x9b2J', log: '\\x9b2J', json: '\\u009b2J' },
  { name: 'C1 as UTF-8', input: latin1('\u009b'), log: '\\xc2\\x9b', json: '\\u00c2\\u009b' },
  {
    name: 'line separator U+2028',
    input: latin1('\u2028'),
    log: '\\xe2\\x80\\xa8',
    json: '\\u00e2\\u0080\\u00a8',
  },
  {
    name: 'bidi override U+202E',
    input: latin1('\u202e'),
    log: '\\xe2\\x80\\xae',
    json: '\\u00e2\\u0080\\u00ae',
  },
  { name: 'valid UTF-8 is escaped as well', input: latin1('é'), log: '\\xc3\\xa9', json: '\\u00c3\\u00a9' },
  { name: 'overlong UTF-8', input: '\xc0\x8a', log: '\\xc0\\x8a', json: '\\u00c0\\u008a' },
  { name: 'cut UTF-8', input: '\xe2\x80', log: '\\xe2\\x80', json: '\\u00e2\\u0080' },
  { name: 'a name out of the configuration', input: 'wéb→', log: 'w\\xe9b\\u2192', json: 'w\\u00e9b\\u2192' },
  { name: 'half of a surrogate pair', input: '\ud800', log: '\\ud800', json: '\\ud800' },
];

for (const { name, input, log, json } of ROWS) {
  test(`escapeForLog and escapeJson: ${name}`, () => {
    assert.equal(escapeForLog(input), log);
    assert.equal(escapeJson(input), json);
    assert.equal(JSON.parse(`"${escapeJson(input)}"`), input);
  });
}

test('each of the 256 bytes becomes printable ASCII, can be undone, and no two become one', () => {
  const logs = new Set<string>();
  for (let byte = 0; byte < 256; byte++) {
    const input = String.fromCharCode(byte);
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c;
    assert.equal(escapeForLog(input), isPlain ? input : `\\x${byte.toString(16).padStart(2, '0')}`);
    assert.match(escapeJson(input), /^[ -~]+$/);
    assert.equal(JSON.parse(`"${escapeJson(input)}"`), input);
    logs.add(escapeForLog(input));
  }
  assert.equal(logs.size, 256);
});

test('asciiJson is ASCII and parses back to the value', () => {
  const value = { 'ключ\u2028': ['\u009b2J', '\x7f', '\x1b', 'é', '😀', 1.5, null, true] };
  const text = asciiJson(value);
  assert.match(text, /^[ -~]+$/);
  assert.deepEqual(JSON.parse(text), value);
});

test('escapeForTerminal leaves quotes as they are and nothing else', () => {
  assert.equal(escapeForTerminal('a "b" c'), 'a "b" c');
  assert.equal(escapeForTerminal('\\x22 \x1b[2J\r\n'), '\\x5cx22 \\x1b[2J\\x0d\\x0a');
});
