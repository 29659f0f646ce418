import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLocation } from './own-page.ts';

const LOCATIONS: readonly string[] = [
  '/',
  '/blocked?why=%20#here',
  'https://example.org:8443/a/b;c=d?e=f&g=[1]',
  '//example.org/~me',
  "a!$&'()*+,;=:@-._~",
  'x'.repeat(8192),
];

for (const text of LOCATIONS) {
  test(`a Location may be ${text.slice(0, 60)}`, () => assert(isLocation(text)));
}

const OTHERS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a line feed', '/a\nSet-Cookie: a=b'],
  ['a carriage return', '/a\rb'],
  ['both', '/a\r\n\r\n<script>'],
  ['a line end at its end', '/a\r\n'],
  ['a line feed at its end', '/a\n'],
  ['NUL', '/a\0'],
  ['a tab', '/a\tb'],
  ['a space', '/a b'],
  ['a quote', '/"onclick'],
  ['an angle bracket', '/<script>'],
  ['a backslash, which browsers take for a slash', '/\\example.org'],
  ['a caret', '/^'],
  ['a backquote', '/`'],
  ['a brace', '/{a}'],
  ['a bar', '/a|b'],
  ['DEL', '/\x7f'],
  ['a byte above 127', '/\xe9'],
  ['a line separator in UTF-8', '/\xe2\x80\xa8'],
  ['more than 8 KiB', 'x'.repeat(8193)],
];

for (const [name, text] of OTHERS) {
  test(`a Location may not hold ${name}`, () => assert(!isLocation(text)));
}

test('of all bytes those of RFC 3986 may stand in a Location', () => {
  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  assert.equal(
    bytes.filter(isLocation).join(''),
    "!#$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~",
  );
});
