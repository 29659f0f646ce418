import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatEndpoint } from '../net/address.ts';
import { readXForwardedForElement, xForwardedForSyntax } from './x-forwarded-for.ts';

suite('readXForwardedForElement', () => {
  const valid: readonly (readonly [text: string, endpoint: string])[] = [
    ['192.0.2.1', '192.0.2.1:0'],
    ['192.0.2.1:443', '192.0.2.1:443'],
    ['2001:db8::1', '[2001:db8::1]:0'],
    ['2001:DB8:0::1', '[2001:db8::1]:0'],
    ['[2001:db8::1]', '[2001:db8::1]:0'],
    ['[2001:db8::1]:443', '[2001:db8::1]:443'],
    ['::ffff:192.0.2.1', '192.0.2.1:0'],
    ['[::ffff:192.0.2.1]:1', '192.0.2.1:1'],
    // An address, whatever the sender meant by it: there are eight groups.
    ['1:2:3:4:5:6:7:80', '[1:2:3:4:5:6:7:80]:0'],
  ];
  for (const [text, endpoint] of valid) {
    test(`reads ${text} as ${endpoint}`, () => {
      const hop = readXForwardedForElement(text);
      assert.ok(typeof hop === 'object');
      assert.equal(formatEndpoint(hop), endpoint);
    });
  }
  const malformed: readonly string[] = [
    '',
    ' ',
    '-',
    'unknown',
    '_hidden',
    'localhost',
    'for=192.0.2.1',
    '192.0.2',
    '192.0.2.01',
    '192.0.2.256',
    '1..1.1',
    '3232235521',
    '0xc0.0.2.1',
    '192.0.2.1 ',
    ' 192.0.2.1',
    '192.0.2.1;',
    '192.0.2.1 192.0.2.2',
    '192.0.2.1:',
    '192.0.2.1:port',
    '192.0.2.1:65536',
    '192.0.2.1:080',
    '192.0.2.1/32',
    '[192.0.2.1]',
    '[192.0.2.1]:80',
    '"192.0.2.1"',
    '"[2001:db8::1]"',
    '[]',
    '[',
    ']',
    '[2001:db8::1',
    '2001:db8::1]',
    '[[2001:db8::1]]',
    '[2001:db8::1]:',
    '[2001:db8::1]80',
    '2001:db8::1::',
    '1:2:3:4:5:6:7:8:80',
    'fe80::1%eth0',
    '192.0.2.1\0',
    '192.0.2.1\t',
    '\xa0192.0.2.1',
    '192.0.2.1\x85',
  ];
  for (const text of malformed) {
    test(`finds ${JSON.stringify(text)} malformed`, () => {
      assert.equal(readXForwardedForElement(text), 'malformed');
    });
  }
});

test('elements are cut at every comma, the empty ones too', () => {
  const rows: readonly (readonly [value: string, elements: readonly string[]])[] = [
    ['', ['']],
    ['a', ['a']],
    ['a,b', ['b', 'a']],
    ['a, b ,c', ['c', ' b ', 'a']],
    [',', ['', '']],
    [',a', ['a', '']],
    ['a,', ['', 'a']],
    [',,', ['', '', '']],
    ['"a,b"', ['b"', '"a']],
  ];
  for (const [value, elements] of rows) assert.deepEqual(cutFromRight(value), elements, value);
});

function cutFromRight(value: string): string[] {
  const elements: string[] = [];
  let start = value.length + 1;
  while (start > 0) {
    const end = start - 1;
    start = xForwardedForSyntax.elementStart(value, end);
    elements.push(value.slice(start, end));
  }
  return elements;
}
