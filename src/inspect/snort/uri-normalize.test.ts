import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import {
  decodeSnort,
  isPlainTarget,
  normalizeSnortUri,
  normalizeSuricataUri,
  parameterOf,
  percentDecode,
  snortUriPart,
  splitTarget,
} from './uri-normalize.ts';
import type { TargetPart } from './uri-normalize.ts';

const snort = (target: string, method = 'GET'): string =>
  normalizeSnortUri(splitTarget(method, target), target);
const suricata = (target: string, method = 'GET'): string =>
  normalizeSuricataUri(splitTarget(method, target), target);

/** What came, for Snort, for Suricata. */
type Row = readonly [came: string, snort: string, suricata: string];
const same = (came: string, both: string): Row => [came, both, both];
const unchanged = (came: string): Row => [came, came, came];

suite('normalizeSnortUri and normalizeSuricataUri', () => {
  const groups: Readonly<Record<string, readonly Row[]>> = {
    'leave what is normal as it is': [
      unchanged('/'),
      unchanged('/index.html'),
      unchanged('/a/b.c?d=e&f'),
      unchanged('/CamelCase'),
      unchanged('/a?u=/b/..x'),
      unchanged('/a#b'),
      unchanged('/a?'),
    ],
    'decode escapes once or twice': [
      same('/%61%2E%62', '/a.b'),
      same('/%4', '/%4'),
      same('/%', '/%'),
      same('/%zz%41', '/%zzA'),
      same('/a%00b', '/a\0b'),
      ['/%2541', '/A', '/%41'],
      ['/%252541', '/%41', '/%2541'],
      ['/%25%34%31', '/A', '/%41'],
      same('/?a=%41%26b', '/?a=A&b'),
      ['/?a=%2541', '/?a=A', '/?a=%41'],
      ['/a#%41', '/a#A', '/a#%41'],
    ],
    'decode %u, and take letters that look like others for them': [
      same('/%u0061', '/a'),
      same('/%U0061', '/a'),
      same('/%u2215x', '/x'),
      same('/%uff0e%uff0e/x', '/x'),
      same('/%u006', '/%u006'),
      same('/%u00', '/%u00'),
    ],
    'find ASCII in disguise': [
      same('/a%c0%afb', '/a/b'),
      same('/%e0%80%af', '/'),
      same('/%c0%ae%c0%ae/x', '/x'),
      same('/%ef%bc%8e%ef%bc%8e/x', '/x'),
      ['/a\xc0\xafb', '/a\xc0\xafb', '/a/b'],
      same('/%c3', '/\xc3'),
      same('/%c3%41', '/\xc3A'),
      same('/%e2%82', '/\xe2\x82'),
      ['/%c3%a9', '/\xe9', '/\xc3\xa9'],
      ['/%e2%82%ac', '/\xac', '/\xe2\x82\xac'],
      same('/%f0%9f%98%80', '/\xf0\x9f\x98\x80'),
    ],
    'take out doubled slashes and dots': [
      same('//a///b', '/a/b'),
      same('/a/./b', '/a/b'),
      same('/a/../b', '/b'),
      same('/../../etc/passwd', '/etc/passwd'),
      same('/a/b/../../../c', '/c'),
      same('/a/.', '/a/'),
      same('/a/..', '/'),
      same('/a/b/..', '/a/'),
      same('/a//', '/a/'),
      same('/..', '/'),
      same('/...', '/...'),
      same('/a/.../b', '/a/.../b'),
      same('/.a/..b/c.', '/.a/..b/c.'),
      same('/a/%2e%2e/b', '/b'),
      same('/a%2f..%2fb', '/b'),
      same('/a\\..\\b', '/b'),
      same('/a%5c..%5cb', '/b'),
      same('/very/../very/././easy//////detour/to/../../../x', '/very/x'),
    ],
    'leave the query its slashes, dots and backslashes': [
      unchanged('/a?b=../../c//d'),
      unchanged('/a?b=c:\\d'),
      same('//a?b=%2e%2e/', '/a?b=../'),
      same('/a?b=?../c', '/a?b=?../c'),
    ],
    'take a plus for a space in queries of Snort': [
      ['/a?b=c+d', '/a?b=c d', '/a?b=c+d'],
      same('/a?b=c%2bd', '/a?b=c+d'),
      same('/a+b.asp+.htr', '/a+b.asp+.htr'),
      ['/a?b=%252b+', '/a?b=+ ', '/a?b=%2b+'],
    ],
    'take scheme, host and port away': [
      same('http://example.com/a/../b?c#d', '/b?c#d'),
      same('http://u:p@example.com:80/a', '/a'),
      same('http://[::1]:80/a', '/a'),
      same('http://example.com', ''),
      same('http://example.com?a', '?a'),
    ],
    'leave what is no path as it is': [unchanged('*'), unchanged('a//b'), unchanged('%41'), unchanged('')],
  };
  for (const [name, rows] of Object.entries(groups)) {
    test(name, () => {
      for (const [came, bySnort, bySuricata] of rows) {
        assert.equal(snort(came), bySnort, `Snort: ${came}`);
        assert.equal(suricata(came), bySuricata, `Suricata: ${came}`);
      }
    });
  }

  test('leave the target of CONNECT', () => {
    assert.equal(suricata('a.example:443', 'CONNECT'), 'a.example:443');
    assert.equal(snort('%61.example:443', 'CONNECT'), 'a.example:443');
  });

  test('answer the very string when nothing changes', () => {
    const target = `/${'a'.repeat(50)}?b=c`;
    assert.equal(snort(target), target);
  });
});

suite('splitTarget', () => {
  const rows: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['GET', '/p?q#f', { form: 'origin', path: '/p', query: 'q', fragment: 'f' }],
    ['GET', '/p#f?q', { form: 'origin', path: '/p', fragment: 'f?q' }],
    ['GET', '/p?', { form: 'origin', path: '/p', query: '' }],
    [
      'GET',
      'HTTPS://Host:8443/p',
      { form: 'absolute', scheme: 'https', host: 'Host', port: '8443', path: '/p' },
    ],
    ['GET', 'http://[2001:db8::1]/', { form: 'absolute', scheme: 'http', host: '[2001:db8::1]', path: '/' }],
    ['GET', 'http://a@b@c/', { form: 'absolute', scheme: 'http', host: 'c', path: '/' }],
    ['GET', 'http://h?q', { form: 'absolute', scheme: 'http', host: 'h', path: '', query: 'q' }],
    ['CONNECT', 'h:443', { form: 'authority', host: 'h', port: '443' }],
    ['OPTIONS', '*', { form: 'asterisk' }],
    ['GET', '://x', { form: 'none' }],
    ['GET', 'x', { form: 'none' }],
  ];
  for (const [method, target, parts] of rows) {
    test(`${method} ${target}`, () => {
      const found = Object.entries(splitTarget(method, target)).filter((entry) => entry[1] !== undefined);
      assert.deepEqual(Object.fromEntries(found), parts);
    });
  }
});

suite('snortUriPart', () => {
  const parts = splitTarget('GET', 'HTTP://Ex%41mple.com:80/%61//b?c+%2564#%65');
  const rows: readonly (readonly [TargetPart, string])[] = [
    ['scheme', 'http'],
    ['host', 'ExAmple.com'],
    ['port', '80'],
    ['path', '/a/b'],
    ['query', 'c d'],
    ['fragment', 'e'],
  ];
  for (const [part, value] of rows) test(part, () => assert.equal(snortUriPart(parts, part), value));
  test('answers nothing for a part that is not there', () => {
    assert.equal(snortUriPart(splitTarget('GET', '/a'), 'query'), undefined);
    assert.equal(snortUriPart(splitTarget('GET', '/a'), 'host'), undefined);
  });
});

suite('decodeSnort, percentDecode and parameterOf', () => {
  test('decode twice, once, and leave a plus', () => {
    assert.equal(decodeSnort('a+%2541%'), 'a+A%');
    assert.equal(percentDecode('a+%2541%', false), 'a+%41%');
  });

  test('make one more pass only: %25 of %25 stays', () => {
    assert.equal(decodeSnort('%25252525'), '%2525');
  });

  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ['a=1&b=2', 'b', '2'],
    ['a=1&a=2', 'a', '1'],
    ['a=x+y%21', 'a', 'x y!'],
    ['%61=1', 'a', '1'],
    ['a&b', 'a', ''],
    ['a=b=c', 'a', 'b=c'],
    ['&&a=1', 'a', '1'],
    ['a=1', 'A', undefined],
    ['', 'a', undefined],
    ['ab=1', 'a', undefined],
  ];
  for (const [pairs, name, value] of rows) {
    test(`parameter ${name} of ${pairs}`, () => assert.equal(parameterOf(pairs, name), value));
  }
});

test('percentDecode copies what is between escapes, however long it is', () => {
  const pieces = ['%', '%4', '%41', '%C3%A9', '%uff1c', '%%', '%zz', 'a', 'b'.repeat(60), '+', '\xe9', '%25'];
  let state = 3;
  for (let count = 0; count < 2_000; count++) {
    let text = '';
    for (let index = 0; index < 6; index++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      text += pieces[(state >>> 8) % pieces.length] ?? '';
    }
    const before = `${'x'.repeat(count % 70)}%41${'y'.repeat(count % 90)}-`;
    const expected = `${'x'.repeat(count % 70)}A${'y'.repeat(count % 90)}-${percentDecode(text, true)}`;
    assert.equal(percentDecode(before + text, true), expected, text);
  }
  const plain = 'some words, 100 % of them';
  assert.equal(percentDecode(encodeURIComponent(plain), false), plain);
});

test('a target is plain only if no normalising changes it, whatever bytes it has, and what stands around it is not asked', () => {
  const isPlain = (target: string): boolean => {
    const line = Buffer.from(`GET ${target} HTTP/1.1`, 'latin1');
    return isPlainTarget(line, 4, 4 + target.length);
  };
  let plainCount = 0;
  for (let code = 0; code < 65_536; code++) {
    const target = `/${String.fromCharCode(code >> 8, code & 0xff)}`;
    if (!isPlain(target)) continue;
    plainCount++;
    const parts = splitTarget('GET', target);
    assert.deepEqual([snort(target), suricata(target)], [target, target]);
    for (const part of ['path', 'query', 'fragment'] as const)
      assert.equal(snortUriPart(parts, part), parts[part]);
  }
  assert(plainCount > 30_000, `only ${plainCount} are plain`);
  for (const target of ['/', '/a/', '/a?b=c#d', '/a=/b']) assert(isPlain(target), target);
  for (const target of ['', '*', 'a', 'http://a/', '/a//b', '/a/.b', '/a?b=%41', '/a?b+c', '/a\\b', '/a\xc3'])
    assert(!isPlain(target), target);
});
