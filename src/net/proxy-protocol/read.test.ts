import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { INET_BLOCK, readEveryWay, v2Bytes } from '../../../test/support/proxy-vectors.ts';
import type { ProxyVersions } from './header.ts';
import { readProxyHeader } from './read.ts';

const V1 = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');
const V2 = v2Bytes(0x21, 0x11, INET_BLOCK);

suite('readProxyHeader', () => {
  const rows: readonly (readonly [
    versions: ProxyVersions,
    name: string,
    bytes: Uint8Array,
    expected: string,
  ])[] = [
    ['v1', 'version 1', V1, 'ok 1'],
    ['v1', 'version 2', V2, 'proxy-signature'],
    ['v2', 'version 1', V1, 'proxy-signature'],
    ['v2', 'version 2', V2, 'ok 2'],
    ['any', 'version 1', V1, 'ok 1'],
    ['any', 'version 2', V2, 'ok 2'],
    ['any', 'an HTTP request', Buffer.from('GET / HTTP/1.1\r\n'), 'proxy-signature'],
    [
      'any',
      'a POST request, which begins like version 1',
      Buffer.from('POST / HTTP/1.1\r\n'),
      'proxy-signature',
    ],
    ['any', 'an empty line, which begins like version 2', Buffer.from('\r\nPROXY TCP4'), 'proxy-signature'],
    ['any', 'the preface of HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'proxy-signature'],
    ['any', 'a TLS record', Buffer.from('160301020001', 'hex'), 'proxy-signature'],
  ];
  for (const [versions, name, bytes, expected] of rows) {
    test(`for ${versions} answers ${expected} to ${name}`, () => {
      const answer = readEveryWay(bytes, (input) => readProxyHeader(input, versions));
      assert.ok(answer.kind !== 'need');
      assert.equal(answer.kind === 'ok' ? `ok ${answer.value.version}` : answer.code, expected);
    });
  }

  test('asks for bytes when there are none, and judges all 256 values of the first', () => {
    const first: Readonly<Record<ProxyVersions, readonly number[]>> = {
      v1: [0x50],
      v2: [0x0d],
      any: [0x50, 0x0d],
    };
    for (const versions of ['v1', 'v2', 'any'] as const) {
      assert.equal(readProxyHeader(new Uint8Array(0), versions).kind, 'need');
      for (let byte = 0; byte < 256; byte++) {
        const expected = first[versions].includes(byte) ? 'need' : 'bad';
        assert.equal(readProxyHeader(Uint8Array.of(byte), versions).kind, expected);
      }
    }
  });

  test('takes only the first of two headers', () => {
    const answer = readProxyHeader(Buffer.concat([V1, V2]), 'any');
    assert.ok(answer.kind === 'ok');
    assert.equal(answer.end, V1.length);
  });
});
