import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seekerAt, seekerWith } from '../../test/support/balance.ts';
import type { Seeker } from './algorithm.ts';
import { hashText } from '../base/hash.ts';
import { NO_KEY, RequestKey } from './request-key.ts';
import type { KeyKind } from './request-key.ts';

interface Row {
  readonly kind: KeyKind;
  readonly name?: string;
  readonly seeker: Seeker;
  /** Empty for no key. */
  readonly key: string;
}

const GET = 'GET / HTTP/1.1';

const ROWS: readonly Row[] = [
  { kind: 'address', seeker: seekerAt('192.0.2.7'), key: '192.0.2.7' },
  { kind: 'address', seeker: seekerAt('2001:db8:1:2:3:4:5:6'), key: '2001:db8:1:2::/64' },
  { kind: 'address', seeker: seekerAt('::1'), key: '::/64' },
  { kind: 'address', seeker: seekerAt(''), key: '' },
  { kind: 'header', name: 'Host', seeker: seekerWith(GET), key: 'example.org' },
  { kind: 'header', name: 'x-user', seeker: seekerWith(GET, 'X-User: a, b\r\n'), key: 'a, b' },
  { kind: 'header', name: 'X-User', seeker: seekerWith(GET, 'x-useR: a\r\nX-User: b\r\n'), key: 'a' },
  { kind: 'header', name: 'X-User', seeker: seekerWith(GET, 'X-Users: a\r\nX-Use: b\r\n'), key: '' },
  { kind: 'header', name: 'X-User', seeker: seekerWith(GET, 'X-User: \r\n'), key: '' },
  { kind: 'header', name: 'X@User', seeker: seekerWith(GET, 'X`User: a\r\n'), key: '' },
  { kind: 'header', name: 'Referer', seeker: seekerWith(GET), key: '' },
  { kind: 'header', name: 'X-User', seeker: seekerAt('192.0.2.7'), key: '' },
  { kind: 'cookie', name: 'u', seeker: seekerWith(GET, 'Cookie: u=1\r\n'), key: '1' },
  { kind: 'cookie', name: 'u', seeker: seekerWith(GET, 'Cookie: uu=1; u=2 ; u=3\r\n'), key: '2' },
  { kind: 'cookie', name: 'u', seeker: seekerWith(GET, 'Cookie: a=u=1;u="x;y"\r\n'), key: '"x' },
  {
    kind: 'cookie',
    name: 'u',
    seeker: seekerWith(GET, 'Cookie: a=1\r\nX: u=2\r\nCookie: u=3\r\n'),
    key: '3',
  },
  { kind: 'cookie', name: 'u', seeker: seekerWith(GET, 'Cookie: u; u =1; U=2\r\n'), key: '' },
  { kind: 'cookie', name: 'u', seeker: seekerWith(GET, 'Cookie: u=\r\n'), key: '' },
  { kind: 'cookie', name: 'u', seeker: seekerWith(GET, 'Cookie:;;;u=4;\r\n'), key: '4' },
  { kind: 'cookie', name: 'u', seeker: seekerWith(GET), key: '' },
  { kind: 'path', seeker: seekerWith('GET /a/b?c=d HTTP/1.1'), key: '/a/b' },
  { kind: 'path', seeker: seekerWith('GET http://example.org/a?b HTTP/1.1'), key: '/a' },
  { kind: 'path', seeker: seekerWith('GET http://example.org?b HTTP/1.1'), key: '' },
  { kind: 'path', seeker: seekerWith('OPTIONS * HTTP/1.1'), key: '*' },
  { kind: 'path', seeker: seekerAt('192.0.2.7'), key: '' },
  { kind: 'target', seeker: seekerWith('GET /a/b?c=d HTTP/1.1'), key: '/a/b?c=d' },
  { kind: 'target', seeker: seekerWith('GET http://example.org/a?b HTTP/1.1'), key: '/a?b' },
  { kind: 'argument', name: 'u', seeker: seekerWith('GET /?u=1 HTTP/1.1'), key: '1' },
  { kind: 'argument', name: 'u', seeker: seekerWith('GET /?uu=1&u=%32&u=3 HTTP/1.1'), key: '%32' },
  { kind: 'argument', name: 'u', seeker: seekerWith('GET http://example.org/?u=1 HTTP/1.1'), key: '1' },
  { kind: 'argument', name: 'u', seeker: seekerWith('GET /u=1?u&u=&U=2 HTTP/1.1'), key: '' },
  { kind: 'argument', name: 'u', seeker: seekerWith('GET /?a=b?u=1 HTTP/1.1'), key: '' },
  { kind: 'argument', name: 'u', seeker: seekerWith('GET / HTTP/1.1'), key: '' },
];

for (const { kind, name = '', seeker, key } of ROWS) {
  const { head } = seeker;
  const what = head === undefined ? seeker.clientAddress : JSON.stringify(head.text);
  test(`the ${kind} ${name} of ${what} is ${key === '' ? 'no key' : key}`, () => {
    const reader = new RequestKey(kind, name);
    assert.equal(reader.find(seeker), key !== '');
    assert.equal(reader.hash(seeker), key === '' ? NO_KEY : hashText(key, 0, key.length));
  });
}

test('hashes of keys that differ in one character are spread over all bits', () => {
  const buckets = new Map<number, number>();
  for (let number = 0; number < 16_000; number++) {
    const text = `192.0.${number >> 8}.${number & 255}`;
    for (const bits of [0, 28]) {
      const bucket = bits * 16 + ((hashText(text, 0, text.length) >>> bits) & 15);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    }
  }
  assert.equal(buckets.size, 32);
  for (const count of buckets.values()) assert(count > 850 && count < 1150, String(count));
});
