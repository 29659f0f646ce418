import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatEndpoint } from '../net/address.ts';
import { forwardedElementStart, readForwardedElement } from './forwarded.ts';

suite('readForwardedElement', () => {
  const valid: readonly (readonly [text: string, endpoint: string])[] = [
    ['for=192.0.2.1', '192.0.2.1:0'],
    ['For=192.0.2.1', '192.0.2.1:0'],
    ['FOR=192.0.2.1', '192.0.2.1:0'],
    ['for="192.0.2.1"', '192.0.2.1:0'],
    ['for="192.0.2.1:80"', '192.0.2.1:80'],
    ['for="192.0.2.1:_port"', '192.0.2.1:0'],
    ['for="[2001:db8:cafe::17]"', '[2001:db8:cafe::17]:0'],
    ['for="[2001:DB8:cafe::17]:4711"', '[2001:db8:cafe::17]:4711'],
    ['for="[2001:db8::1]:_p-1.x"', '[2001:db8::1]:0'],
    ['for="[::ffff:192.0.2.1]:5"', '192.0.2.1:5'],
    ['for="\\1\\9\\2.0.2.1"', '192.0.2.1:0'],
    ['for="192.0.2.1\\:8\\0"', '192.0.2.1:80'],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60:0'],
    ['proto=http;for=192.0.2.60;by=_x', '192.0.2.60:0'],
    ['by="for=6.6.6.6";for=192.0.2.60', '192.0.2.60:0'],
    ['by="\\";for=6.6.6.6";for=192.0.2.60', '192.0.2.60:0'],
    ['host="a,b;c\\"d";for=192.0.2.60', '192.0.2.60:0'],
    ['host="";for=192.0.2.60', '192.0.2.60:0'],
    ['host="\xe9\t ";for=192.0.2.60', '192.0.2.60:0'],
    ['xfor=6.6.6.6;for=192.0.2.60;forx=6.6.6.6', '192.0.2.60:0'],
    ["secret=a$b!#%&'*+-.^_`|~;for=192.0.2.60", '192.0.2.60:0'],
    ['for=192.0.2.60;', '192.0.2.60:0'],
    [';for=192.0.2.60', '192.0.2.60:0'],
    [';;for=192.0.2.60;;', '192.0.2.60:0'],
    ['for=192.0.2.60; proto=http ;\tby=_x', '192.0.2.60:0'],
  ];
  for (const [text, endpoint] of valid) {
    test(`reads ${text} as ${endpoint}`, () => {
      const hop = readForwardedElement(text);
      assert.ok(typeof hop === 'object');
      assert.equal(formatEndpoint(hop), endpoint);
    });
  }

  const nameless: readonly (readonly [text: string, hop: 'unknown' | 'obfuscated'])[] = [
    ['for=unknown', 'unknown'],
    ['for=UnKnown', 'unknown'],
    ['for="unknown"', 'unknown'],
    ['for="unknown:80"', 'unknown'],
    ['for="unknown:_x"', 'unknown'],
    ['proto=https', 'unknown'],
    ['by=192.0.2.1', 'unknown'],
    [';', 'unknown'],
    ['for=_hidden', 'obfuscated'],
    ['for=_SEVKISEK', 'obfuscated'],
    ['for="_a.b-c_1"', 'obfuscated'],
    ['for="_gazonk:8080"', 'obfuscated'],
  ];
  for (const [text, hop] of nameless) {
    test(`finds ${text} ${hop}`, () => assert.equal(readForwardedElement(text), hop));
  }

  const malformed: readonly (readonly [text: string, because: string])[] = [
    ['', 'empty'],
    ['192.0.2.1', 'no parameter'],
    ['for', 'no value'],
    ['for=', 'no value'],
    ['for=;proto=http', 'no value'],
    ['for=""', 'empty value'],
    ['=192.0.2.1', 'no name'],
    ['for =192.0.2.1', 'space before ='],
    ['for= 192.0.2.1', 'space after ='],
    ['for==192.0.2.1', 'two ='],
    ['for:192.0.2.1', 'colon for ='],
    ['for=192.0.2.1 proto=http', 'no semicolon'],
    ['for=192.0.2.1,for=192.0.2.2', 'two elements'],
    ['for=192.0.2.1;for=192.0.2.2', 'two for'],
    ['for=192.0.2.1;For=192.0.2.1', 'two for'],
    ['for=unknown;for=192.0.2.1', 'two for'],
    ['for=192.0.2.1;proto', 'a parameter without value'],
    ['for=192.0.2.1;proto=', 'a parameter without value'],
    ['for=192.0.2.1;pro to=http', 'a space in a name'],
    ['for=192.0.2.1;proto=ht tp', 'a space in a token'],
    ['for=192.0.2.1;host=a:80', 'a colon in a token'],
    ['for=192.0.2.1:80', 'a colon in a token'],
    ['for=[2001:db8::1]', 'brackets in a token'],
    ['for=2001:db8::1', 'colons in a token'],
    ['for="2001:db8::1"', 'IPv6 without brackets'],
    ['for="2001:db8:0:0:0:0:0:1"', 'IPv6 without brackets'],
    ['for="::1"', 'IPv6 without brackets'],
    ['for="[192.0.2.1]"', 'IPv4 in brackets'],
    ['for="[2001:db8::1"', 'bracket not closed'],
    ['for="2001:db8::1]"', 'bracket not opened'],
    ['for="[[2001:db8::1]]"', 'two brackets'],
    ['for="[]"', 'empty brackets'],
    ['for="[2001:db8::1]x"', 'text after the bracket'],
    ['for="x[2001:db8::1]"', 'text before the bracket'],
    ['for="[2001:db8::1]:"', 'empty port'],
    ['for="[2001:db8::1]:80:80"', 'two ports'],
    ['for="[2001:db8::1%eth0]"', 'zone id'],
    ['for="192.0.2.1:"', 'empty port'],
    ['for="192.0.2.1:65536"', 'port over 65535'],
    ['for="192.0.2.1:080"', 'port with leading zero'],
    ['for="192.0.2.1:http"', 'port in words'],
    ['for="192.0.2.1:_"', 'an empty hidden port'],
    ['for="192.0.2.1:_a b"', 'a space in a hidden port'],
    ['for=192.0.2', 'no address'],
    ['for=192.0.2.01', 'no address'],
    ['for=192.0.2.256', 'no address'],
    ['for=1..1.1', 'no address'],
    ['for=localhost', 'no address'],
    ['for=_', 'an empty hidden name'],
    ['for="_a b"', 'a space in a hidden name'],
    ['for="_a,b"', 'a comma in a hidden name'],
    ['for="[::1', 'quote not closed'],
    ['for="192.0.2.1', 'quote not closed'],
    ['for=192.0.2.1"', 'quote not opened'],
    ['for="192.0.2.1\\"', 'the closing quote is escaped'],
    ['for="192.0.2.1\\', 'ends in a backslash'],
    ['for="192.0.2.1"x', 'text after the quote'],
    ['for=x"192.0.2.1"', 'text before the quote'],
    ['for="192.0.2.1""192.0.2.2"', 'two strings'],
    ['for="192.0.2.1";by="', 'a later quote not closed'],
    ["for='192.0.2.1'", 'other quotes'],
    ['for=192.0.2.1\0', 'NUL'],
    ['for="192.0.2.1\0"', 'NUL in a string'],
    ['for="192.0.2.1";host="a\nb"', 'line feed in a string'],
    ['for="192.0.2.1";host="a\\\nb"', 'an escaped line feed'],
    ['for=192.0.2.1\n', 'line feed at the end'],
    ['for=192.0.2.1;\n', 'line feed at the end'],
    ['for=192.0.2.1;host=\xe9', 'a byte over 127 in a token'],
    ['\xa0for=192.0.2.1', 'a byte over 127 before the name'],
    ['for="192.0.2.1 "', 'space inside the string'],
    ['for=" 192.0.2.1"', 'space inside the string'],
  ];
  for (const [text, because] of malformed) {
    test(`finds ${JSON.stringify(text)} malformed: ${because}`, () => {
      assert.equal(readForwardedElement(text), 'malformed');
    });
  }

  test('takes a byte in a token or a string exactly where RFC 9110 §5.6.2 and §5.6.4 allow it', () => {
    for (let byte = 0; byte < 256; byte++) {
      const char = String.fromCharCode(byte);
      const isTokenChar = /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(char);
      const isText = byte === 0x09 || byte === 0x20 || (byte > 0x20 && byte !== 0x7f);
      const isOk = (text: string): boolean => readForwardedElement(text) !== 'malformed';
      assert.equal(
        isOk(`for=192.0.2.1;x${char}y=z`),
        isTokenChar || char === '=' ? char !== '=' : false,
        `name ${byte}`,
      );
      // A semicolon ends the token, and `b` alone is no parameter.
      assert.equal(isOk(`for=192.0.2.1;x=a${char}b`), isTokenChar, `token ${byte}`);
      assert.equal(isOk(`for=192.0.2.1;x="a${char}b"`), isText && char !== '"', `string ${byte}`);
      assert.equal(isOk(`for=192.0.2.1;x="a\\${char}b"`), isText, `escaped ${byte}`);
    }
  });

  test('takes time in proportion to its input: 100,000 quotes, backslashes and semicolons', () => {
    for (const piece of ['"', '\\', ';', 'a=', '="', 'a=b;', '\\"', ' ', 'a="\\', '\t;']) {
      const text = piece.repeat(100_000);
      readForwardedElement(text);
      readForwardedElement(`for="${text}`);
      forwardedElementStart(text, text.length);
      forwardedElementStart(`${text}"`, text.length + 1);
    }
  });
});

suite('forwardedElementStart', () => {
  const rows: readonly (readonly [value: string, elements: readonly string[], because: string])[] = [
    ['', [''], 'nothing'],
    ['for=a', ['for=a'], 'one element'],
    ['for=a, for=b', [' for=b', 'for=a'], 'two'],
    ['for=a,,for=b,', ['', 'for=b', '', 'for=a'], 'empty elements'],
    ['for="a,b",for=c', ['for=c', 'for="a,b"'], 'a comma in a string'],
    ['for=c,for="a,b"', ['for="a,b"', 'for=c'], 'a comma in the last string'],
    ['for="a\\",b",for=c', ['for=c', 'for="a\\",b"'], 'an escaped quote and a comma'],
    ['x="a\\\\",for=c', ['for=c', 'x="a\\\\"'], 'an escaped backslash before the quote'],
    ['x="a\\\\\\",b",for=c', ['for=c', 'x="a\\\\\\",b"'], 'three backslashes before a quote'],
    // The attacks: what the trusted proxy wrote is the last element, whatever a client put before it.
    ['for="x, for=192.0.2.1', [' for=192.0.2.1', 'for="x'], 'a quote left open'],
    ['for="x\\, for=192.0.2.1', [' for=192.0.2.1', 'for="x\\'], 'an escape left open'],
    ['for=", for="[2001:db8::1]"', [' for="[2001:db8::1]"', 'for="'], 'a quote left open before a string'],
    ['for=6.6.6.6;x=", for="[::1]";by="_y"', [' for="[::1]";by="_y"', 'for=6.6.6.6;x="'], 'the same twice'],
    ['for=a", for=b', [' for=b', 'for=a"'], 'a quote that was never opened'],
    ['for="a, for=b"', ['for="a, for=b"'], 'a proxy that does not write what it means'],
  ];
  for (const [value, elements, because] of rows) {
    test(`cuts ${JSON.stringify(value)}: ${because}`, () => {
      const cut: string[] = [];
      let start = value.length + 1;
      while (start > 0) {
        const end = start - 1;
        start = forwardedElementStart(value, end);
        cut.push(value.slice(start, end));
      }
      assert.deepEqual(cut, elements);
    });
  }

  test('finds a well-formed element at the end of every beginning of four hostile characters', () => {
    const hostile = ['"', '\\', ',', 'a'];
    for (const element of ['for=192.0.2.1', 'for="[::1]:8";by="a,\\"\\\\"']) {
      for (let number = 0; number < hostile.length ** 5; number++) {
        let junk = '';
        for (let rest = number; junk.length < 5; rest = Math.floor(rest / 4)) junk += hostile[rest % 4] ?? '';
        const value = `${junk}, ${element}`;
        assert.equal(value.slice(forwardedElementStart(value, value.length)).trim(), element);
      }
    }
  });
});
