import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../address.ts';
import type { Endpoint } from '../address.ts';
import { isUnixAddress } from './header.ts';
import type { ProxyAddress } from './header.ts';
import { readProxyV1, V1_LINE_BYTES_MAX, writeProxyV1 } from './v1.ts';
import { readEveryWay } from '../../../test/support/proxy-vectors.ts';

const FULL = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

const VALID: readonly (readonly [line: string, source: string, destination: string])[] = [
  ['PROXY TCP4 192.0.2.1 192.0.2.2 56324 443', '192.0.2.1:56324', '192.0.2.2:443'],
  [
    'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535',
    '255.255.255.255:65535',
    '255.255.255.255:65535',
  ],
  ['PROXY TCP4 0.0.0.0 0.0.0.0 0 0', '0.0.0.0:0', '0.0.0.0:0'],
  ['PROXY TCP6 2001:db8::1 2001:db8::2 56324 443', '[2001:db8::1]:56324', '[2001:db8::2]:443'],
  ['PROXY TCP6 2001:DB8::A ::1 1 2', '[2001:db8::a]:1', '[::1]:2'],
  ['PROXY TCP6 2001:0db8:0000:0000:0000:0000:0000:0001 :: 1 2', '[2001:db8::1]:1', '[::]:2'],
  [`PROXY TCP6 ${FULL} ${FULL} 65535 65535`, `[${FULL}]:65535`, `[${FULL}]:65535`],
  ['PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c000:202 1 2', '192.0.2.1:1', '192.0.2.2:2'],
];

const UNKNOWN: readonly string[] = [
  'PROXY UNKNOWN',
  'PROXY UNKNOWN ',
  'PROXY UNKNOWN  ',
  `PROXY UNKNOWN ${FULL} ${FULL} 65535 65535`,
  'PROXY UNKNOWN 192.0.2.1 192.0.2.2 1 2',
  'PROXY UNKNOWN anything \0\x01\xff at all',
];

const BAD: readonly (readonly [line: string, code: string])[] = [
  ['', 'proxy-signature'],
  ['GET / HTTP/1.1', 'proxy-signature'],
  ['proxy TCP4 192.0.2.1 192.0.2.2 1 2', 'proxy-signature'],
  ['PROXYTCP4 192.0.2.1 192.0.2.2 1 2', 'proxy-signature'],
  ['PROXY\tTCP4 192.0.2.1 192.0.2.2 1 2', 'proxy-signature'],
  [' PROXY TCP4 192.0.2.1 192.0.2.2 1 2', 'proxy-signature'],
  ['PROXY', 'proxy-signature'],
  ['PROXY ', 'proxy-protocol'],
  ['PROXY  TCP4 192.0.2.1 192.0.2.2 1 2', 'proxy-protocol'],
  ['PROXY TCP', 'proxy-protocol'],
  ['PROXY TCP5 192.0.2.1 192.0.2.2 1 2', 'proxy-protocol'],
  ['PROXY tcp4 192.0.2.1 192.0.2.2 1 2', 'proxy-protocol'],
  ['PROXY UDP4 192.0.2.1 192.0.2.2 1 2', 'proxy-protocol'],
  ['PROXY TCP44 192.0.2.1 192.0.2.2 1 2', 'proxy-protocol'],
  ['PROXY unknown', 'proxy-protocol'],
  ['PROXY UNKNOWNS', 'proxy-protocol'],
  ['PROXY UNKNOWN\t1', 'proxy-protocol'],
  ['PROXY UNIX_STREAM /a /b', 'proxy-protocol'],
  ['PROXY TCP4', 'proxy-fields'],
  ['PROXY TCP4 ', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2 ', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3', 'proxy-fields'],
  ['PROXY TCP4  192.0.2.1 192.0.2.2 1 2', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1  192.0.2.2 1 2', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2  1 2', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1  2', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1\t192.0.2.2 1 2', 'proxy-fields'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1\t2', 'proxy-fields'],
  ['PROXY TCP4 2001:db8::1 2001:db8::2 1 2', 'proxy-address'],
  ['PROXY TCP4 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0.2.1 ::1 1 2', 'proxy-address'],
  ['PROXY TCP6 192.0.2.1 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP6 ::1 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0.2.01 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0.2 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0.2.256 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0..1 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP4 localhost 192.0.2.2 1 2', 'proxy-address'],
  ['PROXY TCP6 fe80::1%eth0 ::1 1 2', 'proxy-address'],
  ['PROXY TCP6 [::1] ::1 1 2', 'proxy-address'],
  ['PROXY TCP6 ::1::2 ::1 1 2', 'proxy-address'],
  ['PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2', 'proxy-address'],
  ['PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2', 'proxy-address'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 65536 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 65536', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 01 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 002', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 00 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 -1 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 +1 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 0x1 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1e3 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 http 2', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0', 'proxy-port'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 4294967297 2', 'proxy-port'],
];

const BAD_LINE_ENDS: readonly (readonly [bytes: string, code: string])[] = [
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n', 'proxy-line-end'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rGET', 'proxy-line-end'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n', 'proxy-line-end'],
  ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r', 'proxy-line-end'],
  ['PROXY TCP4 192.0.2.1\n192.0.2.2 1 2\r\n', 'proxy-line-end'],
  ['PROXY UNKNOWN a\nb\r\n', 'proxy-line-end'],
  ['PROXY UNKNOWN a\rb\r\n', 'proxy-line-end'],
  ['PROXY \r\r\n', 'proxy-line-end'],
  [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'proxy-length'],
  [`PROXY UNKNOWN ${'x'.repeat(93)}\n`, 'proxy-length'],
  [`PROXY UNKNOWN ${'x'.repeat(5000)}\r\n`, 'proxy-length'],
  [`PROXY TCP6 ${FULL} ${FULL} 65535 65535    \r\n`, 'proxy-length'],
];

suite('readProxyV1', () => {
  for (const [line, source, destination] of VALID) {
    test(`reads ${line}`, () => {
      const answer = readLine(`${line}\r\n`);
      assert.ok(answer.kind === 'ok');
      const { value, end } = answer;
      assert.equal(end, line.length + 2);
      assert.deepEqual(
        [value.version, value.command, value.transport, value.tlvs],
        [1, 'proxy', 'stream', []],
      );
      assert.deepEqual([print(value.source), print(value.destination)], [source, destination]);
    });
  }
  for (const line of UNKNOWN) {
    test(`takes ${JSON.stringify(line)} as a header that names nobody`, () => {
      const answer = readLine(`${line}\r\n`);
      assert.ok(answer.kind === 'ok');
      assert.equal(answer.end, line.length + 2);
      assert.deepEqual([answer.value.transport, answer.value.source], ['unspec', undefined]);
    });
  }
  for (const [line, code] of BAD) {
    test(`refuses ${JSON.stringify(line)}: ${code}`, () => assertBad(`${line}\r\n`, code));
  }
  for (const [bytes, code] of BAD_LINE_ENDS) {
    test(`refuses ${JSON.stringify(bytes.slice(0, 60))} of ${bytes.length} bytes: ${code}`, () => {
      assertBad(bytes, code);
    });
  }

  test('takes a line of 107 bytes and no longer one', () => {
    for (let length = 15; length < 130; length++) {
      const text = `PROXY UNKNOWN ${'x'.repeat(length)}`.slice(0, length - 2);
      const answer = readLine(`${text}\r\n`);
      assert.equal(answer.kind, length <= V1_LINE_BYTES_MAX ? 'ok' : 'bad', String(length));
    }
  });

  test('never asks for more once 106 bytes hold no CR', () => {
    for (let length = 0; length < 300; length++) {
      const answer = readProxyV1(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(300)}`.slice(0, length)));
      assert.equal(answer.kind, length < 106 ? 'need' : 'bad', String(length));
    }
  });

  test('sends a peer away at its first wrong byte, for all 256 values of each byte of "PROXY "', () => {
    for (let place = 0; place < 6; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.from('PROXY ').subarray(0, place + 1);
        const isRight = bytes[place] === byte;
        bytes[place] = byte;
        assert.equal(readProxyV1(bytes).kind, isRight ? 'need' : 'bad');
      }
    }
  });

  test('accepts no byte but a space between fields, and no byte but a digit in ports', () => {
    const line = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');
    for (const place of [5, 10, 20, 30, 32]) {
      for (let byte = 0; byte < 256; byte++) {
        const changed = Buffer.from(line);
        changed[place] = byte;
        assert.equal(readProxyV1(changed).kind, byte === 0x20 ? 'ok' : 'bad', `${place} ${byte}`);
      }
    }
    for (let byte = 0; byte < 256; byte++) {
      const changed = Buffer.from(line);
      changed[31] = byte;
      assert.equal(readProxyV1(changed).kind, byte >= 0x30 && byte <= 0x39 ? 'ok' : 'bad', String(byte));
    }
  });

  test('reads only digits 4 and 6 as the family, with addresses to match', () => {
    for (let byte = 0; byte < 256; byte++) {
      const family = String.fromCharCode(byte);
      const v4 = Buffer.from(`PROXY TCP${family} 192.0.2.1 192.0.2.2 1 2\r\n`, 'latin1');
      const v6 = Buffer.from(`PROXY TCP${family} ::1 ::2 1 2\r\n`, 'latin1');
      assert.equal(readProxyV1(v4).kind, family === '4' ? 'ok' : 'bad', String(byte));
      assert.equal(readProxyV1(v6).kind, family === '6' ? 'ok' : 'bad', String(byte));
    }
  });
});

suite('writeProxyV1', () => {
  const rows: readonly (readonly [source: string, destination: string, line: string])[] = [
    ['192.0.2.1:56324', '192.0.2.2:443', 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n'],
    ['[2001:db8::1]:1', '[::1]:2', 'PROXY TCP6 2001:db8::1 ::1 1 2\r\n'],
    ['192.0.2.1:1', '[::1]:2', 'PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n'],
    ['[::1]:1', '192.0.2.1:2', 'PROXY TCP6 ::1 ::ffff:192.0.2.1 1 2\r\n'],
    [`[${FULL}]:65535`, `[${FULL}]:65535`, `PROXY TCP6 ${FULL} ${FULL} 65535 65535\r\n`],
  ];
  for (const [source, destination, line] of rows) {
    test(`writes ${JSON.stringify(line)}, which reads back`, () => {
      const bytes = writeProxyV1({ source: endpoint(source), destination: endpoint(destination) });
      assert.equal(Buffer.from(bytes).toString('latin1'), line);
      const answer = readProxyV1(bytes);
      assert.ok(answer.kind === 'ok');
      assert.deepEqual([print(answer.value.source), print(answer.value.destination)], [source, destination]);
    });
  }
  test('writes UNKNOWN in its short form', () => {
    assert.equal(Buffer.from(writeProxyV1('unknown')).toString('latin1'), 'PROXY UNKNOWN\r\n');
  });
});

function readLine(text: string): ReturnType<typeof readProxyV1> {
  return readEveryWay(Buffer.from(text, 'latin1'), readProxyV1) as ReturnType<typeof readProxyV1>;
}

function assertBad(text: string, code: string): void {
  const answer = readLine(text);
  assert.ok(answer.kind === 'bad', answer.kind);
  assert.equal(answer.code, code);
  assert.match(answer.text, /^Cannot read the PROXY header: [ -~]+[^.]$/);
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  assert.ok(parsed, text);
  return parsed;
}

function print(address: ProxyAddress | undefined): string {
  assert.ok(address !== undefined && !isUnixAddress(address));
  return formatEndpoint(address);
}
