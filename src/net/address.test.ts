import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createServer, connect } from 'node:net';
import { suite, test } from 'node:test';
import {
  addressFromBytes,
  canonicalAddress,
  formatEndpoint,
  ipv4Value,
  networkKey,
  parseAddress,
  parseEndpoint,
  parsePort,
} from './address.ts';

const ADDRESSES: readonly (readonly [text: string, canonical: string])[] = [
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['192.0.2.10', '192.0.2.10'],
  ['127.0.0.1', '127.0.0.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
  ['2001:DB8::A', '2001:db8::a'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['::192.0.2.1', '::c000:201'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['0000:0000:0000:0000:0000:ffff:192.0.2.1', '192.0.2.1'],
  ['::fffe:192.0.2.1', '::fffe:c000:201'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::1', 'fe80::1'],
];

const NOT_ADDRESSES: readonly (readonly [text: string, because: string])[] = [
  ['', 'empty'],
  ['1', 'the whole address as one number'],
  ['16909060', 'the whole address as one number'],
  ['0x7f000001', 'hexadecimal'],
  ['0x7f.0.0.1', 'hexadecimal part'],
  ['1.2', 'two parts'],
  ['1.2.3', 'three parts'],
  ['1.2.3.4.5', 'five parts'],
  ['1..1.1', 'empty part'],
  ['1.2.3.', 'empty last part'],
  ['.1.2.3', 'empty first part'],
  ['1.2.3.4.', 'dot at the end'],
  ['.1.2.3.4', 'dot at the front'],
  ['...', 'only dots'],
  ['01.2.3.4', 'leading zero'],
  ['1.2.3.04', 'leading zero'],
  ['00.0.0.0', 'leading zero'],
  ['010.0.0.1', 'octal to some'],
  ['256.0.0.1', 'part over 255'],
  ['1.2.3.256', 'part over 255'],
  ['1.2.3.1000', 'part over 255'],
  ['1.2.3.4294967300', 'part that wraps 32 bits'],
  ['1.2.3.18446744073709551617', 'part that wraps 64 bits'],
  ['-1.2.3.4', 'sign'],
  ['+1.2.3.4', 'sign'],
  ['1.2.3.-4', 'sign'],
  [' 1.2.3.4', 'space in front'],
  ['1.2.3.4 ', 'space behind'],
  ['1.2.3. 4', 'space inside'],
  ['1.2.3.4\n', 'line feed behind'],
  ['1.2.3.4\0', 'NUL behind'],
  ['1,2,3,4', 'commas'],
  ['1.2.3.a', 'letter'],
  ['1.2.3.4/32', 'prefix'],
  ['1.2.3.4:80', 'port'],
  ['１.2.3.4', 'full-width digit'],
  ['1.2.3.٤', 'Arabic digit'],
  ['localhost', 'name'],
  ['*', 'wildcard'],
  [':', 'one colon'],
  [':::', 'three colons'],
  ['1:::2', 'three colons'],
  ['1::2::3', 'two gaps'],
  ['::1::', 'two gaps'],
  ['::::', 'two gaps'],
  ['1:2:3:4:5:6:7', 'seven groups'],
  ['1:2:3:4:5:6:7:8:9', 'nine groups'],
  ['1:2:3:4::5:6:7:8', 'a gap that stands for nothing'],
  ['::1:2:3:4:5:6:7:8', 'a gap that stands for nothing'],
  ['1:2:3:4:5:6:7:8::', 'a gap that stands for nothing'],
  ['1:2:3:4:5:6:7:', 'colon at the end'],
  [':1:2:3:4:5:6:7', 'colon at the front'],
  [':1::2', 'colon at the front'],
  ['1::2:', 'colon at the end'],
  ['1:2:3:4:5:6:7:', 'empty last group'],
  ['12345::', 'five digits'],
  ['00001::', 'five digits'],
  ['g::', 'no hexadecimal digit'],
  ['::0x1', 'prefixed digits'],
  ['::-1', 'sign'],
  ['::+1', 'sign'],
  [':: 1', 'space'],
  ['::1 ', 'space behind'],
  ['::1\n', 'line feed behind'],
  ['::1.2.3', 'IPv4 tail of three parts'],
  ['::1.2.3.04', 'IPv4 tail with leading zero'],
  ['::1.2.3.256', 'IPv4 tail over 255'],
  ['::1.2.3.4:5', 'IPv4 not at the end'],
  ['1.2.3.4::', 'IPv4 not at the end'],
  ['1:2:3:4:5:6:7:1.2.3.4', 'IPv4 tail in 144 bits'],
  ['1:2:3:4:5:1.2.3.4', 'IPv4 tail in 112 bits'],
  ['fe80::1%eth0', 'zone id'],
  ['fe80::1%25eth0', 'zone id'],
  ['::1/128', 'prefix'],
  ['[::1]', 'brackets'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555', 'longer than any address'],
];

suite('parseAddress', () => {
  for (const [text, canonical] of ADDRESSES) {
    test(`reads ${text} as ${canonical}`, () => {
      const address = parseAddress(text);
      assert.ok(address);
      assert.equal(address.text, canonical);
      assert.equal(address.family, canonical.includes(':') ? 6 : 4);
      assert.equal(address.bytes.length, address.family === 4 ? 4 : 16);
      assert.deepEqual(parseAddress(canonical), address);
      assert.deepEqual(addressFromBytes(address.bytes), address);
    });
  }
  for (const [text, because] of NOT_ADDRESSES) {
    test(`refuses ${JSON.stringify(text)}: ${because}`, () => assert.equal(parseAddress(text), undefined));
  }

  test('puts the bytes in network order', () => {
    assert.deepEqual([...(parseAddress('1.2.3.4')?.bytes ?? [])], [1, 2, 3, 4]);
    assert.deepEqual(
      [...(parseAddress('102:304:5::f:ffff')?.bytes ?? [])],
      [1, 2, 3, 4, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff],
    );
  });

  test('reads every octet from 0 to 255 in every place, and none above', () => {
    for (let place = 0; place < 4; place++) {
      for (let octet = 0; octet < 1100; octet++) {
        const parts = [9, 9, 9, 9];
        parts[place] = octet;
        const text = parts.join('.');
        assert.equal(parseAddress(text)?.bytes[place], octet < 256 ? octet : undefined, text);
      }
    }
  });

  test('reads no text in which one byte of an address is replaced by one that cannot be there', () => {
    for (const text of ['1.2.3.4', '2001:db8::1']) {
      const allowed = text.includes(':') ? /[0-9a-fA-F:]/ : /[0-9]/;
      for (let place = 0; place < text.length; place++) {
        for (let byte = 0; byte < 256; byte++) {
          const char = String.fromCharCode(byte);
          const changed = text.slice(0, place) + char + text.slice(place + 1);
          if (allowed.test(char) || char === text[place]) continue;
          assert.equal(parseAddress(changed), undefined, JSON.stringify(changed));
        }
      }
    }
  });

  test('writes every pattern of zero groups so that it reads back, with the longest and first run cut', () => {
    for (let pattern = 0; pattern < 256; pattern++) {
      const groups = Array.from({ length: 8 }, (_, index) => ((pattern >> index) & 1) * (index + 1));
      const address = parseAddress(groups.map((group) => group.toString(16)).join(':'));
      assert.ok(address);
      assert.equal(address.text, naiveText(groups));
      assert.deepEqual(parseAddress(address.text)?.bytes, address.bytes);
    }
  });
});

suite('addressFromBytes', () => {
  test('copies, so that a reused buffer cannot change an address', () => {
    for (const bytes of [new Uint8Array(4), new Uint8Array(16), Buffer.alloc(4), Buffer.alloc(16)]) {
      bytes.fill(7);
      const address = addressFromBytes(bytes);
      bytes.fill(9);
      assert.equal(address.bytes[0], 7);
    }
  });

  test('throws for every other length', () => {
    for (let length = 0; length < 40; length++) {
      if (length === 4 || length === 16) continue;
      assert.throws(() => addressFromBytes(new Uint8Array(length)), RangeError);
    }
  });
});

suite('canonicalAddress', () => {
  const rows: readonly (readonly [text: string, canonical: string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::192.0.2.1', '::c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%eth0.5', 'fe80::1'],
    ['::ffff:0:0', '::ffff:0:0'],
    ['', ''],
    ['/run/web.sock', '/run/web.sock'],
    ['a:b%c', 'a:b%c'],
  ];
  for (const [text, canonical] of rows) {
    test(`makes ${JSON.stringify(text)} ${JSON.stringify(canonical)}`, () => {
      assert.equal(canonicalAddress(text), canonical);
    });
  }

  test('gives the address of a client as a listener for both families sees it', async (context) => {
    const server = createServer();
    const isListening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(0, '::', () => resolve(true));
    });
    if (!isListening) {
      context.skip('this host has no IPv6');
      return;
    }
    const bound = server.address();
    assert.ok(bound !== null && typeof bound === 'object');
    const socket = connect(bound.port, '127.0.0.1');
    const peer = await new Promise<string>((resolve) => {
      server.once('connection', (connection) => {
        resolve(connection.remoteAddress ?? '');
        connection.destroy();
      });
    });
    socket.destroy();
    server.close();
    assert.equal(canonicalAddress(peer), '127.0.0.1');
  });
});

suite('parseEndpoint', () => {
  const valid: readonly (readonly [text: string, printed: string])[] = [
    ['1.2.3.4:80', '1.2.3.4:80'],
    ['1.2.3.4:0', '1.2.3.4:0'],
    ['1.2.3.4:65535', '1.2.3.4:65535'],
    ['[::1]:80', '[::1]:80'],
    ['[2001:DB8:0::1]:443', '[2001:db8::1]:443'],
    ['[::ffff:1.2.3.4]:80', '1.2.3.4:80'],
  ];
  for (const [text, printed] of valid) {
    test(`reads ${text} as ${printed}`, () => {
      const endpoint = parseEndpoint(text);
      assert.ok(endpoint);
      assert.equal(formatEndpoint(endpoint), printed);
      assert.deepEqual(parseEndpoint(printed), endpoint);
    });
  }
  const invalid: readonly string[] = [
    '',
    ':',
    ':80',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:-1',
    '1.2.3.4:+80',
    '1.2.3.4: 80',
    '1.2.3.4 :80',
    '1.2.3.4:80 ',
    '1.2.3.4:80\n',
    '1.2.3.4:080',
    '1.2.3.4:00',
    '1.2.3.4:65536',
    '1.2.3.4:655350',
    '1.2.3.4:4294967376',
    '1.2.3.4:0x50',
    '1.2.3.4:http',
    '1.2.3.4:80:80',
    '[1.2.3.4]:80',
    '1.2.3.04:80',
    '::1',
    '::1:80',
    '2001:db8::1:80',
    '1:2:3:4:5:6:7:8:80',
    '[::1]',
    '[::1]80',
    '[::1:80',
    '::1]:80',
    '[]:80',
    '[[::1]]:80',
    '[::1]]:80',
    '[::1] :80',
    '[fe80::1%eth0]:80',
    'localhost:80',
    '[localhost]:80',
    '*:80',
  ];
  for (const text of invalid) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseEndpoint(text), undefined));
  }

  test('parsePort reads 0 to 65535 and nothing above', () => {
    for (let port = 0; port < 70_000; port++) {
      assert.equal(parsePort(String(port)), port < 65_536 ? port : undefined);
    }
  });
});

suite('networkKey', () => {
  const rows: readonly (readonly [text: string, key: string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['::1', '::/64'],
  ];
  for (const [text, key] of rows) {
    test(`of ${text} is ${key}`, () => {
      const address = parseAddress(text);
      assert.ok(address);
      assert.equal(networkKey(address), key);
    });
  }
});

test('ipv4Value is the unsigned number of an IPv4 address and -1 for anything else', () => {
  assert.equal(ipv4Value('255.255.255.255'), 0xffff_ffff);
  assert.equal(ipv4Value('128.0.0.1'), 0x8000_0001);
  assert.equal(ipv4Value('0.0.0.0'), 0);
  for (const text of ['', '::1', '1.2.3', '1.2.3.4.', 'x']) assert.equal(ipv4Value(text), -1);
});

/** RFC 5952 §4.2 said slowly: try every cut, keep the longest, the first of equals. */
function naiveText(groups: readonly number[]): string {
  let best = groups.map((group) => group.toString(16)).join(':');
  let bestCount = 1;
  for (let start = 0; start < 8; start++) {
    for (let end = start + 2; end <= 8; end++) {
      if (end - start <= bestCount || groups.slice(start, end).some((group) => group !== 0)) continue;
      const print = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
      best = `${print(groups.slice(0, start))}::${print(groups.slice(end))}`;
      bestCount = end - start;
    }
  }
  return best;
}
