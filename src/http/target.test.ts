import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import * as target from './target.ts';
import { FORM_ABSOLUTE, FORM_ASTERISK, FORM_AUTHORITY, FORM_ORIGIN } from './target.ts';

/** Bytes that make anything before or after a part look like more of it. */
const AROUND = '[a:1]/';

function placed(text: string): [Buffer, number, number] {
  const bytes = Buffer.from(`${AROUND}${text}${AROUND}`, 'latin1');
  return [bytes, AROUND.length, AROUND.length + text.length];
}

const FORMS: readonly { method: string; input: string; form: number }[] = [
  { method: 'GET', input: '/', form: FORM_ORIGIN },
  { method: 'GET', input: '//', form: FORM_ORIGIN },
  { method: 'GET', input: '/*', form: FORM_ORIGIN },
  { method: 'OPTIONS', input: '*', form: FORM_ASTERISK },
  { method: 'OPTIONS', input: '/', form: FORM_ORIGIN },
  { method: 'GET', input: '*', form: -1 },
  { method: 'options', input: '*', form: -1 },
  { method: 'OPTIONS', input: '*/', form: -1 },
  { method: 'GET', input: 'http://a', form: FORM_ABSOLUTE },
  { method: 'GET', input: 'HTTPS://a:1/b', form: FORM_ABSOLUTE },
  { method: 'GET', input: 'http://[::1]?b', form: FORM_ABSOLUTE },
  { method: 'GET', input: 'http://', form: -1 },
  { method: 'GET', input: 'https://', form: -1 },
  { method: 'GET', input: 'http:///', form: -1 },
  { method: 'GET', input: 'http://?', form: -1 },
  { method: 'GET', input: 'http://:80/', form: -1 },
  { method: 'GET', input: 'http:a', form: -1 },
  { method: 'GET', input: 'http:/a', form: -1 },
  { method: 'GET', input: 'http:\\\\a', form: -1 },
  { method: 'GET', input: 'httpx://a', form: -1 },
  { method: 'GET', input: 'ws://a', form: -1 },
  { method: 'GET', input: 'file:///a', form: -1 },
  { method: 'GET', input: 'javascript:a', form: -1 },
  { method: 'GET', input: 'http://a:', form: FORM_ABSOLUTE },
  { method: 'GET', input: 'http://a:65536/', form: -1 },
  { method: 'GET', input: 'http://a@b/', form: -1 },
  { method: 'GET', input: 'http://a:b@c/', form: -1 },
  { method: 'GET', input: 'http://[::1/', form: -1 },
  { method: 'GET', input: 'http://::1/', form: -1 },
  { method: 'GET', input: 'http://a%2f/', form: -1 },
  { method: 'GET', input: 'http://a,b/', form: -1 },
  { method: 'GET', input: 'a:80', form: -1 },
  { method: 'GET', input: 'a', form: -1 },
  { method: 'GET', input: '', form: -1 },
  { method: 'CONNECT', input: 'a:443', form: FORM_AUTHORITY },
  { method: 'CONNECT', input: '[::1]:443', form: FORM_AUTHORITY },
  { method: 'CONNECT', input: 'a', form: -1 },
  { method: 'CONNECT', input: 'a:', form: -1 },
  { method: 'CONNECT', input: '[::1]', form: -1 },
  { method: 'CONNECT', input: '/', form: -1 },
  { method: 'CONNECT', input: '*', form: -1 },
  { method: 'CONNECT', input: 'http://a:443', form: -1 },
  { method: 'CONNECT', input: 'b@a:443', form: -1 },
  { method: 'CONNECT', input: '', form: -1 },
];
for (const { method, input, form } of FORMS) {
  test(`targetForm of ${method} ${JSON.stringify(input)} is ${form}`, () => {
    assert.equal(target.targetForm(...placed(input), method), form);
  });
}

const HOSTS: readonly { input: string; isHost: boolean; withPort?: boolean }[] = [
  { input: 'a', isHost: true },
  { input: 'example.com', isHost: true },
  { input: 'EXAMPLE.com.', isHost: true },
  { input: 'xn--nxasmq6b', isHost: true },
  { input: '192.0.2.1', isHost: true },
  { input: "a-b_c~!$&'()*+;=", isHost: true },
  { input: 'a:', isHost: true },
  { input: 'a:0', isHost: true, withPort: true },
  { input: 'a:80', isHost: true, withPort: true },
  { input: 'a:00080', isHost: true, withPort: true },
  { input: 'a:65535', isHost: true, withPort: true },
  { input: '[::]', isHost: true },
  { input: '[::1]:80', isHost: true, withPort: true },
  { input: '[::ffff:192.0.2.1]', isHost: true },
  { input: '[2001:DB8::1]:', isHost: true },
  { input: '', isHost: false },
  { input: ':', isHost: false },
  { input: ':80', isHost: false },
  { input: 'a:65536', isHost: false },
  { input: 'a:99999', isHost: false },
  { input: 'a:100000', isHost: false },
  { input: 'a:000080', isHost: false },
  { input: 'a:-1', isHost: false },
  { input: 'a:+1', isHost: false },
  { input: 'a:0x50', isHost: false },
  { input: 'a:8 0', isHost: false },
  { input: 'a:80:80', isHost: false },
  { input: 'a:80/', isHost: false },
  { input: 'a::', isHost: false },
  { input: 'a b', isHost: false },
  { input: 'a,b', isHost: false },
  { input: 'a@b', isHost: false },
  { input: 'a/b', isHost: false },
  { input: 'a\\b', isHost: false },
  { input: 'a?b', isHost: false },
  { input: 'a#b', isHost: false },
  { input: 'a%41', isHost: false },
  { input: 'a"', isHost: false },
  { input: 'a<b>', isHost: false },
  { input: 'a\x80', isHost: false },
  { input: 'a\0', isHost: false },
  { input: '::1', isHost: false },
  { input: '1:2:3', isHost: false },
  { input: '[', isHost: false },
  { input: '[]', isHost: false },
  { input: '[:]', isHost: false },
  { input: '[::1', isHost: false },
  { input: '[::1]a', isHost: false },
  { input: '[::1]]', isHost: false },
  { input: '[::1%25eth0]', isHost: false },
  { input: '[v1.a]', isHost: false },
  { input: '[a.example]', isHost: false },
  { input: ']', isHost: false },
  { input: 'a[::1]', isHost: false },
  { input: '[[::1]]', isHost: false },
];
for (const { input, isHost, withPort = false } of HOSTS) {
  test(`isHostAndPort takes ${JSON.stringify(input)}: ${isHost}, where a port is needed: ${withPort}`, () => {
    assert.equal(target.isHostAndPort(...placed(input), false), isHost);
    assert.equal(target.isHostAndPort(...placed(input), true), withPort);
  });
}

test('isHostAndPort takes every port and none above', () => {
  for (let port = 0; port < 100_000; port += port < 65_500 || port > 65_600 ? 7 : 1) {
    assert.equal(target.isHostAndPort(...placed(`a:${port}`), true), port <= 65_535, String(port));
  }
});

const SAME: readonly { one: string; other: string; http: boolean; https: boolean }[] = [
  { one: 'a', other: 'a', http: true, https: true },
  { one: 'A.example', other: 'a.EXAMPLE', http: true, https: true },
  { one: 'a:80', other: 'a', http: true, https: false },
  { one: 'a', other: 'a:443', http: false, https: true },
  { one: 'a:80', other: 'A:80', http: true, https: true },
  { one: '[::1]:80', other: '[::1]', http: true, https: false },
  { one: 'a', other: 'b', http: false, https: false },
  { one: 'a', other: 'a.', http: false, https: false },
  { one: 'a:8080', other: 'a', http: false, https: false },
  { one: 'a:80', other: 'a:443', http: false, https: false },
  { one: 'a:080', other: 'a', http: false, https: false },
  { one: 'a', other: 'ab', http: false, https: false },
  { one: 'a', other: '', http: false, https: false },
  { one: '[::1]', other: '[0::1]', http: false, https: false },
];
for (const { one, other, http, https } of SAME) {
  test(`isSameHost of ${one} and ${JSON.stringify(other)}: http ${http}, https ${https}`, () => {
    for (const [left, right] of [
      [one, other],
      [other, one],
    ] as const) {
      assert.equal(target.isSameHost(left, right, false), http);
      assert.equal(target.isSameHost(left, right, true), https);
    }
  });
}

test('authorityStart and authorityEnd find the authority', () => {
  for (const [input, authority] of [
    ['http://a:1/b?c', 'a:1'],
    ['https://a?b/c', 'a'],
    ['http://a', 'a'],
    ['hTTp://[::1]/', '[::1]'],
  ] as const) {
    const [bytes, start, end] = placed(input);
    const from = target.authorityStart(bytes, start, end);
    const to = target.authorityEnd(bytes, from, end);
    assert.equal(bytes.toString('latin1', from, to), authority);
  }
  for (const input of ['', 'h', 'http:', 'http://', 'https://', 'ftp://a/', '/http://a', 'http//a']) {
    assert.equal(target.authorityStart(...placed(input)), -1, input);
  }
});

test('isTargetByte is told for each of the 256 bytes', () => {
  for (let byte = 0; byte < 256; byte++) {
    const isVisible = byte > 0x20 && byte !== 0x7f && byte !== 0x23;
    assert.equal(target.isTargetByte(byte), isVisible);
  }
});
